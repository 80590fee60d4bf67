"""Is a person's chain what was written? Names the first place where it is not; and the state, made again from the events.

Must never repair a chain, and never call one whole that it could not check. Needs no key; with the key it checks the contents too.
A chain that is gone together with its end cannot be missed from here: the signed head of the day, with its count, is for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.consent import merge
from portal.consent.chains import chain_of, open_key, read_events, wrapped_key_of
from portal.consent.events import Choice, Event, beginning, link, unseal
from portal.consent.model import ConsentEvent, ConsentState
from portal.consent.states import write_state
from portal.core import crypto
from portal.core.db import company_of
from portal.core.errors import PortalError


class Fault(StrEnum):
    """What is wrong with a row. `edited`: it does not say what was written. `moved`: it stands where another belongs."""

    EDITED = "edited"
    MISSING = "missing"
    MOVED = "moved"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many rows there are; the first that is wrong, by its place from 1, and how. `read`: the contents were checked too."""

    rows: int
    read: bool
    place: int | None = None
    fault: Fault | None = None

    @property
    def whole(self) -> bool:
        """Is everything as it was written?"""
        return self.fault is None


class LedgerIsBroken(PortalError):
    """The chain is not what was written, so nothing can be derived from it."""


def verify_person(db: Session, person_id: int) -> Verdict:
    """Check every row of a person's chain, with their key where it still exists. Raises `NoSuchPerson`."""
    wrapped = wrapped_key_of(db, person_id)
    query = select(ConsentEvent).filter_by(person_id=person_id).order_by(ConsentEvent.sequence, ConsentEvent.id)
    rows = db.scalars(query.execution_options(populate_existing=True)).all()
    broken = _first_fault(db, person_id, rows)
    key = open_key(wrapped, has_events=False) if wrapped else None
    if key is not None:
        unreadable = next((row.sequence for row in rows if not _says_what_was_sealed(row, key)), None)
        if unreadable is not None and (broken is None or unreadable < broken[0]):
            broken = unreadable, Fault.EDITED
    return Verdict(len(rows), key is not None, *(broken or (None, None)))


def rebuild_state(db: Session, person_id: int) -> int:
    """Make the person's state rows again from their events; returns how many. Raises `LedgerIsBroken`, `KeyIsDestroyed`."""
    wrapped = wrapped_key_of(db, person_id, lock=True)
    verdict = verify_person(db, person_id)
    if not verdict.whole:
        raise LedgerIsBroken(f"Row {verdict.place} of a chain is {verdict.fault}. Restore it from a backup before rebuilding.")
    events: dict[Choice, list[Event]] = {}
    if verdict.rows:
        for event in read_events(db, person_id, open_key(wrapped, has_events=True)):
            events.setdefault(event.choice, []).append(event)
    db.execute(delete(ConsentState).where(ConsentState.person_id == person_id))
    for choice, theirs in events.items():
        write_state(db, person_id, choice, merge.fold(event.deed for event in theirs), is_new=True)
    db.flush()
    return len(events)


def _first_fault(db: Session, person_id: int, rows: Sequence[ConsentEvent]) -> tuple[int, Fault] | None:
    chain = chain_of(db, person_id)
    length = chain.length if chain else 0
    true_places = {row.id: _true_place(row, max(length, len(rows))) for row in rows}
    previous = beginning(company_of(db), person_id)
    for place, row in enumerate(rows, 1):
        true_place = true_places[row.id]
        if true_place is None:
            return place, Fault.EDITED if row.sequence == place else Fault.MISSING
        if true_place != place or row.sequence != place:
            return place, Fault.MOVED if place in true_places.values() else Fault.MISSING
        if not crypto.same(bytes(row.previous), previous):
            # This row is itself as it was hashed: the one before it was written anew.
            return max(place - 1, 1), Fault.EDITED
        previous = bytes(row.hash)
    if len(rows) < length:
        return len(rows) + 1, Fault.MISSING
    if len(rows) > length:
        return length + 1, Fault.UNEXPECTED
    if chain is not None and not crypto.same(bytes(chain.tip), previous):
        return len(rows), Fault.EDITED
    return _state_without_event(db, person_id, len(rows))


def _true_place(row: ConsentEvent, highest: int) -> int | None:
    """The place that a row was written for, whatever it says now; None where it is no row that was written here."""
    places: list[int] = [row.sequence, *range(1, highest + 1)]
    for place in places:
        made = link(
            company_id=row.company_id,
            person_id=row.person_id,
            sequence=place,
            received_at=row.received_at,
            sealed=bytes(row.sealed),
            digest=bytes(row.digest),
            previous=bytes(row.previous),
        )
        if crypto.same(made, bytes(row.hash)):
            return place
    return None


def _says_what_was_sealed(row: ConsentEvent, key: bytes) -> bool:
    try:
        unseal(row, key)
    except (crypto.CannotDecrypt, ValueError, KeyError, TypeError):
        return False
    return True


def _state_without_event(db: Session, person_id: int, rows: int) -> tuple[int, Fault] | None:
    """A state that was decided by an event which is no longer there."""
    query = select(ConsentState.sequence).where(ConsentState.person_id == person_id, ConsentState.sequence > rows)
    decided = db.scalars(query.order_by(ConsentState.sequence)).first()
    return None if decided is None else (rows + 1, Fault.MISSING)
