"""Fixtures of the fault tests: the databases of the rooms, and a system on the far side in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.processes import FarSide, start_far_side
from tests.rooms.conftest import database_url, keys, postgres_url, world

__all__ = ["database_url", "keys", "postgres_url", "world"]


@pytest.fixture
def far_side(tmp_path: Path) -> Iterator[FarSide]:
    """A company's system, in another process, that remembers what it was made to do."""
    with start_far_side(tmp_path / "done.log") as started:
        yield started


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
