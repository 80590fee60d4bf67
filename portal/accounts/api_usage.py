"""How much each key is used: counted in the process, settled with the other processes through the database once a second.

Must never make an answer wait for a write, but for the one that settles.
"""

import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update

from portal.accounts.model import ApiKeyRow
from portal.core import clock
from portal.core.db import Database
from portal.core.limits import Limit, count_more

REQUESTS = Limit("api.key", 6000, timedelta(minutes=1))
"""Requests of one key in one minute, over all processes (to within a second's worth of each)."""

SETTLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key has left in the current window of `seconds`, which ends in `reset` seconds."""

    limit: int
    remaining: int
    reset: int
    seconds: int


class ApiUsage:
    """The counters of one process."""

    def __init__(self, limit: Limit = REQUESTS) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._new: Counter[tuple[int, int]] = Counter()
        self._total: dict[tuple[int, int], int] = {}
        self._window = 0
        self._settled: dict[tuple[int, int], float] = {}

    def count(self, database: Database, company_id: int, key_id: int) -> Allowance:
        """Count one request of that key and say what is left; over the limit `remaining` is below zero."""
        seconds = int(self._limit.window.total_seconds())
        now = clock.now().timestamp()
        with self._lock:
            window = int(now) // seconds
            if window != self._window:
                self._window = window
                self._total.clear()
            key = company_id, key_id
            self._new[key] += 1
            # Each key by itself: the first use of one that is seldom used is not kept from sight by another's.
            number = self._new[key] if time.monotonic() - self._settled.get(key, -SETTLE_SECONDS) >= SETTLE_SECONDS else 0
            if number:
                self._settled[key] = time.monotonic()
                del self._new[key]
                # Until the database has answered, what is being settled still counts here.
                self._total[key] = self._total.get(key, 0) + number
        if number:
            self._settle(database, key, number)
        with self._lock:
            used = self._total.get(key, 0) + self._new[key]
        return Allowance(self._limit.count, self._limit.count - used, seconds - int(now) % seconds, seconds)

    def _settle(self, database: Database, key: tuple[int, int], number: int) -> None:
        company_id, key_id = key
        with database.writing(company_id) as db:
            total = count_more(db, self._limit, number, str(key_id))
            db.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id).values(last_used_at=clock.now()))
        with self._lock:
            self._total[key] = total
