"""The house of all tests of erasures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rooms.erasing.house import FarHouse, far_house
from tests.rooms.world import World


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[FarHouse]:
    """Two systems at the far side, and a portal that knows them."""
    with far_house(world, tmp_path / "far") as house:
        yield house
