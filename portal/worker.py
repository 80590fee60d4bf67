"""The loop that runs due work: sign-in links, mails, steps of cases and choices, the journal, and what has to go.

Must never die of one failure: each kind of work fails alone, is logged by class and place, and is tried again.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

from portal.accounts import registry
from portal.accounts.api_keys import prune_answers
from portal.accounts.companies import record_audit
from portal.cases.acting.looking_up import look_up_named
from portal.cases.desk import fill_due
from portal.cases.handlers import case_handlers
from portal.cases.kept_erasing import prune_kept, sweep_kept
from portal.cases.phone.asking import prune_calls
from portal.cases.pruning import prune_cases, prune_files
from portal.cases.tasks.reminding import remind_owners
from portal.cases.unusual_reading import raise_alarms
from portal.consent.confirming import end_waiting
from portal.consent.effect import prune_counts
from portal.consent.handlers import consent_handlers
from portal.consent.heads import make_due_head
from portal.consent.opting_out import settle_opt_outs
from portal.consent.renewing import end_old_words
from portal.consent.sealing import destroy_due_keys
from portal.core import clock, crypto, logs
from portal.core.changes import Changes
from portal.core.db import ALL_COMPANIES, Database
from portal.core.durations import length_of
from portal.core.epoch import epoch_of, roll_epoch
from portal.core.journal import prune_journal
from portal.core.journal_files import drop_old_files, write_journal
from portal.core.limits import drop_old_counters
from portal.core.statistics import count_large_tables
from portal.core.traces import leave_no_trace
from portal.engine.contract import Handler
from portal.engine.delivery import PollingDelivery
from portal.identity.links import issue_due_links
from portal.identity.pruning import prune_sign_ins
from portal.identity.staff_links import issue_due_staff_links, prune_staff_links
from portal.outbox.delivery import deliver_due, open_transport
from portal.outbox.pruning import prune_mails
from portal.outbox.webhook_delivery import Deliveries, deliver_webhooks
from portal.starting import Running

LINK_SECONDS = 0.2
MAIL_SECONDS = 0.2
JOURNAL_SECONDS = 0.5
EPOCH_SECONDS = 60.0
WATCH_SECONDS = 0.5
LOOK_AGAIN_SECONDS = 2.0
CLEAN_UP_SECONDS = 3600.0
SWITCH_SECONDS = 0.0005
"""How long a thread that computes (a package being built) may keep the others waiting: a sign-in link takes its turn ten times as often (C11)."""


class Worker:
    """All due work of one process. Several may run side by side; rows decide who does what."""

    def __init__(self, running: Running) -> None:
        self.database: Database = running.database
        self.threads = running.settings.worker_threads
        self.owner = f"{socket.gethostname()[:20]}-{os.getpid()}"
        self.handlers: Mapping[str, Handler] = {**case_handlers(self.database), **consent_handlers(self.database)}
        self.steps = PollingDelivery(self.database, self.handlers, threads=self.threads, owner=self.owner)
        self.transport = open_transport(running.settings)
        self.journal = running.settings.journal_folder

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; rest while the database is a restored one that nobody has brought up to date."""
        logs.event("worker.starting", worker=self.owner)
        sys.setswitchinterval(SWITCH_SECONDS)
        while not stop.is_set():
            epoch = epoch_of(self.database)
            if epoch.restored:
                stop.wait(LOOK_AGAIN_SECONDS)
                continue
            crypto.use_generation(epoch.generation)
            halt = threading.Event()
            watcher = threading.Thread(target=self._watch, args=(stop, halt))
            watcher.start()
            self._run_loops(halt)
            watcher.join()
        logs.event("worker.stopped", worker=self.owner)

    def _watch(self, stop: threading.Event, halt: threading.Event) -> None:
        """Renew the epoch, and end all loops where there is nothing more to do: at the end, or under a restored database."""
        rolled = 0.0
        while not stop.wait(WATCH_SECONDS):
            try:
                if time.monotonic() - rolled >= EPOCH_SECONDS:
                    rolled = time.monotonic()
                    live = roll_epoch(self.database, self.journal)
                else:
                    live = not epoch_of(self.database).restored
            except Exception as error:  # noqa: BLE001  # a database that is away for a moment must not end the worker
                logs.event("worker.failed", level=40, error=error, kind="epoch")
                continue
            if not live:
                break
        halt.set()

    def _run_loops(self, stop: threading.Event) -> None:
        webhooks = Deliveries(self.database)
        loops = [
            threading.Thread(target=self._repeat, args=(stop, LINK_SECONDS, "links", self.issue_links)),
            threading.Thread(
                target=self._repeat, args=(stop, MAIL_SECONDS, "mails", lambda: deliver_due(self.database, self.transport))
            ),
            threading.Thread(target=self._repeat, args=(stop, LINK_SECONDS, "opt_outs", self.settle_unproven)),
            threading.Thread(target=self._repeat, args=(stop, JOURNAL_SECONDS, "journal", self.write_journal)),
            threading.Thread(target=self._repeat, args=(stop, MAIL_SECONDS, "webhooks", webhooks.start_due)),
            threading.Thread(target=self._repeat, args=(stop, CLEAN_UP_SECONDS, "clean_up", self.clean_up)),
        ]
        for loop in loops:
            loop.start()
        self.steps.run(stop)
        for loop in loops:
            loop.join()
        webhooks.close()

    def run_due(self) -> int:
        """Do what is due now, once, in this thread; returns how much was done. For tests and for `portal demo`."""
        done = self.issue_links() + self.settle_unproven()
        done += self.steps.run_due()
        return done + deliver_due(self.database, self.transport) + deliver_webhooks(self.database) + self.write_journal()

    def issue_links(self) -> int:
        """Mail the links that customers and staff wait for."""
        return issue_due_links(self.database) + issue_due_staff_links(self.database)

    def settle_unproven(self) -> int:
        """Bring along, and tell, who is known behind what was typed for them without any proof."""
        return settle_opt_outs(self.database) + look_up_named(self.database)

    def write_journal(self) -> int:
        """Bring to the disk outside the database what no restore may undo."""
        written = write_journal(self.database, self.journal, {number: key for key, number in registry.ids().items()})
        # Whoever restores an older database is found out by this entry at the latest.
        if written:
            roll_epoch(self.database, self.journal)
        return written

    def clean_up(self) -> int:
        """Drop what its retention says has to go; runs hourly and is harmless to run twice."""
        gone, failed = 0, None
        for key, company_id in registry.ids().items():
            try:
                gone += self._clean_up_after(key, company_id)
            except Exception as error:  # noqa: BLE001  # the other companies' data has to go all the same
                logs.event("worker.failed", level=40, error=error, kind="clean_up", company=key)
                failed = error
        with self.database.writing(ALL_COMPANIES) as db:
            gone += drop_old_counters(db) + prune_counts(db) + prune_files(db) + prune_answers(db)
        count_large_tables(self.database)
        leave_no_trace(self.database, thorough=True)
        if gone:
            logs.event("worker.cleaned_up", count=gone)
        if failed is not None:
            raise failed
        return 0

    def _clean_up_after(self, key: str, company_id: int) -> int:
        """One company's share. What is due in the law comes after what has to go, each in a transaction of its own."""
        company = registry.company(company_id)
        with self.database.writing(company_id) as db:
            kinds = {
                "sign_ins": prune_sign_ins(db, company),
                "staff_sign_ins": prune_staff_links(db),
                "mails": prune_mails(db, company),
                "cases": prune_cases(db, company),
                "calls": prune_calls(db, company),
                "kept": prune_kept(db, company),
                "journal_rows": prune_journal(db),
                "unconfirmed": end_waiting(db, company),
                "proofs": destroy_due_keys(db),
            }
            found = {kind: count for kind, count in kinds.items() if count}
            if found:
                record_audit(db, actor="portal", act="retention", target="company", **found)
        found["journal_files"] = drop_old_files(self.journal, key, before=clock.now() - length_of(company.retention.journal))
        for kind, count in found.items():
            if count:
                logs.event("retention.deleted", company=key, kind=kind, count=count)
        for work in (raise_alarms, fill_due, sweep_kept, make_due_head, remind_owners, partial(end_old_words, company=company)):
            with self.database.writing(company_id) as db:
                work(db)
        return sum(found.values())

    def _repeat(self, stop: threading.Event, seconds: float, kind: str, work: Callable[[], int]) -> None:
        """Do one kind of work again and again; wait only where nothing was due, and look only where something may be."""
        changes = Changes(self.database)
        while not stop.is_set():
            began = time.monotonic()
            if not changes.worth_a_look():
                stop.wait(seconds)
                continue
            try:
                done = work()
            except Exception as error:  # noqa: BLE001  # whatever it was, the other kinds of work go on
                logs.event("worker.failed", level=40, error=error, kind=kind)
                done = 0
            if not done:
                changes.found_nothing()
                stop.wait(max(0.0, seconds - (time.monotonic() - began)))
        changes.close()
