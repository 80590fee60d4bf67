"""What the tests of adapters share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.shops import Shop, new_shop


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each test runs on both databases."""
    return str(request.param)


@pytest.fixture
def shop(tmp_path: Path, dialect: str) -> Iterator[Shop]:
    """A filled shop that a test may change before it opens it."""
    with new_shop(tmp_path, dialect) as made:
        yield made
