"""Old lists come in: line by line, a batch a transaction, as a dry run unless it is said otherwise.

Must never repeat what a line said, nor tell of somebody who is left out whether they were erased or suppressed.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from flask import Response
from pydantic import Field
from sqlalchemy.exc import IntegrityError, OperationalError

from portal.accounts.api_keys import ApiKey, is_live
from portal.api import identifiers
from portal.api.alarms import watch_attestations
from portal.api.bodies import Body, Moment, read_line
from portal.api.events import Name
from portal.api.guards import current_key
from portal.api.identifiers import IdentifierIn, NotUsable
from portal.api.operations import Part
from portal.api.paging import Query, read_query
from portal.api.problems import Problem
from portal.api.streams import BATCH, NDJSON, answer_lines, batches_of, is_stream
from portal.consent.events import Choice
from portal.consent.importing import Entry, import_batch
from portal.consent.telling import Attested, Outcome, Source, Stored
from portal.consent.words import Act
from portal.core.ahead import in_order
from portal.core.db import Database
from portal.core.statistics import LARGE, count_large_tables
from portal.people.crowds import owners_of
from portal.people.service import Identifier
from portal.web.context import CurrentCompany, current_company, database

part = Part("imports", "Take over what your old lists say")

TRIES, DEADLOCK = 3, "40P01"
AT_ONCE, LARGER_BATCH = 3, 2000
"""On PostgreSQL, where nobody waits for a batch but who is in it."""

UNREADABLE = "This line is no act that can be read."
LISTED = frozenset({Stored.REFUSED, Stored.ERASED, Stored.NOTHING})
"""Outcomes of which the answer names each line; the others are counted."""


class ImportQuery(Query):
    """`dry_run`: say what would become of each line, and write nothing. It is what happens unless it is `false`."""

    dry_run: Literal["true", "false"] = "true"


class ImportLine(Body):
    """One line: who said what about which choice, and when (`at`, with its zone). `until` only with `paused`.

    With `form_url` and `notice` a yes is an attestation, where the key may attest; else it becomes `legacy_unverified`.
    """

    identifier: IdentifierIn
    purpose: Name
    channel: Name
    act: Act
    at: Moment | None = None
    until: Moment | None = None
    form_url: Annotated[str | None, Field(max_length=500, pattern="^https://")] = None
    notice: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None
    topics: Annotated[list[Name] | None, Field(max_length=50)] = None
    frequency: Name | None = None


@part.operation(
    "POST", "/consents/import", scope="consents:write", summary="Import an old list", takes=(NDJSON,), gives=(NDJSON,),
    query=ImportQuery, line=ImportLine, problems=("unavailable", "too-large", "unsupported-media-type"),
)  # fmt: skip
def import_consents() -> Response:
    """Lines in (`ImportLine`); out, a line for each that was not taken as sent, then one that sums up (`"complete": true`).

    A no is taken. A yes that the list cannot prove becomes `legacy_unverified`, which is no consent, and only where the person never
    answered: over an answer it is `refused`. Who was suppressed or erased is `left_out`. The same list once more changes nothing.
    """
    if not is_stream():
        raise Problem("unsupported-media-type", detail=f"Send `Content-Type: {NDJSON}`.")
    dry = read_query(ImportQuery).dry_run == "true"
    company, key, files = current_company(), current_key(), database()

    def take_in(batch: _Read) -> list[Outcome] | None:
        return _take_in(files, company, batch.entries, key, dry=dry)

    def work(path: Path) -> Iterator[bytes]:
        counts: Counter[str] = Counter()
        read = _batches(path, files, company, attests="consents:attest" in key.scopes)
        # SQLite lets one write at a time; the next batch is read meanwhile.
        for batch, outcomes in in_order(read, take_in, at_once=1 if files.is_sqlite else AT_ONCE, meets=_Read.meets):
            if outcomes is None:
                yield _line({"error": "The key was revoked while this ran; lines behind this one may not be taken in."})
                return
            told = []
            for number, outcome in batch.with_numbers(outcomes):
                counts[outcome.stored if outcome else "unreadable"] += 1
                if outcome is None or outcome.stored in LISTED:
                    told.append(_told(number, outcome))
            if told:
                yield b"".join(told)
        if counts.total() >= LARGE and not dry:
            count_large_tables(files)
        yield _line({"complete": True, "dry_run": dry, "lines": counts.total(), "counts": dict(sorted(counts.items()))})

    return answer_lines(work)


@dataclass(frozen=True, slots=True)
class _Read:
    """A batch that was read: each line's number and entry (None: it cannot be read), and who is meant by all of them."""

    lines: list[tuple[int, Entry | None]]
    entries: list[Entry]
    identifiers: frozenset[Identifier]
    people: Set[int]

    def meets(self, later: "_Read") -> bool:
        """Whether both speak of the same person, so that the order in which they are taken in may matter."""
        return not self.identifiers.isdisjoint(later.identifiers) or not self.people.isdisjoint(later.people)

    def with_numbers(self, outcomes: Iterable[Outcome]) -> Iterator[tuple[int, Outcome | None]]:
        """What became of each line, in their order."""
        rest = iter(outcomes)
        return ((number, None if one is None else next(rest)) for number, one in self.lines)


def _batches(path: Path, files: Database, company: CurrentCompany, *, attests: bool) -> Iterator[_Read]:
    allow = company.config.allow_non_ascii_addresses
    for batch in batches_of(path, BATCH if files.is_sqlite else LARGER_BATCH):
        lines = [(number, _read(raw, allow=allow, attests=attests)) for number, raw in batch.numbered()]
        entries = [one for _, one in lines if one is not None]
        named = frozenset(one.identifier for one in entries)
        with files.reading(company.id) as session:
            people = frozenset() if files.is_sqlite else owners_of(session, named)
        yield _Read(lines, entries, named, people)


def _take_in(files: Database, company: CurrentCompany, entries: list[Entry], key: ApiKey, *, dry: bool) -> list[Outcome] | None:
    """One batch, one transaction; a dry run does the same and takes it back, so that it cannot say anything else. None: the key was revoked."""
    for tries_left in reversed(range(TRIES)):
        with files.open_to_write(company.id) as session:
            try:
                if not is_live(session, key.id):
                    return None
                outcomes = import_batch(session, entries, source=Source(key.name, key.public_id))
                if dry:
                    session.rollback()
                else:
                    attested = sum(one.stored is Stored.ATTESTED for one in outcomes)
                    watch_attestations(session, key, attested, company=company.key)
                    session.commit()
                return outcomes
            except (IntegrityError, OperationalError) as error:
                # Somebody else made one of these people at the same moment, or two waited for one another: now they are known, or free.
                session.rollback()
                if not tries_left or not (isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", "") == DEADLOCK):
                    raise
    raise AssertionError


def _read(raw: bytes, *, allow: bool, attests: bool) -> Entry | None:
    """What a line says; None where it cannot be read."""
    try:
        sent = read_line(ImportLine, raw)
        identifier = identifiers.normal(sent.identifier.kind, sent.identifier.value, allow_non_ascii=allow)
    except (NotUsable, Problem):
        return None
    choice = Choice(sent.purpose, sent.channel)
    attested = None
    if attests and sent.act is Act.GIVEN and sent.form_url and sent.notice and sent.at:
        topics = None if sent.topics is None else tuple(sent.topics)
        attested = Attested(choice, sent.act, sent.at, sent.form_url, bytes.fromhex(sent.notice), topics, sent.frequency)
    return Entry(identifier, choice, sent.act, sent.at, sent.until, attested)


def _told(number: int, outcome: Outcome | None) -> bytes:
    if outcome is None:
        return _line({"line": number, "error": UNREADABLE})
    return _line({"line": number, "stored": outcome.stored, **({"why": outcome.why} if outcome.why else {})})


def _line(said: dict[str, object]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"
