"""Tables of erasures: what was confirmed, what came of it, and the links of its mails.

Must never hold a token or a record's key in clear, and nothing of the person once the erasure has ended.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class LinkKind(StrEnum):
    """What the button behind a mailed link does: stop the erasure, or show what it did."""

    CANCEL = "cancel"
    RESULT = "result"


class Stopper(StrEnum):
    """Who stopped an erasure. Only `person` (signed in, or from the mailbox that the choices belong to) gets choices back."""

    PERSON = "person"
    ADDRESS = "address"
    STAFF = "staff"


class Erasure(CompanyOwned, Base):
    """What a case of erasure has beyond a case. `stopped_choices` are sequences of events that a cancel by the person takes back.

    `alone`: when it was confirmed, nothing spoke for a second person behind the mailbox. `begun_at`: from here on systems erase. `stop_asked_at`: what has not begun by now will not. `result` is `erasing.result`, sealed.
    """

    __tablename__ = "erasure"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    confirmed_at: Mapped[datetime]
    alone: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    stop_asked_at: Mapped[datetime | None]
    stop_by: Mapped[str | None] = mapped_column(String(12))
    ended_at: Mapped[datetime | None]
    stopped_choices: Mapped[list[int]] = mapped_column(JSON)
    result: Mapped[str | None] = mapped_column(Encrypted("erasure.result"))


class ErasurePlanRow(CompanyOwned, Base):
    """What one system would do, as it was confirmed (`erasing.plans`, sealed), and the receipts of what it did (sealed)."""

    __tablename__ = "erasure_plan"
    __table_args__ = (UniqueConstraint("case_id", "system"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    system: Mapped[str] = mapped_column(String(60))
    plan: Mapped[str] = mapped_column(Encrypted("erasure_plan.plan"))
    shown_at: Mapped[datetime]
    receipts: Mapped[str | None] = mapped_column(Encrypted("erasure_plan.receipts"))


class ErasureLink(CompanyOwned, Base):
    """One mailed link, by the hash of its token. `own`: it went to a mailbox that the choices belong to; of a link to the result, that
    nobody else may use that mailbox, so that the link alone shows all of it.
    """

    __tablename__ = "erasure_link"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_erasure_link_expires_at", "expires_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    kind: Mapped[LinkKind] = mapped_column(String(8))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    own: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime]


class PlannedRead(CompanyOwned, Base):
    """One system's dry run for a page, sealed, for ten minutes of one session. `wish` is a digest of what was chosen and proven."""

    __tablename__ = "planned_read"
    __table_args__ = (UniqueConstraint("session_id", "system"), Index("ix_planned_read_expires_at", "expires_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    system: Mapped[str] = mapped_column(String(60))
    wish: Mapped[str] = mapped_column(String(64))
    plan: Mapped[str] = mapped_column(Encrypted("planned_read.plan"))
    expires_at: Mapped[datetime]
