"""A web process killed before and after its commit: all of an act is there or nothing of it, and pressing again makes no second one."""

import os
import signal
from pathlib import Path

import pytest

from tests import nursery
from tests.doors.site import Site, open_site
from tests.doors.test_erase import MAREN, confirmed, plan_of

POINTS = ["erasure.confirming", "erasure.confirmed", "web.committing", "web.committed"]


def states(site: Site) -> list[str]:
    with site.running.database.engine.connect() as connection:
        return [str(row[0]) for row in connection.exec_driver_sql("SELECT state FROM \"case\" WHERE kind = 'erasure'")]


def killed_at(folder: Path, act: str, point: str) -> Site:
    """A web process dies at that point of that act; gives the site as another process then finds it."""
    open_site(folder).running.database.close()
    with nursery.start(
        "tests.faults.web_of_erasures", [str(folder), act, f"{point}=kill"], {**os.environ, "PORTAL_MODE": "demo"}
    ) as web:
        assert web.wait() == -signal.SIGKILL, point
    return open_site(folder)


@pytest.mark.slow
@pytest.mark.parametrize(("point", "found"), [("erasure.confirming", []), ("erasure.confirmed", ["open"])])
def test_E2_killed_at_a_confirmation_it_is_whole_or_not_there_and_pressed_again_it_is_one(
    tmp_path: Path, point: str, found: list[str]
) -> None:
    site = killed_at(tmp_path / "demo", "confirm", point)
    assert states(site) == found
    confirmed(site)
    assert states(site) == ["open"]
    assert len([mail for mail in site.mails(MAREN) if "/erase/stop/" in mail.text]) == 1
    site.running.database.close()


@pytest.mark.slow
@pytest.mark.parametrize(("point", "found"), [("web.committing", ["open"]), ("web.committed", ["cancelled"])])
def test_E2_killed_at_a_cancel_it_holds_or_the_button_is_still_there(tmp_path: Path, point: str, found: list[str]) -> None:
    site = killed_at(tmp_path / "demo", "cancel", point)
    assert states(site) == found
    browser = plan_of(site)
    browser.open("/erase")
    assert ("You have asked for this already" in browser.words) is (found == ["open"])
    site.running.database.close()
