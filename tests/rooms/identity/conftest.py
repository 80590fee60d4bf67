"""Fixtures for tests of signing in."""

from collections.abc import Callable

import pytest

from tests.rooms.identity.people_at_browsers import Browser
from tests.rooms.world import World


@pytest.fixture
def new_browser(world: World) -> Callable[..., Browser]:
    """A browser without any cookie, at the first company's host unless another is named."""

    def make(company: int | None = None) -> Browser:
        return Browser(world, company or world.first)

    return make


@pytest.fixture
def browser(new_browser: Callable[..., Browser]) -> Browser:
    """The browser that asks."""
    return new_browser()


@pytest.fixture
def other_browser(new_browser: Callable[..., Browser]) -> Browser:
    """A browser that did not ask."""
    return new_browser()
