"""Bring a database to the tables that this code needs, and back. Must never guess: revisions are files, in order."""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig

from portal.core.db import Database

FOLDER = Path(__file__).parent / "migrations"


def _config(connection: object) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def migrate(database: Database, revision: str = "head") -> None:
    """Go up to `revision`."""
    with database.engine.execution_options(portal_writes=True).begin() as connection:
        command.upgrade(_config(connection), revision)


def migrate_back(database: Database, revision: str = "base") -> None:
    """Go down to `revision`."""
    with database.engine.execution_options(portal_writes=True).begin() as connection:
        command.downgrade(_config(connection), revision)


def write_revision(database: Database, message: str, number: str) -> None:
    """Write the next revision from what the models say and the database lacks; for developers."""
    with database.engine.execution_options(portal_writes=True).connect() as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=number)
