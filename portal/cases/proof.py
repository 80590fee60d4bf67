"""Open a record by values that its owner knows: compared with what the system holds, never shown, never kept.

Must never tell one failure from another (S17): wrong, unknown, somebody else's, ambiguous and too often all answer "not enough".
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.asking import ask_all
from portal.adapters.contract import Place, Subject
from portal.cases.apart import Candidate, may_be_several, of_one_person
from portal.cases.found import Reading
from portal.cases.matching import subject_of, true_matches
from portal.cases.reading import Reader
from portal.cases.systems import open_system, place_of
from portal.core import crypto
from portal.core.db import Database
from portal.core.errors import PortalError
from portal.identity.proofs import give_back, record_proven, record_try, tries_left
from portal.identity.sessions import CurrentSession

LONGEST = 100
"""Characters that are compared of what was typed."""


class ValuesNotReadable(PortalError):
    """A system did not say in time what it holds, so nothing could be compared; no try was counted."""


@dataclass(frozen=True, slots=True)
class Comparable:
    """A record, and per kind the values it is recognised by, brought to the form that is compared."""

    candidate: Candidate
    values: Mapping[str, frozenset[str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotEnough:
    """What was typed opens nothing. `tries_left` is for today."""

    tries_left: int


@dataclass(frozen=True, slots=True)
class Opened:
    """Something is open now. `token` goes into the session's cookie: it weighs more than before."""

    token: str = field(repr=False)


def read_values(database: Database, reader: Reader, reading: Reading, kinds: frozenset[str]) -> list[Comparable]:
    """What the records found would be recognised by; no transaction is open, about three seconds at most. Raises `ValuesNotReadable`."""
    company_id = reader.company_id
    key = registry.key_of(company_id)
    with database.reading(company_id) as db:
        subject = subject_of(db, reader.person_id, session_id=reader.session_id)
    systems = [one.system for one in reading.systems if one.records]
    asked = ask_all({f"{key}/{system}": partial(_values_of, place_of(company_id, system), subject, kinds) for system in systems})
    try:
        return [one for future in asked.values() for one in future.result(timeout=0)]
    except Exception:  # noqa: BLE001  # whatever it was, the person is told that it was not their fault
        raise ValuesNotReadable(
            "What was typed could not be compared now. Try again in a moment; this was not counted."
        ) from None


def prove(db: Session, current: CurrentSession, typed: Mapping[str, str], held: list[Comparable]) -> Opened | NotEnough:
    """Compare what was typed with every record and open the one that it is surely of. Every value typed has to be right."""
    wanted = {kind: normal_value(text) for kind, text in typed.items() if normal_value(text)}
    permitted = record_try(db, current, [(one.candidate.system, one.candidate.key) for one in held], values=max(len(wanted), 1))
    matched = [
        one.candidate
        for one in held
        # Every record and every kind is looked at whatever came before: the time it takes says nothing.
        if _holds_all(one, wanted) & ((one.candidate.system, one.candidate.key) in permitted)
    ]
    if matched and not may_be_several(matched):
        everyone = [one.candidate for one in held]
        best = max(matched, key=lambda one: len(of_one_person(one, everyone)))
        token = record_proven(db, current, system=best.system, record_key=best.key, values=len(wanted))
        if token is not None:
            give_back(db, current, permitted)
            return Opened(token)
    return NotEnough(tries_left(db, current))


def normal_value(text: str) -> str:
    """A value as it is compared: letters and digits only, without case (`5003 bergen` is `5003BERGEN`)."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def _values_of(place: Place, subject: Subject, kinds: frozenset[str]) -> list[Comparable]:
    adapter = open_system(place)
    asked = kinds & set(place.system.proof)
    return [
        Comparable(
            Candidate(place.key, match.key, match.tells_apart),
            {
                kind: frozenset(normal_value(value) for value in values) - {""}
                for kind, values in (adapter.proof_values(match, asked) if asked else {}).items()
            },
        )
        for match in true_matches(subject, adapter.find(subject), company=place.company, system=place.key)
    ]


def _holds_all(one: Comparable, wanted: Mapping[str, str]) -> bool:
    """Whether each value typed is one of the record's. Counted, not cut short at the first that is not."""
    right = sum(
        sum(crypto.same(held.encode(), value.encode()) for held in one.values.get(kind, frozenset()))
        for kind, value in wanted.items()
    )
    return bool(wanted) and right == len(wanted)
