"""50 staff and 200 customers at once, on PostgreSQL as it ships: `python -m benchmarks.busy [CASES] [--pause SECONDS]`.

Everybody is signed in and opens one page after another, each pausing between two as who reads does (10 seconds): staff the queue, its filters,
a case, and every sixth time they write a note; customers their home, choices, what is held and requests, and every sixth time they change
a choice. Goal: no error, and 95 of 100 answers within one second. Two web processes; the worker runs beside them.
"""

import argparse
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sqlalchemy import delete, select

import demo
from benchmarks.common import ROOT, demo_folder, say_machine
from benchmarks.console import fill
from benchmarks.load import Served, read_answer, served
from benchmarks.serving import DATABASE
from portal.accounts import registry
from portal.cases.model import Case, CaseState
from portal.core.db import ALL_COMPANIES
from portal.core.limits import LimitCounter
from scripts.demo_app import start_demo
from tests.databases import start_cluster
from tests.doors.site import Browser, Site, site_of
from tests.doors.staff import cookies_of, hired

STAFF, CUSTOMERS, SECONDS, WITHIN = 50, 200, 60.0, 1.0
WRITES = 6
"""Every so manieth page is an act."""


@dataclass
class Somebody:
    """Who is signed in: a cookie, a token for forms, what they open, and what they do."""

    cookie: str
    token: str
    pages: list[str]
    act: Callable[[int], tuple[str, dict[str, str]]]
    waits: list[tuple[str, float]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def request(self, number: int, port: int, host: str) -> tuple[str, bytes]:
        """The next one: its kind, and what goes over the wire."""
        head = f"Host: {host}:{port}\r\nCookie: {self.cookie}\r\nAccept-Language: en\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n"
        if number % WRITES:
            page = self.pages[number % len(self.pages)]
            return page.partition("?")[0], f"GET {page} HTTP/1.1\r\n{head}\r\n".encode()
        path, values = self.act(number)
        body = urlencode({"csrf_token": self.token, **values}).encode()
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        return f"POST {path}", f"POST {path} HTTP/1.1\r\n{head}".encode() + body


def sign_in_all(site: Site, cases: int) -> tuple[list[Somebody], list[Somebody]]:
    """Staff and customers, in this process, before the server starts."""
    fill(site, cases)
    company = registry.ids()["fjordkaffe"]
    with site.running.database.reading(company) as db:
        numbers = list(db.scalars(select(Case.number).where(Case.state == CaseState.OPEN).limit(STAFF * 10)))
    staff = [_staff(site, place, numbers[place::STAFF]) for place in range(STAFF)]
    people = list({one.email: one for one in demo.people("fjordkaffe")}.values())
    customers = []
    for place, person in enumerate(people[100 : 100 + CUSTOMERS]):
        if place % 50 == 0:
            with site.running.database.writing(ALL_COMPANIES) as db:
                db.execute(delete(LimitCounter))
        customers.append(_customer(site.signed_in(person.email)))
    return staff, customers


def _staff(site: Site, place: int, numbers: list[str]) -> Somebody:
    browser = hired(site, "privacy_officer", address=f"colleague{place}@example.net")
    cookie = "; ".join(f"{one.key}={one.value}" for one in cookies_of(browser))
    browser.open(f"/console/cases/{numbers[0]}")
    assert browser.status == 200, (browser.status, browser.words[:300])
    cases = [f"/console/cases/{number}" for number in numbers]
    lists = ["/console/cases", "/console/cases?whose=nobody", "/console/cases?stage=decision", "/console/figures"]
    pages = [page for pair in zip(lists * 3, cases, strict=False) for page in pair]

    def note(number: int) -> tuple[str, dict[str, str]]:
        return f"{cases[number % len(cases)]}/note", {"note": f"Looked at it, {number}."}

    return Somebody(cookie, _token(browser), pages, note)


def _customer(browser: Browser) -> Somebody:
    browser.open("/preferences")
    cookie = browser.client.get_cookie("portal", domain="127.0.0.1")
    assert cookie
    # Everyone begins at no, so that each press after it says something new.
    path, values = browser.form("Save choices")
    browser.post(path, {"csrf_token": values["csrf_token"], "seen": values["seen"], "say-newsletter-post": "no"})
    browser.open("/preferences")
    begun = re.search(r'name="seen"[^>]* value="(\d+)"', browser.answer.text)
    assert begun
    seen = int(begun[1])

    def choose(number: int) -> tuple[str, dict[str, str]]:
        nonlocal seen
        seen += 1
        return "/preferences", {"seen": str(seen - 1), "say-newsletter-post": "yes" if (number // WRITES) % 2 else "no"}

    return Somebody(f"portal={cookie.value}", _token(browser), ["/", "/preferences", "/data", "/requests", "/"], choose)


def _token(browser: Browser) -> str:
    return browser.page.all("input", name="csrf_token")[0].attributes["value"]


def spend_a_minute(server: Served, everybody: list[tuple[str, Somebody]], pause: float) -> None:
    """All at once, each in a thread of their own, beginning at a moment of their own."""
    stop = time.perf_counter() + SECONDS

    def live(place: int, host: str, somebody: Somebody) -> None:
        chance = random.Random(place)  # a measurement wants the same dice each time
        time.sleep(chance.random() * pause)
        number = 0
        while time.perf_counter() < stop:
            number += 1
            kind, sent = somebody.request(number, server.port, host)
            began = time.perf_counter()
            # Who reads for a while comes back on a new connection, as browsers do once the server has closed the one before.
            try:
                with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
                    connection.sendall(sent)
                    head = read_answer(connection)[0]
            except OSError as error:
                head = type(error).__name__.encode()
            somebody.waits.append((kind, time.perf_counter() - began))
            if not head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 303 ", b"HTTP/1.1 302 ")):
                somebody.errors.append(f"{kind}: {head.partition(chr(13).encode())[0].decode()}")
            time.sleep(pause * (0.5 + chance.random()))

    threads = [threading.Thread(target=live, args=(place, *one)) for place, one in enumerate(everybody)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="?", type=int, default=2000)
    parser.add_argument(
        "--pause", type=float, default=10.0, help="seconds between two pages of one person, half to one and a half times"
    )
    chosen = parser.parse_args()
    os.environ["PORTAL_WEB_PROCESSES"] = "2"
    say_machine()
    with demo_folder() as folder, start_cluster(durable=True).fresh_database() as url:
        running = start_demo(folder / "demo", database_url=url)
        site = site_of(running, folder / "demo")
        staff, customers = sign_in_all(site, chosen.cases)
        running.database.close()
        os.environ[DATABASE] = os.environ["PORTAL_DATABASE_URL"] = url
        with served(folder) as server:
            worker = subprocess.Popen([sys.executable, "-m", "portal", "worker"], cwd=ROOT, stderr=subprocess.DEVNULL)
            try:
                cpu = server.cpu()
                spend_a_minute(
                    server, [*(("localhost", one) for one in staff), *(("127.0.0.1", one) for one in customers)], chosen.pause
                )
                cpu = server.cpu() - cpu
            finally:
                with suppress(ProcessLookupError):
                    worker.send_signal(signal.SIGTERM)
                worker.wait(30)
    tell(staff, customers, chosen.cases, cpu)


def tell(staff: list[Somebody], customers: list[Somebody], cases: int, cpu: float) -> None:
    """By whom and by page: how many, the middle one and the 95th of a hundred."""
    print(
        f"{len(staff)} staff and {len(customers)} customers for {SECONDS:.0f} s, {cases:,} cases, PostgreSQL, two web processes with {cpu / SECONDS:.2f} cores"
    )
    for name, people in (("staff", staff), ("customers", customers)):
        waits = [wait for one in people for wait in one.waits]
        late = percentile([seconds for _kind, seconds in waits], 0.95)
        print(
            f"  {name:<34} {len(waits):>6,} answers   95 of 100 within {late * 1000:>6,.0f} ms   goal {WITHIN * 1000:,.0f} ms: {'met' if late < WITHIN else 'MISSED'}"
        )
        kinds = sorted({re.sub(r"/cases/[^/]+", "/cases/NUMBER", kind) for kind, _seconds in waits})
        for kind in kinds:
            its = [seconds for told, seconds in waits if re.sub(r"/cases/[^/]+", "/cases/NUMBER", told) == kind]
            print(
                f"    {kind:<32} {len(its):>6,}           half within {percentile(its, 0.5) * 1000:>6,.0f} ms, 95 of 100 within {percentile(its, 0.95) * 1000:,.0f} ms"
            )
    errors = [error for one in (*staff, *customers) for error in one.errors]
    print(f"  errors: {len(errors)} {sorted(set(errors))[:5]}")


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


if __name__ == "__main__":
    main()
