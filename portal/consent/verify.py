"""Is a person's chain what was written, and do their choices say what it says? Names the first place where it does not.

Must never repair anything, and never call whole what it could not check. Rows are checked without a key; with the key their contents, too.
A chain that is gone together with its end cannot be missed from here: the signed head of the day, with its count, is for that.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import LargeBinary, cast, select
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session

from portal.consent import merge
from portal.consent.chains import open_key, wrapped_key_of
from portal.consent.events import Choice, Event, beginning, link, unseal
from portal.consent.model import ConsentChain, ConsentEvent, ConsentState
from portal.consent.sealing_model import SealedProof
from portal.consent.states import columns_of, read_state
from portal.core import crypto
from portal.core.db import company_of
from portal.people.model import PersonIdentifier

Said = Mapping[str, object] | None


@contextmanager
def passing_over_unreadable() -> Iterator[None]:
    """Goes on after a value that no program of ours wrote: text where bytes belong, a day that is none. A database that fails is no such."""
    try:
        yield
    except (TypeError, ValueError, AttributeError, DataError):
        pass
    except OperationalError as error:
        # SQLite's driver says so of text that is no UTF-8.
        if "decode" not in str(error.orig).lower():
            raise


class Fault(StrEnum):
    """What is wrong with a row. `edited`: it does not say what was written. `moved`: it stands where another belongs."""

    EDITED = "edited"
    MISSING = "missing"
    MOVED = "moved"
    UNEXPECTED = "unexpected"


class KeyFault(StrEnum):
    """What is wrong with a person's key. `lost`: it is gone, though the person was not erased. `shut`: no key of the ring opens it."""

    LOST = "lost"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many rows there are; the first that is wrong, by its place from 1, and how. `read`: the contents were checked too.

    `differing`: the choices whose state is not what the rows say, where they could be read.
    """

    rows: int
    read: bool
    place: int | None = None
    fault: Fault | None = None
    key: KeyFault | None = None
    differing: tuple[Choice, ...] = ()

    @property
    def whole(self) -> bool:
        """Is everything as it was written?"""
        return self.fault is None and self.key is None and not self.differing


def verify_person(db: Session, person_id: int) -> Verdict:
    """Check every row of a person's chain, and with their key, where it still exists, what they and the choices say. Raises `NoSuchPerson`."""
    rows = _rows(db, person_id)
    broken = _first_fault(db, person_id, rows)
    key, key_fault = _key(db, person_id, len(rows))
    events: list[Event] = []
    if key is not None:
        for place, row in enumerate(rows, 1):
            event = None if row is None else _opened(row, key)
            if event is None:
                broken = (place, Fault.EDITED) if broken is None or place < broken[0] else broken
                break
            events.append(event)
    differing = _differing(db, person_id, events) if key is not None and broken is None else ()
    first_wrong, fault = broken or (None, None)
    return Verdict(len(rows), key is not None, first_wrong, fault, key_fault, differing)


def _rows(db: Session, person_id: int) -> list[ConsentEvent | None]:
    """The rows in order; None for one that says what cannot be read."""
    order = (ConsentEvent.sequence, ConsentEvent.id)
    query = select(ConsentEvent).filter_by(person_id=person_id).execution_options(populate_existing=True)
    with passing_over_unreadable():
        found = db.scalars(query.order_by(*order)).all()
        if all(map(_is_readable, found)):
            return list(found)
    rows: list[ConsentEvent | None] = []
    for row_id in db.scalars(select(ConsentEvent.id).filter_by(person_id=person_id).order_by(*order)).all():
        row = None
        with passing_over_unreadable():
            row = db.scalar(query.where(ConsentEvent.id == row_id))
        rows.append(row if row is not None and _is_readable(row) else None)
    return rows


def _is_readable(row: ConsentEvent) -> bool:
    kept = (row.sealed, row.digest, row.previous, row.hash)
    return isinstance(row.sequence, int) and isinstance(row.received_at, datetime) and all(isinstance(one, bytes) for one in kept)


def _key(db: Session, person_id: int, rows: int) -> tuple[bytes | None, KeyFault | None]:
    """The person's key, opened; or what is wrong where there is none though there should be one."""
    wrapped: bytes | None = b""
    with passing_over_unreadable():
        wrapped = wrapped_key_of(db, person_id)
    if wrapped is not None:
        try:
            return open_key(wrapped, has_events=False), None
        except (ValueError, crypto.CannotDecrypt, crypto.KeysAreBroken):
            return None, KeyFault.SHUT
    # The key of a proof is destroyed when its time is over; of whom nothing is known any more, it went with the rest.
    proof = db.get(SealedProof, person_id)
    was_destroyed = proof is not None and proof.destroyed_at is not None
    is_known = db.scalar(select(PersonIdentifier.id).filter_by(person_id=person_id).limit(1)) is not None
    return None, KeyFault.LOST if rows and is_known and not was_destroyed else None


def _opened(row: ConsentEvent, key: bytes) -> Event | None:
    """What a row says; None where that is not what was sealed in it."""
    try:
        return unseal(row, key)
    except (TypeError, ValueError, AttributeError, KeyError, crypto.CannotDecrypt):
        return None


def states_from(events: Sequence[Event]) -> dict[Choice, merge.State]:
    """What all choices of a person say, from all of their events."""
    by_choice: dict[Choice, list[Event]] = {}
    for event in events:
        by_choice.setdefault(event.choice, []).append(event)
    return {choice: merge.fold(event.deed for event in theirs) for choice, theirs in by_choice.items()}


def _differing(db: Session, person_id: int, events: Sequence[Event]) -> tuple[Choice, ...]:
    """Choices whose row says something else than the events do; who was erased has none."""
    wanted = {} if db.get(SealedProof, person_id) is not None else states_from(events)
    made: dict[Choice, Said] = {choice: columns_of(state) for choice, state in wanted.items()}
    stand = dict.fromkeys(made) | _said(db, person_id)
    return tuple(sorted(choice for choice, said in stand.items() if said is None or said != made.get(choice)))


def _said(db: Session, person_id: int) -> dict[Choice, Said]:
    """What the rows of the choices say; None for one that cannot be read."""
    query = select(ConsentState).filter_by(person_id=person_id).execution_options(populate_existing=True)
    with passing_over_unreadable():
        return {_choice(row): columns_of(read_state(row)) for row in db.scalars(query).all()}
    said: dict[Choice, Said] = {}
    keys = [cast(one, LargeBinary) for one in (ConsentState.purpose, ConsentState.channel, ConsentState.topic)]
    for parts in db.execute(select(*keys).where(ConsentState.person_id == person_id)).all():
        named = Choice(*(bytes(part).decode(errors="replace") for part in parts))
        said[named] = None
        with passing_over_unreadable():
            row = db.scalar(query.where(*(one == part for one, part in zip(keys, parts, strict=True))))
            said[named] = columns_of(read_state(row)) if _choice(row) == named else None
    return said


def _choice(row: ConsentState | None) -> Choice:
    """Which choice a row is about. Raises `TypeError` where no question for one would find it."""
    parts = () if row is None else (row.purpose, row.channel, row.topic)
    if not parts or not all(isinstance(part, str) for part in parts):
        raise TypeError("A choice is named by text.")
    return Choice(*parts)


def _first_fault(db: Session, person_id: int, rows: Sequence[ConsentEvent | None]) -> tuple[int, Fault] | None:
    length, tip = _end(db, person_id)
    true_places = {row.id: _true_place(row, max(length, len(rows))) for row in rows if row is not None}
    previous = beginning(company_of(db), person_id)
    for place, row in enumerate(rows, 1):
        if row is None:
            return place, Fault.EDITED
        true_place = true_places[row.id]
        if true_place is None:
            return place, Fault.EDITED if row.sequence == place else Fault.MISSING
        if true_place != place or row.sequence != place:
            return place, Fault.MOVED if place in true_places.values() else Fault.MISSING
        if not crypto.same(row.previous, previous):
            # This row is itself as it was hashed: the one before it was written anew.
            return max(place - 1, 1), Fault.EDITED
        previous = row.hash
    if len(rows) < length:
        return len(rows) + 1, Fault.MISSING
    if len(rows) > length:
        return length + 1, Fault.UNEXPECTED
    if length and not crypto.same(tip, previous):
        return len(rows), Fault.EDITED
    return _state_without_event(db, person_id, len(rows))


def _end(db: Session, person_id: int) -> tuple[int, bytes]:
    """Length and end of the chain as they are noted; nothing that any row could end in where that cannot be read."""
    length = db.scalar(select(ConsentChain.length).filter_by(person_id=person_id))
    tip = None
    with passing_over_unreadable():
        tip = db.scalar(select(ConsentChain.tip).filter_by(person_id=person_id))
    return length if isinstance(length, int) else 0, tip if isinstance(tip, bytes) else b""


def _true_place(row: ConsentEvent, highest: int) -> int | None:
    """The place that a row was written for, whatever it says now; None where it is no row that was written here."""
    places: list[int] = [row.sequence, *range(1, highest + 1)]
    for place in places:
        made = link(
            company_id=row.company_id,
            person_id=row.person_id,
            sequence=place,
            received_at=row.received_at,
            sealed=row.sealed,
            digest=row.digest,
            previous=row.previous,
        )
        if crypto.same(made, row.hash):
            return place
    return None


def _state_without_event(db: Session, person_id: int, rows: int) -> tuple[int, Fault] | None:
    """A state that was decided by an event which is no longer there."""
    query = select(ConsentState.sequence).where(ConsentState.person_id == person_id, ConsentState.sequence > rows)
    decided = db.scalars(query.order_by(ConsentState.sequence)).first()
    return None if decided is None else (rows + 1, Fault.MISSING)
