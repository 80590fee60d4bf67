"""How long databases were at work: the company's and the portal's own, told apart by SQLAlchemy's events.

Counts executing and fetching, since SQLite does most of its work while rows are fetched; not connecting, nor ends of transactions.
"""

import time
from typing import Any

from sqlalchemy import Engine, event


class StatementTimes:
    """Seconds and statements since the last `forget`, over all engines of this process but one: that is the portal's own."""

    def __init__(self, portals: Engine) -> None:
        self._portals = portals.dialect
        self.company = self.portal = 0.0
        self.statements = 0
        event.listen(Engine, "before_cursor_execute", self._before)
        event.listen(Engine, "after_cursor_execute", self._after)

    def forget(self) -> None:
        """Begin at nothing."""
        self.company = self.portal = 0.0
        self.statements = 0

    def add(self, seconds: float, *, portals: bool) -> None:
        """Time that a database was at work."""
        if portals:
            self.portal += seconds
        else:
            self.company += seconds

    def _before(self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        portals = connection.dialect is self._portals
        if not portals and not statement.startswith(("BEGIN", "PRAGMA")):
            self.statements += 1
        # What is fetched later goes through the context's cursor.
        context.cursor = _Timed(cursor, self, portals)
        context.began = time.perf_counter()

    def _after(self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        self.add(time.perf_counter() - context.began, portals=connection.dialect is self._portals)


class _Timed:
    """A cursor whose fetches are timed."""

    def __init__(self, cursor: Any, times: StatementTimes, portals: bool) -> None:
        self._cursor, self._times, self._portals = cursor, times, portals

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def fetchone(self) -> Any:
        return self._timed(self._cursor.fetchone)

    def fetchmany(self, size: int | None = None) -> Any:
        return self._timed(self._cursor.fetchmany, *(() if size is None else (size,)))

    def fetchall(self) -> Any:
        return self._timed(self._cursor.fetchall)

    def _timed(self, fetch: Any, *arguments: int) -> Any:
        began = time.perf_counter()
        try:
            return fetch(*arguments)
        finally:
            self._times.add(time.perf_counter() - began, portals=self._portals)
