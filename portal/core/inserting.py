"""The `INSERT` that can leave out or change what is there already, of whichever database is in use. Loads the words of that database only."""

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert


def insert_into(dialect: str, table: Any) -> "Insert":
    """An insert into `table` with `on_conflict_do_nothing` and `on_conflict_do_update`, which both databases spell alike."""
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return cast("Insert", sqlite.insert(table))
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def insert_for(db: Session, table: Any) -> "Insert":
    """The same for the database of a session."""
    return insert_into(db.get_bind().dialect.name, table)
