"""Rows on their way into a package: sorted by collection into sealed spools, one line of JSON a row, exact to the last bit.

Must never hold more than one row in memory, and never write a plain byte.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from portal.adapters.contract import Record, Value
from portal.cases.bundle.content import Judge, Verdict
from portal.core.vault import SealedWriter, new_private_path, read_sealed

Made = tuple[str, str, str, str, str, tuple[str, ...]]
"""Name, category, source, purpose, retention, recipients: values that share these share a column."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_decode = json.JSONDecoder().raw_decode
_encode_ascii = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a collection. `id` is the field's name, with a number where one name has several origins.

    `waits`: a person looks at each of its values before it goes out.
    """

    id: str
    like: Value = field(repr=False)
    waits: bool = False


@dataclass(slots=True)
class Table:
    """What one system holds in one collection. `waiting` counts, per column, the values that follow later, `refused` those that a person
    has not let go; `cleared` are the columns of which somebody let go of a value.
    """

    system: str
    collection: str
    file: Path
    columns: dict[str, Column] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    cleared: set[str] = field(default_factory=set)
    count: int = 0

    @property
    def shown(self) -> list[Column]:
        """The columns that are in this package."""
        return [column for column in self.columns.values() if not column.waits or column.id in self.cleared]

    def chunks(self) -> Iterator[bytes]:
        """The rows as they were written, one line of JSON a row, cut anywhere."""
        return read_sealed(self.file, _context(self.file))

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows: `id`, `obtained` (a day, or a day per column where they differ), `values` by column id."""
        for line in split_lines(self.chunks()):
            yield _decode(line.decode())[0]


@dataclass(slots=True)
class _Open:
    table: Table
    writer: SealedWriter
    plans: dict[tuple[Made, ...], tuple[tuple[str, ...], bool]] = field(default_factory=dict)
    buffer: list[str] = field(default_factory=list)


LINES_AT_ONCE = 256


def spool_rows(
    parts: Iterable[tuple[str, Iterator[Record]]],
    folder: Path,
    waits: Callable[[str, str, Value], bool],
    judge: Judge = lambda *_: Verdict.WAITS,
) -> list[Table]:
    """Sort the records of all systems into spools below `folder`, in the order in which collections first appear.

    `waits(system, collection, value)` says whether a person has to look at a column first; it is asked once a column, not once a value.
    `judge` says of each value of such a column what became of that.
    """
    opened: dict[tuple[str, str], _Open] = {}
    try:
        for system, records in parts:
            for record in records:
                key = (system, record.collection)
                spool = opened.get(key)
                if spool is None:
                    path = new_private_path(folder)
                    spool = opened[key] = _Open(Table(system, record.collection, path), SealedWriter(path, _context(path)))
                _add(spool, record, waits, judge)
        for spool in opened.values():
            _flush(spool)
            spool.writer.finish(lasting=False)
    finally:
        for spool in opened.values():
            spool.writer.discard()
    return [spool.table for spool in opened.values()]


def dump_exact(value: Any) -> str:
    """JSON without loss: a number that JSON cannot write (not a number, infinite) stands as its name."""
    try:
        return _encode(value)
    except ValueError:
        return _encode(_named(value))


def to_bytes(text: str) -> bytes:
    """JSON text as UTF-8; half a character (a lone surrogate) stays as its escape."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _encode_ascii(json.loads(text)).encode()


def split_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a file that comes in chunks, however they are cut."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest


def parse_day(text: str | None) -> date | datetime | None:
    """The day or moment that `obtained` holds."""
    if text is None:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _add(spool: _Open, record: Record, waits: Callable[[str, str, Value], bool], judge: Judge) -> None:
    table = spool.table
    for one in record.withheld:
        table.withheld.setdefault(one.name, one.category)
    shape = tuple([(v.name, v.category, v.source, v.purpose, v.retention, v.recipients) for v in record.values])
    plan = spool.plans.get(shape)
    if plan is None:
        plan = spool.plans[shape] = _plan(table, record.values, waits)
    ids, some_wait = plan
    values: Iterable[tuple[str, Value]] = zip(ids, record.values, strict=True)
    if some_wait:
        values = [
            (column, value)
            for column, value in values
            if not table.columns[column].waits or _goes_out(table, column, judge(table.system, record, value), value)
        ]
    row: dict[str, Any] = {"id": record.key}
    values = list(values)
    if not values:
        return
    days = {value.obtained for _, value in values}
    if days != {None}:
        row["obtained"] = _day(days.pop()) if len(days) == 1 else {column: _day(value.obtained) for column, value in values}
    row["values"] = {column: value.value for column, value in values}
    spool.buffer.append(dump_exact(row))
    table.count += 1
    if len(spool.buffer) >= LINES_AT_ONCE:
        _flush(spool)


def _goes_out(table: Table, column: str, verdict: Verdict, value: Value) -> bool:
    """Whether a value that a person has to look at first stands in the row; if not, it is counted where it says something."""
    if verdict is Verdict.RELEASED:
        table.cleared.add(column)
        return True
    held = table.waiting if verdict is Verdict.WAITS else table.refused
    held[column] = held.get(column, 0) + (value.value not in (None, ""))
    return False


def _flush(spool: _Open) -> None:
    if not spool.buffer:
        return
    text = "\n".join(spool.buffer) + "\n"
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raw = b"".join(to_bytes(line) + b"\n" for line in spool.buffer)
    spool.writer.write(raw)
    spool.buffer.clear()


def _plan(table: Table, values: tuple[Value, ...], waits: Callable[[str, str, Value], bool]) -> tuple[tuple[str, ...], bool]:
    """The column of each value of a shape; makes columns that are not there yet. A name that stands twice in one row gets two."""
    ids: list[str] = []
    for value in values:
        made = _made(value)
        number = 1
        while True:
            column = value.name if number == 1 else f"{value.name}~{number}"
            known = table.columns.get(column)
            if known is None:
                table.columns[column] = Column(column, value, waits(table.system, table.collection, value))
                break
            if _made(known.like) == made and column not in ids:
                break
            number += 1
        ids.append(column)
    return tuple(ids), any(table.columns[column].waits for column in ids)


def _made(value: Value) -> Made:
    return (value.name, value.category, value.source, value.purpose, value.retention, value.recipients)


def _day(day: date | datetime | None) -> str | None:
    return None if day is None else day.isoformat()


def _named(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, list):
        return [_named(item) for item in value]
    if isinstance(value, dict):
        return {name: _named(item) for name, item in value.items()}
    return value


def _context(path: Path) -> str:
    return f"bundle.spool:{path.name}"
