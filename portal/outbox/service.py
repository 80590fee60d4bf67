"""Queue a mail in the transaction of what it is about: both happen, or neither. Nothing leaves here."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core import clock
from portal.core.db import company_of
from portal.core.inserting import insert_for
from portal.outbox.messages import Envelope, new_message_id, refuse_unwritable, thread_root
from portal.outbox.model import Mail, MailState
from portal.outbox.rendering import render_letter


def key_of(kind: str, row_id: int, made_at: datetime) -> str:
    """A key for the mail that a row is told by. With the row's moment: SQLite gives the number of its newest row out again once that is gone,
    and the mail of the one before may still be on file.
    """
    return f"{kind}:{row_id}:{clock.microseconds(made_at)}"


def queue_mail(
    db: Session,
    *,
    template: str,
    to: str,
    language: str,
    key: str,
    context: Mapping[str, object],
    thread: str | None = None,
    not_after: datetime | None = None,
) -> None:
    """Write the mail `template` to `to` (an address in normal form). A second one with the same `key` is not written.

    `thread`: the case it belongs to, so that its mails hang together. After `not_after` it is dropped instead of sent.
    Raises `MailCannotBeWritten` where it could never be sent.
    """
    company = registry.company(company_of(db))
    now = clock.now()
    letter = render_letter(company, template, language, context)
    root = thread_root(company, thread) if thread else None
    message_id = new_message_id(company)
    refuse_unwritable(company, Envelope(to, message_id, root, language, now), letter)
    statement = insert_for(db, Mail).values(
        company_id=company_of(db),
        key=key,
        template=template,
        language=language,
        message_id=message_id,
        thread=root,
        recipient=to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        state=MailState.QUEUED,
        tries=0,
        fence=0,
        next_at=now,
        not_after=not_after,
        queued_at=now,
    )
    db.execute(statement.on_conflict_do_nothing(index_elements=[Mail.company_id, Mail.key]))
