"""Fixtures of all tests of rooms. `world` runs each test twice: on a SQLite file, and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from portal.core import crypto
from portal.core.db import Database
from tests.databases import shared_cluster
from tests.rooms import world as worlds
from tests.rooms.world import World


@pytest.fixture(autouse=True)
def keys() -> crypto.KeyRing:
    """A fresh key ring for every test."""
    ring = crypto.new_key_ring()
    crypto.use_keys(ring)
    return ring


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One PostgreSQL database with all tables, for all tests of this process; each begins with it empty."""
    with shared_cluster().fresh_database() as url:
        worlds.make_tables(url)
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with all tables and no row; once per kind of database."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        worlds.empty_tables(url)
        return url
    return f"sqlite:///{worlds.fresh_sqlite()}"


@pytest.fixture
def world(database_url: str, tmp_path: Path, keys: crypto.KeyRing) -> Iterator[World]:
    """Two companies on a fresh database; settings, keys and companies of this process are set."""
    begun = worlds.begin(database_url, tmp_path)
    yield begun
    begun.database.close()


@pytest.fixture
def database(world: World) -> Database:
    """The database of the world, with its companies."""
    return world.database


@pytest.fixture
def db(world: World) -> Iterator[Session]:
    """An open transaction that may write for the first company; what a test leaves in it is rolled back."""
    with world.database.open_to_write(world.first) as session:
        yield session
