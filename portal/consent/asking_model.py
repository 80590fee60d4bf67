"""The table of yeses that wait. Must never hold a token in clear, nor what is waited for but sealed."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class Waiting(CompanyOwned, Base):
    """What a person wants and has not confirmed yet. There is one open row a person; who wants more meanwhile gets a new link for all.

    `wanted` is JSON: changes, each with the length of the chain when it was asked. `sent` counts mails.
    """

    __tablename__ = "consent_waiting"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    identifier_id: Mapped[int] = mapped_column(ForeignKey("identifier.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    wanted: Mapped[str] = mapped_column(Encrypted("consent_waiting.wanted"))
    language: Mapped[str] = mapped_column(String(20))
    collection_point: Mapped[str] = mapped_column(String(60))
    sent: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
