"""Deleting one's data at the door, as a person does it: looked at, confirmed once, cancelled, done, and read without a sign-in."""

import re
from datetime import timedelta

import pytest

import demo
from portal.core import clock

MAREN = demo.CUSTOMER


def plan_of(site):
    """Maren has shown one detail and looks at the plan."""
    browser = site.signed_in(MAREN)
    browser.open("/erase")
    assert browser.status == 200
    browser.open("/erase/plan")
    if browser.path != "/erase/plan":
        assert browser.path == "/data/open"
        number = next(person.customer_number for person in demo.people("fjordkaffe") if person.email == MAREN)
        browser.submit("Open my data", kind="customer_number", value=number)
    assert browser.path == "/erase/plan", browser.path
    return browser


def confirmed(site):
    browser = plan_of(site)
    browser.submit("Delete my data", understood="y")
    assert browser.path.startswith("/requests/")
    return browser


def stop_link(site):
    mail = next(mail for mail in site.mails(MAREN) if "/erase/stop/" in mail.text)
    found = re.search(r"/erase/stop/[\w-]+", mail.text)
    assert found
    return found[0]


def test_C4_deleting_begins_with_a_detail_that_shows_whose_data_it_is(site):
    browser = site.signed_in(MAREN)
    browser.open("/erase/plan")
    assert browser.path == "/data/open"
    assert "Before anything can be deleted" in browser.words


def test_C4_the_plan_wants_a_sign_in_under_fifteen_minutes_old(site):
    browser = plan_of(site)
    with clock.moved(timedelta(minutes=16)):
        browser.open("/erase/plan")
        assert browser.path == "/again"


def test_the_box_is_empty_and_has_to_be_ticked(site):
    browser = plan_of(site)
    assert not [control for control in browser.page.all("input") if "checked" in control.attributes]
    browser.submit("Delete my data")
    assert browser.status == 422
    assert "Tick the box" in browser.words
    assert not [mail for mail in site.mails(MAREN) if "/erase/stop/" in mail.text]


def test_confirmed_twice_is_one_request(site):
    browser = plan_of(site)
    path, values = browser.form("Delete my data")
    browser.post(path, {**values, "understood": "y"})
    first = browser.path
    browser.post(path, {**values, "understood": "y"})
    assert browser.path == first


def test_another_plan_than_the_one_that_was_seen_is_not_confirmed(site):
    browser = plan_of(site)
    path, values = browser.form("Delete my data")
    browser.post(path, {**values, "understood": "y", "seen": "0" * 64})
    assert browser.path.startswith("/erase/plan")
    assert "has changed" in browser.words


def test_the_request_says_when_it_begins_and_one_button_cancels_it(site):
    browser = confirmed(site)
    assert browser.page.all("h1")[0].words == "Deleting your data"
    assert "Until then one button stops it." in browser.words
    browser.submit("Cancel the deletion")
    assert "Cancelled. Nothing was deleted" in browser.words
    assert "Nothing was deleted." in browser.words


def test_the_mailed_link_stops_it_without_a_sign_in_and_only_by_its_button(site):
    browser = confirmed(site)
    link = stop_link(site)
    stranger = site.browser()
    stranger.open(link)
    assert stranger.status == 200
    assert MAREN not in stranger.answer.text and "Maren" not in stranger.answer.text
    browser.open(browser.path)
    assert "Until then one button stops it." in browser.words
    stranger.submit("Stop the deletion")
    assert "The deletion is stopped" in stranger.words
    browser.open(browser.path)
    assert "Nothing was deleted." in browser.words
    stranger.open(link)
    assert "nothing left to stop" in stranger.words


def test_a_link_that_nobody_mailed_leads_nowhere(site):
    stranger = site.browser()
    for kind in ("stop", "result"):
        stranger.open(f"/erase/{kind}/" + "x" * 43)
        assert stranger.status == 410


def test_marketing_alone_stops_at_once_and_needs_no_detail_and_no_fresh_sign_in(site):
    browser = site.signed_in(MAREN)
    with clock.moved(timedelta(minutes=16)):
        browser.open("/erase")
        browser.submit("Only stop marketing")
        assert browser.path == "/preferences"
        assert "marketing" in browser.words
    with site.running.database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM \"case\" WHERE kind = 'erasure'").scalar() == 0


@pytest.mark.parametrize("group", ["who", "bought"])
def test_some_kinds_have_a_plan_of_their_own(site, group):
    plan_of(site)
    browser = site.signed_in(MAREN)
    browser.open("/erase/some")
    browser.submit("See what would go")
    assert browser.status == 422
    browser.open(f"/erase/plan?group={group}")
    assert browser.status == 200
