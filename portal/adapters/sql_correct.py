"""Correct what stands in a company's databases: other values in fields that its notes open for that, and read again.

Must never write an identifier, a key, or what joins tables (D12), a row that is not the person's own, nor only a part of what was asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from uuid import UUID

from portal.adapters.contract import AdapterError, Json, Match
from portal.adapters.sql_aims import Erasable, TableAim
from portal.adapters.sql_connections import Reading, Writing
from portal.adapters.sql_erase import Deed, overwrite, refuse_more, total, what_is_left
from portal.adapters.sql_graph import Graph
from portal.adapters.sql_queries import Layout, Row
from portal.adapters.sql_schema import LiveTable
from portal.adapters.sql_values import Family, write_key
from portal.adapters.sql_walk import Person, Walk

NOT_HERE = "This cannot be corrected here. Name the field under `correctable`, or change it by hand."
NOT_THEIRS = "This row is not the person's own any more. Nothing was changed."
NO_FIT = "The column cannot hold this value. Nothing was changed."

T = TypeVar("T")
Changes = Mapping[tuple[str, str, str], Json]


@dataclass(frozen=True, slots=True)
class Corrector:
    """One correction. `find` looks for the person of a match, in the transaction that writes."""

    graph: Graph
    erasable: Erasable
    find: Callable[[Reading, Match], Person]
    look: Callable[[], Reading]

    def correct(self, writing: Writing, match: Match, changes: Changes) -> None:
        """All of it in one transaction a database, by key and while the row is theirs; then read again."""
        wanted = self._wanted(changes)
        if not wanted:
            return
        person = self.find(writing, match)
        rows = self._own_rows(writing, person, wanted)
        deed = Deed()
        before = {
            dataset: total(writing.connection(dataset)) for dataset in sorted({self._aim(key).table.dataset for key, _ in wanted})
        }
        for (key, row_key), values in wanted.items():
            overwrite(writing, deed, self._aim(key), [rows[key, row_key]], values)
        refuse_more(writing, deed, before)
        writing.commit()
        with self.look() as reading:
            if what_is_left(reading, deed):
                raise AdapterError("What was written does not stand there when it is read again.", permanent=False)

    def _aim(self, key: str) -> TableAim:
        aim = self.erasable.aims.get(key)
        if aim is None:
            raise AdapterError(NOT_HERE)
        return aim

    def _wanted(self, changes: Changes) -> dict[tuple[str, str], dict[str, object]]:
        """Per row the columns and the values as they are bound. Raises `AdapterError` for the first that must not or cannot be."""
        wanted: dict[tuple[str, str], dict[str, object]] = {}
        for (collection, key, name), value in changes.items():
            aim = self._aim(collection)
            shown = aim.columns.get(name)
            if shown is None or shown.path or shown.forbidden or not _is_open(aim, name, shown.column):
                raise AdapterError(NOT_HERE)
            wanted.setdefault((collection, key), {})[shown.column] = _fitting(aim.layout.live, shown.column, value)
        return wanted

    def _own_rows(self, reading: Reading, person: Person, wanted: Mapping[tuple[str, str], object]) -> dict[tuple[str, str], Row]:
        """Those of the person's own rows that are to be changed; one that others reach too is not."""
        found: dict[tuple[str, str], Row] = {}
        for layout, rows, is_own in Walk(self.graph, reading, person, self.erasable.layouts).told():
            for row in rows if is_own else ():
                place = (layout.table.key, f"{layout.table.key}:{_key(layout, row)}")
                if place in wanted:
                    found[place] = row
        if found.keys() != wanted.keys():
            raise AdapterError(NOT_THEIRS)
        return found


def _is_open(aim: TableAim, name: str, column: str) -> bool:
    """Whether the notes open the field, and nothing else is known by it."""
    note, table = aim.table.note, aim.table
    taken = {*aim.fixed, *aim.layout.key, *(each for _, each in table.identities), table.owner}
    return note is not None and name in note.correctable and column not in taken and column not in aim.layout.live.unique


def _key(layout: Layout, row: Row) -> str:
    return write_key(layout.key_of(row))


def _fitting(live: LiveTable, name: str, value: Json) -> object:
    """The value as this column takes it, never bent into something else."""
    if value is None and name in live.nullable:
        return None
    family = live.columns[name]
    length = getattr(live.types.get(name), "length", None)
    match family, value:
        case Family.TEXT | Family.OTHER, str() if "\0" not in value and (not length or len(value) <= length):
            return value
        case Family.BOOLEAN, bool():
            return value
        case Family.INTEGER, int() if not isinstance(value, bool) and abs(value) < 2**63:
            return value
        case Family.NUMBER, int() | float() | str() if not isinstance(value, bool):
            number = _parsed(Decimal, str(value))
            if number is not None and number.is_finite():
                return number
        case Family.UUID, str():
            if (parsed := _parsed(UUID, value)) is not None:
                return str(parsed)
        case Family.TIME, str():
            if (moment := _parsed(_moment_of(live, name), value)) is not None:
                return moment
        case Family.JSON, list() | dict():
            return value
    raise AdapterError(NO_FIT)


def _moment_of(live: LiveTable, name: str) -> Callable[[str], date | time]:
    kinds: dict[type, Callable[[str], date | time]] = {date: date.fromisoformat, time: time.fromisoformat}
    return kinds.get(live.types[name].python_type, datetime.fromisoformat)


def _parsed(parse: Callable[[str], T], text: str) -> T | None:
    try:
        return parse(text)
    except (ValueError, InvalidOperation):
        return None
