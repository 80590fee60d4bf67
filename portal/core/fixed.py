"""Statements that never change, in the transaction of a session: on SQLite at the cost of the driver alone, for what every act needs.

Must never begin or end a transaction, and never put a value into the text of a statement. Where the database is a server, its own time and
the way to it are what counts: there they are ordinary statements.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import BindParameter, ClauseElement, Connection, Executable, Table, bindparam, event, insert
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.sql.compiler import SQLCompiler

Process = Callable[[Any], Any]

_CONNECTED = "fixed_connected"


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement as SQLite's driver takes it: its text, the values that never change, and what makes of values what is stored, and back."""

    text: str
    given: dict[str, Any]
    into: tuple[tuple[str, Process], ...]
    back: tuple[tuple[int, Process], ...]
    row: Callable[[Iterable[Any]], Any] | None


class Fixed:
    """One statement whose values are all named. A name for many values is not for it."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._ready: dict[tuple[str, ...], _Ready] = {}

    def run(self, db: Session, values: Mapping[str, Any]) -> list[Any]:
        """Run it; its rows, with their columns by name. What is pending in the session is written first."""
        db.flush()
        connection, driver = db.info.get(_CONNECTED) or _connect(db)
        if driver is None:
            found = connection.execute(cast(Executable, self._statement), dict(values))
            return list(found) if found.returns_rows else []
        try:
            return self._by_driver(driver, values)
        except sqlite3.Error as error:
            # In the words in which every other statement says it, without the values.
            raise DBAPIError.instance(
                str(self._statement), None, error, sqlite3.Error, hide_parameters=True, dialect=connection.dialect
            ) from error

    def _by_driver(self, driver: Any, values: Mapping[str, Any]) -> list[Any]:
        names = tuple(values)
        ready = self._ready.get(names) or self._make(names)
        given = {**ready.given, **values}
        for name, process in ready.into:
            given[name] = process(given[name])
        found = driver.execute(ready.text, given)
        if ready.row is None:
            return []
        rows = found.fetchall()
        if ready.back:
            rows = [_converted(row, ready.back) for row in rows]
        return list(map(ready.row, rows))

    def _make(self, names: tuple[str, ...]) -> _Ready:
        """As the driver takes it with values of these names: an insert or update that says no columns sets those."""
        # The driver takes values by name, too, where it is asked to.
        dialect: Any = SQLiteDialect_pysqlite(paramstyle="named")
        compiled = cast(SQLCompiler, self._statement.compile(dialect=dialect, column_keys=list(names)))
        processes = {name: one.type.dialect_impl(dialect).bind_processor(dialect) for name, one in compiled.binds.items()}
        columns = list(cast(Any, self._statement).exported_columns)
        converters = [one.type.dialect_impl(dialect).result_processor(dialect, None) for one in columns]
        ready = self._ready[names] = _Ready(
            str(compiled),
            {name: one for name, one in compiled.params.items() if one is not None},
            tuple((name, process) for name, process in processes.items() if process is not None),
            tuple((place, convert) for place, convert in enumerate(converters) if convert is not None),
            cast(Any, namedtuple("Row", [one.name for one in columns], rename=True))._make if columns else None,
        )
        return ready


def _connect(db: Session) -> tuple[Connection, Any]:
    """The connection of the session's transaction, and SQLite's own; looked for once a transaction."""
    connection = db.connection()
    found = connection, connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
    db.info[_CONNECTED] = found
    return found


def _forget(db: Session, transaction: SessionTransaction) -> None:
    """Each transaction asks anew, each nested one, too: its savepoint is set when it is first asked for the connection."""
    db.info.pop(_CONNECTED, None)


event.listen(Session, "after_transaction_create", _forget)
event.listen(Session, "after_transaction_end", _forget)


def adding(table: Table) -> Fixed:
    """Adds one row."""
    return Fixed(insert(table).inline())


def several(table: Table, count: int, *, shared: Iterable[str], own: Iterable[str]) -> list[dict[str, Any]]:
    """The values of so many rows in one `INSERT`: of `shared` columns `all_<name>` in each of them, of `own` ones `<name>_0` and so on.

    Each says its column's type: without it a sealed column would be written in clear.
    """

    def of(column: str, name: str) -> BindParameter[Any]:
        return bindparam(name, type_=table.c[column].type)

    alike = {name: of(name, f"all_{name}") for name in shared}
    return [alike | {name: of(name, f"{name}_{place}") for name in own} for place in range(count)]


def _converted(row: Any, back: Iterable[tuple[int, Process]]) -> list[Any]:
    values = list(row)
    for place, convert in back:
        values[place] = convert(values[place])
    return values
