"""A person's chain, to read: their key, where the chain ends, and what stands in it.

Must never make a new key for someone who was erased, and never open a row that is not what was sealed there.
"""

from collections.abc import Collection
from typing import cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from portal.consent.events import Event, unseal
from portal.consent.model import ConsentChain, ConsentEvent
from portal.core import crypto
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.people.model import Person, PersonIdentifier
from portal.people.service import Identifier, find_person, hashes_of

WRAPPED = "person.wrapped_key"


_PERSONS = cast(Table, Person.__table__)
_WRAPPED = select(_PERSONS.c.wrapped_key).where(
    _PERSONS.c.company_id == bindparam("company"), _PERSONS.c.id == bindparam("person")
)
_LOCKED = _WRAPPED.with_for_update(key_share=True)


class NoSuchPerson(PortalError):
    """The session's company has no such person."""


class KeyIsDestroyed(PortalError):
    """The person was erased: their chain can be verified, but not read and not continued."""


def events_of(db: Session, person_id: int) -> list[Event]:
    """All events of a person, open, in order of receipt. Raises `NoSuchPerson`, `KeyIsDestroyed`, `CannotDecrypt`."""
    wrapped = wrapped_key_of(db, person_id)
    if chain_of(db, person_id) is None:
        return []
    return read_events(db, person_id, open_key(wrapped, has_events=True))


def wrapped_key_of(db: Session, person_id: int, *, lock: bool = False) -> bytes | None:
    """A person's key as it is stored. With `lock`, nobody else appends for them until the transaction ends. Raises `NoSuchPerson`."""
    db.flush()
    found = db.connection().execute(_LOCKED if lock else _WRAPPED, {"company": company_of(db), "person": person_id}).first()
    if found is None:
        raise NoSuchPerson("There is no such person.")
    return None if found[0] is None else bytes(found[0])


def hold_person(db: Session, person_id: int) -> None:
    """Nobody else appends for them until the transaction ends. A transaction that writes to SQLite is alone anyway."""
    if not _is_alone(db):
        db.flush()
        db.connection().execute(_LOCKED, {"company": company_of(db), "person": person_id})


def held_person(db: Session, identifier: Identifier) -> Person | None:
    """Who has that identifier, held as by `hold_person`; who had it a moment before may have been made one with somebody else since."""
    while (person := find_person(db, identifier)) is not None and not _is_alone(db):
        hold_person(db, person.id)
        hashes = hashes_of(company_of(db), identifier).values()
        now = select(PersonIdentifier.person_id).where(
            PersonIdentifier.kind == identifier.kind, PersonIdentifier.hash.in_(hashes)
        )
        if db.scalar(now) == person.id:
            break
        db.expire_all()
    return person


def _is_alone(db: Session) -> bool:
    """Whether nobody else writes while this transaction does."""
    return db.get_bind().dialect.name == "sqlite"


def chain_of(db: Session, person_id: int) -> ConsentChain | None:
    """Length and end of a person's chain, as the database has it now."""
    return db.scalar(select(ConsentChain).filter_by(person_id=person_id).execution_options(populate_existing=True))


def open_key(wrapped: bytes | None, *, has_events: bool) -> bytes:
    """The key of a person, made where they have none and nothing was sealed yet. Raises `KeyIsDestroyed`."""
    if wrapped is not None:
        return crypto.decrypt(wrapped, WRAPPED)
    if has_events:
        raise KeyIsDestroyed("This person was erased. Their history can be verified, but no longer read or continued.")
    return crypto.new_key()


def read_events(db: Session, person_id: int, key: bytes, sequences: Collection[int] | None = None) -> list[Event]:
    """Events of a person under their opened key, in order; only those of `sequences` where it is given."""
    query = select(ConsentEvent).filter_by(person_id=person_id).order_by(ConsentEvent.sequence)
    if sequences is not None:
        query = query.where(ConsentEvent.sequence.in_(sequences))
    return [unseal(row, key) for row in db.scalars(query)]
