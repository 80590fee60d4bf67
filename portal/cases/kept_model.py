"""Tables of what had to stay after an erasure. Must never name a row of a system, or a person, in clear."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class Kept(CompanyOwned, Base):
    """Rows of one system that one law makes the company keep until one day (`until` is the day on which they go).

    `rows` are their collections and keys, dropped when they are gone (`gone_at`). `alone`: nothing spoke for a second person behind the
    address, so whoever comes back with it may see this. `person_id` is empty once the person is gone; `KeptOwner` finds it then.
    """

    __tablename__ = "kept"
    __table_args__ = (Index("ix_kept_due", "company_id", "gone_at", "until"), Index("ix_kept_case", "company_id", "case_number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_number: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    system: Mapped[str] = mapped_column(String(60))
    collection: Mapped[str] = mapped_column(String(160))
    ground: Mapped[str] = mapped_column(String(41))
    until: Mapped[date]
    count: Mapped[int]
    rows: Mapped[str | None] = mapped_column(Encrypted("kept.rows"))
    alone: Mapped[bool]
    kept_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class KeptOwner(CompanyOwned, Base):
    """Whose it was, by the keyed hash of each identifier: what a returning customer finds it by."""

    __tablename__ = "kept_owner"
    __table_args__ = (Index("ix_kept_owner_identifier", "company_id", "identifier_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("kept.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    identifier_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash_key_id: Mapped[str] = mapped_column(String(12))


class KeptHold(CompanyOwned, Base):
    """Why what a case had to keep may not go on its day yet: a claim, an inquiry, an order of a court. It outlives the rows' own day.

    `system` is empty where it holds all that the case kept. `until` is the day on which it ends by itself; without one it is lifted by hand.
    `reason` is one sentence that the customer reads, `law` the article on which it rests. Two people decided it.
    """

    __tablename__ = "kept_hold"
    __table_args__ = (Index("ix_kept_hold_case", "company_id", "case_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_number: Mapped[str] = mapped_column(String(20))
    system: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Encrypted("kept_hold.reason"))
    law: Mapped[str | None] = mapped_column(String(200))
    until: Mapped[date | None]
    placed_by: Mapped[str] = mapped_column(String(40))
    approved_by: Mapped[str | None] = mapped_column(String(40))
    placed_at: Mapped[datetime]
    lifted_by: Mapped[str | None] = mapped_column(String(40))
    lifted_at: Mapped[datetime | None]
