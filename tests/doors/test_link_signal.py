"""C8 at door 2: on the page of a link the browser's signal is shown with the one button that keeps it, and no look ever does."""

import pytest

import demo
from portal.consent.words import Act, Actor
from portal.people.link_tokens import Scope
from tests.doors.choosing import write
from tests.doors.links import SECOND, events, shut_off, standing, suppressed, token_for, undo_path
from tests.doors.site import SECOND_HOST
from tests.doors.tables import changed, digest

MAREN, NOBODY = demo.CUSTOMER, "ingen.kjenner@example.net"
SALE = "adverts_elsewhere.networks"
KEEP, ASKS, DONE = (
    "Keep that with my choices",
    "Your browser asks us not to sell or share your data.",
    "Your browser asked us not to sell or share your data. Done.",
)
SIGNAL = {"Sec-GPC": "1"}


@pytest.fixture
def reader(site):
    """A browser that asks not to sell or share, and nobody signed in."""
    return site.browser(**SIGNAL)


def allow(site, **evidence):
    return write(
        site, MAREN, purpose="adverts_elsewhere", channel="networks", act=Act.GIVEN, actor=Actor.PERSON,
        collection_point="site:preferences", **evidence,
    )  # fmt: skip


def test_C8_it_is_shown_with_its_button_and_a_look_keeps_nothing(site, reader):
    token, before = token_for(MAREN), digest(site)
    for path in (f"/p/{token}", f"/p/{token_for(MAREN, scope=Scope.STOP)}", f"/embedded/p/{token}"):
        reader.open(path)
        assert ASKS in reader.words
        assert reader.form(KEEP)[0] == f"{path}/signal"
        assert "Sec-GPC" in reader.answer.headers["Vary"]
    assert reader.client.get(f"/p/{token}/signal", base_url="http://127.0.0.1:8080", headers=SIGNAL).status_code == 405
    assert changed(before, digest(site)) == set()


def test_C8_the_button_keeps_it_as_the_signal_of_the_browser_once(site, reader):
    allow(site)
    token = token_for(MAREN)
    reader.open(f"/p/{token}")
    path, values = reader.form(KEEP)
    for _ in range(2):
        reader.post(path, values)
        assert (reader.status, "From now on it counts as no" in reader.words) == (200, True)
        assert "Set-Cookie" not in reader.answer.headers
        assert "Undo" not in reader.words
    (event,) = [one for one in events(site, MAREN) if one.actor is Actor.SIGNAL]
    assert (f"{event.choice.purpose}.{event.choice.channel}", event.act, event.collection_point) == (
        SALE,
        Act.OBJECTED,
        "link:signal",
    )
    reader.open(f"/p/{token}")
    assert DONE in reader.words
    assert KEEP not in reader.words


def test_C8_without_a_session_no_yes_outlives_it(site, reader):
    browser = site.signed_in(MAREN)
    browser.headers.update(SIGNAL)
    browser.open("/preferences")
    browser.submit("Save choices", **{"say-adverts_elsewhere-networks": "yes"})
    browser.open("/preferences")
    assert standing(site, MAREN)[SALE] == "given", "it counts in that session"
    reader.open(f"/p/{token_for(MAREN)}")
    reader.submit(KEEP)
    assert standing(site, MAREN)[SALE] == "objected"


@pytest.mark.parametrize("value", ["0", "", "true", "11", "1.0"])
def test_C8_anything_but_exactly_1_shows_nothing(site, value):
    browser = site.browser(**{"Sec-GPC": value})
    browser.open(f"/p/{token_for(MAREN)}")
    assert ASKS not in browser.words
    assert DONE not in browser.words


def test_C8_nothing_is_kept_for_whoever_is_not_the_one_of_the_link(site):
    other = site.signed_in(demo.SHARED_ADDRESS)
    other.open(f"/p/{token_for(MAREN)}", **SIGNAL)
    before = standing(site, demo.SHARED_ADDRESS)
    path, values = other.form(KEEP)
    other.post(path, values)
    assert standing(site, demo.SHARED_ADDRESS) == before
    assert standing(site, MAREN)[SALE] == "objected"


def test_an_address_that_nobody_is_known_by_is_kept_out_too(site, reader):
    token = token_for(NOBODY)
    reader.open(f"/p/{token}")
    reader.submit(KEEP)
    assert suppressed(site, NOBODY) == {SALE}
    assert standing(site, NOBODY) == {}
    reader.open(f"/p/{token}")
    assert DONE in reader.words


def test_a_browser_that_stopped_sending_it_is_still_not_refused(site, reader):
    allow(site)
    reader.open(f"/p/{token_for(MAREN)}")
    path, values = reader.form(KEEP)
    site.browser().post(path, values)
    assert standing(site, MAREN)[SALE] == "objected"
    assert events(site, MAREN)[-1].actor is Actor.PERSON


def test_an_old_link_keeps_it_and_tells_nothing_of_how_the_choice_stands(site, reader):
    token = token_for(MAREN, scope=Scope.STOP)
    pages = []
    for _ in range(2):
        pages.append(reader.open(f"/p/{token}").text)
        reader.submit(KEEP)
        assert "From now on it counts as no" in reader.words
    assert pages[0] == pages[1]
    assert standing(site, MAREN)[SALE] == "objected"


def test_L6_under_a_shut_off_key_the_person_is_told_once_and_can_take_it_back(site, reader):
    token, before = token_for(MAREN), standing(site, MAREN)
    shut_off()
    for _ in range(2):
        reader.open(f"/p/{token}")
        reader.submit(KEEP)
        assert "From now on it counts as no" in reader.words
    assert standing(site, MAREN)[SALE] == "objected"
    [mail] = [one for one in site.mails(MAREN) if "/undo/" in one.text]
    browser = site.browser()
    browser.open(undo_path(mail))
    browser.submit("Undo it", email=MAREN)
    assert standing(site, MAREN) == before


def test_a_company_that_sells_nothing_says_nothing_of_it_and_keeps_nothing(site):
    anna, browser = demo.stars.ANNA.email, site.browser(SECOND_HOST, **SIGNAL)
    token = token_for(anna, company=SECOND)
    browser.open(f"/p/{token}")
    assert ASKS not in browser.words
    before = digest(site)
    browser.post(f"/p/{token}/signal", {})
    assert browser.status == 200
    assert changed(before, digest(site)) == set()


def test_L9_what_is_no_link_keeps_nothing(site, reader):
    before = digest(site)
    reader.post("/p/nothing/signal", {})
    assert (reader.status, "This link cannot be read" in reader.words) == (404, True)
    assert changed(before, digest(site)) == set()
