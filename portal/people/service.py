"""Find or make the person behind an identifier. Must never make two persons of one identifier, nor one of two companies'."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core import clock, crypto
from portal.core.db import Base, company_of, prepared
from portal.core.errors import PortalError
from portal.core.fixed import Fixed
from portal.people.addresses import AddressRefused, normal_address
from portal.people.identifier import EMAIL, Identifier
from portal.people.model import Person, PersonIdentifier

_OF_SIGNING_IN = frozenset({"identifier", "session", "address_change"})
_OF_OTHERS = frozenset({"acting_request", "staff_search", "phone_session"})
"""What others asked for somebody, and that staff looked for them or asked them on the telephone: nothing that they did themselves, and nobody may stand in their way by it."""


_ROWS = cast(Table, PersonIdentifier.__table__)
_THEIRS = Fixed(
    select(_ROWS.c.kind, _ROWS.c.value)
    .where(_ROWS.c.company_id == bindparam("company"), _ROWS.c.person_id == bindparam("person"))
    .order_by(_ROWS.c.id)
)


HASHES = (_ROWS.c.id.label("identifier"), _ROWS.c.kind, _ROWS.c.hash.label("identifier_hash"), _ROWS.c.hash_key_id)
"""What `hashed_identifiers` reads, for a question that is asked anyway."""


_PROVEN = prepared(
    select(PersonIdentifier).where(PersonIdentifier.person_id == bindparam("person"), PersonIdentifier.proven_at.is_not(None))
)


class NotInNormalForm(PortalError):
    """An identifier came that `portal.people.addresses` did not make, or one that stands for an erased person."""


class NotProvenYet(PortalError):
    """A system speaks for an address that was put to somebody, and that nobody has shown to be theirs."""


def hashes_of(company_id: int, identifier: Identifier) -> Mapping[str, bytes]:
    """The identifier's keyed hash under every hash key of the ring, by key id, newest last."""
    company = registry.key_of(company_id)
    ids = crypto.keys().ids("hash")
    return {key_id: crypto.identifier_hash(company, identifier.kind, identifier.value, key_id) for key_id in ids}


def hashed_identifiers(db: Session, person_id: int, rows: Iterable[Any]) -> list[tuple[str, Mapping[str, bytes]]]:
    """Kind and keyed hashes (as `hashes_of` gives them) of all identifiers of a person, the oldest first, from their `HASHES`.

    Where the ring has one key and all were stored under it, none of them is opened. The same one may be among `rows` several times.
    """
    stored, ids = {row.identifier: row for row in rows if row.identifier is not None}, crypto.keys().ids("hash")
    if all([row.hash_key_id] == ids for row in stored.values()):
        return [(row.kind, {row.hash_key_id: bytes(row.identifier_hash)}) for _id, row in sorted(stored.items())]
    return [(one.kind, hashes_of(company_of(db), one)) for one in identifiers_of(db, person_id)]


def find_person(db: Session, identifier: Identifier) -> Person | None:
    """The person with that identifier in the session's company, whichever hash key it was stored under."""
    found = find_identifier(db, identifier)
    return db.get_one(Person, found.person_id) if found else None


def find_named(db: Session, public_id: str) -> tuple[Person, list[Identifier]] | None:
    """The person whom the company's systems know by that random id, with what they are known by and may be written to under.

    None where there is nobody of it any more: erased, or one with somebody else. An address that a system put to them is not among
    it until it is proven, nor one that they left.
    """
    person = db.scalar(select(Person).where(Person.public_id == public_id))
    if person is None:
        return None
    theirs = select(PersonIdentifier).filter_by(person_id=person.id).where(PersonIdentifier.left_at.is_(None))
    rows = db.scalars(theirs.order_by(PersonIdentifier.id)).all()
    own = [Identifier(one.kind, one.value) for one in rows if one.joined_at is None or one.proven_at is not None]
    return (person, own) if own else None


def find_identifier(db: Session, identifier: Identifier) -> PersonIdentifier | None:
    """The row of that identifier in the session's company."""
    hashes = hashes_of(company_of(db), identifier)
    return db.scalar(select(PersonIdentifier).filter_by(kind=identifier.kind).where(PersonIdentifier.hash.in_(hashes.values())))


def is_of_somebody_before(db: Session, identifier: Identifier, *, since: datetime) -> bool:
    """Whether who had it at `since` may be somebody else than its person: that one left it for good, somebody new got it after that, or a
    system put it to somebody known after that and nobody has proven it since.

    Nobody was before who was known here for the first time after that.
    """
    row = find_identifier(db, identifier)
    if row is None:
        return False
    if row.is_left_for_good(clock.now()):
        return True
    if row.taken_over_at is not None and since <= row.taken_over_at:
        return True
    # What nobody was known by before came to its person at `created_at`: that is no change of hands.
    told = row.joined_at if row.proven_at is None and row.joined_at != row.created_at else None
    return told is not None and since <= told


def vouched_person(db: Session, identifier: Identifier) -> Person:
    """The person whom a company's own system has identified under that identifier, made where there is none.

    Its word proves no mailbox that a system put to somebody known: a yes from before would reach it so. Raises `NotProvenYet` for such
    a one, and `NotInNormalForm`.
    """
    row = identifier_for(db, identifier)
    if row.joined_at is not None and row.proven_at is None:
        raise NotProvenYet(
            "This address was added to somebody known, and nobody has shown yet that it is theirs. Name one that they use here."
        )
    row.proven_at = row.proven_at or clock.now()
    return db.get_one(Person, row.person_id)


def person_for(db: Session, identifier: Identifier, *, proven: bool = False, language: str | None = None) -> Person:
    """The person with that identifier, made where there is none. `proven`: they just showed that it is theirs; `language`: they chose it.

    Raises `NotInNormalForm`.
    """
    row = identifier_for(db, identifier)
    person = db.get_one(Person, row.person_id)
    if proven:
        row.proven_at = clock.now()
    if language:
        person.language = language
    return person


def find_typed(db: Session, typed: str) -> PersonIdentifier | None:
    """The row of an address as somebody typed it; None where it is no address, or nobody's here."""
    try:
        return find_identifier(db, Identifier(EMAIL, normal_address(typed, allow_non_ascii=True)))
    except AddressRefused:
        return None


def identifier_for(db: Session, identifier: Identifier) -> PersonIdentifier:
    """The row of that identifier, made (with its person) where there is none. Raises `NotInNormalForm`."""
    _refuse_other_forms(identifier)
    found = find_identifier(db, identifier)
    if found is not None:
        return found
    try:
        with db.begin_nested():
            return _add(db, identifier)
    except IntegrityError:
        # Somebody else made the same one at the same moment; theirs is as good.
        found = find_identifier(db, identifier)
        if found is None:
            raise
        return found


def identifier_of_today(db: Session, identifier: Identifier, *, hold: bool = False) -> PersonIdentifier:
    """As `identifier_for`, of who may say yes with it today: where its person changed to another address and can no longer undo it, that is
    somebody new, for a mailbox that is given out anew opens and raises nothing of theirs. `hold`: whose it is stays so until the end.
    """
    row = identifier_for(db, identifier)
    if hold and not hold_identifiers(db, [row]):
        # It was forgotten at this very moment, with its person: who comes now is somebody new.
        db.expunge(row)
        row = identifier_for(db, identifier)
    if row.is_left_for_good(clock.now()):
        move_identifier(db, row)
    return row


def hold_identifiers(db: Session, rows: Iterable[PersonIdentifier]) -> int:
    """Nobody else changes whose these are until the transaction ends; they are read anew. Returns how many are still there."""
    theirs = select(PersonIdentifier).where(PersonIdentifier.id.in_([row.id for row in rows])).order_by(PersonIdentifier.id)
    held = theirs.with_for_update(key_share=True).execution_options(populate_existing=True)
    return len(db.scalars(held).all())


def move_identifier(db: Session, row: PersonIdentifier, person_id: int | None = None) -> None:
    """Give an identifier to another person, or (none named) to one made for it, who is not who had it. Nothing that was shown with it before
    counts any more. With a known person, an address that was left stays so: whose mailbox it is by now nobody can tell.
    """
    now = clock.now()
    row.joined_at = now if person_id is not None else None
    if person_id is None:
        row.taken_over_at = now
        person = Person(created_at=now)
        db.add(person)
        db.flush()
        person_id = person.id
    if row.joined_at is None:
        row.left_at = None
    row.person_id, row.proven_at, row.seen_alone_at = person_id, None, None
    db.flush()


def add_identifier(db: Session, person_id: int, identifier: Identifier, *, joined: bool) -> None:
    """A person is known by one more identifier, that nobody has. `joined`: they were known before. Raises `NotInNormalForm`."""
    _refuse_other_forms(identifier)
    row = _row(db, person_id, identifier)
    row.joined_at = row.created_at if joined else None
    db.add(row)
    db.flush()


def is_blank(db: Session, person_id: int, *, besides: Collection[str] = ()) -> bool:
    """Whether nothing but identifiers, sign-ins and steps of signing in hangs on a person: they came, and did and were nothing here.

    `besides`: tables that do not count.
    """
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if (
                table.name in besides
                or table.name in _OF_SIGNING_IN | _OF_OTHERS
                or not any(key.column.table.name == "person" for key in column.foreign_keys)
            ):
                continue
            if db.execute(select(column).where(column == person_id).limit(1)).first() is not None:
                return False
    return True


def mail_address_of(db: Session, person_id: int | None) -> str | None:
    """Where mails to a person go: the address that they proved last, of those that are still theirs."""
    return db.scalar(
        select(PersonIdentifier.value)
        .filter_by(person_id=person_id, kind=EMAIL)
        .where(PersonIdentifier.proven_at.is_not(None))
        .order_by(PersonIdentifier.left_at.is_not(None), PersonIdentifier.proven_at.desc())
        .limit(1)
    )


def address_on_letter(db: Session, person_id: int | None) -> str | None:
    """The address that came last for somebody who has proven none: good for saying that their letter arrived, and for nothing else."""
    theirs = select(PersonIdentifier.value).filter_by(person_id=person_id, kind=EMAIL, joined_at=None, left_at=None)
    return db.scalar(theirs.order_by(PersonIdentifier.id.desc()).limit(1))


def addresses_of(db: Session, person_id: int) -> list[str]:
    """Every address on file that was proven, the newest first: what has to be told to all of them goes there."""
    rows = (
        select(PersonIdentifier.value).filter_by(person_id=person_id, kind=EMAIL).where(PersonIdentifier.proven_at.is_not(None))
    )
    return list(db.scalars(rows.order_by(PersonIdentifier.proven_at.desc())))


def identifiers_of(db: Session, person_id: int) -> list[Identifier]:
    """All identifiers of a person, the oldest first."""
    return [Identifier(*row) for row in _THEIRS.run(db, {"company": company_of(db), "person": person_id})]


def was_seen_alone(db: Session, person_id: int) -> bool:
    """Whether, the last time that every system answered, nothing spoke for a second person behind any identifier of this one."""
    rows = db.scalars(_PROVEN, {"person": person_id}).all()
    return bool(rows) and all(row.seen_alone_at is not None for row in rows)


def note_seen_alone(db: Session, person_id: int, *, alone: bool, but: str | None = None) -> None:
    """Remember what a complete reading showed of it; `but` is an address that was not read with the others."""
    for row in db.scalars(select(PersonIdentifier).filter_by(person_id=person_id).where(PersonIdentifier.proven_at.is_not(None))):
        if row.value != but:
            row.seen_alone_at = clock.now() if alone else None


def _add(db: Session, identifier: Identifier) -> PersonIdentifier:
    now = clock.now()
    person = Person(created_at=now)
    db.add(person)
    db.flush()
    row = _row(db, person.id, identifier)
    db.add(row)
    db.flush()
    return row


def _row(db: Session, person_id: int, identifier: Identifier) -> PersonIdentifier:
    key_id = crypto.keys().newest("hash")[0]
    return PersonIdentifier(
        person_id=person_id,
        kind=identifier.kind,
        hash=hashes_of(company_of(db), identifier)[key_id],
        hash_key_id=key_id,
        value=identifier.value,
        created_at=clock.now(),
    )


def is_in_normal_form(identifier: Identifier) -> bool:
    """Whether a person can be known by it: as `portal.people.addresses` makes it, and not empty."""
    if identifier.kind != EMAIL:
        return bool(identifier.value.strip())
    try:
        return normal_address(identifier.value, allow_non_ascii=True) == identifier.value
    except AddressRefused:
        return False


def _refuse_other_forms(identifier: Identifier) -> None:
    if is_in_normal_form(identifier):
        return
    if identifier.kind == EMAIL:
        raise NotInNormalForm("This address is not in the form that portal.people.addresses makes.")
    raise NotInNormalForm("An identifier cannot be empty.")


__all__ = [
    "EMAIL",
    "Identifier",
    "NotInNormalForm",
    "NotProvenYet",
    "add_identifier",
    "addresses_of",
    "find_identifier",
    "find_named",
    "find_person",
    "find_typed",
    "hashes_of",
    "hold_identifiers",
    "identifier_for",
    "identifier_of_today",
    "identifiers_of",
    "is_blank",
    "is_in_normal_form",
    "is_of_somebody_before",
    "mail_address_of",
    "move_identifier",
    "note_seen_alone",
    "person_for",
    "vouched_person",
    "was_seen_alone",
]
