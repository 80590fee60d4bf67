"""The step `consent.write`: one choice, as it stands at that moment, to one system, and read back.

Must never let an older write stand over a newer one: whoever was overtaken has it written once more. Receipts hold no answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Exists, exists, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.contract import ChoiceToWrite, Subject
from portal.adapters.contract import Identifier as AdapterIdentifier
from portal.adapters.opening import open_system, place_of
from portal.consent.basis import may_use
from portal.consent.delivery import NOT_TAKEN, WRITE, ask_again
from portal.consent.delivery_model import ConsentDelivery
from portal.consent.events import Choice
from portal.consent.merge import NEVER, UNSET, State
from portal.consent.states import read_state, state_of
from portal.core import clock, faultpoints
from portal.core.db import Database
from portal.engine.contract import Claim, Done, Later, Outcome, Park
from portal.engine.model import OPEN, Attempt, AttemptOutcome, Step, StepState
from portal.people.model import PersonIdentifier
from portal.people.service import Identifier, find_person, identifiers_of
from portal.people.suppressions import suppressed_choices

LATE = timedelta(minutes=10)
"""After a try that never reported, the choice is written once more that much later: by then its worker is in no call any longer."""

WAITS = "waits_for_another_step"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written: read before the system is called."""

    subject: Subject
    choice: ChoiceToWrite


class ConsentWrite:
    """One choice at one system. Writing it twice does no harm: it is always written as it stands."""

    repeatable = True
    calls_system = True
    # A no has to arrive while the person's data is being erased: nothing is read that could be half gone.
    reads = False

    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, claim: Claim) -> Outcome:
        """Read the choice, write it, believe only what is read back. Raises what the system raises."""
        if claim.system not in registry.company(claim.company_id).systems:
            return Park("system_not_configured")
        with self.database.reading(claim.company_id) as db:
            found = _wanted(db, claim)
        if not isinstance(found, Wanted):
            return found
        adapter = open_system(place_of(claim.company_id, claim.system))
        if not adapter.keeps_choice(found.choice.purpose, found.choice.channel, found.choice.topic):
            return Done({"stopped": True})
        faultpoints.point("consent.writing")
        try:
            said = adapter.write_consent(found.subject, found.choice, idempotency_key=claim.idempotency_key)
            faultpoints.point("consent.written")
        finally:
            self._repair(claim, found)
        if said.found and not said.confirmed:
            return Later(NOT_TAKEN, 60.0)
        return Done({"found": said.found, "sequence": found.choice.sequence})

    def probe(self, claim: Claim) -> Outcome | None:
        """A write is simply done again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """Note what the system confirmed. A pause ends by itself: its end is written when it comes."""
        faultpoints.point("consent.settling")
        if not isinstance(outcome, Done):
            return
        row = db.get(ConsentDelivery, claim.subject_id, with_for_update=True, populate_existing=True)
        if row is None:
            return
        if row.person_id is None:
            # Nobody is known by this address: once the system has it, nothing of it stays here.
            if row.rounds == claim.part:
                db.delete(row)
            return
        if "sequence" not in outcome.receipt:
            return
        sequence = int(outcome.receipt["sequence"])
        if row.written is None or sequence >= row.written:
            row.written, row.written_at, row.found = sequence, clock.now(), bool(outcome.receipt["found"])
        db.flush()
        if row.rounds == claim.part:
            _ask_for_what_comes(db, row)

    def _repair(self, claim: Claim, found: Wanted) -> None:
        """After the call: where something newer was asked for and is not still to come, it may be what was just overwritten."""
        with self.database.reading(claim.company_id) as db:
            overtaken = _rows_overtaken(db, claim, found)
        if overtaken:
            with self.database.writing(claim.company_id) as db:
                for row_id in _rows_overtaken(db, claim, found):
                    ask_again(db, row_id)


def _ask_for_what_comes(db: Session, row: ConsentDelivery) -> None:
    now = clock.now()
    ends = _state(db, int(row.person_id or 0), _choice(row)).paused_until
    if db.scalar(select(_vanished(row.id, now - LATE))):
        ask_again(db, row.id, run_at=now + LATE)
    elif now < ends:
        ask_again(db, row.id, run_at=ends)


def _wanted(db: Session, claim: Claim) -> Wanted | Outcome:
    row = db.get(ConsentDelivery, claim.subject_id)
    company = registry.company(claim.company_id)
    purpose = company.purposes.get(row.purpose) if row else None
    if row is None or purpose is None:
        return Done({"stopped": True})
    if claim.part < row.rounds:
        return Done({"superseded": True})
    if db.scalar(select(_in_call(row.id, claim.part))) or (
        row.person_id and db.scalar(select(_erasing(row.person_id, claim.system)))
    ):
        return Later(WAITS, 2.0)
    now, person_id = clock.now(), row.person_id
    if person_id is None:
        known = find_person(db, Identifier(str(row.kind), str(row.value)))
        person_id = known.id if known else None
    state = _state(db, person_id, _choice(row)) if person_id else UNSET
    zone, legacy = ZoneInfo(company.time_zone), purpose.accept_legacy_until
    suppressed = (row.purpose, row.channel) in suppressed_choices(db, _identifiers(db, row))
    answer = may_use(purpose.basis, state, now, suppressed=suppressed, accept_legacy_until=legacy, time_zone=zone)
    subject = _subject(db, row, allowed=answer.allowed)
    nobody_spoke = person_id is None and answer.allowed
    if not subject.identifiers or nobody_spoke:
        return Done({"stopped": True})
    ended = state.paused_until if NEVER < state.paused_until <= now else NEVER
    choice = ChoiceToWrite(
        purpose=row.purpose,
        channel=row.channel,
        topic=row.topic,
        allowed=answer.allowed,
        sequence=row.wanted if ended == NEVER else max(row.wanted, clock.microseconds(ended)),
        at=state.since or now,
        frequency=state.frequency,
        topics=None if state.topics is None else tuple(sorted(state.topics)),
        paused_until=state.paused_until if now < state.paused_until else None,
    )
    return Wanted(subject, choice)


def _identifiers(db: Session, row: ConsentDelivery) -> list[Identifier]:
    return [Identifier(str(row.kind), str(row.value))] if row.person_id is None else identifiers_of(db, row.person_id)


def _subject(db: Session, row: ConsentDelivery, *, allowed: bool) -> Subject:
    """A no goes to every identifier of the person. A yes goes to those they have proven and not left; to the only one there is, in any case."""
    if row.person_id is None:
        return Subject((AdapterIdentifier(str(row.kind), str(row.value)),))
    rows = db.scalars(select(PersonIdentifier).filter_by(person_id=row.person_id).order_by(PersonIdentifier.id)).all()
    proven = [one for one in rows if one.proven_at is not None and not one.is_left_for_good(clock.now())]
    chosen = proven if allowed and (proven or len(rows) > 1) else rows
    return Subject(tuple(AdapterIdentifier(one.kind, one.value) for one in chosen))


def _state(db: Session, person_id: int, choice: Choice) -> State:
    row = state_of(db, person_id, choice)
    return read_state(row) if row else UNSET


def _choice(row: ConsentDelivery) -> Choice:
    return Choice(row.purpose, row.channel, row.topic)


def _in_call(row_id: int, part: int) -> Exists:
    """Whether an older round is with the system right now."""
    return exists().where(Step.act == WRITE, Step.subject_id == row_id, Step.part < part, Step.state == StepState.CLAIMED)


def _erasing(person_id: int, system: str) -> Exists:
    """Whether the system is erasing the person right now: what is written meanwhile would be half there."""
    begun = (Step.irreversible, Step.fence > 0, Step.state.in_(OPEN))
    return exists().where(Step.person_id == person_id, Step.system == system, *begun)


def _vanished(row_id: int, since: datetime) -> Exists:
    """Whether a try of any round never reported since then: its worker may still be in its call."""
    lost = (Attempt.outcome == AttemptOutcome.UNREPORTED, Attempt.ended_at > since)
    return exists().where(Attempt.step_id == Step.id, Step.act == WRITE, Step.subject_id == row_id, *lost)


def _is_to_come(db: Session, row_id: int, number: int) -> bool:
    """Whether the round of that number has not begun and is due by now."""
    waits = exists().where(
        Step.act == WRITE,
        Step.subject_id == row_id,
        Step.part == number,
        Step.state == StepState.WAITING,
        Step.fence == 0,
        Step.run_at <= clock.now(),
    )
    return bool(db.scalar(select(waits)))


def _rows_overtaken(db: Session, claim: Claim, found: Wanted) -> list[int]:
    row = db.get(ConsentDelivery, claim.subject_id, populate_existing=True)
    if row is not None and row.person_id is not None:
        overtaken = row.rounds > claim.part and not _is_to_come(db, row.id, row.rounds)
        return [row.id] if overtaken else []
    # What was written for an address that nobody was known by: someone may be by now, and have chosen.
    one = found.subject.identifiers[0]
    person = find_person(db, Identifier(one.kind, one.value))
    if person is None:
        return []
    choice = found.choice
    place = {"purpose": choice.purpose, "channel": choice.channel, "topic": choice.topic, "system": claim.system}
    return list(db.scalars(select(ConsentDelivery.id).filter_by(person_id=person.id, **place)))
