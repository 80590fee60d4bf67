"""O1, O2 at the door: over a restored database every page says 503 and does nothing, until `portal restore replay` has run."""

import shutil
import sqlite3
from pathlib import Path

import pytest

import demo
from portal import create_app
from portal.core.epoch import DatabaseWasRestored, roll_epoch
from portal.settings import settings
from portal.starting import start
from portal.web import restored
from tests.nursery import run_portal

pytestmark = pytest.mark.slow


@pytest.fixture
def site(own_site):
    return own_site


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restored, "LOOK_AGAIN_SECONDS", 0.0)


def test_a_restored_database_lets_nobody_in_before_the_journal_was_replayed(site):
    live = Path(settings().database_url.removeprefix("sqlite:///"))
    browser = site.signed_in(demo.CUSTOMER)
    site.worker.write_journal()
    with sqlite3.connect(live) as source, sqlite3.connect(live.with_name("backup")) as target:
        source.backup(target)
    browser.open("/sessions")
    browser.submit("Sign out")
    another = site.signed_in(demo.CUSTOMER)
    site.worker.clean_up()
    assert roll_epoch(site.running.database, settings().journal_folder)
    site.running.database.close()
    for file in live.parent.glob(f"{live.name}*"):
        file.unlink()
    shutil.copy(live.with_name("backup"), live)

    with pytest.raises(DatabaseWasRestored, match="portal restore replay"):
        start(settings(), urls=None, hosts={"fjordkaffe": ["127.0.0.1", "localhost"]})
    assert "restore replay" in run_portal("case", "list", "--company", "fjordkaffe").stderr
    for path in ("/", "/sign-in", "/healthz", "/data", "/.well-known/jwks.json"):
        answer = another.open(path)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
    assert "We are bringing things up to date" in another.answer.text
    assert another.client.post("/sign-in", base_url=f"http://{another.host}", data={"email": "x@example.org"}).status_code == 503
    assert "was restored" in run_portal("restore", "status").stdout

    said = run_portal("restore", "replay")
    assert said.returncode == 0, said.stderr
    assert "The portal is open" in said.stdout
    assert "@" not in said.stdout
    for one in (browser, another):
        one.open("/data")
        assert (one.status, one.path) == (200, "/sign-in"), "everyone signs in again"
    assert site.signed_in(demo.CUSTOMER).open("/data").status_code == 200
    assert "live" in run_portal("restore", "status").stdout
    assert run_portal("restore", "replay").returncode == 1, "there is nothing to replay"
    assert run_portal("restore", "release").stdout.endswith("released.\n")


def test_restore_begin_shuts_a_running_portal_within_seconds(site):
    browser = site.signed_in(demo.CUSTOMER)
    assert browser.open("/data").status_code == 200
    assert run_portal("restore", "begin").returncode == 0
    assert browser.open("/data").status_code == 503
    assert create_app(site.running).test_client().get("/healthz", base_url=f"http://{browser.host}").status_code == 503
    assert run_portal("restore", "replay").returncode == 0
    browser.open("/data")
    assert browser.path == "/sign-in"
