"""Fixtures of all tests of doors: the demo's site on a fresh copy, once on SQLite and, where a test asks, on PostgreSQL too."""

import pytest

from tests.databases import new_postgres_database
from tests.doors.site import open_site


@pytest.fixture
def site(tmp_path):
    site = open_site(tmp_path / "demo")
    yield site
    site.running.database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def both_sites(request, tmp_path):
    """The same site once on each database."""
    url = new_postgres_database() if request.param == "postgres" else None
    site = open_site(tmp_path / "demo", url)
    yield site
    site.running.database.close()
