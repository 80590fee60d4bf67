"""The console's queue, tasks and case page with 100,000 cases against the same pages with few: `python -m benchmarks.console [CASES]`.

In this process by a test client: with one case, with a page full of them, and with all; times are CPU of this process, so that neighbours count
little. An empty page is cheaper than a full one whatever the database does, so both are told.
"""

import sys
import time
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.common import say_machine
from portal.accounts import registry
from portal.cases.laws.promise import NO_LAW
from portal.cases.model import Author, Case, CaseEvent, CaseKind, CaseMessage, CaseState, ClockRow
from portal.cases.scope import Scope, dump_scope
from portal.cases.tasks.model import CaseTask, TaskState
from portal.cases.workflow import RIGHT
from portal.core import clock, crypto
from portal.core.statistics import count_large_tables
from portal.engine.model import Step, StepState
from tests.doors.site import Browser, Site
from tests.doors.staff import hired
from tests.doors.walked import Walked, standing_walked

ASKED, BATCH, OPEN_ONE_IN, FEW = 40, 5000, 4, 2000
PAGES = {
    "/console/cases": "queue",
    "/console/cases?whose=nobody&kind=question": "queue, filtered",
    "/console/cases?stage=decision": "queue, needs a decision",
    "/console/cases?whose=mine": "queue, mine (none)",
    "/console/tasks": "tasks of owners",
    "/console/tasks?which=late": "tasks, overdue",
    "CASE": "case page",
}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    say_machine()
    with standing_walked() as walked:
        browser = hired(walked.site, "privacy_officer")
        one = {path: measure(walked, browser, path) for path in PAGES}
        fill(walked.site, FEW)
        few = {path: measure(walked, browser, path) for path in PAGES}
        fill(walked.site, count)
        count_large_tables(walked.site.running.database)  # as the worker does hourly
        walked.site.running.database.close()
        many = {path: measure(walked, browser, path) for path in PAGES}
    print(f"{count:,} cases more, one in {OPEN_ONE_IN} open; CPU ms per request, {ASKED} requests each")
    for path, title in PAGES.items():
        (one_p95, one_mid), (few_p95, few_mid), (many_p95, many_mid) = figures(one[path]), figures(few[path]), figures(many[path])
        print(
            f"{title:<26} one case: median {one_mid:.1f}, p95 {one_p95:.1f}   a full page: {few_mid:.1f}, {few_p95:.1f}   "
            f"all: {many_mid:.1f}, {many_p95:.1f}   p95 {many_p95 / few_p95:.2f} times the full page's (goal: at most 1.5), {many_p95 / one_p95:.2f} times one case's"
        )


def measure(walked: Walked, browser: Browser, path: str) -> list[float]:
    """Each request's CPU in ms; the first ones, which compile, are not counted."""
    address = path if path != "CASE" else f"/console/cases/{walked.number}"
    times = []
    for number in range(-5, ASKED):
        begun = time.process_time()
        browser.open(address)
        assert browser.status == 200, browser.status
        if number >= 0:
            times.append((time.process_time() - begun) * 1000)
    return times


def figures(values: list[float]) -> tuple[float, float]:
    """p95 and median."""
    ordered = sorted(values)
    return ordered[int(len(ordered) * 0.95)], ordered[len(ordered) // 2]


def fill(site: Site, count: int) -> None:
    """Questions as a company would have them: most of them over, each with its clock, what happened, and what was written."""
    now, company = clock.now(), registry.ids()["fjordkaffe"]
    sealed = {"company_id": company}
    for begin in range(0, count, BATCH):
        with site.running.database.writing(company) as db:
            numbers = range(begin, min(begin + BATCH, count))
            rows: list[dict[str, object]] = [
                {
                    **sealed, "number": crypto.random_public_id(), "kind": CaseKind.QUESTION, "law": NO_LAW, "law_version": 1,
                    "state": CaseState.ANSWERED if number % OPEN_ONE_IN else CaseState.OPEN, "language": "en", "source": "site",
                    "choice": [], "proven": dump_scope(Scope()), "received_at": now, "due_on": (now + timedelta(days=number % 40 - 5)).date(),
                }
                for number in numbers
            ]  # fmt: skip
            ids = list(db.scalars(insert(Case).returning(Case.id, sort_by_parameter_order=True), rows))
            db.execute(
                insert(ClockRow),
                [{**sealed, "case_id": one, "happened": "received", "at": now, "actor": "person"} for one in ids],
            )
            happened = [{**sealed, "case_id": one, "at": now, "code": "asked", "params": {}, "actor": "person"} for one in ids]
            db.execute(insert(CaseEvent), happened)
            give_tasks(db, sealed, [one for n, one in enumerate(ids) if n % (2 * OPEN_ONE_IN) == 0])
            said = [{**sealed, "case_id": one, "author": Author.PERSON, "text": "Where is it?", "at": now} for one in ids]
            db.execute(insert(CaseMessage), said)
            db.execute(
                insert(CaseMessage),
                [
                    {**sealed, "case_id": one, "author": Author.STAFF, "text": "Here.", "at": now}
                    for n, one in enumerate(ids)
                    if n % 8
                ],
            )


def give_tasks(db: Session, sealed: Mapping[str, object], cases: list[int]) -> None:
    """To every second open case a task that waits for the owner of a system on paper, one in five of them overdue."""
    now = clock.now()
    step = {**sealed, "system": "paper", "act": RIGHT, "part": 1, "irreversible": False, "state": StepState.PARKED, "run_at": now, "fence": 1, "tries": 1, "probe_first": False, "created_at": now}  # fmt: skip
    steps = db.scalars(
        insert(Step).returning(Step.id, sort_by_parameter_order=True), [{**step, "subject_id": one} for one in cases]
    )
    task = {**sealed, "system": "paper", "state": TaskState.WAITING, "created_at": now, "mailed_at": now, "expires_at": now + timedelta(days=60), "sent": 1, "reminders": 0, "reminders_sent": 0}  # fmt: skip
    db.execute(
        insert(CaseTask),
        [
            {
                **task, "case_id": one, "step_id": step_id, "number": crypto.random_public_id(),
                "due_on": (now + timedelta(days=n % 25 - 5)).date(),
            }
            for n, (one, step_id) in enumerate(zip(cases, steps, strict=True))
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
