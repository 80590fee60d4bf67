"""One choice saved: writes a second as a share of a one-transaction route on the same server, 16 clients, SQLite: `python -m benchmarks.choices`.

Each client acts for eight signed-in customers of the demo, one after another, who say yes and no in turn, by the form that the page gave them,
to a choice that no system keeps and to one that shop and mail tool keep. Goal: 80 % of the route that adds one row behind the same guard, and
no error; on a server whose web process stays on one core (`PORTAL_WEB_PINNED`), and told of one as it is without that setting.
"""

import re
import socket
import statistics
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import demo
from benchmarks.common import demo_folder, in_turn, line, say_machine
from benchmarks.load import Rate, Served, read_answer, served
from tests.doors.site import Browser, open_site

CLIENTS, CUSTOMERS, ROUNDS, SECONDS = 16, 128, 15, 1.0
GOAL = 0.8
POST, EMAIL = "say-newsletter-post", "say-newsletter-email"
BARE, GUARDED, SAVE = "/one-write", "/one-write-signed-in", "/preferences"


@dataclass
class Customer:
    """One of them: their cookie, what their form carries, and how long their chain is."""

    cookie: str
    token: str
    seen: int
    says_yes: dict[str, bool] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def form(self, choice: str) -> bytes:
        """The next answer: the other one than before."""
        self.says_yes[choice] = not self.says_yes.get(choice, False)
        answer = "yes" if self.says_yes[choice] else "no"
        return urlencode({"csrf_token": self.token, "seen": self.seen, choice: answer}).encode()

    def took(self, head: bytes) -> None:
        """An answer has to be the redirect that follows one event; the chain is one longer then."""
        if head.startswith(b"HTTP/1.1 303 ") and f"since={self.seen}".encode() in head:
            self.seen += 1
        else:
            self.errors.append(head.partition(b"\r\n")[0].decode())


def sign_in(folder: Path) -> list[Customer]:
    """Customers signed in before the server starts, on the files that it will serve."""
    site = open_site(folder)
    customers = []
    for person in list({one.email: one for one in demo.people("fjordkaffe")}.values())[100 : 100 + CUSTOMERS]:
        browser = site.signed_in(person.email)
        browser.open("/preferences")
        cookie = browser.client.get_cookie("portal", domain="127.0.0.1")
        token = re.search(r'name="csrf_token" value="([^"]+)"', browser.answer.text)
        assert cookie
        assert token
        browser.post(*_first_no(browser))
        seen = re.search(r'name="seen"[^>]* value="(\d+)"', browser.answer.text)
        assert seen
        customers.append(Customer(cookie.value, token[1], int(seen[1])))
    site.running.database.close()
    return customers


def _first_no(browser: Browser) -> tuple[str, dict[str, str | list[str]]]:
    """Everyone begins at no."""
    path, values = browser.form("Save choices")
    return path, {"csrf_token": values["csrf_token"], "seen": values["seen"], POST: "no", EMAIL: "no"}


def press(server: Served, customers: list[Customer], path: str, choice: str = "") -> Rate:
    """POST from all clients at once, again and again."""
    counts = [0] * CLIENTS

    def run(number: int) -> None:
        own, stop = customers[number::CLIENTS], time.perf_counter() + SECONDS
        connection: socket.socket | None = None
        while time.perf_counter() < stop:
            client = own[counts[number] % len(own)]
            connection = connection or socket.create_connection(("127.0.0.1", server.port), timeout=60)
            body = client.form(choice) if choice else urlencode({"csrf_token": client.token}).encode()
            head = (
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: portal={client.cookie}\r\nSec-Fetch-Site: same-origin\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\nConnection: keep-alive\r\n\r\n"
            )
            connection.sendall(head.encode() + body)
            answer, stays = read_answer(connection)
            if choice:
                client.took(answer)
            elif not answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 303 ")):
                client.errors.append(answer.partition(b"\r\n")[0].decode())
            counts[number] += 1
            if not stays:
                connection.close()
                connection = None

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    began, cpu = time.perf_counter(), server.cpu()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Rate(sum(counts) / (time.perf_counter() - began), (server.cpu() - cpu) / sum(counts) * 1000)


def measure(folder: Path, customers: list[Customer], *, pinned: bool) -> None:
    """All routes in turn on one server; its shares are judged where it stays on one core."""
    print("a web process that stays on one core" if pinned else "a web process on all cores")
    with served(folder, PORTAL_WEB_PINNED=str(pinned).lower()) as server:
        measured = {
            "bare Flask, one row": partial(press, server, customers, BARE),
            "one row behind the guard": partial(press, server, customers, GUARDED),
            "one choice that no system keeps": partial(press, server, customers, SAVE, POST),
            "one choice that two systems keep": partial(press, server, customers, SAVE, EMAIL),
        }
        for once in measured.values():
            once()
        results = dict(zip(measured, in_turn(ROUNDS, *measured.values()), strict=True))
    for name, rates in results.items():
        print(line(name, [rate.per_second for rate in rates], "writes/s"))
        print(line("  CPU of the server", [rate.cpu_ms for rate in rates], "ms/write"))
    errors = [error for customer in customers for error in customer.errors]
    print(f"errors: {len(errors)} {sorted(set(errors))[:3]}")
    bare, guarded, *choices = results
    for name in choices:
        for ceiling in (guarded, bare):
            share = statistics.median(
                one.per_second / other.per_second for one, other in zip(results[name], results[ceiling], strict=True)
            )
            met = "met" if share >= GOAL and not errors else "MISSED"
            judged = f" (goal {GOAL:.0%}: {met})" if ceiling == guarded and pinned else ""
            print(f"{name} as a share of {ceiling}: {share:.1%}{judged}")


def main() -> None:
    say_machine()
    with demo_folder() as folder:
        customers = sign_in(folder / "demo")
        for pinned in (True, False):
            measure(folder, customers, pinned=pinned)


if __name__ == "__main__":
    main()
