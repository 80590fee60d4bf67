"""Everything the ledger holds of a company's people, one event a line, for a company that leaves or checks us. Constant memory.

Must never leave out an event, nor hand out what is sealed for a person who was erased.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cache
from json.encoder import encode_basestring
from typing import Any, NamedTuple, cast

from sqlalchemy import Column, ColumnElement, Select, Table, bindparam, literal, select, tuple_, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from portal.consent.chains import WRAPPED
from portal.consent.events import place_of
from portal.consent.model import ConsentEvent
from portal.core import crypto
from portal.core.db import company_of
from portal.people.model import Person, PersonIdentifier

BATCH = 2000
NAMED = "identifier.value"

_quoted = encode_basestring


def _as_stored(column: Column[Any]) -> ColumnElement[Any]:
    return type_coerce(column, NullType()).label(column.name)


EVENT, PERSON, IDENTIFIER = (cast(Table, model.__table__) for model in (ConsentEvent, Person, PersonIdentifier))
# Values come as they are stored: one that goes out need not be anything else before.
_EVENTS = (
    select(EVENT.c.person_id, EVENT.c.sequence, _as_stored(EVENT.c.sealed), _as_stored(EVENT.c.hash))
    .add_columns(PERSON.c.public_id, _as_stored(PERSON.c.wrapped_key))
    .join_from(EVENT, PERSON, PERSON.c.id == EVENT.c.person_id)
    .where(EVENT.c.company_id == bindparam("company"))
    .where(tuple_(EVENT.c.person_id, EVENT.c.sequence) > tuple_(bindparam("person"), bindparam("sequence")))
    # Said of the people as well: PostgreSQL, which merges the two, would begin with the first of all people for each batch.
    .where(PERSON.c.id >= bindparam("person"))
    .order_by(EVENT.c.person_id, EVENT.c.sequence)
)
# The sum keeps SQLite from walking through every identifier of the company.
_NAMES = (
    select(IDENTIFIER.c.person_id, IDENTIFIER.c.kind, _as_stored(IDENTIFIER.c.value))
    .where(IDENTIFIER.c.person_id.between(bindparam("first"), bindparam("last")))
    .where(IDENTIFIER.c.company_id + 0 == bindparam("company"))
    .order_by(IDENTIFIER.c.person_id, IDENTIFIER.c.id)
)


class Exported(NamedTuple):
    """One event with whose it is. `said` is its canonical JSON, or None where the person was erased and the key with them."""

    person: str
    identifiers: Sequence[tuple[str, str]]
    sequence: int
    said: bytes | None
    hash: bytes


@cache
def _first_events(at_most: int) -> Select[Any]:
    """The number stands in the statement: not knowing it, PostgreSQL sorts all that is left of the company for each batch."""
    return _EVENTS.limit(literal(at_most, literal_execute=True))


def export_events(
    db: Session, *, after: tuple[int, int] = (0, 0), at_most: int = BATCH
) -> tuple[list[Exported], tuple[int, int] | None]:
    """The next events after that place (person, sequence), and the place to go on from; None where there are no more."""
    company_id, connection = company_of(db), db.connection()
    place = {"company": company_id, "person": after[0], "sequence": after[1]}
    rows = connection.execute(_first_events(at_most), place).all()
    if not rows:
        return [], None
    named, unwrapped = crypto.decrypter(NAMED), crypto.decrypter(WRAPPED)
    names: dict[int, list[tuple[str, str]]] = {}
    range_ = {"company": company_id, "first": rows[0][0], "last": rows[-1][0]}
    for person_id, kind, value in connection.execute(_NAMES, range_).all():
        names.setdefault(person_id, []).append((kind, named(value).decode()))
    found: list[Exported] = []
    whose, opener, theirs = 0, None, []
    for person_id, sequence, sealed, hash_, public_id, wrapped in rows:
        if person_id != whose:
            whose, theirs = person_id, names.get(person_id, [])
            opener = crypto.opener(unwrapped(wrapped)) if wrapped else None
        said = opener(sealed, place_of(company_id, person_id, sequence)) if opener else None
        found.append(Exported(public_id, theirs, sequence, said, hash_))
    return found, (whose, rows[-1][1])


def as_lines(events: Sequence[Exported]) -> bytes:
    """NDJSON: one object an event."""
    lines, head, theirs = [], b"", None
    for person, identifiers, sequence, said, hash_ in events:
        if identifiers is not theirs:
            head, theirs = _head(person, identifiers), identifiers
        event = b"null" if said is None else said
        lines.append(b'%s"sequence":%d,"hash":"%s","event":%s}\n' % (head, sequence, hash_.hex().encode(), event))
    return b"".join(lines)


def _head(person: str, identifiers: Sequence[tuple[str, str]]) -> bytes:
    """How each line of a person begins."""
    names = ", ".join([f'{{"kind": {_quoted(kind)}, "value": {_quoted(value)}}}' for kind, value in identifiers])
    return f'{{"person":{_quoted(person)},"identifiers":[{names}],'.encode()


COLUMNS = (
    "person identifiers sequence purpose channel topic act actor collection_point received_at acted_at until undoes notice_hash language "
    "frequency topics hash"
).split()


def as_table(events: Sequence[Exported], *, head: bool) -> bytes:
    """CSV (RFC 4180), safe against formulas; with the names of the columns where `head`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if head:
        writer.writerow(COLUMNS)
    for one in events:
        said = json.loads(one.said) if one.said is not None else {}
        choice = said.get("choice", {})
        row = {
            **said,
            **choice,
            "person": one.person,
            "identifiers": " ".join(f"{kind}:{value}" for kind, value in one.identifiers),
            "sequence": one.sequence,
            "topics": " ".join(said.get("topics") or ()),
            "hash": one.hash.hex(),
        }
        writer.writerow([_cell(row.get(name)) for name in COLUMNS])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula (ASVS 1.2.10)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def pages(db_of: Callable[[], AbstractContextManager[Session]]) -> Iterator[list[Exported]]:
    """All events, a short transaction a page, so that a long export holds nothing up."""
    place: tuple[int, int] | None = (0, 0)
    while place is not None:
        with db_of() as db:
            found, place = export_events(db, after=place)
        if found:
            yield found
