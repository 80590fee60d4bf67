"""Take one due step: fairly, once, and only where nothing forbids it now.

Must never hand a step to two workers, read a person's data while it is being erased, or call a system whose breaker is open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.columns import Moment
from portal.core.fixed import Fixed, adding
from portal.engine.contract import Claim, Handler
from portal.engine.model import OPEN, Attempt, AttemptOutcome, Step, StepState, SystemState

LEASE = timedelta(seconds=60)
CRASHES_THAT_PARK = 3
"""A step whose worker died that often in a row is taken for the cause."""

PERSON_LOCK = 0x5745 << 48
"""Keeps the advisory locks on persons apart from any other use of such locks."""

_STEPS, _ATTEMPTS, _LANES = (cast(Table, one.__table__) for one in (Step, Attempt, SystemState))
_LANE = Fixed(select(_LANES.c.company_id, _LANES.c.system).where(_LANES.c.id == bindparam("lane")))
_PAUSED = _LANES.c.open_until.is_not(None)
_TAKE_TURN = Fixed(
    update(_LANES)
    .where(_LANES.c.id == bindparam("lane"), or_(~_PAUSED, _LANES.c.open_until <= bindparam("now")))
    # A breaker whose pause is over lets one step through to see whether the system answers again.
    .values(served_at=bindparam("now"), open_until=case((_PAUSED, bindparam("next", type_=Moment()))))
    .returning(_LANES.c.id)
)
_LEASE = Fixed(
    select(_STEPS.c.lease_until).where(
        _STEPS.c.id == bindparam("step"), _STEPS.c.fence == bindparam("fence"), _STEPS.c.state == StepState.CLAIMED
    )
)
_LOSE = (
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.step_id == bindparam("step"), _ATTEMPTS.c.ended_at.is_(None))
    .values(outcome=AttemptOutcome.UNREPORTED, ended_at=bindparam("now"))
)
_TRY = adding(_ATTEMPTS)


@dataclass(frozen=True, slots=True)
class Taken:
    """A claimed step. `probe_first`: an earlier try may have gone through. `poisonous`: its workers keep dying."""

    claim: Claim
    probe_first: bool
    poisonous: bool


def lanes_with_work(db: Session, handlers: Mapping[str, Handler], *, full: frozenset[int] = frozenset()) -> list[int]:
    """Ids of the lanes that have something due, the company and then the system first that waited longest for its turn.

    Fair over companies however many steps one of them has; companies in `full` have their share already.
    """
    now = clock.database_now(db)
    turns: dict[int, datetime | None] = {}
    lanes = []
    for lane in db.connection().execute(_lanes(tuple(handlers)), {"now": now}):
        turns[lane.company_id] = max(turns.get(lane.company_id), lane.served_at, key=_seconds)
        if lane.due and lane.company_id not in full and (lane.open_until is None or lane.open_until <= now):
            lanes.append(lane)
    lanes.sort(key=lambda lane: (_seconds(turns[lane.company_id]), _seconds(lane.served_at), lane.id))
    return [lane.id for lane in lanes]


@cache
def _lanes(acts: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """All lanes, and whether something is due there: built once, since idle workers ask it all the time."""
    step, lane = _STEPS.c, _LANES.c
    in_lane = (step.company_id == lane.company_id, step.system == lane.system, step.act.in_(acts))
    something_due = or_(*(exists().where(*in_lane, *due) for due in _ways_to_be_due(bindparam("now", type_=Moment()))))
    return select(lane.id, lane.company_id, lane.served_at, lane.open_until, something_due.label("due"))


def claim_from_lane(
    db: Session, lane_id: int, handlers: Mapping[str, Handler], *, owner: str, lease: timedelta = LEASE
) -> Taken | None:
    """Claim the lane's next step and write its attempt, in the caller's transaction; None where another was faster."""
    now, connection = clock.database_now(db), db.connection()
    (lane,) = _LANE.run(db, {"lane": lane_id})
    candidate = _candidate(connection, lane, handlers, now)
    if candidate is None:
        return None
    if candidate.person_id is not None and connection.dialect.name != "sqlite":
        # Two claims for one person must see one another: without this lock both would find that nothing stands in the way.
        connection.execute(select(func.pg_advisory_xact_lock(PERSON_LOCK + candidate.person_id)))
    if not _TAKE_TURN.run(db, {"lane": lane_id, "now": now, "next": now + lease}):
        return None
    unrepeatable = tuple(act for act, handler in handlers.items() if not handler.repeatable)
    given = {"step": candidate.id, "now": now, "owner": owner, "until": now + lease}
    row = connection.execute(_claiming(_reading_acts(handlers), unrepeatable), given).first()
    if row is None:
        return None
    claim = claim_of(row)
    lost = candidate.state == StepState.CLAIMED
    if lost:
        connection.execute(_LOSE, {"step": claim.step_id, "now": now})
    _TRY.run(
        db,
        {
            "company_id": claim.company_id,
            "step_id": claim.step_id,
            "fence": claim.fence,
            "idempotency_key": claim.idempotency_key,
            "owner": owner,
            "started_at": now,
        },
    )
    return Taken(claim, row.probe_first, lost and _crashes(db, claim.step_id) >= CRASHES_THAT_PARK)


def still_mine(db: Session, claim: Claim) -> bool:
    """Whether the claim holds at this moment: asked once more right before the call."""
    found = _LEASE.run(db, {"step": claim.step_id, "fence": claim.fence})
    return bool(found) and found[0].lease_until > clock.database_now(db)


def renew_lease(db: Session, claim: Claim, *, lease: timedelta = LEASE) -> bool:
    """Hold the step for another `lease` from now; False where it has been taken over."""
    renewed = db.execute(
        update(Step)
        .where(Step.id == claim.step_id, Step.fence == claim.fence, Step.state == StepState.CLAIMED)
        .values(lease_until=clock.database_now(db) + lease)
        .returning(Step.id)
        .execution_options(synchronize_session=False)
    )
    return renewed.first() is not None


_CLAIMED = (
    _STEPS.c.id,
    _STEPS.c.company_id,
    _STEPS.c.act,
    _STEPS.c.subject_id,
    _STEPS.c.person_id,
    _STEPS.c.system,
    _STEPS.c.part,
    _STEPS.c.fence,
    _STEPS.c.tries,
    _STEPS.c.created_at,
    _STEPS.c.not_after,
    _STEPS.c.lease_until,
    _STEPS.c.probe_first,
)


def claim_of(row: Any) -> Claim:
    """A step, or a row with its columns, as its handler sees it."""
    return Claim(
        step_id=row.id,
        company_id=row.company_id,
        act=row.act,
        subject_id=row.subject_id,
        person_id=row.person_id,
        system=row.system,
        part=row.part,
        fence=row.fence,
        tries=row.tries,
        # The moment keeps keys apart where a database is begun anew and a system still remembers the old ones.
        idempotency_key=f"step-{row.id}-{int(row.created_at.timestamp() * 1_000_000)}",
        lease_until=row.lease_until or row.run_at,
        not_after=row.not_after,
    )


def must_wait(handlers: Mapping[str, Handler]) -> ColumnElement[bool]:
    """Whether reading and erasing of one person would cross (a half-empty package that calls itself complete).

    An erasure that has not begun lets every open reading of the person finish first; a reading waits for an erasure that has.
    """
    return _crosses(_reading_acts(handlers))


def _reading_acts(handlers: Mapping[str, Handler]) -> tuple[str, ...]:
    return tuple(act for act, handler in handlers.items() if _reads(handler))


def _reads(handler: Handler) -> bool:
    return handler.repeatable and handler.calls_system and getattr(handler, "reads", True)


@cache
def _crosses(reads: tuple[str, ...]) -> ColumnElement[bool]:
    """The condition itself, built once: it stands in every question of every worker."""
    step, (read, erasure, begun) = _STEPS.c, (_STEPS.alias().c for _ in range(3))
    reading = (read.person_id == step.person_id, ~read.irreversible, read.act.in_(reads))
    own_erasure_begun = exists().where(
        begun.person_id == step.person_id, begun.subject_id == step.subject_id, begun.irreversible, begun.fence > 0
    )
    erasure_under_way = exists().where(
        erasure.person_id == step.person_id,
        erasure.irreversible,
        erasure.state.in_(OPEN),
        begun.person_id == erasure.person_id,
        begun.subject_id == erasure.subject_id,
        begun.irreversible,
        begun.fence > 0,
    )
    reading_now = exists().where(*reading, read.state == StepState.CLAIMED)
    reading_open = exists().where(*reading, read.state.in_(OPEN))
    return or_(
        and_(step.irreversible, or_(reading_now, and_(~own_erasure_begun, reading_open))),
        and_(~step.irreversible, step.act.in_(reads), erasure_under_way),
    )


def _ways_to_be_due(now: datetime | BindParameter[datetime]) -> tuple[tuple[ColumnElement[bool], ...], ...]:
    """Claimed by someone whose lease is over, or waiting and due: two questions, since one index answers each."""
    return (
        (_STEPS.c.state == StepState.CLAIMED, _STEPS.c.lease_until < now),
        (_STEPS.c.state == StepState.WAITING, _STEPS.c.run_at <= now),
    )


def _candidate(connection: Connection, lane: Any, handlers: Mapping[str, Handler], now: datetime) -> Any:
    for question in _next_in_lane(tuple(handlers), _reading_acts(handlers)):
        found = connection.execute(question, {"now": now, "company": lane.company_id, "system": lane.system}).first()
        if found is not None:
            return found
    return None


@cache
def _next_in_lane(acts: tuple[str, ...], reads: tuple[str, ...]) -> tuple[Select[*tuple[Any, ...]], ...]:
    """What is next in a lane: one question for each way to be due, built once."""
    step = _STEPS.c
    return tuple(
        select(step.id, step.person_id, step.state)
        .where(step.company_id == bindparam("company"), step.system == bindparam("system"), *due)
        .where(step.act.in_(acts), ~_crosses(reads))
        .order_by(step.run_at, step.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        for due in _ways_to_be_due(bindparam("now", type_=Moment()))
    )


@cache
def _claiming(reads: tuple[str, ...], unrepeatable: tuple[str, ...]) -> Any:
    """Take the step, if nothing stands in the way by now; built once."""
    step = _STEPS.c
    return (
        update(_STEPS)
        .where(step.id == bindparam("step"), or_(*(and_(*due) for due in _ways_to_be_due(bindparam("now", type_=Moment())))))
        .where(~_crosses(reads))
        .values(
            state=StepState.CLAIMED,
            fence=step.fence + 1,
            tries=step.tries + 1,
            lease_owner=bindparam("owner"),
            lease_until=bindparam("until"),
            probe_first=or_(step.probe_first, and_(step.state == StepState.CLAIMED, step.act.in_(unrepeatable))),
        )
        .returning(*_CLAIMED)
    )


def _crashes(db: Session, step_id: int) -> int:
    """How many of the newest tries in a row never reported."""
    outcomes = db.scalars(
        select(Attempt.outcome).where(Attempt.step_id == step_id, Attempt.ended_at.is_not(None)).order_by(Attempt.fence.desc())
    )
    count = 0
    for outcome in outcomes:
        if outcome not in (AttemptOutcome.UNREPORTED, AttemptOutcome.LATE):
            break
        count += 1
    return count


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
