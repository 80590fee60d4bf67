"""Bring a database to the tables that this code needs, and back. Must never guess: revisions are files, in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy.engine import Connection

from portal.core.db import Database
from portal.core.errors import PortalError

FOLDER = Path(__file__).parent / "migrations"


class ReferencesAreBroken(PortalError):
    """A migration would leave rows that point at nothing: it is rolled back."""


def _config(connection: object) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def migrate(database: Database, revision: str = "head") -> None:
    """Go up to `revision`."""
    with _without_cascades(database) as connection:
        command.upgrade(_config(connection), revision)


def migrate_back(database: Database, revision: str = "base") -> None:
    """Go down to `revision`."""
    with _without_cascades(database) as connection:
        command.downgrade(_config(connection), revision)


def write_revision(database: Database, message: str, number: str) -> None:
    """Write the next revision from what the models say and the database lacks; for developers."""
    with database.engine.execution_options(portal_writes=True).connect() as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=number)


@contextmanager
def _without_cascades(database: Database) -> Iterator[Connection]:
    """One transaction in which a table may be made anew: SQLite drops the old one for that, and would delete all that hangs on its rows.

    The rule can be switched only outside a transaction; whether every reference still leads somewhere is looked at before the end.
    """
    with database.engine.execution_options(portal_writes=True).connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        driver: Any = connection.connection.driver_connection
        try:
            if sqlite:
                driver.execute("PRAGMA foreign_keys=OFF")
            with connection.begin():
                yield connection
                if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()) is not None:
                    raise ReferencesAreBroken(
                        f"The migration left a row of `{broken[0]}` without the row it belongs to. Nothing was changed."
                    )
        finally:
            if sqlite:
                driver.execute("PRAGMA foreign_keys=ON")
