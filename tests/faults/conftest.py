"""Fixtures of the fault tests: the databases of the rooms, and a system on the far side in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.core import crypto
from tests.databases import Cluster, start_cluster
from tests.faults.processes import FarSide, start_far_side
from tests.rooms import world as worlds
from tests.rooms.conftest import database_url, keys, postgres_url, world
from tests.rooms.world import World

__all__ = ["database_url", "keys", "postgres_url", "world"]


@pytest.fixture
def far_side(tmp_path: Path) -> Iterator[FarSide]:
    """A company's system, in another process, that remembers what it was made to do."""
    with start_far_side(tmp_path / "done.log") as started:
        yield started


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of its own, which keeps what it has said it keeps: it may be killed."""
    cluster = start_cluster(durable=True)
    yield cluster
    cluster.stop()


@pytest.fixture
def durable_world(cluster: Cluster, tmp_path: Path, keys: crypto.KeyRing) -> Iterator[World]:
    """As `world`, on that server."""
    with cluster.fresh_database() as url:
        worlds.make_tables(url)
        world = worlds.begin(url, tmp_path)
        yield world
        world.database.close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of each test with many points, one is tried on PostgreSQL every time and the others with --long; on SQLite all of them are, always."""
    tried: set[str] = set()
    for item in items:
        if Path(__file__).parent not in item.path.parents or not isinstance(item, pytest.Function):
            continue
        points = set(item.callspec.params) - {"database_url"} if hasattr(item, "callspec") else set()
        if not points or "postgres" not in item.callspec.id:
            continue
        if item.originalname in tried:
            item.add_marker(pytest.mark.long)
        tried.add(item.originalname)
