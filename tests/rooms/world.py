"""The ground that every test of a room stands on: a real database, fresh keys, two companies, a folder for files.

Nothing here knows the web. What a room's own tests need on top stands in that room's folder.
"""

import atexit
import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import upsert_companies
from portal.config import Config, load_config
from portal.config.model import Company
from portal.consent import notices
from portal.core import crypto
from portal.core.db import ALL_COMPANIES, Base, Database
from portal.core.engines import make_engine
from portal.settings import Mode, Settings, use_settings

COMPANIES = Path(__file__).parents[1] / "companies" / "portal.yaml"


@dataclass(frozen=True, slots=True)
class World:
    """A running portal without its doors: the database, and the ids of two companies that must never see each other."""

    database: Database
    url: str
    settings: Settings
    first: int
    second: int

    @contextmanager
    def writing(self, company: int | str | None = None) -> Iterator[Session]:
        """A transaction that writes for one company (the first, if none is named), committed where the block ends."""
        with self.database.writing(company or self.first) as db:
            yield db

    @contextmanager
    def reading(self, company: int | str | None = None) -> Iterator[Session]:
        """A transaction that reads for one company (the first, if none is named)."""
        with self.database.reading(company or self.first) as db:
            yield db

    def company(self, company: int | None = None) -> Company:
        """What the configuration says of a company (the first, if none is named)."""
        return registry.company(company or self.first)

    def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """What plain SQL sees: stored values as they stand, ciphertexts and all companies included."""
        with self.database.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def everything_stored(self) -> bytes:
        """Every stored value of every table, as bytes to search in."""
        found: list[bytes] = []
        with self.database.engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                for row in connection.execute(text(f'SELECT * FROM "{table.name}"')):
                    found += [bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in row]
        return b"\n".join(found)


def import_models() -> None:
    """Import the tables of every room."""
    importlib.import_module("portal.tables")


@cache
def configuration(path: Path = COMPANIES) -> Config:
    """The checked configuration of two small companies."""
    return load_config(path)


@cache
def empty_sqlite() -> bytes:
    """A SQLite file with all tables and no row, made once."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        make_tables(f"sqlite:///{file}")
        return file.read_bytes()


@cache
def _place_of_sqlite() -> Path:
    folder = tempfile.mkdtemp(prefix="portal-world-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder) / "portal.db"


def fresh_sqlite() -> Path:
    """The one SQLite file of this process, with all tables and no row."""
    file = _place_of_sqlite()
    for left in file.parent.glob(f"{file.name}*"):
        left.unlink()
    file.write_bytes(empty_sqlite())
    return file


def make_tables(url: str) -> None:
    """All tables of all rooms in an empty database."""
    import_models()
    engine = make_engine(url).execution_options(portal_writes=True)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
    engine.dispose()


def empty_tables(url: str) -> None:
    """Delete every row of a PostgreSQL database, and count from one again.

    Of some fifty tables few hold a row: to delete those costs 3 ms where TRUNCATE, which makes each table's file anew, costs 170.
    """
    engine, statement = _emptying(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


@cache
def _emptying(url: str) -> tuple[Engine, str]:
    engine = make_engine(url).execution_options(portal_writes=True)
    tables = [f'DELETE FROM "{table.name}"' for table in Base.metadata.sorted_tables]
    with engine.connect() as connection:
        sequences = connection.execute(text("SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public'"))
        counters = [f"SELECT setval('{name}', 1, false)" for (name,) in sequences]
    # Keys between tables, and triggers that forbid to delete, are not for us.
    return engine, "; ".join(["SET LOCAL session_replication_role = replica", *tables, *counters])


def make_settings(
    url: str, folder: Path, mode: Mode = Mode.PRODUCTION, smtp_url: str | None = "smtp://127.0.0.1:1?tls=off"
) -> Settings:
    """Settings of a process on that database; mail goes nowhere unless a test names a server."""
    files = folder / "files"
    files.mkdir(exist_ok=True)
    return Settings.model_validate(
        {
            "mode": mode,
            "config": COMPANIES,
            "database_url": url,
            "keys": crypto.keys().dump(),
            "files": files,
            "smtp_url": smtp_url,
        }
    )


def begin(url: str, folder: Path) -> World:
    """Load settings and companies into this process, on a database that has its tables; `crypto.use_keys` was called before."""
    settings = make_settings(url, folder)
    use_settings(settings)
    database = _database_of(url)
    notices._published.clear()
    config = configuration()
    with database.writing(ALL_COMPANIES) as db:
        ids = upsert_companies(db, config.portal)
    registry.use_companies(config, ids)
    return World(database, url, settings, *ids.values())


@cache
def _database_of(url: str) -> Database:
    """One a process: what is remembered of its statements serves every test."""
    return Database(url)


def begin_in_another_process() -> World:
    """As `begin`, in a child process: reads `WORLD_URL`, `WORLD_KEYS` and `WORLD_FOLDER`, which `environment_of` wrote."""
    import_models()
    crypto.use_keys(crypto.parse_key_ring(os.environ["WORLD_KEYS"]))
    return begin(os.environ["WORLD_URL"], Path(os.environ["WORLD_FOLDER"]))


def environment_of(world: World) -> dict[str, str]:
    """The environment for a child process that works in the same world."""
    own = {"WORLD_URL": world.url, "WORLD_KEYS": crypto.keys().dump(), "WORLD_FOLDER": str(world.settings.files.parent)}
    return {**os.environ, **own, "PYTHONPATH": str(Path(__file__).parents[2])}
