"""A worker killed at every point of an erasure: another goes on, every case ends, and the far side was asked to erase once."""

import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from portal.cases.model import CaseState
from portal.core import clock
from tests.rooms.erasing.house import GRACE, MAREN, FarHouse, far_house
from tests.rooms.world import World, environment_of

ROOT = Path(__file__).parents[2]
POINTS = [
    "engine.claimed",
    "engine.calling",
    "engine.called",
    "engine.settling",
    "engine.settled",
    "erasure.loaded",
    "erasure.planned",
    "erasure.erasing",
    "erasure.erased",
    "erasure.settling",
]
STEPS = 5
"""Begin, two systems, the portal's own rows, the identity."""


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[FarHouse]:
    with far_house(world, tmp_path / "far") as house:
        yield house


def die_at(house: FarHouse, fault: str) -> int:
    """A worker that is told to die there; returns its exit code."""
    command = [sys.executable, "-m", "tests.rooms.erasing.worker_of_erasures", str(house.shop.file.parent), "all"]
    environment = environment_of(house.world) | {"PORTAL_TEST_FAULT": fault, "PORTAL_MODE": "demo"}
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, timeout=90, check=False).returncode


def survive(house: FarHouse, fault: str) -> None:
    case = house.confirm(house.prove(house.sign_in(MAREN), postcode="5003"))
    house.work()
    assert die_at(house, fault) == -9, fault
    for minutes in (10, 25, 40, 90):
        with clock.moved(GRACE + timedelta(minutes=minutes)):
            house.work()
    assert house.case(case).state is CaseState.DONE, fault
    assert house.result(case).is_complete
    assert house.shop.rows_of("1") == {"receipts": 2}
    assert house.post.rows_of("1") == {}
    for system in (house.shop, house.post):
        assert len(system.calls()) == 1, (fault, system.name)
    unreported = house.world.rows("SELECT count(*) FROM attempt WHERE outcome = 'unreported'")
    assert unreported == [(0 if fault.startswith("engine.settled") else 1,)]
    assert len(house.sent.mails) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault", ["erasure.planned=kill", "erasure.erased=kill", "engine.called=kill@2", "erasure.settling=kill@2"]
)
def test_E2_a_worker_killed_while_it_erases_is_followed_by_one_that_does_nothing_twice(house: FarHouse, fault: str) -> None:
    survive(house, fault)


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS)
def test_E2_killed_at_every_point_in_turn(house: FarHouse, point: str) -> None:
    survive(house, f"{point}=kill")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(50))
def test_E2_killed_at_a_random_moment(house: FarHouse, seed: int) -> None:
    chance = random.Random(seed)  # a test wants the same dice each time
    point = chance.choice(POINTS)
    survive(house, f"{point}=kill@{chance.randint(1, STEPS if point.startswith('engine') else 2)}")
