"""The database server killed with -9 under a worker that makes a copy: the copy comes, whole, and there is one of it."""

import signal
from pathlib import Path

import pytest

from portal.cases.model import CaseState
from portal.core import clock
from tests.databases import Cluster
from tests.faults.test_copy_faults import MINUTES, ask_and_read, company, packages, worker
from tests.rooms.cases.conftest import House, house, shop_config
from tests.rooms.cases.shop import MAREN
from tests.rooms.cases.test_access import ask, case_of, everything_in, fetch, settle_mail
from tests.rooms.cases.test_proof import try_values
from tests.rooms.world import World

__all__ = ["company", "house", "shop_config"]
pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.long]
POINTS = ["access.read", "access.packing"]


@pytest.fixture
def world(durable_world: World) -> World:
    return durable_world


@pytest.mark.parametrize("point", POINTS)
def test_E2_a_database_killed_while_a_copy_is_made_costs_no_copy_and_makes_no_second_one(
    house: House, cluster: Cluster, company: Path, point: str
) -> None:
    settle_mail(house)
    _, current = try_values(house, house.sign_in(MAREN), {"customer_number": "K-1001"})
    number = ask(house, current) if point == "access.read" else ask_and_read(house, current)
    with worker(house, company, fault=f"{point}=stop") as process:
        process.wait_until_stopped()
        cluster.crash()
        process.send_signal(signal.SIGCONT)
        process.wait()
    with clock.moved(MINUTES):
        house.work()
        assert case_of(house, current, number).state is CaseState.READY
    assert "hazelnuts" in everything_in(fetch(house, current, number))
    assert house.world.rows("SELECT count(*) FROM package") == [(1,)]
    assert len([path for path in packages() if path.suffix == ""]) == 1
