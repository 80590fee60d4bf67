"""Fixtures of all tests of doors: the demo's site on a fresh copy, once on SQLite and, where a test asks, on PostgreSQL too."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

import pytest
from sqlalchemy import delete

from portal.adapters import asking
from portal.core.db import ALL_COMPANIES
from portal.core.epoch import EpochRow
from scripts.demo_app import start_demo
from tests.databases import shared_cluster
from tests.doors.site import made_demo, open_site, standing_site
from tests.doors.walked import standing_walked


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a busy machine a system that is well would answer late, and what it brings then be written in the middle of the next act."""
    monkeypatch.setattr(asking, "SECONDS", 60.0)


@pytest.fixture
def site():
    with standing_site() as site:
        yield site


@pytest.fixture
def own_site(tmp_path):
    """A site that no other test has had, for those who restore its database or kill what serves it."""
    site = open_site(tmp_path / "demo")
    yield site
    site.running.database.close()


@pytest.fixture
def walked():
    """The site with a case behind it whose copy is ready."""
    with standing_walked() as walked:
        yield walked


def seed_postgres(url):
    """The made demo's past in PostgreSQL, under the keys of its folder."""
    folder = mkdtemp(prefix="portal-demo-")
    shutil.copytree(made_demo(), folder, dirs_exist_ok=True)
    running = start_demo(Path(folder), database_url=url)
    with running.database.writing(ALL_COMPANIES) as db:
        # Each copy begins an epoch of its own, with the folder it is served from.
        db.execute(delete(EpochRow))
    running.database.close()
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def portal_url(request):
    """Where the portal's own tables stand: a SQLite file of the demo's folder (None), or a fresh PostgreSQL database."""
    if request.param == "sqlite":
        yield None
        return
    cluster = shared_cluster()
    with cluster.fresh_database(cluster.template("demo-seeded", seed_postgres, for_all=True)) as url:
        yield url


@pytest.fixture
def own_sites(portal_url, tmp_path):
    """The same once on each database."""
    site = open_site(tmp_path / "demo", portal_url)
    yield site
    site.running.database.close()


@pytest.fixture
def both_sites(request, portal_url):
    """The standing site, and one on PostgreSQL."""
    if portal_url is not None:
        return request.getfixturevalue("own_sites")
    return request.getfixturevalue("site")
