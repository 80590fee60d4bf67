"""How due steps reach a worker: a small port, and the thread pool that polls (enough on both databases for one machine or a few).

Must never matter to correctness: a step that is delivered twice or late is still claimed once.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol

from portal.core import logs
from portal.core.changes import Changes
from portal.core.db import Database
from portal.engine.claiming import LEASE
from portal.engine.contract import Handler
from portal.engine.leases import HeldLeases
from portal.engine.running import run_one
from portal.engine.sweeping import park_overdue

POLL_SECONDS = 0.5
SWEEP_SECONDS = 30.0


class Delivery(Protocol):
    """Brings due steps to workers."""

    def send(self, step_id: int) -> None:
        """Say that a step may be due: after the commit that made it so, and never needed for it to be done in the end."""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then finish what is in hand."""


class PollingDelivery:
    """Threads that look for due steps; any number of processes may do so side by side."""

    def __init__(
        self, database: Database, handlers: Mapping[str, Handler], threads: int, owner: str, *, lease: timedelta = LEASE
    ) -> None:
        self.database, self.handlers, self.threads, self.owner, self.lease = database, handlers, threads, owner, lease
        # One thread stays free for whoever comes next, so that the slow systems of one company hold up nobody else.
        self._held = HeldLeases(share=max(1, threads - 1))
        self._woken = threading.Condition()

    def send(self, step_id: int) -> None:
        """Wake a waiting thread of this process; those of others look by themselves."""
        with self._woken:
            self._woken.notify()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set: `threads` threads for steps, this one for leases and for what is past its date."""
        workers = [threading.Thread(target=self._work, args=(stop,), name=f"steps-{number}") for number in range(self.threads)]
        for worker in workers:
            worker.start()
        ticks = 0
        tick = min(self.lease.total_seconds() / 3, SWEEP_SECONDS)
        while not stop.is_set():
            self._guarded(lambda: self._held.renew(self.database, lease=self.lease))
            if ticks * tick % SWEEP_SECONDS < tick:
                self._guarded(lambda: park_overdue(self.database, self.handlers))
            ticks += 1
            stop.wait(tick)
        with self._woken:
            self._woken.notify_all()
        while any(worker.is_alive() for worker in workers):
            # Calls that are under way end in their own time, and keep their leases until then.
            self._guarded(lambda: self._held.renew(self.database, lease=self.lease))
            for worker in workers:
                worker.join(tick / self.threads)

    def run_due(self) -> int:
        """Do everything that is due now, in this thread; returns how many steps were worked on."""
        count = 0
        while run_one(self.database, self.handlers, self.owner, lease=self.lease):
            count += 1
        park_overdue(self.database, self.handlers)
        return count

    def _work(self, stop: threading.Event) -> None:
        changes = Changes(self.database)
        while not stop.is_set():
            if changes.worth_a_look():
                if self._guarded(lambda: run_one(self.database, self.handlers, self.owner, lease=self.lease, held=self._held)):
                    continue
                changes.found_nothing()
            if not stop.is_set():
                with self._woken:
                    self._woken.wait(POLL_SECONDS)
        changes.close()

    def _guarded(self, work: Callable[[], object]) -> object:
        try:
            return work()
        except Exception as error:  # noqa: BLE001  # a database that is away for a moment must not end the worker
            logs.event("engine.worker_failed", level=40, error=error, worker=self.owner)
            return None
