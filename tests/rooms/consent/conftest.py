"""Fixtures of the tests of consent: the world with companies that ask, and Maria, who answers."""

import pytest
from sqlalchemy.orm import Session

from tests.rooms.consent.customers import Customer, customer, open_for_choices
from tests.rooms.world import World


@pytest.fixture
def world(world: World) -> World:
    """The world of all rooms, with companies that ask for agreement."""
    return open_for_choices(world)


@pytest.fixture
def maria(db: Session) -> Customer:
    """A customer of the first company, in a transaction that is rolled back."""
    return customer(db)
