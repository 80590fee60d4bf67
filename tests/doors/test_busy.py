"""The database in other hands for longer than anyone waits: whoever asked is told to come again, and nothing was begun."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import exc

import demo
from portal.api.all_parts import refuse
from portal.core import engines
from tests.doors.links import token_for
from tests.doors.site import open_site


@pytest.fixture
def impatient(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "WAIT_SECONDS", 0.2)
    site = open_site(tmp_path / "demo")
    yield site
    site.running.database.close()


def test_who_waits_in_vain_is_told_when_to_come_again(impatient):
    site, browser = impatient, impatient.browser()
    one_click = f"/u/{token_for(demo.CUSTOMER)}"
    [file] = [one for one in site.folder.glob("*.db") if str(one) in str(site.running.database.engine.url)]
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for path, data in ((one_click, {"List-Unsubscribe": "One-Click"}), ("/unsubscribe", {"email": demo.CUSTOMER})):
            browser.post(path, data)
            assert (browser.status, browser.answer.headers["Retry-After"]) == (503, "30")
            assert "Nothing was changed and nothing is lost" in browser.answer.text
        other.execute("ROLLBACK")
    browser.post(one_click, {"List-Unsubscribe": "One-Click"})
    assert browser.status == 200


def test_a_company_s_system_is_told_so_in_problem_details(impatient):
    with impatient.app.test_request_context("/api/v1/consents/check", method="POST"):
        answer = refuse(exc.TimeoutError("queue limit"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.get_json()["type"] == "/api/v1/problems#unavailable"
