"""A telephone or customer number beside the mailbox: taken on where a record that is open to the person holds it, spelt as it stands there.

Must never take on a number by someone's word alone, nor one that another person has, and never tell one failure from another (S17).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.asking import ask_all
from portal.adapters.contract import Place, Subject
from portal.cases.following import is_all_by_agents, let_it_follow
from portal.cases.matching import subject_of, true_matches
from portal.cases.proof import ValuesNotReadable
from portal.cases.reading import Reader, forget_readings
from portal.cases.systems import open_system, place_of
from portal.config.model import Company
from portal.consent.basis import NO_CHOICE
from portal.consent.merge import Level
from portal.consent.states import states_of
from portal.core import clock, crypto
from portal.core.db import Database, company_of
from portal.identity.proofs import Record, give_back, record_try
from portal.identity.sessions import CurrentSession
from portal.people.model import Person, PersonIdentifier
from portal.people.numbers import KINDS, comparable
from portal.people.service import Identifier, find_identifier, identifier_for, is_blank, move_identifier
from portal.people.suppressions import suppress

AT_MOST = 10
SOURCE = "site:numbers"


@dataclass(frozen=True, slots=True)
class HeldNumber:
    """A number as one record holds it."""

    record: Record
    kind: str
    stored: str = field(repr=False)


def kinds_of(company: Company) -> tuple[str, ...]:
    """The kinds of numbers that a system of the company can be asked to compare."""
    return tuple(kind for kind in KINDS if any(kind in system.proof for system in company.systems.values()))


def numbers_of(db: Session, person_id: int) -> list[PersonIdentifier]:
    """The numbers that were taken on, the oldest first."""
    theirs = select(PersonIdentifier).filter_by(person_id=person_id).where(PersonIdentifier.kind.in_(KINDS))
    return list(db.scalars(theirs.where(PersonIdentifier.proven_at.is_not(None)).order_by(PersonIdentifier.id)))


def read_numbers(database: Database, reader: Reader, opened: Collection[Record]) -> list[HeldNumber]:
    """The numbers in the records that are open now; no transaction is open, about three seconds at most. Raises `ValuesNotReadable`."""
    company_id, key = reader.company_id, registry.key_of(reader.company_id)
    with database.reading(company_id) as db:
        subject = subject_of(db, reader.person_id)
    systems = {system for system, _record in opened}
    asked = ask_all({f"{key}/{one}": partial(_numbers_of, place_of(company_id, one), subject) for one in systems})
    try:
        held = [one for future in asked.values() for one in future.result(timeout=0)]
    except Exception:  # noqa: BLE001  # whatever it was, the person is told that it was not their fault
        raise ValuesNotReadable(
            "What was typed could not be compared now. Try again in a moment; this was not counted."
        ) from None
    return [one for one in held if one.record in opened]


def add_number(db: Session, current: CurrentSession, kind: str, typed: str, held: Collection[HeldNumber]) -> bool:
    """Take on the number that was typed, as the systems spell it. False where no open record holds it, or another person has it, or
    too much was tried today: all alike.
    """
    permitted = record_try(db, current, [one.record for one in held])
    country = registry.company(company_of(db)).country
    wanted = comparable(kind, typed, country=country)
    fitting = {Identifier(kind, one.stored) for one in held if one.record in permitted and _is(one, kind, wanted, country)}
    kept = len(numbers_of(db, current.person_id))
    free = all(_is_free(db, current.person_id, one) for one in fitting)
    if not wanted or not fitting or not free or kept + len(fitting) > AT_MOST:
        return False
    for one in fitting:
        _take(db, current.person_id, one)
    give_back(db, current, permitted)
    # What the systems hold under the number is found from now on.
    forget_readings(db, current.id)
    return True


def remove_number(db: Session, person_id: int, identifier_id: int) -> bool:
    """Let a number go. What the person said no to stays a no for it. False where they have no such number."""
    row = next((one for one in numbers_of(db, person_id) if one.id == identifier_id), None)
    if row is None:
        return False
    company, identifier = registry.company(company_of(db)), Identifier(row.kind, row.value)
    for choice, state in states_of(db, person_id).items():
        purpose = company.purposes.get(choice.purpose)
        asked = purpose is not None and purpose.basis not in NO_CHOICE
        if asked and not choice.topic and state.level(clock.now()) is Level.STOPPED:
            suppress(db, identifier, purpose=choice.purpose, channel=choice.channel, source=SOURCE)
    db.delete(row)
    db.flush()
    return True


def _numbers_of(place: Place, subject: Subject) -> list[HeldNumber]:
    adapter, asked = open_system(place), set(KINDS) & set(place.system.proof)
    return [
        HeldNumber((place.key, match.key), kind, value)
        for match in true_matches(subject, adapter.find(subject), company=place.company, system=place.key)
        for kind, values in (adapter.proof_values(match, asked) if asked else {}).items()
        for value in values
    ]


def _is(one: HeldNumber, kind: str, wanted: str, country: str) -> bool:
    stands = comparable(one.kind, one.stored, country=country)
    return one.kind == kind and bool(stands) and crypto.same(stands.encode(), wanted.encode())


def _is_free(db: Session, person_id: int, identifier: Identifier) -> bool:
    """Whether nobody else goes by the number. Two histories cannot be made one: under which something was chosen, it stays there. What agents
    asked for it is nobody's history: who asks first would keep its owner from it.
    """
    row = find_identifier(db, identifier)
    if row is None or row.person_id == person_id:
        return True
    others = select(func.count()).where(PersonIdentifier.person_id == row.person_id)
    return db.scalar(others) == 1 and (is_blank(db, row.person_id) or is_all_by_agents(db, row.person_id))


def _take(db: Session, person_id: int, identifier: Identifier) -> None:
    row = identifier_for(db, identifier)
    if row.person_id != person_id:
        before = row.person_id
        if is_blank(db, before):
            move_identifier(db, row, person_id)
            db.delete(db.get_one(Person, before))
        else:
            let_it_follow(db, before, person_id, point=SOURCE)
    row.proven_at = clock.now()
    db.flush()
