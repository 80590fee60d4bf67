"""What is deleted leaves the database's files, too: free pages are overwritten as they are freed (`secure_delete`), the log of changes
is folded back and cut off. PostgreSQL frees space without overwriting it; docs/backup-and-restore.md says what that means.

Must never wait long for readers: what cannot be done now is done with the next clean-up.
"""

from sqlalchemy import text

from portal.core import logs
from portal.core.db import Base, Database
from portal.core.engines import WAIT_SECONDS

PATIENCE_MILLISECONDS = 2000


def leave_no_trace(database: Database, *, thorough: bool = False) -> bool:
    """After something was erased and committed: False where somebody reads just now, so that the clean-up has to do it.

    `thorough` (the clean-up's) also frees the space of dead rows on PostgreSQL, table by table; that takes no lock that anyone notices.
    """
    if database.is_sqlite:
        return _cut_the_log(database)
    if thorough:
        _vacuum(database)
    return True


def _cut_the_log(database: Database) -> bool:
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA query_only=OFF")
        cursor.execute(f"PRAGMA busy_timeout={PATIENCE_MILLISECONDS}")
        busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")
    except BaseException:
        # Its patience is shorter than that of the others: so it does not go back to them.
        connection.invalidate()
        raise
    connection.close()
    return not busy


def _vacuum(database: Database) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT", portal_writes=True) as connection:
        for table in Base.metadata.sorted_tables:
            connection.execute(text(f'VACUUM "{table.name}"'))
    logs.event("database.vacuumed", count=len(Base.metadata.sorted_tables))
