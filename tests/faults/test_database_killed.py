"""The database server killed with -9 under a worker that erases: what was committed is there again, and nothing is done twice unknown."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.core import crypto
from tests.databases import Cluster, start_cluster
from tests.faults.test_erasure_faults import POINTS, asked_for, ended_well, finish, start_worker
from tests.rooms import world as worlds
from tests.rooms.erasing.house import CountingPost, FarHouse, far_house

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
ALWAYS = ("engine.settling",)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of its own, which keeps what it has said it keeps."""
    cluster = start_cluster(durable=True)
    yield cluster
    cluster.stop()


@pytest.fixture
def house(cluster: Cluster, tmp_path: Path, keys: crypto.KeyRing) -> Iterator[FarHouse]:
    with cluster.fresh_database() as url:
        worlds.make_tables(url)
        world = worlds.begin(url, tmp_path)
        with far_house(world, tmp_path / "far") as house:
            yield replace(house, sent=CountingPost(house.shop))
        world.database.close()


@pytest.mark.parametrize("point", [point if point in ALWAYS else pytest.param(point, marks=pytest.mark.long) for point in POINTS])
def test_E2_a_database_killed_while_a_worker_erases_loses_nothing_that_was_committed(
    house: FarHouse, cluster: Cluster, point: str
) -> None:
    case = asked_for(house)
    with start_worker(house, f"{point}=stop") as worker:
        worker.wait_until_stopped()
        cluster.crash()
        worker.send_signal(signal.SIGCONT)
        # It may end with an error, as a worker that lost its database does, or go on where it was between two transactions.
        worker.wait()
    finish(house)
    ended_well(house, case, [point])
