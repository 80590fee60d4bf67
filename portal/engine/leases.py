"""Which steps this process has in hand, so that their leases are kept while a long call runs and no company takes all threads.

Must never keep a lease for a call that hangs for good.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from portal.core import logs
from portal.core.db import ALL_COMPANIES, Database
from portal.engine.claiming import LEASE, renew_lease
from portal.engine.contract import Claim

LONGEST_CALL = timedelta(hours=2)


class HeldLeases:
    """The claims of one process. `share` is how many threads one company may have at once (none: all of them)."""

    def __init__(self, *, share: int | None = None) -> None:
        self._share = share
        self._claims: dict[int, tuple[Claim, float]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[None]:
        """Count the claim as in hand within the block."""
        with self._lock:
            self._claims[claim.step_id] = claim, time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._claims.pop(claim.step_id, None)

    def full(self) -> frozenset[int]:
        """Companies that have their share of the threads."""
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
