"""How a room asks for work, looks at it, takes it back and settles it by hand.

Must never add the same step twice, and never let a step that is running be settled under the hands of its worker.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import NamedTuple, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.core import clock
from portal.core.bulk import add_rows
from portal.core.db import company_of, prepared
from portal.core.errors import PortalError
from portal.core.fixed import Fixed, several
from portal.core.inserting import insert_for, insert_into
from portal.engine.model import Step, StepState, SystemState


class ByHand(StrEnum):
    """What a human may decide about a step: try again now, give it up, or it was done outside the portal."""

    RETRY = "retry"
    SKIP = "skip"
    DONE = "done"


class StepIsRunning(PortalError):
    """A worker has the step in hand; nobody else can settle it now."""


class StepHasEnded(PortalError):
    """The step is done, given up or taken back."""


class NoSuchStep(PortalError):
    """The company has no step of that number."""


class ReasonMissing(PortalError):
    """A step was to be settled by hand without saying why."""


def add_step(
    db: Session,
    *,
    act: str,
    subject_id: int,
    system: str = "",
    run_at: datetime | None = None,
    person_id: int | None = None,
    part: int = 1,
    irreversible: bool = False,
    not_after: datetime | None = None,
) -> Step:
    """Ask for one call, in the caller's transaction; who asks again for the same gets the step that is there.

    `run_at` is the earliest moment (none: now). `not_after` is the date in law less what a human needs to mend it: waits never
    lead past it. `system` is its key in `portal.yaml`, or empty for the portal's own work. Steps of one erasure are added so
    that at least one is open from the first to the last: that is what keeps a reading of the same person out in between.
    """
    ask_for_step(
        db,
        act=act,
        subject_id=subject_id,
        system=system,
        run_at=run_at,
        person_id=person_id,
        part=part,
        irreversible=irreversible,
        not_after=not_after,
    )
    return db.scalars(select(Step).filter_by(act=act, subject_id=subject_id, system=system, part=part)).one()


def add_first_steps(db: Session, *, act: str, system: str, subject_ids: Collection[int]) -> None:
    """The first step of many new subjects at one system, in one statement: none of them may have any step yet."""
    company_id, now = company_of(db), clock.now()
    db.execute(insert_for(db, SystemState).values(company_id=company_id, system=system, failures=0).on_conflict_do_nothing())
    fresh = (company_id, act, system, 1, False, False, StepState.WAITING, now, now, 0, 0)
    names = "company_id act system part irreversible probe_first state run_at created_at fence tries subject_id".split()
    add_rows(db, _STEPS, names, [(*fresh, subject_id) for subject_id in subject_ids])


def ask_for_step(
    db: Session,
    *,
    act: str,
    subject_id: int,
    system: str = "",
    run_at: datetime | None = None,
    person_id: int | None = None,
    part: int = 1,
    irreversible: bool = False,
    not_after: datetime | None = None,
) -> None:
    """The same for who need not see the step."""
    ask_for_steps(
        db,
        [(system, subject_id, part)],
        act=act,
        run_at=run_at,
        person_id=person_id,
        irreversible=irreversible,
        not_after=not_after,
    )


def ask_for_steps(
    db: Session,
    wanted: Sequence[tuple[str, int, int]],
    *,
    act: str,
    run_at: datetime | None = None,
    person_id: int | None = None,
    irreversible: bool = False,
    not_after: datetime | None = None,
) -> None:
    """The same for several at once: the system, subject and part of each."""
    now, additions = clock.now(), _additions(db.get_bind().dialect.name, len(wanted))
    own = {f"{name}_{place}": one for place, each in enumerate(wanted) for name, one in zip(_OWN, each, strict=True)}
    lanes = {"company": company_of(db), **{name: one for name, one in own.items() if name.startswith("system_")}}
    known = {row.system for row in additions.lanes.run(db, lanes)}
    # In one order everywhere: two that add the same lanes wait for one another, and not in a circle.
    for system in sorted({system for system, _subject, _part in wanted} - known):
        additions.lane.run(db, {"company_id": company_of(db), "system": system, "failures": 0})
    shared = {
        "company_id": company_of(db),
        "act": act,
        "person_id": person_id,
        "irreversible": irreversible,
        "state": StepState.WAITING,
        "run_at": run_at or now,
        "not_after": not_after,
        "fence": 0,
        "tries": 0,
        "probe_first": False,
        "created_at": now,
    }
    additions.steps.run(db, {**{f"all_{name}": one for name, one in shared.items()}, **own})


_LANES, _STEPS = cast(Table, SystemState.__table__), cast(Table, Step.__table__)
_OWN = ("system", "subject_id", "part")
_SHARED = "company_id act person_id irreversible state run_at not_after fence tries probe_first created_at".split()
_OF_SUBJECT = prepared(
    select(Step).where(Step.act.in_(bindparam("acts", expanding=True)), Step.subject_id == bindparam("subject")).order_by(Step.id)
)


class _Additions(NamedTuple):
    """Which lanes of some systems are there; what adds one, and what adds a step for each, unless they are there."""

    lanes: Fixed
    lane: Fixed
    steps: Fixed


@cache
def _additions(dialect: str, count: int) -> _Additions:
    systems = [bindparam(f"system_{place}", type_=_LANES.c.system.type) for place in range(count)]
    lanes = select(_LANES.c.system).where(_LANES.c.company_id == bindparam("company"), _LANES.c.system.in_(systems))
    lane = insert_into(dialect, _LANES).on_conflict_do_nothing().inline()
    steps = (
        insert_into(dialect, _STEPS).values(several(_STEPS, count, shared=_SHARED, own=_OWN)).on_conflict_do_nothing().inline()
    )
    return _Additions(Fixed(lanes), Fixed(lane), Fixed(steps))


def steps_of(db: Session, acts: Collection[str], subject_id: int) -> list[Step]:
    """The steps of one case or event, in the order in which they were asked for."""
    return list(db.scalars(_OF_SUBJECT, {"acts": list(acts), "subject": subject_id}))


def cancel_step(db: Session, step_id: int) -> bool:
    """Take a step back before it begins. False where it has begun or ended: then the loser of the race tells the truth.

    A step that a worker has hold of counts as begun. Waiting for it could be for ever: the caller may hold what the worker waits for.
    """
    unbegun = select(Step.id).where(Step.id == step_id, Step.state == StepState.WAITING, Step.fence == 0)
    cancelled = db.execute(
        update(Step)
        .where(Step.id.in_(unbegun.with_for_update(skip_locked=True)))
        .values(state=StepState.CANCELLED, ended_at=clock.now())
        .returning(Step.id)
    )
    return cancelled.first() is not None


def settle_by_hand(db: Session, step_id: int, *, outcome: ByHand, reason: str, actor: str) -> Step:
    """Settle a step that waits (for a human or for its next try), with an audit entry in the same transaction.

    `reason` is one sentence that the customer may see (kept encrypted); `actor` is a staff id. A retry is a new try even where an
    earlier one is in doubt: a human has looked. Raises `NoSuchStep`, `StepIsRunning`, `StepHasEnded` or `ReasonMissing`.
    """
    if not reason.strip():
        raise ReasonMissing("Say why: the customer and the audit see it.")
    # Read anew: the caller has looked at it before, and a worker may have taken it since.
    held = select(Step).where(Step.id == step_id).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    step = db.scalar(held)
    if step is None and db.scalar(select(Step.id).where(Step.id == step_id)) is None:
        raise NoSuchStep("There is no such step.")
    if step is None or step.state == StepState.CLAIMED:
        raise StepIsRunning("A worker is on it right now. Look again in a minute.")
    if step.state in (StepState.DONE, StepState.FAILED, StepState.CANCELLED):
        raise StepHasEnded(f"The step has ended already: {step.state}.")
    before, now = step.state, clock.now()
    step.hand_reason = reason.strip()
    if outcome is ByHand.RETRY:
        # In doubt, the system has been asked and could not tell: the human's word is the answer. Otherwise it is asked first.
        step.probe_first = step.probe_first and before != StepState.IN_DOUBT
        step.state, step.run_at, step.tries, step.error = StepState.WAITING, now, 0, None
    else:
        step.state = StepState.DONE if outcome is ByHand.DONE else StepState.FAILED
        step.ended_at = now
        step.receipt = {"by_hand": outcome.value, "was": str(before)}
    record_audit(db, actor=actor, act=f"step.{outcome.value}", target=f"step:{step.id}", system=step.system, was=str(before))
    db.flush()
    return step
