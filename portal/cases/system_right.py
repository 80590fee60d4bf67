"""The step `right.system`: a right in one system. A value that the person corrects is written there and read back; all else is a person's task.

Must never write over a value that changed since the person saw it, one that others are told apart or recognised by, or another's.
"""

from dataclasses import dataclass, field

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.contract import Adapter, AdapterError, Json, Match, Subject, Value
from portal.cases import advancing, letters
from portal.cases.apart import Candidate, open_to
from portal.cases.copy_model import HeldRead
from portal.cases.events import Code, note
from portal.cases.matching import subject_of, true_matches
from portal.cases.model import OPEN_STATES, Case, CaseCorrection, CaseState
from portal.cases.scope import Scope, load_scope
from portal.cases.showing import as_text
from portal.cases.systems import open_system, place_of
from portal.cases.tasks.mailing import ask_owner
from portal.config.systems import System
from portal.core import i18n
from portal.core.db import Database
from portal.engine.contract import Claim, Done, Outcome, Park
from portal.identity.model import SessionRow

BY_HAND = Park("by_hand")
CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to stand where, read before the system is called."""

    collection: str
    field_name: str
    old: str = field(repr=False)
    new: str = field(repr=False)
    subject: Subject = field(repr=False)
    scope: Scope = field(repr=False)
    language: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the value stands."""

    match: Match = field(repr=False)
    record_key: str
    value: Value = field(repr=False)


class SystemRight:
    """One right in one system. Correcting twice does no harm: what stands there already is not written again."""

    repeatable = True
    calls_system = True

    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, claim: Claim) -> Outcome:
        """Correct where that is what was asked for and the system can; else hand the task over. Raises what the system raises."""
        wish = self._wish(claim)
        system = registry.company(claim.company_id).systems.get(claim.system)
        if wish is None or system is None or not may_be_corrected(system, wish.collection, wish.field_name):
            return BY_HAND
        adapter = open_system(place_of(claim.company_id, claim.system))
        if not (adapter.can.find and adapter.can.export and adapter.can.correct):
            return BY_HAND
        places = self._places(claim, adapter, wish)
        if len(places) != 1:
            return BY_HAND
        return self._correct(claim, adapter, wish, places[0])

    def probe(self, claim: Claim) -> Outcome | None:
        """It is simply looked at again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """Done, the case is answered; else the customer reads that a person is on it."""
        case = advancing.lock_case(db, claim.subject_id)
        if case.state not in OPEN_STATES:
            return
        if not isinstance(outcome, Done):
            if isinstance(outcome, Park):
                note(db, case, Code.SYSTEM_PARKED, system=claim.system)
                ask_owner(db, case, claim, outcome.reason)
            return
        note(db, case, Code.CORRECTED, system=claim.system)
        advancing.close_case(case, CaseState.DONE)
        db.execute(delete(CaseCorrection).where(CaseCorrection.case_id == case.id).execution_options(synchronize_session=False))
        theirs = select(SessionRow.id).where(SessionRow.person_id == case.person_id)
        # What pages still show of this system is what stood there before.
        db.execute(
            delete(HeldRead)
            .where(HeldRead.session_id.in_(theirs), HeldRead.system == claim.system)
            .execution_options(synchronize_session=False)
        )
        letters.send_corrected(db, case)

    def _wish(self, claim: Claim) -> Wish | None:
        with self.database.reading(claim.company_id) as db:
            case, row = db.get(Case, claim.subject_id), db.get(CaseCorrection, claim.subject_id)
            if case is None or row is None or case.person_id is None or case.state not in OPEN_STATES:
                return None
            if row.system != claim.system:
                return None
            subject, scope = subject_of(db, case.person_id), load_scope(case.proven)
            return Wish(row.collection, row.field, row.old, row.new, subject, scope, case.language)

    def _places(self, claim: Claim, adapter: Adapter, wish: Wish) -> list[Place]:
        """Every place of that collection and field in the records that are open to the person."""
        found = adapter.find(wish.subject)
        matches = true_matches(wish.subject, found, company=registry.key_of(claim.company_id), system=claim.system)
        opened = open_to(wish.scope.records, [Candidate(claim.system, one.key, one.tells_apart) for one in matches])
        return [
            Place(match, record.key, value)
            for match in matches
            if (claim.system, match.key) in opened
            for record in adapter.export(match)
            if record.collection == wish.collection
            for value in record.values
            if value.name == wish.field_name
        ]

    def _correct(self, claim: Claim, adapter: Adapter, wish: Wish, place: Place) -> Outcome:
        company = registry.company(claim.company_id)
        stands = place.value.value
        with i18n.speaking(wish.language, company.time_zone):
            shown = as_text(stands)
        # A date or a number is shown in other signs than it is kept in: what was typed for it is for a person to read.
        if not isinstance(stands, str) or shown != stands or not wish.scope.opens(company, "correction", place.value.category):
            return BY_HAND
        if stands == wish.new:
            return Done({CORRECTED: 1})
        if stands != wish.old:
            return BY_HAND
        change: dict[tuple[str, str, str], Json] = {(wish.collection, place.record_key, wish.field_name): wish.new}
        try:
            adapter.correct(place.match, change, idempotency_key=claim.idempotency_key)
        except AdapterError as error:
            if not error.permanent:
                raise
            return BY_HAND
        return Done({CORRECTED: 1})


def may_be_corrected(system: System, collection: str, name: str) -> bool:
    """Whether the notes open the field, and nobody is recognised by it: who could change that could prove to be somebody else."""
    notes = system.collections.get(collection)
    recognised = {*system.proof.values(), *(one for names in system.tells_apart.values() for one in names)}
    return notes is not None and name in notes.correctable and f"{collection}.{name}" not in recognised
