"""Many new rows of one table at once: each value is stored as its column's type says, without a statement being made for each row.

Must never take a column's name from anything but a table of ours.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, LargeBinary, Table, column, func, insert, select
from sqlalchemy import table as sa_table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from portal.core import crypto
from portal.core.columns import Encrypted, Moment

Process = Callable[[Any], Any]

_GIVEN = sa_table("sqlite_sequence", column("name"), column("seq"))
"""The highest number that SQLite ever gave out, of tables which never give one out again."""


def add_rows(db: Session, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, the values of each in the order of `names`. What the database refuses is raised as by any other insert."""
    if not rows:
        return
    connection = db.connection()
    statement, order, processes = _prepared(connection.dialect, table, tuple(names))
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, process in processes:
        columns[place] = [process(value) for value in columns[place]]
    for place, name in enumerate(names):
        kind = table.c[name].type
        if isinstance(kind, Encrypted):
            sealed = crypto.encrypter(kind.place)
            columns[place] = [None if value is None else sealed(value.encode()) for value in columns[place]]
    if order is None:
        _copy(connection, table, names, zip(*columns, strict=True))
    else:
        connection.exec_driver_sql(statement, list(zip(*(columns[place] for place in order), strict=True)))


def _copy(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """PostgreSQL takes rows of a table as one stream: no statement is begun for each."""
    quoted = connection.dialect.identifier_preparer.quote
    statement = f"COPY {quoted(table.name)} ({', '.join(map(quoted, names))}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:
        raise DBAPIError.instance(statement, None, error, driver.Error, hide_parameters=True) from error


def next_ids(db: Session, table: Table, count: int) -> Iterator[int]:
    """Ids for so many new rows, in a transaction that writes: nobody else gets them."""
    connection = db.connection()
    if connection.dialect.name == "sqlite":
        newest = connection.scalar(select(func.coalesce(func.max(table.c.id), 0))) or 0
        if table.dialect_options["sqlite"]["autoincrement"]:
            newest = max(newest, connection.scalar(select(_GIVEN.c.seq).where(_GIVEN.c.name == table.name)) or 0)
        return iter(range(newest + 1, newest + 1 + count))
    numbers = func.generate_series(1, count).table_valued("number")
    drawn = select(func.nextval(func.pg_get_serial_sequence(table.name, "id"))).select_from(numbers)
    return iter(connection.scalars(drawn).all())


@lru_cache(maxsize=256)
def _prepared(dialect: Dialect, table: Table, names: tuple[str, ...]) -> tuple[str, list[int] | None, list[tuple[int, Process]]]:
    """The statement, the order in which it takes its values (None: by name), and what has to be done to those of which columns."""
    compiled = insert(table).inline().compile(dialect=dialect, column_keys=list(names))
    processes: list[tuple[int, Process]] = []
    for place, name in enumerate(names):
        kind = table.c[name].type
        process: Process | None = kind.dialect_impl(dialect).bind_processor(dialect)
        # Bytes go in as they are: the drivers' own wrapper says no more of them.
        if process is not None and not isinstance(kind, LargeBinary | Encrypted):
            processes.append((place, lru_cache(maxsize=4)(process) if isinstance(kind, Moment) else process))
    order = compiled.positiontup if isinstance(compiled, SQLCompiler) else None
    return str(compiled), None if order is None else [names.index(name) for name in order], processes
