"""What one system's report makes of an erasure: receipts, what was kept, tombstones, the next step, and in the end its result.

Must run in the transaction that ends the step, with the case's row held. Must never say done where a system has not said so.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.advancing import close_case
from portal.cases.erasing.letters import send_done
from portal.cases.erasing.model import Erasure, ErasurePlanRow
from portal.cases.erasing.outcomes import Erased, LeftBehind, PlannedLate, StillWorking
from portal.cases.erasing.plans import Planned, dump_plan, load_plan
from portal.cases.erasing.receipts import Round, dump_rounds, load_rounds
from portal.cases.erasing.reporting import result_of
from portal.cases.erasing.result import ErasureResult, Went, dump_result
from portal.cases.events import Code, happened, note
from portal.cases.kept import remember_kept
from portal.cases.model import OPEN_STATES, Case, CaseState
from portal.cases.reading import forget_what_changed
from portal.cases.tasks.mailing import ask_owner
from portal.cases.workflow import BEGIN, CHECK, ERASE, IDENTITY, OWN, STUCK, WITHDRAWN, next_round
from portal.core import clock
from portal.core.db import prepared
from portal.core.durations import length_of
from portal.engine.contract import Claim, Done, Later, Outcome, Park
from portal.engine.model import OPEN, Step
from portal.engine.service import ask_for_step, steps_of
from portal.people.service import identifiers_of
from portal.people.tombstones import bury

_PLAN = prepared(
    select(ErasurePlanRow).where(ErasurePlanRow.case_id == bindparam("case"), ErasurePlanRow.system == bindparam("of"))
)
_PLANS = cast(Table, ErasurePlanRow.__table__)
_DROP_PLANS = delete(_PLANS).where(_PLANS.c.company_id == bindparam("company"), _PLANS.c.case_id == bindparam("case"))
_PARKED = {
    "in_doubt": Code.SYSTEM_IN_DOUBT,
    "by_hand": Code.SYSTEM_BY_HAND,
    "manual_task": Code.SYSTEM_BY_HAND,
    "plan_grew": Code.PLAN_GREW,
    "person_unclear": Code.PERSON_UNCLEAR,
}


def settle_system(db: Session, case: Case, claim: Claim, outcome: Outcome) -> None:
    """Take what a step of one system came to."""
    if isinstance(outcome, PlannedLate):
        _take_plan(db, case, claim, outcome)
    elif isinstance(outcome, StillWorking):
        _ask_later(db, case, claim, outcome)
    elif isinstance(outcome, Erased):
        _take_receipts(db, case, claim.system, outcome)
    elif isinstance(outcome, LeftBehind):
        _remember(db, case, claim.system, outcome)
        note(db, case, Code.SYSTEM_LEFT_SOMETHING, system=claim.system, count=outcome.told.left_count)
    elif isinstance(outcome, Park):
        note(db, case, _PARKED.get(outcome.reason, Code.SYSTEM_PARKED), system=claim.system)
        ask_owner(db, case, claim, outcome.reason)
    elif isinstance(outcome, Later) and not happened(db, case, Code.SYSTEM_SILENT, system=claim.system):
        note(db, case, Code.SYSTEM_SILENT, system=claim.system)
    if isinstance(outcome, Erased | LeftBehind):
        forget_what_changed(db, case.person_id, claim.system)
    if isinstance(outcome, Done):
        db.flush()
        advance(db, case)


def advance(db: Session, case: Case) -> None:
    """Go on once every system has ended: to the portal's own rows, or (stopped meanwhile) to the end. Where none was asked yet, ask."""
    erasure = db.get_one(Erasure, case.id, populate_existing=True)
    steps = newest_of(db, case)
    if case.state not in OPEN_STATES or erasure.begun_at is None or any(step.state in OPEN for step in steps):
        return
    if erasure.stop_asked_at is not None:
        end_stopped(db, case, erasure)
    elif not steps and registry.company(case.company_id).systems:
        ask_systems(db, case)
    else:
        ask_for_step(db, act=OWN, subject_id=case.id, person_id=case.person_id, irreversible=True, not_after=_last_try(db, case))


def end_stopped(db: Session, case: Case, erasure: Erasure) -> ErasureResult:
    """Nothing more is erased. Where something went already, that is told; the case is over."""
    result = seal_result(db, case, erasure)
    close_case(case, CaseState.CANCELLED)
    note(db, case, Code.ERASURE_STOPPED)
    if any(one.state not in (Went.STOPPED, Went.NOTHING) for one in result.systems):
        send_done(db, case, complete=False)
    return result


def seal_result(db: Session, case: Case, erasure: Erasure, *, proof_until: date | None = None) -> ErasureResult:
    """Write what the erasure did, for good; the plans with the records' keys go. `proof_until` counts only where all of it was done."""
    erasure.ended_at = clock.now()
    result = result_of(db, case, erasure)
    if result.is_complete:
        result = replace(result, proof_until=proof_until)
    erasure.result = dump_result(result)
    db.flush()
    db.connection().execute(_DROP_PLANS, {"company": case.company_id, "case": case.id})
    return result


def newest_of(db: Session, case: Case) -> list[Step]:
    """Of each system the step that stands now, in the order in which systems were asked first."""
    found: dict[str, Step] = {}
    for step in steps_of(db, (ERASE, CHECK), case.id):
        found[step.system] = step
    return list(found.values())


def step_to_settle(db: Session, case: Case, system: str) -> Step | None:
    """The step of a system that a human may settle; with no system, the portal's own. None of those that were never tried:
    a retry by hand would cut a grace period short.
    """
    own = steps_of(db, (BEGIN, WITHDRAWN, OWN, IDENTITY), case.id)
    steps = own if system in ("", "copy") else [step for step in newest_of(db, case) if step.system == system]
    step = steps[-1] if steps else None
    return step if step is not None and (step.tries or step.state in STUCK) else None


def settled_by_hand(db: Session, case: Case, *, step: Step, goes_on: bool) -> None:
    """A human has decided about a step: go on where it was a system's; the portal's own work given up ends the case."""
    if goes_on or step.system:
        advance(db, case)
        return
    erasure = db.get_one(Erasure, case.id, populate_existing=True)
    if erasure.result is None:
        seal_result(db, case, erasure)
    close_case(case, CaseState.ANSWERED)
    note(db, case, Code.ANSWERED_BY_HAND, actor="staff")


def ask_systems(db: Session, case: Case) -> None:
    """Ask every system to erase what was confirmed; a company without systems goes on to the portal's own rows."""
    for system in registry.company(case.company_id).systems:
        add_erase(db, case, system)
    db.flush()
    advance(db, case)


def add_erase(db: Session, case: Case, system: str, *, part: int = 1, after_grace: bool = False) -> None:
    """Ask for one system to be erased; what was planned late gets a grace period of its own."""
    grace = length_of(registry.company(case.company_id).grace_period)
    run_at = clock.now() + grace if after_grace else None
    last = _last_try(db, case)
    ask_for_step(
        db, act=ERASE, subject_id=case.id, system=system, person_id=case.person_id, part=part, run_at=run_at, irreversible=True,
        not_after=max(last, run_at) if last and run_at else last,
    )  # fmt: skip


def _last_try(db: Session, case: Case) -> datetime | None:
    return steps_of(db, (BEGIN,), case.id)[0].not_after


def _take_plan(db: Session, case: Case, claim: Claim, outcome: PlannedLate) -> None:
    row = _row(db, case, claim.system)
    if row is None or outcome.plan is None or case.state not in OPEN_STATES:
        return
    row.plan, row.shown_at = dump_plan(outcome.plan), clock.now()
    note(db, case, Code.SYSTEM_PLANNED, system=claim.system)
    if outcome.plan.answer is Planned.READY:
        add_erase(db, case, claim.system, part=next_round(steps_of(db, (ERASE,), case.id), ERASE, claim.system), after_grace=True)


def _ask_later(db: Session, case: Case, claim: Claim, outcome: StillWorking) -> None:
    run_at = clock.now() + timedelta(seconds=min(outcome.after, 86_400))
    part = next_round(steps_of(db, (CHECK,), case.id), CHECK, claim.system)
    ask_for_step(
        db, act=CHECK, subject_id=case.id, system=claim.system, person_id=case.person_id, part=part, run_at=run_at,
        irreversible=True, not_after=_last_try(db, case),
    )  # fmt: skip


def _take_receipts(db: Session, case: Case, system: str, outcome: Erased) -> None:
    told = outcome.told
    _remember(db, case, system, outcome)
    if not told.items:
        note(db, case, Code.SYSTEM_HAS_NOTHING, system=system)
    elif outcome.kept:
        note(db, case, Code.SYSTEM_KEPT_SOME, system=system)
    else:
        note(db, case, Code.SYSTEM_ERASED, system=system)


def _remember(db: Session, case: Case, system: str, outcome: Erased | LeftBehind) -> None:
    """Keep the receipt, what stays and the tombstones of the records that went."""
    row = _row(db, case, system)
    if row is None:
        return
    rounds: Sequence[Round] = [*load_rounds(row.receipts), outcome.told]
    row.receipts = dump_rounds(rounds)
    if case.person_id is None:
        return
    alone = db.get_one(Erasure, case.id).alone
    remember_kept(db, case, person_id=case.person_id, system=system, rows=outcome.kept, alone=alone)
    categories = sorted({one for item in outcome.told.items for one in item.categories}) if case.choice else []
    if case.choice and not categories:
        return
    records = load_plan(row.plan).records
    for identifier in identifiers_of(db, case.person_id):
        for record in records:
            bury(db, identifier, erased_at=clock.now(), system=system, record_key=record.key, categories=categories)


def _row(db: Session, case: Case, system: str) -> ErasurePlanRow | None:
    return db.scalar(_PLAN, {"case": case.id, "of": system})
