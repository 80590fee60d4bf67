"""Kind `sql`: a company's own databases, read through Fideslang maps. SQLite files and PostgreSQL; written to for choices and erasures.

Must never write but what `sql_consent`, `sql_correct` and `sql_erase` write, never follow a name that the live schema does not have, and never answer
"nothing" where it could not look.
"""

import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from portal.adapters.contract import (
    Adapter,
    AdapterError,
    Can,
    ChoiceToWrite,
    ConsentReceipt,
    EraseKind,
    ErasePlan,
    EraseReceipt,
    Export,
    Health,
    Identifier,
    Json,
    KeptRow,
    Match,
    Place,
    Record,
    SentCount,
    Subject,
    TryLater,
    Wanted,
)
from portal.adapters.fideslang import read_maps
from portal.adapters.sql_aims import Erasable, make_erasable
from portal.adapters.sql_check import Findings, compare
from portal.adapters.sql_connections import Reading, Writing, explained, open_writing_engine
from portal.adapters.sql_consent import ChoiceWriter, open_writer
from portal.adapters.sql_correct import Corrector
from portal.adapters.sql_eraser import NOT_THERE, Eraser
from portal.adapters.sql_graph import Graph
from portal.adapters.sql_links import Link, read_live_links, read_triggers, schema_of
from portal.adapters.sql_persons import PersonSearch
from portal.adapters.sql_queries import Layout, make_layout
from portal.adapters.sql_records import make_record
from portal.adapters.sql_schema import LiveTable, fingerprint_of, read_tables
from portal.adapters.sql_sent import SentCounter, open_counter
from portal.adapters.sql_settings import Engines, SqlSettings, open_all
from portal.adapters.sql_tables import Tables, describe_tables
from portal.adapters.sql_values import to_json, write_key
from portal.adapters.sql_walk import Person, Walk
from portal.config.loading import parse_part

LOOK_AGAIN = 300.0
"""Seconds after which the live schema is read anew."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was learnt at the last look at the live schema."""

    graph: Graph
    findings: Findings
    erasable: Erasable
    narrow: Mapping[str, Layout]
    full: Mapping[str, Layout]
    at: float
    schemas: Mapping[str, str]


class SqlAdapter(Adapter):
    """One company's databases. One snapshot a read; connections are opened when first needed."""

    can = Can(find=True, export=True, sources=True, erase=EraseKind.DELETE, irreversible=True, probe=True)

    def __init__(
        self,
        place: Place,
        tables: Tables,
        engines: Engines,
        timeout: float,
        choices: ChoiceWriter | None = None,
        sent: SentCounter | None = None,
    ) -> None:
        self._choices, self._sent = choices, sent
        opened = any(table.note and table.note.correctable for table in tables)
        self.can = replace(type(self).can, correct=opened, consent=choices is not None, sent_counts=sent is not None)
        self._place = place
        self._tables = tables
        self._engines = engines.reading
        self._writing = engines.writing
        self._timeout = timeout
        self._known: Known | None = None
        self._lock = threading.Lock()

    def check(self) -> Health:
        """Compare maps and live schemas anew; a database that does not answer is a problem, not an exception."""
        try:
            with Reading(self._engines, self._timeout) as reading:
                known = self._look(reading, anew=True)
                more = [problem for one in (self._choices, self._sent) if one for problem in one.problems(known.graph)]
                problems = (*known.findings.all(), *more)
        except (TryLater, AdapterError) as error:
            problems = (str(error),)
        return Health(not problems, problems)

    def find(self, subject: Subject) -> list[Match]:
        """The persons' records under the subject's identifiers. `sql_persons` says which rows are one record.

        A row of another table that a record's walk reaches (a newsletter row that references the customer) is folded into it.
        Where a table that would have to be searched is missing, nothing found is no answer: raises `AdapterError`.
        """
        with Reading(self._engines, self._timeout) as reading:
            known = self._look(reading)
            found: dict[str, Match] = {}
            for identifier in subject.identifiers:
                for person in PersonSearch(known.graph, reading, known.narrow).find(identifier):
                    key = _key_of(known, person)
                    if key not in found:
                        found[key] = Match(key, person.kind, person.stored, self._tells_apart(known, reading, person))
            if not found:
                self._refuse_blind_search(known, subject)
            return list(found.values())

    def proof_values(self, match: Match, kinds: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Values of the fields that `proof` names, from the rows of this record only."""
        wanted = {kind: place for kind, place in self._tables.proof.items() if kind in kinds}
        with Reading(self._engines, self._timeout) as reading:
            known = self._look(reading)
            self._refuse_missing(known, wanted.values())
            person = self._person(known, reading, match, known.narrow)
            found = self._values_at(known, reading, person, list(wanted.values()))
        return {kind: frozenset(values) for kind, place in wanted.items() if (values := found.get(place))}

    def scope(self) -> Export:
        """Tables with a note that fit the live schema; the others are closed with the first reason that was found."""
        with Reading(self._engines, self._timeout) as reading:
            findings = self._look(reading).findings
        closed = {key: reasons[0] for key, reasons in findings.closing.items()}
        return Export(tuple(table.key for table in self._tables if table.note and table.key not in closed), closed)

    def export(self, match: Match) -> Iterator[Record]:
        """The rows of the record's walk, a batch at a time, from one snapshot of each database."""
        with Reading(self._engines, self._timeout) as reading:
            known = self._look(reading)
            closed = known.findings.closing
            person = self._person(known, reading, match, known.full)
            walk = Walk(known.graph, reading, person, known.full)
            for layout, rows in walk.rows():
                if layout.table.note and layout.table.key not in closed:
                    for row in rows:
                        yield make_record(layout, row, walk.naming_others(layout, row))

    def keeps_choice(self, purpose: str, channel: str, topic: str = "") -> bool:
        """The choices that `settings.consent` names."""
        return self._choices is not None and self._choices.keeps(purpose, channel, topic)

    def write_consent(self, subject: Subject, choice: ChoiceToWrite, *, idempotency_key: str) -> ConsentReceipt:
        """Into the rows that `settings.consent` leads to, by their keys; then read again."""
        if self._choices is None:
            return super().write_consent(subject, choice, idempotency_key=idempotency_key)
        with Reading(self._engines, self._timeout) as reading:
            known = self._look(reading)
            aims = self._choices.aims(known.graph, known.narrow, reading, subject, choice)
        return self._choices.write(aims, known.graph.live[self._choices.settings.collection], choice)

    def sent_counts(self, subject: Subject, *, since: datetime) -> Sequence[SentCount]:
        """From the table that `settings.sent` names."""
        if self._sent is None:
            return super().sent_counts(subject, since=since)
        with Reading(self._engines, self._timeout) as reading:
            known = self._look(reading)
            return self._sent.count(known.graph, known.narrow, reading, subject, since=since)

    def plan_erase(self, match: Match, wanted: Wanted, *, not_after: datetime | None = None) -> ErasePlan:
        """What `erase` would do, from one snapshot. Raises `AdapterError` while a map leaves anything personal out of reach."""
        with Reading(self._engines, self._timeout) as reading:
            return self._eraser(reading, sure=False).plan(reading, match, wanted, not_after)

    def erase(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt:
        """One transaction a database; then everything is read again."""
        with Reading(self._engines, self._timeout) as reading:
            eraser = self._eraser(reading, sure=True)
        with Writing(self._writing, self._timeout) as writing:
            return eraser.erase(writing, match, plan, idempotency_key)

    def erase_kept(self, rows: Sequence[KeptRow], *, idempotency_key: str) -> EraseReceipt:
        """By their keys; a row on which something of somebody else hangs by now is emptied instead of deleted."""
        with Reading(self._engines, self._timeout) as reading:
            eraser = self._eraser(reading, sure=True)
        with Writing(self._writing, self._timeout) as writing:
            return eraser.erase_kept(writing, rows, idempotency_key)

    def probe(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt | None:
        """By reading back: a transaction is done or not done, and two databases may differ, which nobody can tell by itself."""
        with Reading(self._engines, self._timeout) as reading:
            return self._eraser(reading, sure=False).probe(reading, match, plan, idempotency_key)

    def correct(self, match: Match, changes: Mapping[tuple[str, str, str], Json], *, idempotency_key: str) -> None:
        """What the notes name under `correctable`, in one transaction a database; the same twice is once."""
        with Reading(self._engines, self._timeout) as reading:
            known = self._look(reading, sure=True)

        def find(fresh: Reading, match: Match) -> Person:
            return self._person(known, fresh, match, known.erasable.layouts)

        with Writing(self._writing, self._timeout) as writing:
            Corrector(known.graph, known.erasable, find, self._read_back).correct(writing, match, changes)

    def close(self) -> None:
        """Let go of all connections."""
        if self._choices:
            self._choices.close()
        for engine in (*self._engines.values(), *self._writing.values()):
            engine.dispose()

    def _eraser(self, reading: Reading, *, sure: bool) -> Eraser:
        """Raises `AdapterError` while something personal could be left behind: a closed table, a field that no mask fits."""
        known = self._look(reading, sure=sure)
        if self._in_the_way(known):
            known = self._look(reading, anew=True)
        for reason in self._in_the_way(known):
            raise AdapterError(f"Nothing can be erased before this is mended. {reason}")
        return Eraser(known.graph, known.erasable, self._read_back)

    def _read_back(self) -> Reading:
        """Where it was written: a copy for reading may lag behind. A file of SQLite is one place, and reading locks nobody out."""
        sqlite = {key: engine for key, engine in self._engines.items() if engine.dialect.name == "sqlite"}
        return Reading(self._writing | sqlite, self._timeout)

    def _in_the_way(self, known: Known) -> list[str]:
        """What of the maps has to be mended before anything can be erased."""
        closed = [reasons[0] for key, reasons in known.findings.closing.items() if self._tables.by_key[key].is_personal]
        return [*closed, *known.erasable.problems]

    def _look(self, reading: Reading, *, anew: bool = False, sure: bool = False) -> Known:
        """What is known of the live schema. `sure`: before something is written, the schema is compared with what was learnt."""
        known = self._known
        old = known is None or time.monotonic() - known.at > LOOK_AGAIN
        if known is None or old or anew or (sure and known.schemas != self._schemas(reading)):
            known = self._learn(reading)
            with self._lock:
                self._known = known
        return known

    def _schemas(self, reading: Reading) -> dict[str, str]:
        """A fingerprint of each database's schema as it is in this snapshot."""
        found: dict[str, str] = {}
        for dataset in self._engines:
            connection = reading.connection(dataset)
            reading.start_clock(connection)
            found[dataset] = explained(f"The database of {dataset}", partial(fingerprint_of, connection))
        return found

    def _learn(self, reading: Reading) -> Known:
        schemas = self._schemas(reading)
        live: dict[str, LiveTable] = {}
        names: dict[str, Sequence[str]] = {}
        links: list[Link] = []
        triggers: dict[str, list[str]] = {}
        for dataset in self._engines:
            here = [table for table in self._tables if table.dataset == dataset]
            connection = reading.connection(dataset)
            schema = here[0].schema if here and connection.dialect.name != "sqlite" else None
            reading.start_clock(connection)
            wanted = [table.map.name for table in here]
            found, names[dataset] = explained(f"The database of {dataset}", partial(read_tables, connection, schema, wanted))
            live |= {table.key: found[table.map.name] for table in here if table.map.name in found}
            there = explained(f"The database of {dataset}", partial(schema_of, connection, schema))
            mapped = {(there, table.map.name): table.key for table in here if table.map.name in found}
            links += explained(f"The database of {dataset}", partial(read_live_links, connection, dataset, mapped))
            triggers |= explained(f"The database of {dataset}", partial(read_triggers, connection, mapped))
        usable = {table.key: live[table.key] for table in self._tables if _can_be_read(table.named_key, live.get(table.key))}
        graph = Graph(self._tables, usable)
        dialects = {dataset: engine.dialect.name for dataset, engine in self._engines.items()}
        narrow, full = (
            {key: make_layout(graph, key, full=shown, dialect=dialects[table.dataset]) for key, table in graph.tables.items()}
            for shown in (False, True)
        )
        company = self._place.config.company(self._place.company)
        erasable = make_erasable(graph, links, triggers, dialects, company.retention_rules, self._place.system.losses)
        findings = compare(self._tables, live, names, graph, dialects)
        findings = Findings(findings.closing, (*findings.other, *erasable.problems, *erasable.warnings))
        return Known(graph, findings, erasable, narrow, full, time.monotonic(), schemas)

    def _person(self, known: Known, reading: Reading, match: Match, layouts: Mapping[str, Layout]) -> Person:
        for person in PersonSearch(known.graph, reading, layouts).find(Identifier(match.kind, match.stored)):
            if _key_of(known, person) == match.key:
                return person
        raise AdapterError(NOT_THERE)

    def _tells_apart(self, known: Known, reading: Reading, person: Person) -> dict[str, str]:
        places = [place for columns in self._tables.tells_apart.values() for place in columns]
        found = self._values_at(known, reading, person, places)
        told: dict[str, str] = {}
        for kind, columns in self._tables.tells_apart.items():
            values = [found.get(place, []) for place in columns]
            # Two different names in one record tell nothing.
            if all(len(each) <= 1 for each in values) and (text := " ".join(each[0] for each in values if each)):
                told[kind] = text
        return told

    def _values_at(
        self, known: Known, reading: Reading, person: Person, places: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], list[str]]:
        """The different values, as text, that stand at `(table, column)` within a person's rows."""
        found: dict[tuple[str, str], dict[str, None]] = {}
        wanted = frozenset(key for key, _ in places if key in known.graph.tables)
        if wanted <= {person.table}:
            batches = iter([(known.narrow[person.table], [person.row])])
        else:
            batches = Walk(known.graph, reading, person, known.narrow, wanted=wanted).rows()
        for layout, rows in batches:
            for key, name in places:
                if key == layout.table.key and name in layout.at:
                    texts = (to_json(layout.value(row, name), layout.families[name]) for row in rows)
                    found.setdefault((key, name), {}).update((str(text), None) for text in texts if text not in (None, ""))
        return {place: list(values) for place, values in found.items()}

    def _refuse_blind_search(self, known: Known, subject: Subject) -> None:
        kinds = {identifier.kind for identifier in subject.identifiers}
        for table in self._tables:
            columns = [name for kind, name in table.identities if kind in kinds]
            live = known.graph.live.get(table.key)
            if columns and (live is None or any(name not in live.columns for name in columns)):
                raise AdapterError(f"This could not be searched. {known.findings.closing[table.key][0]}")

    def _refuse_missing(self, known: Known, places: Collection[tuple[str, str]]) -> None:
        for key, name in places:
            live = known.graph.live.get(key)
            if live is None or name not in live.columns:
                raise AdapterError(f"This could not be compared. {known.findings.closing[key][0]}")


def _can_be_read(named: tuple[str, ...], live: LiveTable | None) -> bool:
    return live is not None and bool(live.primary_key or (named and all(name in live.columns for name in named)))


def _key_of(known: Known, person: Person) -> str:
    return f"{person.table}:{write_key(known.narrow[person.table].key_of(person.row))}"


def open_sql(place: Place) -> SqlAdapter:
    """Open a system of kind `sql`. Raises `DocumentError` for settings, maps or notes with a mistake; connects to nothing yet."""
    config = place.config
    at = ("companies", place.company, "systems", place.key, "settings")
    settings = parse_part(SqlSettings, place.system.settings, config.document, at)
    datasets = read_maps([Path(name) for name in settings.maps], config.folder)
    keys = [dataset.key for dataset in datasets]
    for key in settings.databases:
        if key not in keys:
            raise place.error(
                "settings", "databases", key, problem=f"No map has the dataset `{key}`.", remedy=f"Mapped are: {', '.join(keys)}."
            )
    engines = Engines(open_all(place, settings.databases, keys, settings.statement_timeout_seconds, writes=False))
    other = {key: settings.erase.databases.get(key, secret) for key, secret in settings.databases.items()}
    for key in settings.erase.databases:
        if key not in keys:
            raise place.error(
                "settings",
                "erase",
                "databases",
                key,
                problem=f"No map has the dataset `{key}`.",
                remedy=f"Mapped are: {', '.join(keys)}.",
            )
    engines.writing.update(open_all(place, other, keys, settings.statement_timeout_seconds, writes=True))
    tables, timeout = describe_tables(place, datasets), settings.statement_timeout_seconds
    choices = None
    if settings.consent:
        dataset = settings.consent.collection.partition(".")[0]
        url = config.secret(settings.databases[dataset], *at, "databases", dataset) if dataset in settings.databases else ""
        choices = open_writer(place, settings.consent, tables, engines.reading, partial(open_writing_engine, url, timeout))
    counter = open_counter(place, settings.sent, tables) if settings.sent else None
    return SqlAdapter(place, tables, engines, timeout, choices, counter)
