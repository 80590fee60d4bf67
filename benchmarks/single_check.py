"""One check after another: requests a second and p99 as a share of an empty route on the same server in the same run: `python -m benchmarks.single_check [--web-processes 2]`.

Goal: 60 % of the empty route. Each client has a key of its own, so that the limit of 6,000 a minute and key is not what is measured.
"""

import argparse
import json
import os
import socket
import statistics
import threading
import time
from dataclasses import dataclass
from functools import partial

import demo
from benchmarks.common import demo_folder, in_turn, line, say_machine
from benchmarks.load import Served, read_answer, served
from portal.accounts import registry
from portal.accounts.api_keys import make_key
from portal.commands.demo import FIRST
from scripts.demo_app import start_demo

ROUNDS, SECONDS, CLIENTS = 5, 3.0, 4
GOAL = 0.6
KEYS_A_CLIENT = 4
"""So many that none meets its limit of requests a minute."""


@dataclass(frozen=True, slots=True)
class Spell:
    """What came of one spell of load: requests a second, CPU of the server a request, and the 99th percentile of the waits, in ms."""

    per_second: float
    cpu_ms: float
    p99_ms: float


def ask(server: Served, requests: list[list[bytes]]) -> Spell:
    """Send from all clients at once, each its own in turn, again and again; every answer has to be a 200."""
    waits: list[list[float]] = [[] for _ in requests]
    failures: list[bytes] = []

    def client(number: int) -> None:
        stop, connection = time.perf_counter() + SECONDS, None
        while time.perf_counter() < stop and not failures:
            connection = connection or socket.create_connection(("127.0.0.1", server.port), timeout=20)
            began = time.perf_counter()
            connection.sendall(requests[number][len(waits[number]) % len(requests[number])])
            head, stays = read_answer(connection)
            waits[number].append(time.perf_counter() - began)
            if not head.startswith(b"HTTP/1.1 200 "):
                failures.append(head)
            if not stays:
                connection.close()
                connection = None

    threads = [threading.Thread(target=client, args=(number,)) for number in range(len(requests))]
    began, cpu = time.perf_counter(), server.cpu()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, used = time.perf_counter() - began, server.cpu() - cpu
    assert not failures, failures[0]
    every = sorted(wait for own in waits for wait in own)
    return Spell(len(every) / took, used / len(every) * 1000, every[int(len(every) * 0.99)] * 1000)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--web-processes", type=int, default=1)
    os.environ["PORTAL_WEB_PROCESSES"] = str(parser.parse_args().web_processes)
    say_machine()
    with demo_folder() as folder:
        running = start_demo(folder / "demo")
        with running.database.writing(registry.ids()[FIRST]) as db:
            keys = [
                make_key(db, name=f"bench-{number}", scopes=["consents:check"], by="bench").secret
                for number in range(CLIENTS * KEYS_A_CLIENT)
            ]
        running.database.close()
        body = json.dumps({"identifier": {"value": demo.CUSTOMER}, "purposes": ["newsletter"], "channels": ["email"]}).encode()
        with served(folder) as server:
            host = f"Host: 127.0.0.1:{server.port}\r\n"
            checks = [
                f"POST /api/v1/consents/check HTTP/1.1\r\n{host}Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
                for key in keys
            ]
            kinds = {
                "empty route before the application": [[f"GET /empty HTTP/1.1\r\n{host}\r\n".encode()]] * CLIENTS,
                "empty view of a bare Flask": [[f"GET /empty-flask HTTP/1.1\r\n{host}\r\n".encode()]] * CLIENTS,
                "one check": [checks[number::CLIENTS] for number in range(CLIENTS)],
            }
            for requests in kinds.values():
                ask(server, requests)
            results = in_turn(ROUNDS, *(partial(ask, server, requests) for requests in kinds.values()))
    for name, spells in zip(kinds, results, strict=True):
        print(line(name, [one.per_second for one in spells], "requests/s"))
        print(line("  CPU of the server", [one.cpu_ms for one in spells], "ms/request"))
        print(line("  p99", [one.p99_ms for one in spells], "ms"))
    empty, flask, check = results
    for name, ceiling in (("the empty route", empty), ("an empty view of Flask", flask)):
        share = statistics.median(one.per_second / other.per_second for one, other in zip(check, ceiling, strict=True))
        slower = statistics.median(one.p99_ms / other.p99_ms for one, other in zip(check, ceiling, strict=True))
        print(
            f"one check against {name}: {share:.1%} of the requests, p99 {slower:.1f} times   goal {GOAL:.0%}: {'met' if share >= GOAL else 'MISSED'}"
        )


if __name__ == "__main__":
    main()
