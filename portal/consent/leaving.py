"""Everything the ledger holds of a company's people, one event a line, for a company that leaves or checks us. Constant memory.

Must never leave out an event, nor hand out what is sealed for a person who was erased.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.consent.chains import WRAPPED
from portal.consent.events import plain_text
from portal.consent.model import ConsentEvent
from portal.core import crypto
from portal.core.db import company_of
from portal.people.model import Person, PersonIdentifier

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Exported:
    """One event with whose it is. `said` is its canonical JSON, or None where the person was erased and the key with them."""

    person: str
    identifiers: tuple[tuple[str, str], ...]
    sequence: int
    said: bytes | None
    hash: bytes


def export_events(
    db: Session, *, after: tuple[int, int] = (0, 0), at_most: int = BATCH
) -> tuple[list[Exported], tuple[int, int] | None]:
    """The next events after that place (person, sequence), and the place to go on from; None where there are no more."""
    columns = ConsentEvent.__table__.c
    query = (
        select(*columns)
        .where(columns.company_id == company_of(db))
        .where((columns.person_id > after[0]) | ((columns.person_id == after[0]) & (columns.sequence > after[1])))
        .order_by(columns.person_id, columns.sequence)
        .limit(at_most)
    )
    rows = db.execute(query).all()
    if not rows:
        return [], None
    ids = {row.person_id for row in rows}
    people = {
        row.id: row for row in db.execute(select(Person.id, Person.public_id, Person.wrapped_key).where(Person.id.in_(ids)))
    }
    names: dict[int, list[tuple[str, str]]] = {}
    for row in db.execute(
        select(PersonIdentifier.person_id, PersonIdentifier.kind, PersonIdentifier.value)
        .where(PersonIdentifier.person_id.in_(ids))
        .order_by(PersonIdentifier.id)
    ):
        names.setdefault(row.person_id, []).append((row.kind, row.value))
    found: list[Exported] = []
    for person_id, own in groupby(rows, key=lambda row: row.person_id):
        person = people[person_id]
        opener = crypto.opener(crypto.decrypt(bytes(person.wrapped_key), WRAPPED)) if person.wrapped_key else None
        theirs = tuple(names.get(person_id, ()))
        found += [
            Exported(person.public_id, theirs, row.sequence, plain_text(row, opener) if opener else None, bytes(row.hash))
            for row in own
        ]
    last = rows[-1]
    return found, (last.person_id, last.sequence)


def as_lines(events: Sequence[Exported]) -> bytes:
    """NDJSON: one object an event."""
    return b"".join(
        b'{"person":%s,"identifiers":%s,"sequence":%d,"hash":"%s","event":%s}\n'
        % (
            json.dumps(one.person).encode(),
            json.dumps([{"kind": kind, "value": value} for kind, value in one.identifiers], ensure_ascii=False).encode(),
            one.sequence,
            one.hash.hex().encode(),
            one.said if one.said is not None else b"null",
        )
        for one in events
    )


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
