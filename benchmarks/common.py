"""What the measurements share: a folder that goes away, time and CPU of a block, a process of its own, medians in one line.

Must never let one measure have the machine at another time than the one it is compared with: `in_turn` runs them A B A B.
"""

import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
T = TypeVar("T")


@dataclass(slots=True)
class Spent:
    """What a block took: seconds on the clock, and seconds of a core in this process and in children that ended meanwhile.

    `queued` are the seconds in which this thread was ready and others had the cores (Linux): the clock without them is what it would
    have shown, about, on a machine with nothing else to do. Waiting for the disk counts as work.
    """

    wall: float = 0.0
    cpu: float = 0.0
    children: float = 0.0
    queued: float = 0.0

    @property
    def undisturbed(self) -> float:
        """Seconds on the clock but for those in the queue for a core."""
        return self.wall - self.queued


@contextmanager
def spending() -> Iterator[Spent]:
    """Measure the block; the figures stand when it has ended."""
    spent = Spent()
    wall, cpu, children, queued = time.perf_counter(), time.process_time(), _of_children(), _queued()
    try:
        yield spent
    finally:
        spent.wall, spent.cpu = time.perf_counter() - wall, time.process_time() - cpu
        spent.children, spent.queued = _of_children() - children, _queued() - queued


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _queued() -> float:
    counters = Path("/proc/thread-self/schedstat")
    return int(counters.read_text().split()[1]) / 1e9 if counters.exists() else 0.0


@contextmanager
def demo_folder() -> Iterator[Path]:
    """A folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        yield Path(folder)


def run_child(module: str, *arguments: object) -> str:
    """Run `python -m benchmarks.<module>` and return what it printed: its memory is nobody else's. Its log is shown where it fails."""
    with tempfile.TemporaryFile("w+") as log:
        command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, check=False)
        if done.returncode != 0:
            log.seek(0)
            print(log.read()[-4000:], file=sys.stderr)
            raise SystemExit(f"benchmarks.{module} ended with {done.returncode}.")
    return done.stdout


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def in_turn(times: int, *measures: Callable[[], T]) -> list[list[T]]:
    """Run the measures in turn, A B A B, so that drift of the machine hits all alike."""
    results: list[list[T]] = [[] for _ in measures]
    for _ in range(times):
        for place, measure in enumerate(measures):
            results[place].append(measure())
    return results


def peak_mb(pid: int | None = None) -> float:
    """The most memory that a process (this one) ever held, in MiB (Linux)."""
    return _status("VmHWM", pid)


def proportional_mb(pid: int) -> float:
    """Memory of a process in MiB (Linux); what several forks have in common counts in equal parts, so that their sum is right."""
    for entry in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if entry.startswith("Pss:"):
            return int(entry.split()[1]) / 1024
    raise LookupError("Pss")


def _status(name: str, pid: int | None) -> float:
    for entry in Path(f"/proc/{pid or 'self'}/status").read_text().splitlines():
        if entry.startswith(f"{name}:"):
            return int(entry.split()[1]) / 1024
    raise LookupError(name)


def say_machine() -> None:
    """How busy the machine is: figures on the clock mean little where others work on it."""
    one, five, _ = os.getloadavg()
    print(f"{os.cpu_count()} cores, load {one:.1f} (5 min: {five:.1f}), Python {sys.version.split()[0]}")


def line(name: str, values: Sequence[float], unit: str) -> str:
    """Median, least and most."""
    return f"{name:<44} median {statistics.median(values):>11,.3f} {unit}   (min {min(values):,.3f}, max {max(values):,.3f}, n={len(values)})"


def verdict(name: str, value: float, goal: float, unit: str = "") -> str:
    """The value against its goal, which it may not exceed."""
    return f"{name:<44} {value:>18,.3f} {unit}   goal <= {goal:g} {unit}: {'met' if value <= goal else 'MISSED'} ({value / goal:.0%} of it)"
