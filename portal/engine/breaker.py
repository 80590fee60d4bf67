"""How a system has been answering. Must never be moved by one bad record: only what `TryLater` and the like say counts."""

from datetime import timedelta
from typing import cast

from sqlalchemy import Table, Update, bindparam, func, null, update
from sqlalchemy.orm import Session

from portal.core import clock, logs
from portal.core.fixed import Fixed
from portal.engine.contract import Claim
from portal.engine.model import SystemState
from portal.engine.waiting import FAILURES_THAT_OPEN, LONGEST_PAUSE, pause_of

_LANES = cast(Table, SystemState.__table__)
_CLOSE = Fixed(
    update(_LANES)
    .where(_LANES.c.company_id == bindparam("company"), _LANES.c.system == bindparam("at"))
    .where((_LANES.c.failures > 0) | _LANES.c.open_until.is_not(None))
    .values(failures=0, open_until=null(), since=null())
    .returning(_LANES.c.id)
)


def note_answer(db: Session, claim: Claim) -> None:
    """The system answered: close its breaker."""
    closed = _CLOSE.run(db, {"company": claim.company_id, "at": claim.system})
    if closed:
        logs.event("engine.system_answers", company=claim.company_id, system=claim.system)


def note_silence(db: Session, claim: Claim, *, after: float = 0.0) -> None:
    """The system did not answer. After `FAILURES_THAT_OPEN` in a row it is left alone: doubling pauses, or as long as it asked."""
    now = clock.database_now(db)
    failures = db.execute(
        _of(claim)
        .values(failures=SystemState.failures + 1, since=func.coalesce(SystemState.since, now))
        .returning(SystemState.failures)
    ).scalar_one_or_none()
    if failures is None or failures < FAILURES_THAT_OPEN:
        return
    pause = max(pause_of(failures), min(timedelta(seconds=min(after, 86_400)), LONGEST_PAUSE))
    db.execute(_of(claim).values(open_until=now + pause))
    logs.event("engine.system_silent", level=30, company=claim.company_id, system=claim.system, count=failures)


def _of(claim: Claim) -> Update:
    return (
        update(SystemState)
        .where(SystemState.company_id == claim.company_id, SystemState.system == claim.system)
        .execution_options(synchronize_session=False)
    )
