"""Fixtures of all tests of doors: the demo's site on a fresh copy, once on SQLite and, where a test asks, on PostgreSQL too."""

import pytest

from tests.databases import shared_cluster
from tests.doors.site import open_site


@pytest.fixture
def site(tmp_path):
    site = open_site(tmp_path / "demo")
    yield site
    site.running.database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def portal_url(request):
    """Where the portal's own tables stand: a SQLite file of the demo's folder (None), or a fresh PostgreSQL database."""
    if request.param == "sqlite":
        yield None
        return
    with shared_cluster().fresh_database() as url:
        yield url


@pytest.fixture
def both_sites(portal_url, tmp_path):
    """The same site once on each database."""
    site = open_site(tmp_path / "demo", portal_url)
    yield site
    site.running.database.close()
