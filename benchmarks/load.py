"""A server in processes of its own, and a client that costs next to nothing: bare sockets, kept alive, one request after another.

The client shares the machine with the server, so beside requests a second it tells what a request cost the server in CPU.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import ROOT, free_port

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Served:
    """Where it answers, and the process whose children are the web processes."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU that all its processes have used so far (Linux)."""
        return sum(cpu_of(pid) for pid in (self.pid, *children_of(self.pid)))


@dataclass(frozen=True, slots=True)
class Rate:
    """What came of one spell of load."""

    per_second: float
    cpu_ms: float


def children_of(pid: int) -> list[int]:
    """Processes that a process has started (Linux)."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[Served]:
    """The demo in `folder`, answering; stopped at the end. `settings` are variables of its environment."""
    port = free_port()
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.serving", str(folder / "demo"), str(port)],
            cwd=ROOT,
            stderr=log,
            env=os.environ | settings,
            start_new_session=True,
        )
    try:
        wait_for(port, "/empty", process)
        yield Served(port, process.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_for(port: int, path: str, process: "subprocess.Popen[bytes] | subprocess.Popen[str]", seconds: float = 120) -> None:
    """Return as soon as `path` answers 200. Raises `RuntimeError` where the process ends or the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError("The server ended before it answered.")
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.02)
    raise RuntimeError("The server did not answer.")


def load(server: Served, path: str, *, seconds: float = 3.0, clients: int = 4) -> Rate:
    """GET `path` again and again from so many clients at once. Every answer has to be a 200."""
    counts = [0] * clients
    failures: list[str] = []
    threads = [
        threading.Thread(target=_client, args=(server.port, path, seconds, counts, number, failures)) for number in range(clients)
    ]
    began, cpu = time.perf_counter(), server.cpu()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, used = time.perf_counter() - began, server.cpu() - cpu
    assert not failures, failures
    return Rate(sum(counts) / took, used / sum(counts) * 1000)


def _client(port: int, path: str, seconds: float, counts: list[int], number: int, failures: list[str]) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Language: en\r\nConnection: keep-alive\r\n\r\n".encode()
    stop = time.perf_counter() + seconds
    connection: socket.socket | None = None
    while time.perf_counter() < stop:
        connection = connection or socket.create_connection(("127.0.0.1", port), timeout=20)
        connection.sendall(request)
        head, stays = read_answer(connection)
        if not head.startswith(b"HTTP/1.1 200 "):
            failures.append(head.partition(b"\r\n")[0].decode())
            return
        counts[number] += 1
        if not stays:
            connection.close()
            connection = None
    if connection is not None:
        connection.close()


def read_answer(connection: socket.socket) -> tuple[bytes, bool]:
    """Head of one answer, and whether the server keeps the connection."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = connection.recv(65536)
        if not more:
            return got, False
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    lower = head.lower()
    start = lower.index(b"content-length:") + len(b"content-length:")
    length = int(lower[start:].partition(b"\r\n")[0])
    have = len(body)
    while have < length:
        have += len(connection.recv(65536))
    return head, b"connection: close" not in lower


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
