"""The company's API in bulk: lines a second and memory of import, check and export, each through the door itself, in a process of its own.

`python -m benchmarks.company_api [PEOPLE] [--postgres]`. A tenth as many first: memory has to stay what it was. Goals: import 5,000 lines a
second, check 100,000 identifiers a second on two cores (so 50,000 a second of one), export 50,000 events a second.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any

from werkzeug.test import EnvironBuilder

from benchmarks.common import ROOT, Spent, demo_folder, peak_mb, run_child, say_machine, spending
from portal import create_app
from portal.accounts import registry
from portal.accounts.api_keys import SCOPES, make_key
from portal.commands.demo import FIRST
from portal.core.memory import spare_memory
from scripts.demo_app import start_demo
from tests.databases import start_cluster

PEOPLE, CALLERS, ROUNDS, TOGETHER = 100_000, 2, 3, 100_000
GOALS = {"import": 5_000, "import again": 5_000, "check": 50_000, "check, most unknown": 50_000, "export": 50_000}
NDJSON = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: how many lines, what it took, and the most memory that the process had held by then."""

    name: str
    lines: int
    wall: float
    undisturbed: float
    cpu: float
    peak_mb: float


class Lines(RawIOBase):
    """A body that is made while it is read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines, self._rest = lines, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while len(self._rest) < len(buffer):
            more = b"".join(line for _, line in zip(range(2000), self._lines, strict=False))
            if not more:
                break
            self._rest += more
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


class Door:
    """The application, called as a server calls it, by a key with every right."""

    def __init__(self, folder: Path, database_url: str | None) -> None:
        self.running = start_demo(folder, database_url=database_url, seeded=False)
        self.app = create_app(self.running)
        with self.running.database.writing(registry.ids()[FIRST]) as db:
            self.secret = make_key(db, name=f"bench-{os.getpid()}", scopes=list(SCOPES), by="bench").secret
        # As a served process does before it begins.
        spare_memory()

    def call(self, name: str, method: str, path: str, lines: Iterator[bytes] | None, count: int) -> Part:
        """One call, its answer read to the end and thrown away."""
        headers = [("Authorization", f"Bearer {self.secret}"), ("Content-Type", NDJSON)]
        builder = EnvironBuilder(f"/api/v1{path}", "http://127.0.0.1:8080", method=method, headers=headers)
        environ = builder.get_environ()
        if lines is not None:
            environ["wsgi.input"], environ["wsgi.input_terminated"] = BufferedReader(Lines(lines)), True
        said: list[str] = []
        with spending() as spent:
            answer = self.app.wsgi_app(environ, lambda status, *_: said.append(status))  # type: ignore[arg-type]  # what it writes is not used
            last = b""
            for chunk in answer:
                last = chunk or last
            answer.close()  # type: ignore[attr-defined]  # it is Werkzeug's
        assert said[0].startswith("200"), said
        assert b"error" not in last, last[-300:]
        return _part(name, count, spent)


def _part(name: str, count: int, spent: Spent) -> Part:
    return Part(name, count, spent.wall, spent.undisturbed, spent.cpu, peak_mb())


def old_list(people: int) -> Iterator[bytes]:
    for number in range(people):
        yield (
            b'{"identifier":{"value":"person%d@example.org"},"purpose":"newsletter","channel":"email","act":"given",'
            b'"at":"2021-03-04T05:06:07Z"}\n' % number
        )


def addresses(people: int, *, step: int = 1) -> Iterator[bytes]:
    for number in range(0, people * step, step):
        yield b'"person%d@example.org"\n' % number


def measure(folder: Path, people: int, database_url: str | None) -> list[Part]:
    """All parts, one after the other, in this process."""
    door = Door(folder, database_url)
    checks = 5 * people
    parts = [
        door.call("import", "POST", "/consents/import?dry_run=false", old_list(people), people),
        door.call("import again", "POST", "/consents/import?dry_run=false", old_list(people), people),
        door.call("check", "POST", "/consents/check?purpose=newsletter&channel=email", addresses(people), people),
        door.call(
            "check, most unknown", "POST", "/consents/check?purpose=newsletter&channel=email",
            addresses(checks, step=3), checks,
        ),
        door.call("export", "GET", "/consents/export", None, people),
    ]  # fmt: skip
    door.running.database.close()
    return parts


def check_again_and_again(folder: Path, people: int, database_url: str | None) -> None:
    """One of several callers: says when it is ready, begins when it is told, and says when it is done."""
    door = Door(folder, database_url)
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(ROUNDS):
        door.call("check", "POST", "/consents/check?purpose=newsletter&channel=email", addresses(people), people)
    print("done", flush=True)
    door.running.database.close()


def callers_at_once(folder: Path, people: int, url: str) -> float:
    """Checks a second of `CALLERS` processes together, everyone known."""
    command = [sys.executable, "-m", "benchmarks.company_api", str(people), "--folder", str(folder), "--url", url, "--caller"]
    callers = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(CALLERS)
    ]
    for one in callers:
        assert _said(one) == "ready"
    began = time.perf_counter()
    for one in callers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    assert [_said(one) for one in callers] == ["done"] * CALLERS
    took = time.perf_counter() - began
    for one in callers:
        one.wait()
    return CALLERS * ROUNDS * people / took


def _said(caller: "subprocess.Popen[str]") -> str:
    assert caller.stdout is not None
    return next((line for line in iter(caller.stdout.readline, "") if line.strip() in ("ready", "done")), "").strip()


@contextmanager
def a_database(*, postgres: bool) -> Iterator[str]:
    with start_cluster(durable=True).fresh_database() if postgres else nullcontext("") as url:
        yield url


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("people", nargs="?", type=int, default=PEOPLE)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--url", default="")
    parser.add_argument("--caller", action="store_true")
    chosen = parser.parse_args()
    if chosen.caller:
        check_again_and_again(chosen.folder, chosen.people, chosen.url or None)
        return
    if chosen.folder:
        print(json.dumps([asdict(part) for part in measure(chosen.folder, chosen.people, chosen.url or None)]))
        return
    say_machine()
    peaks: dict[str, list[float]] = {}
    for people in (chosen.people // 10, chosen.people):
        with demo_folder() as folder, a_database(postgres=chosen.postgres) as url:
            told = json.loads(run_child("company_api", people, "--folder", folder, "--url", url))
            together = callers_at_once(folder, people, url)
        print(f"{people:,} people, {'PostgreSQL' if chosen.postgres else 'SQLite'}")
        for part in (Part(**one) for one in told):
            peaks.setdefault(part.name, []).append(part.peak_mb)
            rate, goal = part.lines / part.cpu, GOALS[part.name]
            print(
                f"  {part.name:<28} {part.lines:>9,} lines   {part.lines / part.wall:>9,.0f}/s on the clock   "
                f"{part.lines / part.undisturbed:>9,.0f}/s undisturbed   {rate:>9,.0f}/s of a core   peak {part.peak_mb:,.0f} MiB   "
                f"goal {goal:,}/s: {'met' if rate >= goal else 'MISSED'} ({rate / goal:.0%})"
            )
        print(
            f"  check, {CALLERS} processes at once: {together:,.0f}/s on the clock   goal {TOGETHER:,}/s: {'met' if together >= TOGETHER else 'MISSED'}"
        )
    for name, (small, large) in peaks.items():
        print(f"memory, {name}: {large / small:.2f} times with ten times the lines")


if __name__ == "__main__":
    main()
