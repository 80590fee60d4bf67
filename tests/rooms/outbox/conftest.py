"""Fixtures for tests of the outbox."""

from collections.abc import Iterator

import pytest

from tests.rooms.outbox.mail_servers import GoodServer, good_server


@pytest.fixture
def server() -> Iterator[GoodServer]:
    """A mail server that takes everything, until told otherwise."""
    with good_server() as running:
        yield running
