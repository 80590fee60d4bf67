"""Count what strangers do, so that nobody can flood a mailbox or guess a code. Counters hold keyed hashes, never an address.

Must never be cleared by somebody else's success, and never be counted in one process only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Index, LargeBinary, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock, crypto
from portal.core.columns import Moment
from portal.core.db import Base
from portal.core.inserting import insert_for


class LimitCounter(Base):
    """How often something happened in one window of time. The window belongs to the key, so old ones are simply dropped."""

    __tablename__ = "limit_counter"
    __table_args__ = (Index("ix_limit_counter_ends_at", "ends_at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    ends_at: Mapped[datetime] = mapped_column(Moment())


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` times in `window`, per key."""

    name: str
    count: int
    window: timedelta


def count_once(db: Session, limit: Limit, *key: str) -> bool:
    """Count one more and say whether it is still within the limit. One statement: parallel tries cannot pass together."""
    return count_more(db, limit, 1, *key) <= limit.count


def count_more(db: Session, limit: Limit, number: int, *key: str) -> int:
    """Count so many more at once; returns how many it is now in the current window."""
    hashed, ends_at = _window(limit, key)
    statement = (
        insert_for(db, LimitCounter)
        .values(key=hashed, count=number, ends_at=ends_at)
        .on_conflict_do_update(index_elements=[LimitCounter.key], set_={"count": LimitCounter.__table__.c.count + number})
        .returning(LimitCounter.__table__.c.count)
    )
    return int(db.execute(statement).scalar_one())


def take_back(db: Session, limit: Limit, *key: str) -> None:
    """Undo one `count_once` of this window: for a try that turned out to be none. Never goes below nothing, and clears nothing else."""
    hashed, _ = _window(limit, key)
    db.execute(
        update(LimitCounter)
        .where(LimitCounter.key == hashed, LimitCounter.count > 0)
        .values(count=LimitCounter.count - 1)
        .execution_options(synchronize_session=False)
    )


def counted(db: Session, limit: Limit, *key: str) -> int:
    """How often it happened in the current window."""
    hashed, _ = _window(limit, key)
    return db.scalar(select(LimitCounter.count).where(LimitCounter.key == hashed)) or 0


def drop_old_counters(db: Session) -> int:
    """Delete the windows that are over; returns how many."""
    return len(db.execute(delete(LimitCounter).where(LimitCounter.ends_at < clock.now()).returning(LimitCounter.key)).all())


def _window(limit: Limit, key: tuple[str, ...]) -> tuple[bytes, datetime]:
    seconds = int(limit.window.total_seconds())
    number = int(clock.now().timestamp()) // seconds
    hashed = crypto.keyed_hash("limit", "\x1f".join((limit.name, str(number), *key)))
    return hashed, clock.now() + limit.window
