"""Start workers and far sides as real processes, told where to stop or die."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.nursery import Child, start
from tests.rooms.world import World, environment_of

LEASE = 1.5
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class FarSide:
    """Where the far side answers, and what it was made to do."""

    port: int
    log: Path

    def times(self, act: str, step_id: int) -> int:
        """How often it did that."""
        return self.log.read_text().splitlines().count(f"/{act}/{step_id}")


@contextmanager
def start_far_side(log: Path) -> Iterator[FarSide]:
    """A far side that ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.far_side", str(log)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout is not None
            yield FarSide(int(process.stdout.readline()), log)
        finally:
            process.kill()


def start_worker(
    world: World,
    far_side: FarSide,
    *,
    fault: str = "",
    hours: Sequence[float] = (0,),
    clock_wrong_by: float = 0,
    lease: float = LEASE,
) -> Child:
    """A worker that does what is due at each of those hours from now, and ends; unless the fault comes first."""
    orders = {"port": far_side.port, "lease": lease, "hours": list(hours), "clock_wrong_by": clock_wrong_by}
    return start("tests.faults.worker", [json.dumps(orders)], told_to(environment_of(world), fault))


def work(world: World, far_side: FarSide, *, fault: str = "", hours: Sequence[float] = (0,), clock_wrong_by: float = 0) -> int:
    """Run such a worker to its end; returns its exit code, or less than 0 for the signal that killed it."""
    with start_worker(world, far_side, fault=fault, hours=hours, clock_wrong_by=clock_wrong_by) as process:
        return process.wait()


def told_to(environment: Mapping[str, str], fault: str) -> dict[str, str]:
    """The environment of a process that stops or dies there; without a fault, as it is."""
    return {**environment, **({"PORTAL_TEST_FAULT": fault, "PORTAL_MODE": "demo"} if fault else {})}
