"""Whether anybody wrote since one last looked. SQLite says so at once, so that who waits for work need not ask every table five times a second.

Must never keep anybody from looking for longer than a second: what becomes due by time alone changes no row.
"""

import sqlite3
import time
from urllib.parse import quote

from portal.core.db import Database

AT_LEAST_EVERY = 1.0
"""Seconds after which it is looked in any case."""


class Changes:
    """For one thread that looks again and again. Where the database cannot tell (PostgreSQL), every look is worth it."""

    def __init__(self, database: Database) -> None:
        self._file = database.engine.url.database if database.is_sqlite else None
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None
        self._now: int | None = None
        self._looked = 0.0

    def worth_a_look(self) -> bool:
        """Ask before looking; whatever is committed after this answer is found by the next one."""
        self._now = self._version()
        is_same = self._now is not None and self._now == self._seen
        return not is_same or time.monotonic() - self._looked >= AT_LEAST_EVERY

    def found_nothing(self) -> None:
        """Say that the look which was begun then found nothing to do."""
        self._seen, self._looked = self._now, time.monotonic()

    def close(self) -> None:
        """Let the file go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _version(self) -> int | None:
        """A number that another connection's commit changes (PRAGMA data_version); None where it cannot be told."""
        if self._file is None:
            return None
        try:
            if self._connection is None:
                # Nothing is ever asked of it but this, outside of any transaction; a file that is away for a moment is not made by looking.
                self._connection = sqlite3.connect(f"file:{quote(self._file)}?mode=rw", uri=True, isolation_level=None)
            version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            self.close()
            return None
        return version
