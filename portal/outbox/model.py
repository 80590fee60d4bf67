"""The table of mails. Must never hold a recipient or a text in clear, and not even sealed once the mail is out."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class MailState(StrEnum):
    """Where a mail is. `shown`: the demo keeps it to read instead of sending it. `held`: it cannot be built; somebody has to look."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    SHOWN = "shown"
    FAILED = "failed"
    HELD = "held"


class Mail(CompanyOwned, Base):
    """One mail to one recipient. `key` says what it is about, so that the same thing is never written of twice.

    A claim sets `fence`, `lease_owner` and `lease_until` before anything is sent; the result counts only under the same fence.
    """

    __tablename__ = "mail"
    __table_args__ = (UniqueConstraint("company_id", "key"), Index("ix_mail_due", "state", "next_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120))
    template: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(20))
    message_id: Mapped[str] = mapped_column(String(200))
    thread: Mapped[str | None] = mapped_column(String(80))
    recipient: Mapped[str | None] = mapped_column(Encrypted("mail.recipient"))
    subject: Mapped[str | None] = mapped_column(Encrypted("mail.subject"))
    text: Mapped[str | None] = mapped_column(Encrypted("mail.text"))
    html: Mapped[str | None] = mapped_column(Encrypted("mail.html"))
    state: Mapped[MailState] = mapped_column(String(12), default=MailState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(60))
    lease_until: Mapped[datetime | None]
    queued_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    error: Mapped[str | None] = mapped_column(String(60))
