"""Which steps this process has in hand, so that their leases are kept while a long call runs and no company takes all threads.

Must never keep a lease for a call that hangs for good.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from portal.core import logs
from portal.core.db import ALL_COMPANIES, Database
from portal.engine.claiming import LEASE, Taken, renew_lease
from portal.engine.contract import Claim

LONGEST_CALL = timedelta(hours=2)


class HeldLeases:
    """The claims of one process. `share` is how many threads one company may have at once (none: all of them)."""

    def __init__(self, *, share: int | None = None) -> None:
        self._share = share
        self._claims: dict[int, tuple[Claim, float]] = {}
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    @contextmanager
    def taking(self, take: Callable[[frozenset[int]], Taken | None]) -> Iterator[Taken | None]:
        """Call `take(companies that have their share)` and count what it took as in hand within the block.

        One thread at a time takes, or all of them would find that the same company has not its share yet.
        """
        with self._turn:
            taken = take(self._full())
            if taken is not None:
                with self._lock:
                    self._claims[taken.claim.step_id] = taken.claim, time.monotonic()
        try:
            yield taken
        finally:
            if taken is not None:
                with self._lock:
                    self._claims.pop(taken.claim.step_id, None)

    def _full(self) -> frozenset[int]:
        if self._share is None:
            return frozenset()
        with self._lock:
            counts = Counter(claim.company_id for claim, _ in self._claims.values())
        return frozenset(company for company, count in counts.items() if count >= self._share)

    def renew(self, database: Database, *, lease: timedelta = LEASE) -> None:
        """Keep what is in hand, unless a call has been running longer than any call may."""
        now = time.monotonic()
        with self._lock:
            claims = [claim for claim, began in self._claims.values() if now - began < LONGEST_CALL.total_seconds()]
        for claim in claims:
            with database.writing(ALL_COMPANIES) as db:
                kept = renew_lease(db, claim, lease=lease)
            if not kept:
                logs.event("engine.lease_lost", level=30, act=claim.act, step=claim.step_id, company=claim.company_id)
