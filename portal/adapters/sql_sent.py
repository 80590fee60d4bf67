"""How many messages a company's own tool sent to a person, by purpose, channel and topic. Counts only: no message is read.

Must never count what went to somebody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import model_validator
from sqlalchemy import ColumnElement, Select, column, func, literal, literal_column, select, table
from sqlalchemy.sql.elements import quoted_name

from portal.adapters.contract import AdapterError, Place, SentCount, Subject
from portal.adapters.sql_connections import Reading
from portal.adapters.sql_graph import Graph
from portal.adapters.sql_queries import Layout
from portal.adapters.sql_schema import LiveTable
from portal.adapters.sql_tables import Tables
from portal.adapters.sql_values import to_column
from portal.adapters.sql_whose import reference_of, refuse_unmapped, values_of
from portal.config.parts import CollectionRef, Line, Part


class SentWord(Part):
    """A column whose values are keys of `portal.yaml`, or one key for all rows."""

    column: Line | None = None
    value: Line | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "SentWord":
        if (self.column is None) == (self.value is None):
            raise ValueError("Say either `column` or `value`.")
        return self


class SentSettings(Part):
    """`settings.sent` of a system of kind `sql`: the table with a row for each message that was sent."""

    collection: CollectionRef
    person: Line
    at: Line
    purpose: SentWord
    channel: SentWord
    topic: SentWord | None = None


@dataclass(frozen=True, slots=True)
class SentCounter:
    """What `settings.sent` says."""

    settings: SentSettings

    def problems(self, graph: Graph) -> list[str]:
        """What is configured and not in the live schema, as sentences."""
        settings = self.settings
        live = graph.live.get(settings.collection)
        if live is None:
            return [f"{settings.collection}: Messages cannot be counted: there is no such table. Mend `settings.sent`."]
        names = _names(settings)
        told = [
            f"{settings.collection}.{one}: Messages cannot be counted: there is no such column."
            for one in names
            if one not in live.columns
        ]
        if reference_of(graph, settings.collection, settings.person) is None:
            told.append(f"{settings.collection}.{settings.person}: Messages cannot be counted: what it references is missing.")
        return told

    def count(
        self, graph: Graph, layouts: Mapping[str, Layout], reading: Reading, subject: Subject, *, since: datetime
    ) -> list[SentCount]:
        """One question for the person's rows since then."""
        for problem in self.problems(graph):
            raise AdapterError(problem)
        edge = reference_of(graph, self.settings.collection, self.settings.person)
        values = values_of(graph, layouts, reading, subject, edge) if edge else []
        live = graph.live[self.settings.collection]
        fitting = [bound for value in values if (bound := to_column(value, live.columns[self.settings.person])) is not None]
        if not fitting:
            return []
        dataset = self.settings.collection.partition(".")[0]
        sqlite = reading.connection(dataset).dialect.name == "sqlite"
        rows = [row for some in reading.batches(dataset, self._question(live, fitting, since, sqlite=sqlite)) for row in some]
        return [
            SentCount(str(purpose), str(channel), str(topic or ""), int(count))
            for purpose, channel, topic, count in rows
            if purpose and channel
        ]

    def _question(self, live: LiveTable, values: list[object], since: datetime, *, sqlite: bool) -> Select[Any]:
        settings = self.settings
        words = [_word(one) for one in (settings.purpose, settings.channel, settings.topic)]
        at: Any = func.datetime(_column(settings.at)) if sqlite else _column(settings.at)
        from_then: object = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if sqlite else since
        source = table(_name(live.name), schema=_name(live.schema) if live.schema else None)
        groups = [_column(one.column) for one in (settings.purpose, settings.channel, settings.topic) if one and one.column]
        question = (
            select(*words, func.count().label("sent"))
            .select_from(source)
            .where(_column(settings.person).in_(values), at >= from_then)
        )
        return question.group_by(*groups) if groups else question


def open_counter(place: Place, settings: SentSettings, tables: Tables) -> SentCounter:
    """The counter of a system. Raises `DocumentError` where the settings name what no map has."""
    table_ = tables.by_key.get(settings.collection)
    paths: dict[str, tuple[str | int, ...]] = {settings.person: ("sent", "person"), settings.at: ("sent", "at")}
    for key in ("purpose", "channel", "topic"):
        word: SentWord | None = getattr(settings, key)
        if word and word.column:
            paths[word.column] = ("sent", key, "column")
    refuse_unmapped(place, table_, settings.collection, paths)
    named = table_.map.field_at((settings.person,)) if table_ else None
    if named is None or not named.references:
        problem = f"`{settings.person}` references nothing in the map."
        raise place.error("settings", "sent", "person", problem=problem, remedy="Name a field with `references`.")
    return SentCounter(settings)


def _names(settings: SentSettings) -> list[str]:
    words = (settings.purpose, settings.channel, settings.topic)
    return [settings.person, settings.at, *(one.column for one in words if one and one.column)]


def _word(word: SentWord | None) -> ColumnElement[Any]:
    if word is None:
        return literal_column("''")
    return _column(word.column) if word.column else literal(str(word.value))


def _name(name: str) -> Any:
    return quoted_name(name, quote=True)


def _column(name: str | None) -> Any:
    return column(_name(str(name)))
