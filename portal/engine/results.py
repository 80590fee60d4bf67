"""Write what became of a try: step, attempt, the room's own rows, breaker; all in one transaction, or none of it.

Must never write for a worker whose step has been taken over, and never lose the receipt of something irreversible.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, or_, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as WriterIsBusy
from sqlalchemy.orm import Session

from portal.adapters.contract import AdapterError, TryLater
from portal.core import clock, faultpoints, logs
from portal.core.db import Database
from portal.core.errors import fingerprint
from portal.core.fixed import Fixed
from portal.engine.breaker import note_answer, note_silence
from portal.engine.contract import Claim, Done, Handler, Later, Outcome, Park
from portal.engine.model import Attempt, AttemptOutcome, Step, StepState
from portal.engine.waiting import last_chance, next_try

SURPRISES_THAT_PARK = 6
"""After that many tries, an error that no adapter should raise is taken for one that trying does not mend."""

UNTIL_IT_IS_BACK = (0.2, 1.0, 4.0)
"""Seconds between tries to write a result to a database that went away under it: a restart or a failover, well within a lease."""

IN_DOUBT = Park("in_doubt")
SILENT = Park("system_does_not_answer")


@dataclass(frozen=True, slots=True)
class Result:
    """How a try ended: with an outcome, with an error, or (neither) with nobody knowing."""

    outcome: Outcome | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What of a step a verdict goes by."""

    id: int
    tries: int
    created_at: datetime
    not_after: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the step becomes, and what its room is told."""

    state: StepState
    attempt: AttemptOutcome
    told: Outcome
    run_at: datetime | None = None
    error: str | None = None
    probe_first: bool = False


_STEPS, _ATTEMPTS = cast(Table, Step.__table__), cast(Table, Attempt.__table__)
_IN_HAND = Fixed(
    select(_STEPS.c.id, _STEPS.c.tries, _STEPS.c.created_at, _STEPS.c.not_after)
    .where(_STEPS.c.id == bindparam("step"), _STEPS.c.fence == bindparam("fence"), _STEPS.c.state == StepState.CLAIMED)
    .with_for_update()
)
_OF_STEP = Fixed(update(_STEPS).where(_STEPS.c.id == bindparam("step")))
_OF_TRY = Fixed(update(_ATTEMPTS).where(_ATTEMPTS.c.step_id == bindparam("step"), _ATTEMPTS.c.fence == bindparam("of")))


def judge(step: Tried, handler: Handler, result: Result, now: datetime) -> Verdict:
    """What a result makes of a step. Pure."""
    outcome, error = result.outcome, result.error
    if error is not None:
        return _judge_error(step, handler, error, now)
    if isinstance(outcome, Done):
        return Verdict(StepState.DONE, AttemptOutcome.DONE, outcome)
    if isinstance(outcome, Park):
        return Verdict(StepState.PARKED, AttemptOutcome.PARKED, outcome, error=outcome.reason)
    if isinstance(outcome, Later):
        again = next_try(now, tries=step.tries, spread=step.id, after=outcome.after, last=_last(step))
        if again is None:
            parked = SILENT if handler.calls_system else Park(outcome.reason)
            return Verdict(StepState.PARKED, AttemptOutcome.LATER, parked, error=parked.reason)
        return Verdict(StepState.WAITING, AttemptOutcome.LATER, outcome, run_at=again, error=outcome.reason)
    return Verdict(StepState.IN_DOUBT, AttemptOutcome.IN_DOUBT, IN_DOUBT, error=IN_DOUBT.reason, probe_first=True)


def _judge_error(step: Tried, handler: Handler, error: Exception, now: datetime) -> Verdict:
    unsure = not handler.repeatable
    again = next_try(now, tries=step.tries, spread=step.id, after=getattr(error, "after", 0.0), last=_last(step))
    told: Outcome
    if isinstance(error, AdapterError) and error.permanent:
        told = Park("system_refuses")
    elif not _is_silence(error) and step.tries >= SURPRISES_THAT_PARK:
        told = Park("keeps_failing")
    elif again is None:
        told = SILENT if _is_silence(error) else Park("keeps_failing")
    else:
        told = Later("system_does_not_answer" if _is_silence(error) else "failed", (again - now).total_seconds())
    if isinstance(told, Park):
        return Verdict(StepState.PARKED, AttemptOutcome.RAISED, told, error=told.reason, probe_first=unsure)
    return Verdict(StepState.WAITING, AttemptOutcome.RAISED, told, run_at=again, error=told.reason, probe_first=unsure)


def write_result(database: Database, handler: Handler, claim: Claim, result: Result) -> bool:
    """Write it where the fence still matches; False where another worker has the step by now (that is noted and logged)."""
    try:
        return _write_though_it_goes_away(database, handler, claim, result)
    except Exception as error:  # noqa: BLE001  # whatever the room could not do, the receipt is kept and the step does not spin
        logs.event("engine.settle_failed", level=40, error=error, act=claim.act, step=claim.step_id, company=claim.company_id)
        return _write_unsettled(database, handler, claim, result, error)


def _write_though_it_goes_away(database: Database, handler: Handler, claim: Claim, result: Result) -> bool:
    """A database that is gone for a moment is no fault of the room's: the same result is written again.

    Safe whether or not the lost transaction was committed: where it was, the fence matches no more.
    """
    for seconds in UNTIL_IT_IS_BACK:
        try:
            return _write_at_once(database, handler, claim, result)
        except (OperationalError, InterfaceError, WriterIsBusy) as error:
            logs.event("engine.database_away", level=30, error=error, act=claim.act, step=claim.step_id, company=claim.company_id)
            time.sleep(seconds)
    return _write_at_once(database, handler, claim, result)


def _write_at_once(database: Database, handler: Handler, claim: Claim, result: Result) -> bool:
    with database.writing(claim.company_id) as db:
        written = _write(db, handler, claim, result)
        faultpoints.point("engine.settling")
        return written


def _write(db: Session, handler: Handler, claim: Claim, result: Result) -> bool:
    now = clock.database_now(db)
    step = _step_in_hand(db, claim)
    if step is None:
        note_late(db, claim, result)
        return False
    verdict = judge(step, handler, result, now)
    _apply(db, claim, verdict, now, result)
    handler.settle(db, claim, verdict.told)
    # The portal's own lane has no breaker: one system asked from there must not hold up everything else.
    if handler.calls_system and claim.system:
        _note_system(db, claim, result)
    logs.event(
        "engine.step", act=claim.act, step=claim.step_id, company=claim.company_id, system=claim.system, state=verdict.state
    )
    return True


def _write_unsettled(database: Database, handler: Handler, claim: Claim, result: Result, error: Exception) -> bool:
    """The room could not take the result. Reads are done again; of anything else the receipt is kept, and a human looks."""
    with database.writing(claim.company_id) as db:
        now = clock.database_now(db)
        step = _step_in_hand(db, claim)
        if step is None:
            note_late(db, claim, result)
            return False
        verdict = judge(step, handler, Result(error=error), now)
        if not handler.repeatable and isinstance(result.outcome, Done):
            verdict = Verdict(
                StepState.PARKED, AttemptOutcome.DONE, Park("keeps_failing"), error="result_not_taken", probe_first=True
            )
        _apply(db, claim, verdict, now, result)
    return True


def note_late(db: Session, claim: Claim, result: Result) -> None:
    """A worker that was taken for dead reports. Its word does not move the step, but stays on its own attempt for who looks.

    What was reported once stands: the same answer told twice is logged and changes nothing.
    """
    db.execute(
        update(Attempt)
        .where(Attempt.step_id == claim.step_id, Attempt.fence == claim.fence)
        .where(or_(Attempt.outcome.is_(None), Attempt.outcome == AttemptOutcome.UNREPORTED))
        .values(outcome=AttemptOutcome.LATE, receipt=_receipt(result), error=_name(result))
        .execution_options(synchronize_session=False)
    )
    logs.event("engine.result_dropped", level=30, act=claim.act, step=claim.step_id, company=claim.company_id)


def _step_in_hand(db: Session, claim: Claim) -> Tried | None:
    rows = _IN_HAND.run(db, {"step": claim.step_id, "fence": claim.fence})
    return Tried(*rows[0]) if rows else None


def _apply(db: Session, claim: Claim, verdict: Verdict, now: datetime, result: Result) -> None:
    """What the try came to, in the step and in its attempt: before anything else in this transaction looks at either."""
    said: dict[str, Any] = {} if (receipt := _receipt(result)) is None else {"receipt": receipt}
    step: dict[str, Any] = {"state": verdict.state, "error": verdict.error, "probe_first": verdict.probe_first}
    step |= {"lease_owner": None, "lease_until": None}
    if verdict.run_at is not None:
        step["run_at"] = verdict.run_at
    if verdict.state == StepState.DONE:
        step |= {"ended_at": now, **said}
    _OF_STEP.run(db, {"step": claim.step_id, **step})
    attempt = {"outcome": verdict.attempt, "ended_at": now, "error": _name(result) or verdict.error, **said}
    _OF_TRY.run(db, {"step": claim.step_id, "of": claim.fence, **attempt})


def _note_system(db: Session, claim: Claim, result: Result) -> None:
    if result.error is None or (isinstance(result.error, AdapterError) and result.error.permanent):
        note_answer(db, claim)
    elif _is_silence(result.error):
        note_silence(db, claim, after=getattr(result.error, "after", 0.0))


def _is_silence(error: Exception) -> bool:
    return isinstance(error, TryLater) or (isinstance(error, AdapterError) and not error.permanent)


def _receipt(result: Result) -> dict[str, object] | None:
    return dict(result.outcome.receipt) if isinstance(result.outcome, Done) else None


def _name(result: Result) -> str | None:
    return fingerprint(result.error)[:120] if result.error else None


def _last(step: Tried) -> datetime:
    return last_chance(step.created_at, step.not_after)
