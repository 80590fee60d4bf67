"""The steps `erasure.system` and `erasure.check`: erase in one system what was confirmed, and ask one that takes its time.

Must never erase more than was confirmed, a record that was not, or anything at all once somebody has asked to stop; and never
have a transaction open while the system works.
"""

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.contract import Adapter, AdapterError, EraseKind, ErasePlan, EraseReceipt, Match, Pending, TryLater
from portal.cases.advancing import lock_case
from portal.cases.erasing.outcomes import PlannedLate, StillWorking, outcome_of
from portal.cases.erasing.plans import Planned, does_more
from portal.cases.erasing.settling import settle_system
from portal.cases.erasing.work import Work, goes_on, load_work
from portal.cases.systems import open_system, place_of
from portal.core import faultpoints
from portal.core.db import Database
from portal.engine.contract import Claim, Done, Later, Outcome, Park

STOPPED = Done({"stopped": True})
ToDo = list[tuple[Match, ErasePlan]]


class SystemErase:
    """One system erased for one case. After a try of unknown end it is asked what it did before anything is done again."""

    repeatable = False
    calls_system = True

    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, claim: Claim) -> Outcome:
        """Find, plan once more, compare with what was confirmed, erase. What it raises may have erased something."""
        work = load_work(self.database, claim)
        faultpoints.point("erasure.loaded")
        if work is None:
            return STOPPED
        if claim.system not in registry.company(claim.company_id).systems:
            return Park("system_not_configured")
        adapter = open_system(place_of(claim.company_id, claim.system))
        try:
            prepared, unknown = _prepare(work, adapter)
        except TryLater as late:
            # Not raised: nothing was erased yet, so nobody has to ask what was done.
            return Later("system_does_not_answer", late.after)
        except AdapterError as error:
            return Park("system_refuses") if error.permanent else Later("system_does_not_answer")
        if not isinstance(prepared, list):
            return prepared
        faultpoints.point("erasure.planned")
        return self._erase(claim, work, adapter, prepared, unknown)

    def probe(self, claim: Claim) -> Outcome | None:
        """What the system knows of the try that never reported."""
        faultpoints.point("erasure.probing")
        work = load_work(self.database, claim, though_stopped=True)
        if work is None or claim.system not in registry.company(claim.company_id).systems:
            return None
        adapter = open_system(place_of(claim.company_id, claim.system))
        return ask_what_was_done(work, adapter)

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """Note what went and go on where this was the last system."""
        faultpoints.point("erasure.settling")
        settle_system(db, lock_case(db, claim.subject_id), claim, outcome)

    def _erase(self, claim: Claim, work: Work, adapter: Adapter, todo: ToDo, unknown: int) -> Outcome:
        receipts, pending = _done_before(claim, work, adapter, todo), list[Pending]()
        for number, (match, plan) in enumerate(todo):
            if not number and not goes_on(self.database, claim):
                return STOPPED
            faultpoints.point("erasure.erasing")
            answer = adapter.erase(match, plan, idempotency_key=work.key_of(match))
            faultpoints.point("erasure.erased")
            if isinstance(answer, Pending):
                pending.append(answer)
            else:
                receipts.append(answer)
        return _waiting(adapter, pending) or outcome_of(receipts, unknown=unknown)


class SystemCheck:
    """Ask a system that takes its time whether it has erased by now. Asking twice does no harm."""

    repeatable = True
    calls_system = True

    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, claim: Claim) -> Outcome:
        """Ask. A stop changes nothing here: the system has it already."""
        work = load_work(self.database, claim, though_stopped=True)
        if work is None:
            return STOPPED
        if claim.system not in registry.company(claim.company_id).systems:
            return Park("system_not_configured")
        outcome = ask_what_was_done(work, open_system(place_of(claim.company_id, claim.system)))
        if isinstance(outcome, StillWorking):
            return Later("system_works_on_it", outcome.after)
        return outcome or Park("in_doubt")

    def probe(self, claim: Claim) -> Outcome | None:
        """A question is simply asked again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """As the step that erases."""
        settle_system(db, lock_case(db, claim.subject_id), claim, outcome)


def ask_what_was_done(work: Work, adapter: Adapter) -> Outcome | None:
    """What the system says of all confirmed records: done, still at it, surely not done, or (None) it cannot tell."""
    if not adapter.can.probe:
        return None
    receipts, pending = list[EraseReceipt](), list[Pending]()
    for one in work.plan.records:
        answer = adapter.probe(one.match, one.plan, idempotency_key=work.key_of(one.match))
        if answer is None:
            return None
        if isinstance(answer, Pending):
            pending.append(answer)
        else:
            receipts.append(answer)
    if pending:
        return _waiting(adapter, pending)
    if any(one.left and not one.items for one in receipts):
        # So a system says that surely nothing was done with that record (`Adapter.probe`): the erasure may be begun again.
        return Later("not_done_yet")
    return outcome_of(receipts)


def _prepare(work: Work, adapter: Adapter) -> tuple[ToDo | Outcome, int]:
    """The confirmed records that are there now with their plans of now, and how many unknown ones came; or why nothing is erased."""
    if adapter.can.erase is EraseKind.NONE:
        return Park("by_hand"), 0
    if not adapter.can.find:
        # Whoever looks by hand finds what is there; that nothing was planned for it is no reason not to look.
        return ([(one.match, one.plan) for one in work.plan.records] or _nobody_planned(work)), 0
    found = work.find(adapter)
    if work.plan.answer in (Planned.SILENT, Planned.BY_HAND):
        return _plan_late(work, found), 0
    confirmed = {one.key: one.plan for one in work.plan.records}
    unknown = len({match.key for match in found} - {one.key for one in work.plan.candidates})
    todo = [(match, adapter.plan_erase(match, work.wanted)) for match in found if match.key in confirmed]
    if any(does_more(confirmed[match.key], plan) for match, plan in todo):
        return Park("plan_grew"), unknown
    return todo, unknown


def _nobody_planned(work: Work) -> Outcome:
    return Park("manual_task") if work.plan.answer is Planned.SILENT else outcome_of([])


def _done_before(claim: Claim, work: Work, adapter: Adapter, todo: ToDo) -> list[EraseReceipt]:
    """Receipts of records that an earlier try of this step erased, so that they are found no more."""
    there = {match.key for match, _plan in todo}
    missing = [one for one in work.plan.records if one.key not in there] if claim.tries > 1 and adapter.can.probe else []
    answers = [adapter.probe(one.match, one.plan, idempotency_key=work.key_of(one.match)) for one in missing]
    return [answer for answer in answers if isinstance(answer, EraseReceipt) and answer.items]


def _plan_late(work: Work, found: list[Match]) -> Outcome:
    if not found:
        return outcome_of([])
    plan = work.plan_late(found)
    return Park("person_unclear") if plan is None else PlannedLate({"planned": True}, plan=plan)


def _waiting(adapter: Adapter, pending: list[Pending]) -> Outcome | None:
    """A system that can be asked is asked later; with any other a human has to see it through."""
    if not pending:
        return None
    if adapter.can.probe:
        return StillWorking({"pending": len(pending)}, after=min(one.after for one in pending))
    return Park("manual_task")
