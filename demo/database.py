"""Writes made-up rows into a database, SQLite or PostgreSQL, once a version. Must never write to a database that holds anything else."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, create_engine, event, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

Row = dict[str, object]
Rows = Mapping[str, Sequence[Row]]

STAMP = "demo_version"


class NotADemoDatabase(RuntimeError):
    """The database has tables, and none of them says that the demo made it."""

    def __init__(self) -> None:
        super().__init__("This database holds tables that the demo did not make. Name an empty one.")


def moment(today: date, days: float, hour: float = 0.0) -> datetime:
    """`days` before the midnight (UTC) that `today` begins with, plus `hour` hours."""
    return datetime.combine(today, time(), UTC) - timedelta(days=days) + timedelta(seconds=round(hour * 3600))


@cache
def version() -> str:
    """Changes whenever the code or the words that make the demo change."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def fill(url: str, metadata: MetaData, rows: Callable[[], Rows]) -> bool:
    """Make the tables of `metadata` at `url` and put `rows()` in; False where this version is there already.

    What an older version made is replaced. All or nothing: one transaction. Raises `NotADemoDatabase`.
    """
    if STAMP not in metadata.tables:
        Table(STAMP, metadata, Column("version", String(16), primary_key=True))
    engine = open_engine(url)
    try:
        with engine.begin() as db:
            if _is_made(db, metadata):
                return False
            old = MetaData()
            old.reflect(db)
            old.drop_all(db)
            metadata.create_all(db)
            made = rows()
            for table in metadata.sorted_tables:
                if made.get(table.name):
                    db.execute(table.insert(), made[table.name])
            db.execute(metadata.tables[STAMP].insert(), {"version": version()})
        return True
    finally:
        engine.dispose()


def open_engine(url: str) -> Engine:
    """An engine for a demo database: a file that anyone can make again is written without waiting for the disk."""
    engine = create_engine(_with_driver(url))
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _quick(connection: DBAPIConnection, _record: object) -> None:
            # The driver's own transactions leave CREATE TABLE outside: they are off, and begun by hand below.
            connection.isolation_level = None
            connection.cursor().execute("PRAGMA synchronous = OFF")

        @event.listens_for(engine, "begin")
        def _begin(db: Connection) -> None:
            db.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _with_driver(url: str) -> str:
    """PostgreSQL is spoken with psycopg 3, whatever short form the URL uses."""
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def _is_made(db: Connection, metadata: MetaData) -> bool:
    """Whether this version made what is there. Raises `NotADemoDatabase`."""
    there = set(inspect(db).get_table_names())
    if there and STAMP not in there:
        raise NotADemoDatabase
    return bool(there) and db.scalar(select(metadata.tables[STAMP].c.version)) == version()
