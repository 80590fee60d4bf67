"""Connections to the database: how many, how they are set up, and how each transaction is begun on them.

Must never let a transaction that was opened to read write, nor show the values of a statement that failed.
"""

from typing import Any

from sqlalchemy import create_engine, event, exc
from sqlalchemy.engine import Connection, Engine

POOL_SIZE = 20
REOPENED_SECONDS = 3600
WAIT_SECONDS = 15
"""For the right to write to SQLite."""
REMEMBERED = 400
"""Statements that a connection to SQLite keeps as it has read them: one erasure has some 200 different ones."""

OPENED_TO_WRITE = "portal_opened_to_write"


def make_engine(url: str, *, at_most: int | None = None) -> Engine:
    """An engine with the settings of DESIGN part 4 for SQLite and PostgreSQL; with so many connections at most, where that is said.

    Threads that write to SQLite wait here for its one writer: SQLite itself looks for its lock only every now and then (between
    processes that remains), and a connection forgets what it has read of a file that another one has written to.
    """
    size, more = (POOL_SIZE, 20) if at_most is None else (at_most, 0)
    if url.startswith("sqlite"):
        settings = {"timeout": WAIT_SECONDS, "isolation_level": None, "cached_statements": REMEMBERED}
        # The connection that was used last remembers most of what is asked next.
        # An hour later a new one is opened, which reads what `core.statistics` has counted.
        engine = create_engine(
            url,
            connect_args=settings,
            pool_size=size,
            max_overflow=more,
            pool_timeout=WAIT_SECONDS,
            pool_use_lifo=True,
            pool_recycle=REOPENED_SECONDS,
        )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(url, pool_size=size, max_overflow=more, pool_pre_ping=True, hide_parameters=True)
        event.listen(engine, "connect", _set_up_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
    engine.hide_parameters = True
    return engine


def is_busy(error: Exception) -> bool:
    """Whether the database was in others' hands for longer than anyone is let wait: nothing is broken, and nothing was begun."""
    locked = isinstance(error, exc.OperationalError) and "database is locked" in str(error.orig)
    return locked or isinstance(error, exc.TimeoutError)


def _set_up_sqlite(connection: Any, record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={WAIT_SECONDS * 1000}",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _set_up_postgresql(connection: Any, record: Any) -> None:
    """No statement of ours is long enough to be worth compiling: of a bulk check it took 20 of 50 milliseconds, for each few thousand hashes."""
    was = connection.autocommit
    connection.autocommit = True
    connection.execute("SET jit = off")
    connection.autocommit = was


def _begin_sqlite(connection: Connection) -> None:
    """Open the transaction as it was asked for. One that will write takes the database's lock first: a read that turns into a write
    fails whatever the timeout.
    """
    writes = connection.get_execution_options().get("portal_writes", False)
    if connection.info.get(OPENED_TO_WRITE) is not writes:
        # By the driver itself: it cannot fail.
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        connection.info[OPENED_TO_WRITE] = writes
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """One that reads sees the database as it was at its first question: a page says nothing that never stood side by side."""
    if not connection.get_execution_options().get("portal_writes", False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
