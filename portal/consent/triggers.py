"""Rules that the database itself keeps: rows of the ledger and of notices are added, never changed and never deleted.

Must be installed again by a migration that rebuilds one of these tables (SQLite copies the rows, not the triggers).
"""

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.engine import Connection

SAME_ROW = {
    "consent_event": "id = NEW.id OR (company_id = NEW.company_id AND person_id = NEW.person_id AND sequence = NEW.sequence)",
    "notice": "id = NEW.id OR (company_id = NEW.company_id AND hash = NEW.hash)",
}
"""The append-only tables, and when a row takes another's place: `INSERT OR REPLACE` deletes without asking a delete trigger."""


def install_triggers(connection: Connection, *tables: str) -> None:
    """Refuse UPDATE and DELETE on these append-only tables (all, if none is named). Can be run again."""
    for table in tables or SAME_ROW:
        for statement in _sqlite(table) if connection.dialect.name == "sqlite" else _postgresql(table):
            connection.execute(text(statement))


def drop_triggers(connection: Connection) -> None:
    """Take the rules away: for a migration that rebuilds the tables or goes back before them. Can be run again."""
    for table in SAME_ROW:
        if connection.dialect.name == "sqlite":
            for act in ("update", "delete", "insert"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{act}"))
        else:
            connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}"))
    if connection.dialect.name != "sqlite":
        connection.execute(text("DROP FUNCTION IF EXISTS refuse_change()"))


def _sqlite(table: str) -> Iterator[str]:
    refuse = f"SELECT RAISE(ABORT, '{table} is append-only')"
    for act in ("update", "delete"):
        yield f"CREATE TRIGGER IF NOT EXISTS {table}_no_{act} BEFORE {act.upper()} ON {table} BEGIN {refuse}; END"
    there = f"WHERE EXISTS (SELECT 1 FROM {table} WHERE {SAME_ROW[table]})"  # noqa: S608  # both parts stand in this file
    yield f"CREATE TRIGGER IF NOT EXISTS {table}_no_insert BEFORE INSERT ON {table} BEGIN {refuse} {there}; END"


def _postgresql(table: str) -> Iterator[str]:
    yield (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    yield f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}"
    yield (f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
