"""Links in mails: minting a million, the page behind a link, one-click unsubscribe: `python -m benchmarks.links [COUNT]`.

Goals: minting takes no more than 1 / 60 % of the bare AES-GCM loop and no more memory for a million than for a hundred thousand; the first view
of the page weighs at most 14 kB gzipped. The page is compared with an empty route; of one-click the slowest of a hundred is told.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import demo
from benchmarks.common import ROOT, demo_folder, in_turn, line, say_machine, verdict
from benchmarks.home_weight import weigh
from benchmarks.load import Rate, Served, load, read_answer, served
from portal.core import clock, crypto
from portal.core.crypto_links import newest_link_key
from portal.people.link_tokens import Link, Mint, plain_of
from portal.people.minting import KeyExport
from portal.people.service import EMAIL, Identifier
from tests.doors.site import FIRST_HOST, open_site

COUNT, FEW, ROUNDS = 1_000_000, 100_000, 3
MINTING_GOAL, HEAVIEST = 0.6, 14_000
CLIENTS, SECONDS = 32, 20.0
CHOICE = "newsletter.email"


@dataclass(frozen=True, slots=True)
class Child:
    """What one run of a command took."""

    wall: float
    cpu: float
    peak_mb: float


def run(*command: str) -> Child:
    """Run it as a process of its own."""
    began, peak = time.perf_counter(), 0.0
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    ended, status = 0, 0
    while not ended:
        # By the process itself: what the kernel tells at the end begins with the memory of who started it.
        peak = max(peak, _peak_of(process.pid))
        time.sleep(0.01)
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return Child(time.perf_counter() - began, used.ru_utime + used.ru_stime, peak)


def _peak_of(pid: int) -> float:
    """MiB that a process has held at most so far (Linux); 0 for one that has ended."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def pattern(address: str) -> Link:
    """A link as `portal links mint` makes it."""
    now = clock.now()
    return Link(Identifier(EMAIL, address), now, now + timedelta(days=365), choice=CHOICE)


def write_list(file: Path, count: int) -> None:
    """A list as a shop would export it."""
    with file.open("w") as out:
        out.write("id,email,name\n")
        out.writelines(f"{number},customer{number:07d}@example.org,Customer {number}\n" for number in range(count))


def bare_loop(count: int) -> float:
    """Seconds of a core for sealing as many texts of that length with AES-256-GCM, and nothing else."""
    aead, plain, beside = AESGCM(bytes(32)), plain_of(pattern("customer0000001@example.org")), b"portal-link/1/fjordkaffe/1"
    nonces = [crypto.random_nonce() for _ in range(1000)]
    began = time.process_time()
    for number in range(count):
        aead.encrypt(nonces[number % 1000], plain, beside)
    return time.process_time() - began


def minting(folder: Path, export: KeyExport, count: int) -> None:
    """Seconds, share of the bare loop, memory."""
    key, many, few = folder / "key.json", folder / "many.csv", folder / "few.csv"
    key.write_text(export.dump())
    write_list(many, count)
    write_list(few, FEW)
    command = (
        sys.executable,
        "-m",
        "portal",
        "links",
        "mint",
        "--key",
        str(key),
        "--choice",
        CHOICE,
        "--out",
        str(folder / "out.csv"),
    )
    small = run(*command, "--in", str(few))
    made, bare = list[Child](), list[float]()
    for _round in range(ROUNDS):
        made.append(run(*command, "--in", str(many)))
        bare.append(bare_loop(count))
    print(line(f"minting {count:,} links, of one core", [one.cpu for one in made], "s"))
    print(line("  on the clock", [one.wall for one in made], "s"))
    print(line(f"bare AES-GCM loop over {count:,}", bare, "s"))
    share = statistics.median(loop / one.cpu for loop, one in zip(bare, made, strict=True))
    print(f"share of the bare loop: {share:.1%} (goal {MINTING_GOAL:.0%}: {'met' if share >= MINTING_GOAL else 'MISSED'})")
    print(line("  peak memory", [one.peak_mb for one in made], "MiB"))
    print(
        verdict(
            f"memory for {count:,} against {FEW:,}", statistics.median(one.peak_mb for one in made) / small.peak_mb, 1.1, "times"
        )
    )


def page(server: Served, token: str) -> None:
    """Requests a second of the page behind a link."""
    path = f"/p/{token}"
    load(server, path, seconds=1)
    empty, flask, shown = in_turn(5, *(partial(load, server, one) for one in ("/empty", "/empty-flask", path)))
    for name, rates in (("empty route", empty), ("empty view of a bare Flask", flask), ("preference page of a link", shown)):
        print(line(name, [rate.per_second for rate in rates], "requests/s"))
        print(line("  CPU of the server", [rate.cpu_ms for rate in rates], "ms/request"))
    print(
        f"preference page as a share of the empty route: {_share(shown, empty):.1%}; of an empty view of Flask: {_share(shown, flask):.1%}"
    )


def one_click(server: Served, tokens: list[str]) -> None:
    """How long the answers take with so many clients at once, each with people of its own; every answer has to be a 200."""
    taken: list[list[float]] = [[] for _ in range(CLIENTS)]
    wrong: list[bytes] = []

    def client(number: int) -> None:
        mine, stop = tokens[number::CLIENTS], time.perf_counter() + SECONDS
        connection: socket.socket | None = None
        while time.perf_counter() < stop:
            token = mine[len(taken[number]) % len(mine)]
            connection = connection or socket.create_connection(("127.0.0.1", server.port), timeout=60)
            began = time.perf_counter()
            head = f"POST /u/{token} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            connection.sendall(f"{head}Content-Length: 26\r\nConnection: keep-alive\r\n\r\nList-Unsubscribe=One-Click".encode())
            answer, stays = read_answer(connection)
            taken[number].append(time.perf_counter() - began)
            if not answer.startswith(b"HTTP/1.1 200 "):
                wrong.append(answer.partition(b"\r\n")[0])
            if not stays:
                connection.close()
                connection = None

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    began, cpu = time.perf_counter(), server.cpu()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent, every = time.perf_counter() - began, sorted(one for client_times in taken for one in client_times)
    rate = Rate(len(every) / spent, (server.cpu() - cpu) / len(every) * 1000)
    cuts = statistics.quantiles(every, n=100)
    print(
        f"one-click, {CLIENTS} clients: {len(every)} answers, {rate.per_second:.0f} a second, {rate.cpu_ms:.1f} ms of CPU each, not 200: {len(wrong)}"
    )
    print(f"  half within {cuts[49] * 1000:.0f} ms, 99 of 100 within {cuts[98] * 1000:.0f} ms, slowest {every[-1] * 1000:.0f} ms")


def _share(rates: list[Rate], ceiling: list[Rate]) -> float:
    return statistics.median(one.per_second / other.per_second for one, other in zip(rates, ceiling, strict=True))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    say_machine()
    with demo_folder() as folder:
        site = open_site(folder / "demo")
        company = site.running.config.company("fjordkaffe")
        key = newest_link_key(crypto.keys().links, "fjordkaffe")
        assert key
        export = KeyExport("fjordkaffe", company.url, key, (CHOICE,))
        mint = Mint.under("fjordkaffe", key)
        people = list(dict.fromkeys(one.email for one in demo.people("fjordkaffe")))
        tokens = [mint.seal(plain_of(pattern(address)), crypto.random_nonce()) for address in people]
        browser = site.browser(FIRST_HOST)
        files = weigh(browser, f"/p/{tokens[0]}")
        for one in files:
            print(f"  {one.path[:20]:<42} {one.plain:>8,} plain {one.packed:>8,} gzipped")
        print(verdict("first view of a link's page, all files", sum(one.packed for one in files), HEAVIEST, "bytes"))
        site.running.database.close()
        minting(folder, export, count)
        with served(folder) as server:
            page(server, tokens[0])
            one_click(server, tokens)


if __name__ == "__main__":
    main()
