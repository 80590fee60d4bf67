"""The steps of the portal's own: `erasure.begin`, `.withdrawn`, `.own`, `.identity`. Claiming the first is the point of no return.

Must never forget an address before its last mail has left, nor anything at all where a system has not done its part.
"""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.advancing import close_case, lock_case
from portal.cases.erasing.forgetting import drop_own_rows, drop_proven_rows, forget_identity, somebody_else_waits
from portal.cases.erasing.letters import last_mail_waits, send_done
from portal.cases.erasing.model import Erasure
from portal.cases.erasing.settling import ask_systems, end_stopped, seal_result
from portal.cases.events import Code, note
from portal.cases.laws.deadlines import day_of
from portal.cases.model import OPEN_STATES, Case, CaseState
from portal.cases.workflow import BEGIN, IDENTITY, WITHDRAWN
from portal.consent.chains import chain_of
from portal.consent.delivery import Reached, standing_of
from portal.consent.sealing import proof_ends
from portal.consent.stopping import stop_what_could_be_used
from portal.core import clock, faultpoints
from portal.core.db import Database
from portal.core.traces import leave_no_trace
from portal.engine.contract import Claim, Done, Later, Outcome, Park
from portal.engine.service import ask_for_step, steps_of

COLLECTION_POINT = "erasure"
LOOK_AGAIN = 5.0
WITHDRAWING_MAY_TAKE = timedelta(hours=1)
"""How long the systems are asked to hear of the end of the agreements before anything is erased."""
LAST_MAIL_MAY_TAKE = timedelta(days=5)
"""A mail is tried for four days (`outbox.delivery`); then the identity goes without it having arrived."""


class Begin:
    """The grace period is over: every agreement ends; each system is asked to erase once the others have heard of that."""

    repeatable = True
    calls_system = False

    def run(self, claim: Claim) -> Outcome:
        """There is nothing to wait for."""
        return Done()

    def probe(self, claim: Claim) -> Outcome | None:
        """It is simply done again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """Ask every system; unless somebody asked to stop while this step was being taken."""
        case = lock_case(db, claim.subject_id)
        erasure = db.get_one(Erasure, case.id, populate_existing=True)
        if case.state not in OPEN_STATES or not isinstance(outcome, Done):
            return
        erasure.begun_at = clock.now()
        if erasure.stop_asked_at is not None:
            end_stopped(db, case, erasure)
            return
        note(db, case, Code.ERASURE_BEGUN)
        if not case.choice and case.person_id is not None:
            stopped = stop_what_could_be_used(db, case.person_id, only_marketing=False, collection_point=COLLECTION_POINT)
            erasure.stopped_choices = [*erasure.stopped_choices, *stopped.sequences]
            note(db, case, Code.CONSENT_WITHDRAWN)
            if on_their_way(db, case.person_id):
                not_after = steps_of(db, (BEGIN,), case.id)[0].not_after
                ask_for_step(
                    db, act=WITHDRAWN, subject_id=case.id, person_id=case.person_id, irreversible=True, not_after=not_after
                )
                faultpoints.point("erasure.begun")
                return
        ask_systems(db, case)
        faultpoints.point("erasure.begun")


class Withdrawn:
    """Every system has the end of the agreements, or a person looks at why not, or an hour is over: now each is asked to erase."""

    repeatable = True
    calls_system = False

    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, claim: Claim) -> Outcome:
        """Look whether anything is still on its way. A mail tool that is dead for good holds nothing up for ever."""
        with self.database.reading(claim.company_id) as db:
            case, erasure = db.get(Case, claim.subject_id), db.get(Erasure, claim.subject_id)
            if case is None or erasure is None or case.person_id is None or erasure.begun_at is None:
                return Done()
            if clock.now() < erasure.begun_at + WITHDRAWING_MAY_TAKE and on_their_way(db, case.person_id):
                return Later("choices_on_their_way")
        faultpoints.point("erasure.asking")
        return Done()

    def probe(self, claim: Claim) -> Outcome | None:
        """It is simply looked at again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """Ask every system; a stop meanwhile has ended the case already."""
        case = lock_case(db, claim.subject_id)
        erasure = db.get_one(Erasure, case.id, populate_existing=True)
        if isinstance(outcome, Park):
            note(db, case, Code.SYSTEM_PARKED, system="")
        if isinstance(outcome, Done) and case.state in OPEN_STATES and erasure.stop_asked_at is None:
            ask_systems(db, case)


def on_their_way(db: Session, person_id: int) -> bool:
    """Whether a system still has to hear of a choice of this person. What is parked waits for a human, who may be slow."""
    return any(one.reached in (Reached.WAITING, Reached.FAILED) for one in standing_of(db, person_id))


class Own:
    """Every system has ended: what the portal itself holds goes, and the person is told."""

    repeatable = True
    calls_system = False

    def run(self, claim: Claim) -> Outcome:
        """All of it is rows of the portal, written where the step ends."""
        return Done()

    def probe(self, claim: Claim) -> Outcome | None:
        """It is simply done again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """Seal the result, tell the person, and go on to the identity where everything was to go and did."""
        case = lock_case(db, claim.subject_id)
        erasure = db.get_one(Erasure, case.id, populate_existing=True)
        if case.state not in OPEN_STATES or not isinstance(outcome, Done):
            return
        everything = not case.choice and not somebody_else_waits(db, case)
        result = seal_result(db, case, erasure, proof_until=proof_until(db, case) if everything else None)
        if everything and result.is_complete:
            drop_own_rows(db, case)
            note(db, case, Code.OWN_DATA_ERASED)
            if send_done(db, case, complete=True):
                note(db, case, Code.LAST_MAIL)
            not_after = steps_of(db, (BEGIN,), case.id)[0].not_after
            ask_for_step(
                db, act=IDENTITY, subject_id=case.id, person_id=case.person_id, irreversible=True,
                not_after=max(not_after, clock.now() + LAST_MAIL_MAY_TAKE) if not_after else None,
            )  # fmt: skip
            faultpoints.point("erasure.told")
            return
        if not case.choice and result.is_complete:
            drop_proven_rows(db, case)
        close_case(case, CaseState.DONE if result.is_complete else CaseState.ANSWERED)
        note(db, case, Code.ERASURE_DONE if result.is_complete else Code.ERASURE_DONE_BUT)
        send_done(db, case, complete=result.is_complete)


def proof_until(db: Session, case: Case) -> date | None:
    """The day on which nobody can read any more what the person agreed to, if all of it ends now; None where they never said anything."""
    if case.person_id is None or chain_of(db, case.person_id) is None:
        return None
    company = registry.company(case.company_id)
    return day_of(proof_ends(company, clock.now()), company.time_zone)


class Identity:
    """Last of all: who the person is. From here on the portal does not know them any more."""

    repeatable = True
    calls_system = False

    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, claim: Claim) -> Outcome:
        """Wait for the last mail to leave: nobody could write it afterwards."""
        with self.database.reading(claim.company_id) as db:
            case = db.get(Case, claim.subject_id)
            if case is not None and last_mail_waits(db, case):
                return Later("last_mail_waits", LOOK_AGAIN)
        faultpoints.point("erasure.forgetting")
        return Done()

    def probe(self, claim: Claim) -> Outcome | None:
        """It is simply done again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """Forget; the case outlives it without a person."""
        case = lock_case(db, claim.subject_id)
        if isinstance(outcome, Park):
            note(db, case, Code.SYSTEM_PARKED, system="")
        if case.state not in OPEN_STATES or not isinstance(outcome, Done):
            return
        erasure = db.get_one(Erasure, case.id, populate_existing=True)
        note(db, case, Code.ERASURE_DONE)
        close_case(case, CaseState.DONE)
        db.flush()
        if not somebody_else_waits(db, case):
            forget_identity(db, case, erased_at=erasure.begun_at or clock.now(), told_at=erasure.ended_at)
        faultpoints.point("erasure.forgotten")

    def after_commit(self, claim: Claim) -> None:
        """What went out of the rows goes out of the database's files, too; where somebody reads just now, with the next clean-up."""
        leave_no_trace(self.database)
