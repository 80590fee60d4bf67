"""From `portal demo --json` to the line that says it answers, on a folder that an earlier start has made; goal: under 3 s.

Beside it the very first start, what an empty Python costs to start here, and the memory of web and worker once they are up.
`python -m benchmarks.start` (Linux)
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import ROOT, demo_folder, free_port, in_turn, line, peak_mb, proportional_mb, say_machine, verdict
from benchmarks.load import children_of, cpu_of

GOAL = 3.0
TIMES = 7


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds to the answer, of the clock and of a core; and MiB of each process, alone and at its peak."""

    wall: float
    cpu: float
    memory: dict[str, tuple[float, float]]


def start(folder: Path) -> Start:
    """Start, wait for the line, look, stop."""
    command = [sys.executable, "-m", "portal", "demo", "--json", "--port", str(free_port()), "--folder", str(folder / "demo")]
    # Compiled modules are kept, as they are unless someone forbids it, and apart from those that other work has left.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    began = time.perf_counter()
    with (folder / "demo.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        wall = time.perf_counter() - began
        children = children_of(process.pid)
        cpu = sum(cpu_of(pid) for pid in (process.pid, *children))
        assert json.loads(said)["url"], "it did not come up"
        # The worker is forked before the server forks its own.
        names = ("worker", *(f"web {number}" for number in range(1, len(children))))
        pids = {"main": process.pid, **dict(zip(names, children, strict=True))}
        return Start(wall, cpu, {name: (proportional_mb(pid), peak_mb(pid)) for name, pid in pids.items()})
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def empty_start() -> float:
    """A Python that does nothing: what nothing here can start faster than."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began


def main() -> None:
    say_machine()
    with demo_folder() as folder:
        first = start(folder)
        later, empty = in_turn(TIMES, lambda: start(folder), empty_start)
    starts = [one for one in later if isinstance(one, Start)]
    print(f"{'first start (compiles, migrates, seeds)':<44} {first.wall:>18,.3f} s   ({first.cpu:.2f} s of a core)")
    print(line("second start to an answer, on the clock", [one.wall for one in starts], "s"))
    print(line("  of a core, all processes", [one.cpu for one in starts], "s"))
    print(line("an empty Python", [float(one) for one in empty if isinstance(one, float)], "s"))
    for name in starts[0].memory:
        alone = statistics.median(one.memory[name][0] for one in starts)
        print(
            f"  {name:<10} {alone:>7.1f} MiB, what is shared counted in parts; peak {max(one.memory[name][1] for one in starts):.1f} MiB"
        )
    together = statistics.median(sum(alone for alone, _ in one.memory.values()) for one in starts)
    print(f"  together   {together:>7.1f} MiB")
    print(verdict("second start to an answer, on the clock", statistics.median(one.wall for one in starts), GOAL, "s"))
    print(verdict("second start to an answer, of a core", statistics.median(one.cpu for one in starts), GOAL, "s"))


if __name__ == "__main__":
    main()
