"""The database server killed with -9 under a worker that erases: what was committed is there again, and nothing is done twice unknown."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.core import faultpoints
from tests.databases import Cluster
from tests.faults import test_database_killed_copying as copying
from tests.faults import test_web_faults as web
from tests.faults.test_erasure_faults import OFTEN, POINTS, asked_for, die_at, ended_well, finish, start_worker
from tests.rooms.erasing.house import CountingPost, FarHouse, far_house
from tests.rooms.world import World

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
ALWAYS = ("engine.settling", "erasure.settling")
LATER = [(point, nth) for point in OFTEN for nth in (2, 3, 5) if nth == 2 or point.startswith("engine.")]
"""An erasure has many steps and two mails."""


@pytest.fixture
def house(durable_world: World, tmp_path: Path) -> Iterator[FarHouse]:
    with far_house(durable_world, tmp_path / "far") as house:
        yield replace(house, sent=CountingPost(house.shop))


def lose_the_database(house: FarHouse, cluster: Cluster, point: str, *, nth: int = 1, later: int = 0) -> None:
    """Its server dies while a worker stands at that point, which then goes on."""
    with start_worker(house, f"{point}=stop@{nth}", later=later) as worker:
        worker.wait_until_stopped()
        cluster.crash()
        worker.send_signal(signal.SIGCONT)
        # It may end with an error, as a worker that lost its database does, or go on where it was between two transactions.
        worker.wait()


@pytest.mark.parametrize("point", [point if point in ALWAYS else pytest.param(point, marks=pytest.mark.long) for point in POINTS])
def test_E2_a_database_killed_while_a_worker_erases_loses_nothing_that_was_committed(
    house: FarHouse, cluster: Cluster, point: str
) -> None:
    case = asked_for(house)
    lose_the_database(house, cluster, point)
    finish(house)
    ended_well(house, case, [point])


@pytest.mark.long
def test_E2_a_database_killed_while_a_worker_asks_what_a_lost_try_did(house: FarHouse, cluster: Cluster) -> None:
    case = asked_for(house)
    assert die_at(house, "erasure.erased=kill") == -signal.SIGKILL
    lose_the_database(house, cluster, "erasure.probing", later=30)
    finish(house, later=30)
    ended_well(house, case, ["erasure.erased", "erasure.probing"])


@pytest.mark.long
@pytest.mark.parametrize(("point", "nth"), LATER)
def test_E2_a_database_killed_at_a_later_step_or_mail_loses_nothing_either(
    house: FarHouse, cluster: Cluster, point: str, nth: int
) -> None:
    case = asked_for(house)
    lose_the_database(house, cluster, point, nth=nth)
    finish(house)
    ended_well(house, case, [point])


def test_the_database_is_killed_at_every_point_there_is() -> None:
    assert sorted([*POINTS, "erasure.probing", *web.POINTS, *copying.POINTS]) == sorted(faultpoints.POINTS)
