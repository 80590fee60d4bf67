"""One fixed question to the database at the cost of the driver alone: for what is asked before each mail, thousands of times a second.

Must never write, never keep a transaction open, and never put a value into the text of a question.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, create_engine, event
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from portal.core.errors import PortalError

Convert = Callable[[Any], Any]


class CannotGlance(PortalError):
    """The database did not answer: ask in the ordinary way, which tries anew and tells what is wrong."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A question as the driver takes it, with the values that never change, and what makes of its columns what the tables promise."""

    text: str
    given: dict[str, Any]
    columns: tuple[tuple[int, Convert], ...]


class Question:
    """A SELECT whose text is made once for each kind of database. All of its values are named; a name for many values is not for it."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._ready: dict[str, _Ready] = {}

    def ready(self, engine: Engine) -> _Ready:
        """The question for that database."""
        found = self._ready.get(engine.dialect.name)
        if found is None:
            found = self._ready[engine.dialect.name] = self._made(engine)
        return found

    def _made(self, engine: Engine) -> _Ready:
        dialect = engine.dialect
        # The driver of SQLite takes values by name too, where it is asked to.
        named = SQLiteDialect_pysqlite(paramstyle="named") if dialect.name == "sqlite" else dialect
        types = [column.type.dialect_impl(dialect) for column in self._statement.selected_columns]
        converters = [one.result_processor(dialect, None) for one in types]
        compiled = self._statement.compile(dialect=named)
        return _Ready(
            str(compiled),
            {name: value for name, value in compiled.params.items() if value is not None},
            tuple((place, convert) for place, convert in enumerate(converters) if convert is not None),
        )


class Glance:
    """A connection for as long as a handful of questions take; each is a transaction of its own."""

    def __init__(self, engine: Engine, driver: Any) -> None:
        self._engine, self._driver = engine, driver

    def ask(self, question: Question, values: dict[str, Any]) -> list[Any]:
        """All rows of the answer, each a sequence of values as the tables promise them."""
        ready = question.ready(self._engine)
        rows: list[Any] = self._driver.execute(ready.text, {**ready.given, **values}).fetchall()
        return [_converted(row, ready.columns) for row in rows] if ready.columns else rows


def _converted(row: Any, columns: tuple[tuple[int, Convert], ...]) -> list[Any]:
    values = list(row)
    for place, convert in columns:
        values[place] = convert(values[place])
    return values


class Glances:
    """The connections of one database that only ever read: one for each thread that asks at the same time, kept for the next."""

    def __init__(self, url: str, *, wait_seconds: int) -> None:
        is_sqlite = url.startswith("sqlite")
        self.engine = create_engine(
            url,
            connect_args={"timeout": wait_seconds, "isolation_level": None, "check_same_thread": False} if is_sqlite else {},
            poolclass=NullPool,
            hide_parameters=True,
        )
        event.listen(self.engine, "connect", _only_read_sqlite if is_sqlite else _only_read_postgresql)
        self._kept: deque[Any] = deque()

    @contextmanager
    def open(self) -> Iterator[Glance]:
        """A connection for a handful of questions. Raises `CannotGlance` where the database does not answer."""
        kept = self._kept
        try:
            driver = kept.pop() if kept else self._connect()
        except IndexError:
            driver = self._connect()
        try:
            yield Glance(self.engine, driver)
        except self.engine.dialect.loaded_dbapi.Error as error:
            # A server that was started anew leaves connections behind that lead nowhere.
            driver.close()
            raise CannotGlance("The question was not answered.") from error
        except BaseException:
            driver.close()
            raise
        # Where they were all let go of meanwhile, this one goes with the list that it is put in.
        kept.append(driver)

    def close(self) -> None:
        """Let go of all connections."""
        kept, self._kept = self._kept, deque()
        for driver in kept:
            driver.close()

    def _connect(self) -> Any:
        try:
            connection = self.engine.raw_connection()
        except (SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error) as error:
            raise CannotGlance("There is no connection.") from error
        driver = connection.driver_connection
        connection.detach()
        return driver


def _only_read_sqlite(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")


def _only_read_postgresql(connection: Any, record: Any) -> None:
    connection.autocommit = True
    connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
