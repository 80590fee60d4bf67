"""A full disk while a copy is made: the case says that it is tried again, nothing half is left, and with room again it is finished."""

import os
import resource
import shlex
import signal
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import ExitStack, closing, contextmanager
from io import BytesIO

import pytest
from sqlalchemy import text

import demo
from portal.core.db import ALL_COMPANIES
from tests.doors.processes import wait_until
from tests.doors.test_downloads import fetch
from tests.doors.test_erase import confirmed
from tests.served import ROOT

pytestmark = pytest.mark.slow

UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@pytest.fixture
def both_sites(own_sites):
    return own_sites


@pytest.fixture
def start_worker(both_sites, tmp_path):
    """Starts `portal worker` in a process of its own, on the site's database and files; once a test has read the mails that it needs,
    since the worker would be at them as well."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(_worker(both_sites, tmp_path))


@contextmanager
def _worker(both_sites, tmp_path):
    lines = (both_sites.folder / "environment").read_text().splitlines()
    environment = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    environment["PORTAL_DATABASE_URL"] = both_sites.running.settings.database_url
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "portal", "worker"], cwd=ROOT, env={**os.environ, **environment}, stderr=log, stdout=log
        )
        wait_until(lambda: "worker.starting" in (tmp_path / "log").read_text())
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.sampled
def test_a_full_disk_delays_a_copy_and_loses_nothing(both_sites, start_worker, tmp_path):
    person = both_sites.signed_in(demo.CUSTOMER)
    log, files, worker = tmp_path / "log", both_sites.folder / "files", start_worker()
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (6_000, resource.RLIM_INFINITY))
    person.open("/get-a-copy")
    person.submit("Continue", scope="all")
    person.submit("Make my copy")
    path = person.path
    wait_until(lambda: '"level": "warning"' in log.read_text() or '"level": "error"' in log.read_text())
    person.open(path)
    assert person.status == 200
    assert "Download" not in [button.words for button in person.page.all("button")]
    if not both_sites.running.database.is_sqlite:
        wait_until(lambda: "We try again at" in (person.open(path) and person.words))
        wait_until(lambda: not list(files.rglob("*.part")))
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, UNLIMITED)
    wait_until(lambda: "Download" in person.open(path).text, seconds=90)
    names = zipfile.ZipFile(BytesIO(fetch(person, path.rsplit("/", 1)[1]).data))
    assert names.testzip() is None
    assert b"Nyg" in b"".join(names.read(name) for name in names.namelist())
    assert list(files.rglob("*.part")) == [], "nothing half is left"
    for line in log.read_text().splitlines():
        assert line.startswith("{"), line
        assert "maren" not in line
        assert str(files) not in line


def make_due(site):
    """No wait counts any more: not the grace period, not the one before the next try. Returns how the erasure stands."""
    with site.running.database.writing(ALL_COMPANIES) as db:
        db.execute(text("UPDATE step SET run_at = '2000-01-01 00:00:00' WHERE state = 'waiting'"))
        return db.execute(text("SELECT state FROM \"case\" WHERE kind = 'erasure'")).scalar()


def of_maren(site):
    """How many customers of the shop still have her number and address."""
    with closing(sqlite3.connect(site.folder / demo.FILES["DEMO_FJORDKAFFE_SHOP_URL"])) as shop:
        return shop.execute("SELECT count(*) FROM customers WHERE email = ?", (demo.CUSTOMER,)).fetchone()[0]


@pytest.mark.sampled
def test_a_full_disk_delays_an_erasure_which_is_whole_once_there_is_room(both_sites, start_worker, tmp_path):
    confirmed(both_sites)
    log, worker = tmp_path / "log", start_worker()
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (6_000, resource.RLIM_INFINITY))
    make_due(both_sites)
    wait_until(lambda: '"level": "warning"' in log.read_text() or '"level": "error"' in log.read_text())
    assert of_maren(both_sites) == 1, "nothing is gone that could not be written down"
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, UNLIMITED)
    wait_until(lambda: make_due(both_sites) == "done", seconds=120)
    assert of_maren(both_sites) == 0
    with both_sites.running.database.reading(ALL_COMPANIES) as db:
        assert db.execute(text("SELECT count(*) FROM step WHERE act = 'erasure.system' AND state != 'done'")).scalar() == 0
