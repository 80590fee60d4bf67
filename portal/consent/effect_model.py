"""The table of what systems said they had sent. Must never keep a message, nor a count longer than its ten minutes."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class HeldCount(CompanyOwned, Base):
    """How many messages one system sent to whom one session belongs, by purpose, channel and topic: sealed, for ten minutes."""

    __tablename__ = "held_count"
    __table_args__ = (UniqueConstraint("session_id", "system"), Index("ix_held_count_expires_at", "expires_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    system: Mapped[str] = mapped_column(String(60))
    counts: Mapped[str] = mapped_column(Encrypted("held_count.counts"))
    expires_at: Mapped[datetime]
