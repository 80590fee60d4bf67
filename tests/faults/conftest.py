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
