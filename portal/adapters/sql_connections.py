"""Connections to a company's databases: read-only unless asked for by name, with a time limit a statement, and errors without values.

Must never open a connection that can write but by `open_writing_engine`, nor let a driver's message or exception out: both hold rows.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, CursorResult, Engine, Executable, QueuePool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.adapters.contract import AdapterError, TryLater
from portal.core.errors import fingerprint

T = TypeVar("T")

BATCH = 500
"""Rows that are read at once, and values that are asked for at once."""

CHECK_EVERY = 5_000
"""Steps of SQLite's machine between two looks at the clock (about a millisecond)."""

STREAMED: Mapping[str, Any] = {"stream_results": True, "max_row_buffer": BATCH}

# SQLite reports a missing table with the same class as a locked file: only these codes may pass by themselves.
PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
}


class NotAUrl(ValueError):
    """The text is no URL of a database that this adapter reads. Its text never repeats it: URLs hold passwords."""


class NoDriver(NotAUrl):
    """The URL is good, and what speaks to such a database is not installed."""


def explained(what: str, ask: Callable[[], T]) -> T:
    """What `ask` returns; whatever a driver raises becomes `TryLater` or `AdapterError` that carries class and fingerprint only."""
    failure: TryLater | AdapterError
    try:
        return ask()
    except (SQLAlchemyError, sqlite3.Error) as error:
        name = fingerprint(error.orig if isinstance(error, DBAPIError) and error.orig else error)
        if _may_pass(error):
            failure = TryLater(f"{what} does not answer now ({name}).")
        else:
            failure = AdapterError(f"{what} refused a question ({name}). Run the map check.")
    # Raised outside of the handler, so that the driver's exception does not travel on as its context.
    raise failure


def _may_pass(error: Exception) -> bool:
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return getattr(original, "sqlite_errorcode", 0) & 0xFF in PASSING
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout)


def open_engine(url: str, timeout: float) -> Engine:
    """An engine that reads, for `sqlite:///file` or `postgresql://...`. Raises `NotAUrl`; connects to nothing yet."""
    return _open_engine(url, timeout, writes=False)


def open_writing_engine(url: str, timeout: float) -> Engine:
    """As `open_engine`, for what writes."""
    return _open_engine(url, timeout, writes=True)


def _open_engine(url: str, timeout: float, *, writes: bool) -> Engine:
    parsed, backend = None, ""
    with suppress(ArgumentError, NoSuchModuleError, ValueError):
        parsed = make_url(url)
        backend = parsed.drivername.partition("+")[0]
    if parsed is None:
        raise NotAUrl("is not the URL of a database")
    if backend == "sqlite":
        return _open_sqlite(parsed, timeout, writes=writes)
    if backend in ("postgresql", "postgres"):
        return _open_postgresql(parsed, timeout, writes=writes)
    raise NotAUrl("names a database that cannot be read; sqlite and postgresql can")


def _open_sqlite(url: URL, timeout: float, *, writes: bool) -> Engine:
    if not url.database or url.database == ":memory:":
        raise NotAUrl("names no file")
    place = f"file:{quote(str(Path(url.database).absolute()))}?mode={'rw' if writes else 'ro'}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(place, uri=True, timeout=min(timeout, 5), isolation_level=None, check_same_thread=False)
        if writes:
            # What is erased must not stay in the file's free pages, and no reference may be left hanging.
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("PRAGMA foreign_keys=ON")
        else:
            connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA trusted_schema=OFF")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=16, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _open_postgresql(url: URL, timeout: float, *, writes: bool) -> Engine:
    milliseconds = int(timeout * 1000)
    read_only = "off" if writes else "on"
    options = f"-c default_transaction_read_only={read_only} -c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
    if find_spec("psycopg") is None:
        raise NoDriver("asks for the driver of PostgreSQL, which is not installed")
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"options": options, "connect_timeout": max(2, int(min(timeout, 10))), "application_name": "privacy-portal"},
        isolation_level="REPEATABLE READ",
        pool_size=4,
        max_overflow=16,
        pool_timeout=timeout,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _keep_odd_dates)
    return engine


def _keep_odd_dates(connection: Any, record: object) -> None:
    """PostgreSQL has days that Python has not (`infinity`, the year 10000): they stay text instead of ending the read."""
    from psycopg import DataError
    from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

    def forgiving(loader: Any) -> Any:
        class Forgiving(loader):  # type: ignore[misc]  # made of each of three classes
            def load(self, data: Any) -> object:
                try:
                    return super().load(data)
                except DataError:
                    return bytes(data).decode()

        return Forgiving

    for name, loader in (("date", DateLoader), ("timestamp", TimestampLoader), ("timestamptz", TimestamptzLoader)):
        connection.adapters.register_loader(name, forgiving(loader))


class Reading:
    """One read over several databases: a connection and a snapshot each, opened when first needed, closed together."""

    def __init__(self, engines: dict[str, Engine], timeout: float) -> None:
        self._engines = engines
        self._timeout = timeout
        self._open: dict[int, Connection] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def connection(self, dataset: str) -> Connection:
        """The connection to the database of a dataset. Raises `TryLater` or `AdapterError`."""
        engine = self._engines[dataset]
        if id(engine) not in self._open:
            self._open[id(engine)] = explained(f"The database of {dataset}", lambda: self._connect(engine))
        return self._open[id(engine)]

    def _connect(self, engine: Engine) -> Connection:
        connection = self._stack.enter_context(engine.connect())
        if engine.dialect.name == "sqlite":
            self._watch(connection)
        return connection

    def batches(
        self, dataset: str, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a question, `BATCH` at a time, never more in memory; each step has the time of a statement."""
        connection = self.connection(dataset)
        what = f"The database of {dataset}"

        def execute() -> CursorResult[Any]:
            self.start_clock(connection)
            return connection.execute(statement, values, execution_options=STREAMED)

        def fetch() -> list[tuple[Any, ...]]:
            self.start_clock(connection)
            return [tuple(row) for row in result.fetchmany(BATCH)]

        result = explained(what, execute)
        try:
            while True:
                rows = explained(what, fetch)
                if rows:
                    yield rows
                if len(rows) < BATCH:
                    return
        finally:
            explained(what, result.close)

    def _watch(self, connection: Connection) -> None:
        """SQLite knows no time limit: its machine asks us every few thousand steps whether to go on."""
        info = connection.connection.info
        if "until" not in info:
            info["until"] = [0.0]
            until: list[float] = info["until"]
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(lambda: time.monotonic() > until[0], CHECK_EVERY)
        self.start_clock(connection)

    def start_clock(self, connection: Connection) -> None:
        until = connection.connection.info.get("until")
        if until is not None:
            until[0] = time.monotonic() + self._timeout


class Writing(Reading):
    """One erasure or correction over several databases: a writing transaction each, committed together or not at all.

    Two databases cannot commit as one: the first that was opened, where the person's own record stands, commits last.
    """

    def execute(self, dataset: str, statement: Executable, values: Sequence[Mapping[str, Any]] | None = None) -> int:
        """Run a statement, or one for each of `values`; returns how many rows it changed."""
        connection = self.connection(dataset)

        def run() -> int:
            self.start_clock(connection)
            return connection.execute(statement, values).rowcount if values else connection.execute(statement).rowcount

        return explained(f"The database of {dataset}", run)

    def commit(self) -> None:
        """Make it so. Raises `TryLater` or `AdapterError`; what was not committed is as it was."""
        for connection in reversed(self._open.values()):
            explained("A database", connection.commit)
        for connection in self._open.values():
            if connection.dialect.name == "sqlite":
                with suppress(TryLater, AdapterError):
                    explained("A database", partial(_empty_log, connection))


def _empty_log(connection: Connection) -> None:
    """The write-ahead log holds old pages until it is written back."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
