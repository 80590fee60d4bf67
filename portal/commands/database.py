"""`portal migrate`: tables of this version; `portal database revision` writes the next one, for developers."""

import argparse
from typing import Any

from portal.core.db import Database
from portal.settings import settings
from portal.starting import current_revision, newest_revision


def add(commands: Any) -> None:
    """Add `database migrate` (also as `migrate`) and `database revision`."""
    parser: argparse.ArgumentParser = commands.add_parser("database", help="the portal's own tables")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    up = acts.add_parser("migrate", help="bring the database to the tables of this version")
    up.set_defaults(run=lambda chosen: migrate_database(settings().database_url))
    revision = acts.add_parser("revision", help="write the next migration from the models (developers)")
    revision.add_argument("number", help="its number, like 0002")
    revision.add_argument("message", help="what changes, in a few words")
    revision.set_defaults(run=lambda chosen: write(chosen.number, chosen.message))


def migrate_database(url: str, *, quiet: bool = False) -> int:
    """Migrate; says what it did."""
    database = Database(url)
    try:
        before = current_revision(database)
        if before != newest_revision():
            from portal.migrating import migrate

            migrate(database)
        if not quiet:
            print(f"The database is at revision {newest_revision()}" + (" already." if before == newest_revision() else "."))
    finally:
        database.close()
    return 0


def write(number: str, message: str) -> int:
    """Write the next revision file."""
    from portal.migrating import write_revision

    write_revision(Database(settings().database_url), message, number)
    return 0
