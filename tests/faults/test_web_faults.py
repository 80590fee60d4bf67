"""A web process killed before and after its commit, or its database: all of an act is there or nothing of it, and pressing again makes no second one."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import nursery
from tests.databases import Cluster
from tests.doors.conftest import portal_url, seed_postgres
from tests.doors.site import Site, open_site
from tests.doors.test_erase import MAREN, confirmed, plan_of

__all__ = ["portal_url"]
pytestmark = pytest.mark.slow

CONFIRM = [("erasure.confirming", []), ("erasure.confirmed", ["open"])]
CANCEL = [("web.committing", ["open"]), ("web.committed", ["cancelled"])]
"""Where it happens while something is confirmed or cancelled, and what has become of it then."""
POINTS = [point for point, _found in CONFIRM + CANCEL]


@pytest.fixture
def durable_url(cluster: Cluster) -> Iterator[str]:
    """The demo's past on a PostgreSQL that may be killed."""
    with cluster.fresh_database(cluster.template("demo-seeded", seed_postgres, for_all=True)) as url:
        yield url


def states(site: Site) -> list[str]:
    with site.running.database.engine.connect() as connection:
        return [str(row[0]) for row in connection.exec_driver_sql("SELECT state FROM \"case\" WHERE kind = 'erasure'")]


def web_process(folder: Path, url: str | None, act: str, fault: str) -> nursery.Child:
    """It does that act; the demo was made before."""
    open_site(folder, url).running.database.close()
    orders = [str(folder), act, fault, *([url] if url else [])]
    return nursery.start("tests.faults.web_of_erasures", orders, {**os.environ, "PORTAL_MODE": "demo"})


def killed_at(folder: Path, url: str | None, act: str, point: str) -> Site:
    """A web process dies at that point of that act; gives the site as another process then finds it."""
    with web_process(folder, url, act, f"{point}=kill") as web:
        assert web.wait() == -signal.SIGKILL, point
    return open_site(folder, url)


def without_its_database(folder: Path, url: str, act: str, point: str, cluster: Cluster) -> Site:
    """The database's server is killed at that point, and the web process goes on; gives the site as it is found then."""
    with web_process(folder, url, act, f"{point}=stop") as web:
        web.wait_until_stopped()
        cluster.crash()
        web.send_signal(signal.SIGCONT)
        assert web.wait() == 0, "a page that could not be given is no end of the process, and the next ones can"
    return open_site(folder, url)


def confirmation_is_one(site: Site, found: list[str]) -> None:
    """It is whole or not there, and pressed again it is one."""
    assert states(site) == found
    confirmed(site)
    assert states(site) == ["open"]
    assert len([mail for mail in site.mails(MAREN) if "/erase/stop/" in mail.text]) == 1
    site.running.database.close()


def cancel_is_whole(site: Site, found: list[str]) -> None:
    """It holds, or the button is still there."""
    assert states(site) == found
    browser = plan_of(site)
    browser.open("/erase")
    assert ("You have asked for this already" in browser.words) is (found == ["open"])
    site.running.database.close()


@pytest.mark.parametrize(("point", "found"), CONFIRM)
def test_E2_killed_at_a_confirmation_it_is_whole_or_not_there_and_pressed_again_it_is_one(
    tmp_path: Path, portal_url: str | None, point: str, found: list[str]
) -> None:
    confirmation_is_one(killed_at(tmp_path / "demo", portal_url, "confirm", point), found)


@pytest.mark.no_sql
@pytest.mark.parametrize(("point", "found"), CANCEL)
def test_E2_killed_at_a_cancel_it_holds_or_the_button_is_still_there(
    tmp_path: Path, portal_url: str | None, point: str, found: list[str]
) -> None:
    cancel_is_whole(killed_at(tmp_path / "demo", portal_url, "cancel", point), found)


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.parametrize(("point", "found"), CONFIRM)
def test_E2_without_its_database_at_a_confirmation_it_is_whole_or_not_there_and_pressed_again_it_is_one(
    tmp_path: Path, durable_url: str, cluster: Cluster, point: str, found: list[str]
) -> None:
    confirmation_is_one(without_its_database(tmp_path / "demo", durable_url, "confirm", point, cluster), found)


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.parametrize(("point", "found"), CANCEL)
def test_E2_without_its_database_at_a_cancel_it_holds_or_the_button_is_still_there(
    tmp_path: Path, durable_url: str, cluster: Cluster, point: str, found: list[str]
) -> None:
    cancel_is_whole(without_its_database(tmp_path / "demo", durable_url, "cancel", point, cluster), found)
