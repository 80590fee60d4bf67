"""Erase what was decided: one transaction a database, children before parents, and read again afterwards.

Must never commit when anything else changed than what was decided: fewer rows, or more, as a trigger or a cascade would make it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection

from portal.adapters.contract import AdapterError, Json, Left
from portal.adapters.fates import Held
from portal.adapters.sql_aims import TableAim
from portal.adapters.sql_connections import Reading, Writing, explained
from portal.adapters.sql_decide import Decided
from portal.adapters.sql_queries import Layout, Row
from portal.adapters.sql_values import to_json, without_path
from portal.adapters.sql_writes import by_key, delete_rows, overwrite_rows, read_again, same_rows

# Foreign keys that PostgreSQL checks change no row.
POSTGRES_CHANGES = "SELECT COALESCE(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_xact_user_tables"
CHANGED_HANDS = "The rows changed while they were being erased. Nothing was done."


@dataclass(slots=True)
class Deed:
    """What was done: rows that are gone, with the condition that named them, and the values that now stand in others."""

    gone: list[tuple[Layout, ColumnElement[bool]]] = field(default_factory=list)
    written: list[tuple[Layout, list[Row], dict[str, object]]] = field(default_factory=list)
    changed: dict[str, dict[str, int]] = field(default_factory=dict)


def do_it(writing: Writing, decided: Decided) -> Deed:
    """Delete and overwrite within the open transactions. Raises `TryLater` or `AdapterError`; then nothing may be committed."""
    deed = Deed()
    before = {dataset: total(writing.connection(dataset)) for dataset in _datasets(decided)}
    keys = {spot[0] for spot in (*decided.going, *decided.overwrites)}
    for key in decided.erasable.children_first(sorted(keys)):
        aim = decided.erasable.aims[key]
        for rows, values in _overwrites(decided, aim):
            overwrite(writing, deed, aim, rows, values)
        going = [decided.row(spot) for spot in decided.going if spot[0] == key]
        for condition, some in same_rows(aim.layout, going):
            count = writing.execute(aim.table.dataset, delete_rows(aim.layout, condition))
            _refuse_other(count, some)
            deed.gone.append((aim.layout, condition))
            _note(deed, aim, count)
    refuse_more(writing, deed, before)
    return deed


def what_is_left(reading: Reading, deed: Deed) -> tuple[Left, ...]:
    """What of it is still there, or there again, in a fresh look at the databases."""
    left: dict[tuple[str, str], int] = {}
    for layout, condition in deed.gone:
        for rows in reading.batches(layout.table.dataset, read_again(layout, condition, [])):
            left[layout.table.key, ""] = left.get((layout.table.key, ""), 0) + len(rows)
    for layout, written, values in deed.written:
        for condition in by_key(layout, [layout.key_of(row) for row in written]):
            for rows in reading.batches(layout.table.dataset, read_again(layout, condition, list(values))):
                for row in rows:
                    for name, value in zip(values, row[len(layout.key) :], strict=True):
                        if not _is_same(to_json(value, layout.families.get(name, layout.live.columns[name])), values[name]):
                            left[layout.table.key, name] = left.get((layout.table.key, name), 0) + 1
    return tuple(Left(key, name, count) for (key, name), count in left.items())


def _overwrites(decided: Decided, aim: TableAim) -> Iterable[tuple[list[Row], dict[str, object]]]:
    """Rows of a table with the values to write; rows that get the same values come together."""
    grouped: dict[str, tuple[list[Row], dict[str, object]]] = {}
    for spot, fields in decided.overwrites.items():
        if spot[0] == aim.table.key:
            values = _values(aim, decided.row(spot), fields)
            grouped.setdefault(repr(sorted(values.items())), ([], values))[0].append(decided.row(spot))
    return grouped.values()


def _values(aim: TableAim, row: Row, fields: Sequence[Held]) -> dict[str, object]:
    values: dict[str, object] = {}
    for one in fields:
        shown = aim.columns[one.name]
        mask = aim.masks[shown.column]
        held = aim.layout.held.get(shown.column)
        old = row[held] if held is not None else aim.layout.value(row, shown.column)
        if not shown.path:
            values[shown.column] = mask.value(old)
            continue
        whole = values.get(shown.column, to_json(old, aim.layout.families[shown.column]))
        values[shown.column] = without_path(whole, shown.path)[0]  # type: ignore[arg-type]  # written by this loop or by to_json
    return values


def overwrite(writing: Writing, deed: Deed, aim: TableAim, rows: list[Row], values: dict[str, object]) -> None:
    """Write the same values into these rows, named by key and by whose they are, and no other."""
    for condition, some in same_rows(aim.layout, rows):
        count = writing.execute(aim.table.dataset, overwrite_rows(aim.layout, condition, values))
        _refuse_other(count, some)
        deed.written.append((aim.layout, some, values))
        _note(deed, aim, count)


def _refuse_other(count: int, rows: Sequence[Row]) -> None:
    if count != len(rows):
        raise AdapterError(CHANGED_HANDS, permanent=False)


def _note(deed: Deed, aim: TableAim, count: int) -> None:
    tables = deed.changed.setdefault(aim.table.dataset, {})
    tables[aim.table.key] = tables.get(aim.table.key, 0) + count


def _datasets(decided: Decided) -> list[str]:
    keys = {spot[0] for spot in (*decided.going, *decided.overwrites)}
    return sorted({decided.erasable.aims[key].table.dataset for key in keys})


def total(connection: Connection) -> int:
    """How many rows the database has changed in this session. PostgreSQL counts what earlier transactions left to be reported too."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        return int(driver.total_changes)
    return int(explained("The database", partial(_changes, connection)))


def _changes(connection: Connection) -> Any:
    return connection.exec_driver_sql(POSTGRES_CHANGES).scalar_one()


def refuse_more(writing: Writing, deed: Deed, before: Mapping[str, int]) -> None:
    """The database counts for itself: what it changed beyond our own rows was done by a trigger, a rule or a cascade."""
    by_connection: dict[int, list[str]] = {}
    for dataset in before:
        by_connection.setdefault(id(writing.connection(dataset)), []).append(dataset)
    for datasets in by_connection.values():
        connection = writing.connection(datasets[0])
        ours = sum(count for dataset in datasets for count in deed.changed.get(dataset, {}).values())
        counted = total(connection) - before[datasets[0]]
        if counted > ours:
            raise AdapterError(
                "A trigger, a rule or a cascade of the database changes other rows than those it was about. Nothing was done. "
                "Run the map check."
            )


def _is_same(value: Json, written: object) -> bool:
    """Whether what is read is what was written, whatever type the database made of it."""
    wanted = to_json(written)
    if value is None or wanted is None or isinstance(value, dict | list):
        return value == wanted
    one, other = (str(each).rstrip().removesuffix("+00:00").removesuffix("T00:00:00") for each in (value, wanted))
    return one == other or (_number(one) is not None and _number(one) == _number(other))


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return {"True": 1.0, "False": 0.0}.get(str(value))
