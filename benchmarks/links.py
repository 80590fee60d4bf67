"""Links in mails: minting a million, the page behind a link, one-click unsubscribe: `python -m benchmarks.links [COUNT] [--minting]`.

Goals: the bare AES-GCM loop, one process with one nonce after another from a list, takes at least 60 % of the time on the clock that the command
takes with a process for each core; no more memory for a million than for a hundred thousand; the first view of the page weighs at most 14 kB
gzipped. The page is compared with an empty route; of one-click the slowest of a hundred is told.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
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
from portal.core.rotation import cores
from portal.people.link_tokens import Link, Mint, plain_of
from portal.people.minting import KeyExport
from portal.people.service import EMAIL, Identifier
from tests.doors.site import FIRST_HOST, open_site

COUNT, FEW, ROUNDS = 1_000_000, 100_000, 5
MINTING_GOAL, HEAVIEST = 0.6, 14_000
CLIENTS, SECONDS = 32, 20.0
CHOICE = "newsletter.email"


@dataclass(frozen=True, slots=True)
class Spent:
    """What a loop, or one run of a command with all its processes, took. `peak_mb` adds up what each of them held at most."""

    wall: float
    cpu: float
    peak_mb: float = 0.0


def run(*command: str, environment: dict[str, str]) -> Spent:
    """Run it as a process of its own."""
    peaks, done = dict[int, float](), threading.Event()
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, env=environment)
    watching = threading.Thread(target=_watch, args=(process.pid, peaks, done))
    watching.start()
    _pid, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    done.set()
    watching.join()
    assert os.waitstatus_to_exitcode(status) == 0, command
    return Spent(wall, used.ru_utime + used.ru_stime, sum(peaks.values()))


def _watch(pid: int, peaks: dict[int, float], done: threading.Event) -> None:
    """By the processes themselves: what the kernel tells at the end begins with the memory of who started them."""
    while not done.wait(0.03):
        with suppress(FileNotFoundError, ProcessLookupError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for one in (pid, *map(int, children)):
                peaks[one] = max(peaks.get(one, 0.0), _peak_of(one))


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


def bare_loop(count: int, *, fresh: bool) -> Spent:
    """Sealing as many texts of that length with AES-256-GCM, and nothing else: nonces from a list, or a fresh one for each as it has to be."""
    aead, plain, beside = AESGCM(bytes(32)), plain_of(pattern("customer0000001@example.org")), b"portal-link/1/fjordkaffe/1"
    nonces = [crypto.random_nonce() for _ in range(1000)]
    wall, cpu = time.perf_counter(), time.process_time()
    if fresh:
        for _number in range(count):
            aead.encrypt(os.urandom(12), plain, beside)
    else:
        for number in range(count):
            aead.encrypt(nonces[number % 1000], plain, beside)
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def minting(folder: Path, export: KeyExport, count: int) -> None:
    """Seconds, share of the bare loop, memory."""
    key, many, few, made = (folder / name for name in ("key.json", "many.csv", "few.csv", "out.csv"))
    key.write_text(export.dump())
    write_list(many, count)
    write_list(few, FEW)
    command = [sys.executable, "-m", "portal", "links", "mint", "--key", str(key), "--choice", CHOICE, "--out", str(made)]
    # With modules that are compiled already, as after any first start.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")

    def mint(file: Path, processes: int) -> Spent:
        made.unlink(missing_ok=True)
        return run(*command, "--in", str(file), "--processes", str(processes), environment=environment)

    small = mint(few, cores())
    bare, shared, alone = in_turn(
        ROUNDS, partial(bare_loop, count, fresh=False), lambda: mint(many, cores()), lambda: mint(many, 1)
    )
    fresh = bare_loop(count, fresh=True)
    for name, spent in ((f"minting {count:,} links, {cores()} processes", shared), ("the same, one process", alone)):
        print(line(f"{name}, clock", [one.wall for one in spent], "s"))
        print(line("  of a core", [one.cpu for one in spent], "s"))
    print(line(f"bare AES-GCM loop over {count:,}, clock", [one.wall for one in bare], "s"))
    print(f"  with a fresh nonce from the system for each: {fresh.wall:.3f} s")
    share = statistics.median(loop.wall / one.wall for loop, one in zip(bare, shared, strict=True))
    least = statistics.median(loop.cpu / one.cpu for loop, one in zip(bare, alone, strict=True))
    print(
        f"share of the bare loop on the clock: {share:.1%} (goal {MINTING_GOAL:.0%}: {'met' if share >= MINTING_GOAL else 'MISSED'}); "
        f"the command on {cores()} cores, the loop on one"
    )
    print(f"  with one process, of one core: {least:.1%}")
    print(line("  peak memory of all processes", [one.peak_mb for one in shared], "MiB"))
    print(
        verdict(
            f"memory for {count:,} against {FEW:,}",
            statistics.median(one.peak_mb for one in shared) / small.peak_mb,
            1.1,
            "times",
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
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    count, only_minting = numbers[0] if numbers else COUNT, "--minting" in sys.argv
    say_machine()
    with demo_folder() as folder:
        site = open_site(folder / "demo")
        company = site.running.config.company("fjordkaffe")
        key = newest_link_key(crypto.keys().links, "fjordkaffe")
        assert key
        export = KeyExport("fjordkaffe", company.url, key, (CHOICE,))
        if only_minting:
            site.running.database.close()
            minting(folder, export, count)
            return
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
