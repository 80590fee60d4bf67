"""C8: the browser's privacy signal counts for who is signed in, is only shown to others, and is never more than exactly `1`."""

import json

import pytest
from werkzeug.datastructures import Headers

import demo
from portal.consent.words import Act, Actor
from tests.doors.choosing import events
from tests.doors.site import FIRST_HOST, SECOND_HOST
from tests.doors.tables import changed, digest

MAREN = demo.CUSTOMER
SALE = "say-adverts_elsewhere-networks"
DONE, ASKS = "Your browser asked us not to sell or share your data. Done.", "Your browser asks us not to sell or share your data."


def lowered(site):
    return [one for one in events(site, MAREN) if one.actor is Actor.SIGNAL]


def get(browser, path, *values):
    """GET with so many Sec-GPC headers."""
    headers = Headers([*browser.headers.items(), *(("Sec-GPC", value) for value in values)])
    return browser.client.get(path, base_url=f"http://{browser.host}", headers=headers)


@pytest.mark.parametrize("values", [("1",), ("1", "0"), ("0", "1"), ("1", "1")])
def test_C8_the_signal_of_a_signed_in_person_is_kept_once_and_shown(site, values):
    browser = site.signed_in(MAREN)
    for path in ("/", "/preferences", "/preferences"):
        assert DONE in get(browser, path, *values).text
    (event,) = lowered(site)
    assert (event.choice.purpose, event.act) == ("adverts_elsewhere", Act.OBJECTED)
    browser.open("/preferences")
    assert "from your browser’s privacy signal" in browser.words
    browser.open("/preferences/history")
    assert "your browser’s privacy signal" in browser.words


@pytest.mark.parametrize("values", [(), ("0",), ("",), ("true",), ("1.0",), ("11",), ("yes", "0"), ("1;a",)])
def test_C8_anything_but_exactly_1_is_no_signal(site, values):
    browser = site.signed_in(MAREN)
    before = digest(site)
    answer = get(browser, "/preferences", *values)
    assert ASKS not in answer.text
    assert DONE not in answer.text
    assert changed(before, digest(site)) <= {"session"}


def test_C8_without_a_signed_in_person_it_is_shown_and_not_stored(site):
    stranger = site.browser()
    before = digest(site)
    answer = get(stranger, "/sign-in", "1")
    assert ASKS in answer.text
    assert "Sec-GPC" in answer.headers["Vary"]
    assert changed(before, digest(site)) == set()
    for path in ("/", "/preferences", "/nowhere", "/help"):
        get(stranger, path, "1")
    assert changed(before, digest(site)) == set()


def test_C8_a_signal_writes_for_nobody_but_its_own_person(site):
    other = site.signed_in(demo.stars.MANY_ORDERS.email)
    get(other, "/preferences", "1")
    assert lowered(site) == []


def test_a_yes_given_while_the_conflict_is_shown_counts_in_that_session_and_says_so(site):
    browser = site.signed_in(MAREN)
    browser.headers["Sec-GPC"] = "1"
    browser.open("/preferences")
    assert "Your browser asks us not to. If you allow it here all the same" in browser.words
    browser.submit("Save choices", **{SALE: "yes"})
    browser.open("/preferences")
    assert len(lowered(site)) == 1
    assert DONE not in browser.answer.text
    assert "your own answer counts in this session" in browser.words
    browser.open("/preferences/history")
    assert "your browser asked us not to sell or share, which the page said" in browser.words
    # Another session of the same person knows nothing of that: its signal counts.
    again = site.signed_in(MAREN)
    again.headers["Sec-GPC"] = "1"
    again.open("/preferences")
    assert len(lowered(site)) == 2
    assert DONE in again.answer.text


def test_a_yes_of_a_page_that_did_not_show_the_conflict_is_lowered_by_the_next_signal(site):
    browser = site.signed_in(MAREN)
    browser.open("/preferences")
    browser.submit("Save choices", **{SALE: "no"})
    browser.submit("Save choices", **{SALE: "yes"})
    get(browser, "/", "1")
    assert len(lowered(site)) == 1


def test_a_company_that_sells_nothing_says_nothing_of_it(site):
    browser = site.browser(SECOND_HOST)
    assert "privacy" in get(browser, "/sign-in", "1").text
    assert ASKS not in get(browser, "/sign-in?lang=en", "1").text


@pytest.mark.parametrize("host", [FIRST_HOST, SECOND_HOST])
def test_the_signal_is_announced_where_machines_look_for_it(site, host):
    answer = site.browser(host).open("/.well-known/gpc.json")
    assert answer.content_type == "application/json"
    assert json.loads(answer.text) == {"gpc": True, "lastUpdate": "2026-11-26"}
