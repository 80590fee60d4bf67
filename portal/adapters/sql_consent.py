"""Choices in a company's database: one column of the person's row, or a row of its own a choice. Written by key, then read back.

Must never touch a row that does not carry the person's identifier at that moment, nor one with a higher sequence.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import ColumnElement, Connection, Engine, TableClause, and_, column, insert, or_, select, table, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import quoted_name

from portal.adapters.contract import AdapterError, ChoiceToWrite, ConsentReceipt, Place, Subject, TryLater
from portal.adapters.identifiers import normal
from portal.adapters.sql_connections import Reading, explained
from portal.adapters.sql_graph import Graph
from portal.adapters.sql_queries import Layout, rows_identified
from portal.adapters.sql_schema import LiveTable
from portal.adapters.sql_tables import Tables
from portal.adapters.sql_values import Family
from portal.adapters.sql_whose import reference_of, refuse_unmapped, values_of
from portal.config.parts import CollectionRef, Line, Part

Word = bool | int | str
ChoiceName = Annotated[str, StringConstraints(pattern=r"^[^.\s]+\.[^.\s]+(\.[^.\s]+)?$")]


class ConsentWords(Part):
    """Where one choice stands, and the values that mean yes and no. `row` names the choice where each has a row of its own."""

    column: Line
    allowed: Word = Field(description="The value that says that the choice may be used")
    stopped: Word = Field(description="The value that says that it may not")
    row: dict[Line, Word] = Field(default_factory=dict)
    topics: Line | None = Field(None, description="A column for the chosen topics, with commas between; empty for all")
    frequency: Line | None = None


class ConsentSettings(Part):
    """`settings.consent` of a system of kind `sql`."""

    collection: CollectionRef
    person: Line | None = Field(
        None, description="The column that references the person's record, where the table does not carry the address itself"
    )
    choices: dict[ChoiceName, ConsentWords] = Field(min_length=1, description="By `purpose.channel` or `purpose.channel.topic`")
    sequence: Line | None = Field(None, description="A column of 64-bit integers: no older write stands over a newer one")
    changed_at: Line | None = None
    create: dict[Line, Word] | None = Field(
        None, description="Where a yes finds no row, one is made: with the address and these values. Not with `person`"
    )
    created_at: Line | None = None


@dataclass(frozen=True, slots=True)
class Aim:
    """One row to be written: `where` names it, `guard` is what must still stand there. `is_new`: it is made where it is missing, with `more`."""

    where: Mapping[str, Any]
    guard: Mapping[str, Any] = field(default_factory=dict)
    is_new: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChoiceWriter:
    """What `settings.consent` says, and a connection that may write."""

    settings: ConsentSettings
    dataset: str
    reads: Engine
    writes: Engine

    def keeps(self, purpose: str, channel: str, topic: str) -> bool:
        """Whether the choice is among those that are configured."""
        return _named(purpose, channel, topic) in self.settings.choices

    def problems(self, graph: Graph) -> list[str]:
        """What is configured and not in the live schema, as sentences."""
        live = graph.live.get(self.settings.collection)
        if live is None:
            return [f"{self.settings.collection}: Choices cannot be written: there is no such table. Mend `settings.consent`."]
        missing = [name for name in dict.fromkeys(_columns(self.settings)) if name not in live.columns]
        told = [f"{self.settings.collection}.{name}: Choices cannot be written: there is no such column." for name in missing]
        if self.settings.person and reference_of(graph, self.settings.collection, self.settings.person) is None:
            told.append(
                f"{self.settings.collection}.{self.settings.person}: Whose a choice is cannot be found: what it references is missing."
            )
        return told

    def aims(
        self, graph: Graph, layouts: Mapping[str, Layout], reading: Reading, subject: Subject, choice: ChoiceToWrite
    ) -> list[Aim]:
        """The rows that this subject's choice stands in."""
        for problem in self.problems(graph):
            raise AdapterError(problem)
        words = self._words(choice)
        if self.settings.person:
            edge = reference_of(graph, self.settings.collection, self.settings.person)
            values = values_of(graph, layouts, reading, subject, edge) if edge else []
            return [Aim({self.settings.person: value, **words.row}, is_new=bool(words.row)) for value in values]
        layout = layouts[self.settings.collection]
        found: dict[tuple[Any, ...], Aim] = {}
        for identifier in subject.identifiers:
            asked = rows_identified(layout, identifier.kind, identifier.value)
            for row in () if asked is None else (one for rows in reading.batches(self.dataset, *asked) for one in rows):
                stands = {
                    name: stored
                    for kind, name in layout.table.identities
                    if kind == identifier.kind
                    and (stored := layout.value(row, name)) is not None
                    and normal(kind, stored) == normal(kind, identifier.value)
                }
                if stands:
                    key = layout.key_of(row)
                    found.setdefault(key, Aim({**dict(zip(layout.key, key, strict=True)), **words.row}, stands))
        return list(found.values()) or self._new_rows(layout, subject, choice)

    def _new_rows(self, layout: Layout, subject: Subject, choice: ChoiceToWrite) -> list[Aim]:
        """A yes of somebody whom the system does not know yet; a no needs no row."""
        if self.settings.create is None or not choice.allowed:
            return []
        more: dict[str, Any] = dict(self.settings.create)
        if self.settings.created_at:
            more[self.settings.created_at] = self._moment(layout.live, self.settings.created_at, choice.at)
        names = [(kind, name) for kind, name in layout.table.identities]
        return [
            Aim(
                {next(name for kind, name in names if kind == one.kind): one.value, **self._words(choice).row},
                is_new=True,
                more=more,
            )
            for one in subject.identifiers
            if one.kind in dict(names)
        ]

    def write(self, aims: list[Aim], live: LiveTable, choice: ChoiceToWrite) -> ConsentReceipt:
        """Write them all in one transaction, then read again what stands there."""
        if not aims:
            return ConsentReceipt(found=False, confirmed=False)
        what = f"The database of {self.dataset}"
        explained(what, partial(self._write, aims, live, choice))
        stands = explained(what, partial(self._read_back, aims, live, choice))
        return ConsentReceipt(found=bool(stands), confirmed=bool(stands) and all(stands))

    def close(self) -> None:
        """Let go of the connections that may write."""
        self.writes.dispose()

    def _words(self, choice: ChoiceToWrite) -> ConsentWords:
        words = self.settings.choices.get(_named(choice.purpose, choice.channel, choice.topic))
        if words is None:
            raise AdapterError("This choice is not among those that `settings.consent` names.")
        return words

    def _write(self, aims: list[Aim], live: LiveTable, choice: ChoiceToWrite) -> None:
        source, values = _source(live), self._values(live, choice)
        raced = False
        with self.writes.connect() as connection:
            try:
                for aim in aims:
                    older = self._is_older(choice)
                    done = connection.execute(update(source).where(_all({**aim.where, **aim.guard}), older).values(values))
                    if done.rowcount == 0 and aim.is_new and not _is_there(connection, source, aim):
                        connection.execute(
                            insert(source).values(
                                {**{_name(key): value for key, value in {**aim.where, **aim.more}.items()}, **values}
                            )
                        )
                connection.commit()
            except IntegrityError as error:
                if not _is_double(error):
                    raise
                raced = True
        # Outside of the handler: a driver's exception holds the row.
        if raced:
            raise TryLater("Another process made the same row at the same moment.", after=1.0)

    def _values(self, live: LiveTable, choice: ChoiceToWrite) -> dict[str, Any]:
        words, settings = self._words(choice), self.settings
        values: dict[str, Any] = {words.column: words.allowed if choice.allowed else words.stopped}
        if settings.sequence:
            values[settings.sequence] = choice.sequence
        if settings.changed_at:
            values[settings.changed_at] = self._moment(live, settings.changed_at, choice.at)
        if words.topics:
            values[words.topics] = None if choice.topics is None else ",".join(choice.topics)
        if words.frequency:
            values[words.frequency] = choice.frequency
        return {_name(name): value for name, value in values.items()}

    def _moment(self, live: LiveTable, name: str, moment: datetime) -> Any:
        if self.writes.dialect.name == "sqlite" or live.columns[name] is not Family.TIME:
            return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        return moment

    def _is_older(self, choice: ChoiceToWrite) -> ColumnElement[bool]:
        """Whether what stands there came before this choice; where nothing is counted, the engine writes once more who was overtaken."""
        if not self.settings.sequence:
            return and_(True)
        there = _column(self.settings.sequence)
        return or_(there.is_(None), there <= choice.sequence)

    def _read_back(self, aims: list[Aim], live: LiveTable, choice: ChoiceToWrite) -> list[bool]:
        """Of each row that is there, whether it says what was written or something newer; False for one that should have been made."""
        words = self._words(choice)
        wanted = words.allowed if choice.allowed else words.stopped
        names = [words.column, *([self.settings.sequence] if self.settings.sequence else [])]
        stands = []
        with self.reads.connect() as connection:
            for aim in aims:
                rows = connection.execute(select(*map(_column, names)).select_from(_source(live)).where(_all(aim.where))).all()
                stands += [_is_newer(row, choice) or _is_same(row[0], wanted) for row in rows]
                stands += [False] if aim.is_new and not rows else []
        return stands


def open_writer(
    place: Place, settings: ConsentSettings, tables: Tables, reads: Mapping[str, Engine], open_writes: Callable[[], Engine]
) -> ChoiceWriter:
    """The writer of a system. Raises `DocumentError` where the settings name what no map has."""
    at = ("consent",)
    table_ = tables.by_key.get(settings.collection)
    names: dict[str, tuple[str | int, ...]] = {}
    for key, words in settings.choices.items():
        names |= {words.column: (*at, "choices", key, "column")}
    for key in ("person", "sequence", "changed_at", "created_at"):
        name = getattr(settings, key)
        if name:
            names[name] = (*at, key)
    names |= {name: (*at, "create", name) for name in settings.create or {}}
    refuse_unmapped(place, table_, settings.collection, names)
    if table_ is not None and not settings.person and not table_.identities:
        problem = f"No field of `{settings.collection}` is an identifier, so whose a row is is not said."
        raise place.error(
            "settings", *at, "collection", problem=problem, remedy="Say `person:`, the field that references the record."
        )
    if table_ is not None and settings.person:
        named = table_.map.field_at((settings.person,))
        if named is None or not named.references:
            problem = f"`{settings.person}` references nothing in the map."
            raise place.error("settings", *at, "person", problem=problem, remedy="Name a field with `references`.")
    dataset = settings.collection.partition(".")[0]
    return ChoiceWriter(settings, dataset, reads[dataset], open_writes())


def _columns(settings: ConsentSettings) -> list[str]:
    found = [name for name in (settings.person, settings.sequence, settings.changed_at, settings.created_at) if name]
    found += settings.create or {}
    for words in settings.choices.values():
        found += [words.column, *words.row, *(name for name in (words.topics, words.frequency) if name)]
    return found


def _named(purpose: str, channel: str, topic: str) -> str:
    return ".".join(filter(None, (purpose, channel, topic)))


def _name(name: str) -> Any:
    return quoted_name(name, quote=True)


def _column(name: str) -> Any:
    return column(_name(name))


def _source(live: LiveTable) -> TableClause:
    return table(_name(live.name), *map(_column, live.columns), schema=_name(live.schema) if live.schema else None)


def _all(values: Mapping[str, Any]) -> ColumnElement[bool]:
    return and_(*(_column(name) == value for name, value in values.items()))


def _is_there(connection: Connection, source: TableClause, aim: Aim) -> bool:
    return (
        connection.execute(select(*map(_column, aim.where)).select_from(source).where(_all(aim.where)).limit(1)).first()
        is not None
    )


def _is_newer(row: Any, choice: ChoiceToWrite) -> bool:
    return len(row) > 1 and row[1] is not None and int(row[1]) > choice.sequence


def _is_same(stored: object, wanted: Word) -> bool:
    return stored == wanted or (isinstance(stored, str) and stored.rstrip() == str(wanted))


def _is_double(error: IntegrityError) -> bool:
    original = error.orig
    if isinstance(original, sqlite3.Error):
        return original.sqlite_errorname in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
    return getattr(original, "sqlstate", None) == "23505"
