"""The only source of time. Must never be by-passed: a test that moves the clock has to move all of the product."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_shift = timedelta()


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC) + _shift


def microseconds(moment: datetime) -> int:
    """Since 1970. Grows over restarts and restores, and tells rows apart whose number came again."""
    return int(moment.timestamp() * 1_000_000)


def database_now(db: "Session") -> datetime:
    """The database's own moment, aware, in UTC: what leases go by, since the clocks of two workers may differ."""
    if db.get_bind().dialect.name == "sqlite":
        # One file means one machine: its clock is the database's clock.
        return now()
    # Here, since commands that need no database should not wait for it to be loaded.
    from sqlalchemy import func, select

    moment: datetime = db.execute(select(func.clock_timestamp())).scalar_one()
    return moment.astimezone(UTC) + _shift


@contextmanager
def moved(by: timedelta) -> Iterator[None]:
    """Run a block as if it were `by` later (or earlier). For proofs of what time does; the product never calls it."""
    global _shift
    before = _shift
    _shift = before + by
    try:
        yield
    finally:
        _shift = before
