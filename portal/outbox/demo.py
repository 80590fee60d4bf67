"""The mails that the demo shows instead of sending. In production there are none: what is sent is gone from the row."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.outbox.messages import Envelope, build_message
from portal.outbox.model import Mail, MailState
from portal.outbox.rendering import Letter


@dataclass(frozen=True, slots=True)
class ShownMail:
    """One mail, as its recipient would have got it. `headers` are those of the message, by name."""

    id: int
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    at: datetime


def demo_mails(db: Session) -> list[ShownMail]:
    """All mails that were kept, newest first; `db` may be opened for all companies."""
    kept = (
        select(Mail)
        .where(
            Mail.state.in_([MailState.SHOWN, MailState.SENT]),
            Mail.text.is_not(None),
            Mail.company_id.in_(registry.ids().values()),
        )
        .order_by(Mail.id.desc())
    )
    return [_shown(mail) for mail in db.scalars(kept)]


def _shown(mail: Mail) -> ShownMail:
    letter = Letter(mail.subject or "", mail.text or "", mail.html or "")
    envelope = Envelope(mail.recipient or "", mail.message_id, mail.thread, mail.language, mail.queued_at)
    message = build_message(registry.company(mail.company_id), envelope, letter)
    headers = {name: str(value) for name, value in message.items()}
    return ShownMail(mail.id, envelope.recipient, letter.subject, letter.text, letter.html, headers, mail.queued_at)
