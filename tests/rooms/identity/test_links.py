"""A link signs in the browser in which it is pressed, once, for ten minutes."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.core import clock
from portal.identity.outcomes import (
    AddressWanted,
    AddressWrong,
    EndReason,
    LinkEnded,
    LinkReady,
    LinkStopped,
    LinkUnknown,
    SignedIn,
)
from portal.people.addresses import AddressRefused
from tests.rooms.identity.people_at_browsers import MARIA, OLAV, Browser, letters, newest_letter, post
from tests.rooms.world import World

pytestmark = pytest.mark.no_sql


def test_the_browser_that_asked_is_signed_in_by_one_press(world: World, browser: Browser) -> None:
    asking = browser.asks()
    assert asking.address == MARIA
    assert post(world) == 1
    outcome = browser.presses(newest_letter(world).token)
    assert isinstance(outcome, SignedIn)
    session = browser.is_signed_in_as()
    assert session is not None
    assert session.address == MARIA
    assert session.browser == "firefox.android"


def test_a_look_at_the_link_changes_nothing(world: World, browser: Browser, other_browser: Browser) -> None:
    browser.asks()
    post(world)
    token = newest_letter(world).token
    before = world.everything_stored()
    for visitor in (other_browser, browser, other_browser):
        assert isinstance(visitor.looks_at(token), LinkReady)
    assert world.everything_stored() == before


@pytest.mark.parametrize("address_first", [False, True])
def test_a_press_in_another_browser_signs_in_that_one_and_not_the_asker(
    world: World, browser: Browser, other_browser: Browser, address_first: bool
) -> None:
    browser.asks()
    post(world)
    token = newest_letter(world).token
    if not address_first:
        assert isinstance(other_browser.presses(token), AddressWanted)
    assert isinstance(other_browser.presses(token, typing=" Maria@Example.org "), SignedIn)
    assert other_browser.is_signed_in_as() is not None
    assert browser.is_signed_in_as() is None
    assert isinstance(browser.presses(token), LinkEnded)


def test_a_press_by_the_asker_leaves_the_other_browser_out(world: World, browser: Browser, other_browser: Browser) -> None:
    browser.asks()
    post(world)
    token = newest_letter(world).token
    assert isinstance(browser.presses(token), SignedIn)
    assert isinstance(other_browser.presses(token, typing=MARIA), LinkEnded)
    assert other_browser.is_signed_in_as() is None


@pytest.mark.parametrize("typed", [OLAV, "nonsense", "maria@example。org", "x" * 10_000])
def test_a_wrong_address_burns_nothing_and_tells_nothing(
    world: World, browser: Browser, other_browser: Browser, typed: str
) -> None:
    browser.asks()
    post(world)
    token = newest_letter(world).token
    wrong = other_browser.presses(token, typing=typed)
    assert isinstance(wrong, AddressWrong)
    assert wrong.link.masked_address == "m•••a@example.org"
    assert isinstance(other_browser.presses(token, typing=MARIA), SignedIn)


def test_after_ten_wrong_addresses_only_the_asking_browser_can_use_the_link(
    world: World, browser: Browser, other_browser: Browser
) -> None:
    browser.asks()
    post(world)
    token = newest_letter(world).token
    for _ in range(10):
        assert isinstance(other_browser.presses(token, typing=OLAV), AddressWrong)
    for typed in (OLAV, MARIA):
        ended = other_browser.presses(token, typing=typed)
        assert isinstance(ended, LinkEnded)
        assert ended.reason is EndReason.TOO_MANY_TRIES
    assert isinstance(browser.presses(token), SignedIn)


def test_a_used_link_offers_a_fresh_one_and_keeps_the_destination_where_it_was_asked(
    world: World, browser: Browser, other_browser: Browser
) -> None:
    browser.asks(destination="held.show", typed={"note": "half a sentence"})
    post(world)
    token = newest_letter(world).token
    browser.presses(token)
    ended = browser.looks_at(token)
    assert ended == LinkEnded(EndReason.USED, "m•••a@example.org", True, "held.show")
    assert other_browser.looks_at(token) == LinkEnded(EndReason.USED, "m•••a@example.org", False, None)
    browser.asks_again(token)
    post(world)
    again = browser.presses(newest_letter(world).token)
    assert isinstance(again, SignedIn)
    assert (again.destination, again.typed) == ("held.show", {"note": "half a sentence"})


def test_a_fresh_link_that_another_browser_asked_for_leads_home(world: World, browser: Browser, other_browser: Browser) -> None:
    browser.asks(destination="held.show", typed={"note": "half a sentence"})
    post(world)
    token = newest_letter(world).token
    browser.presses(token)
    other_browser.asks_again(token)
    post(world)
    fresh = newest_letter(world).token
    assert isinstance(other_browser.presses(fresh), AddressWanted), "S4: asking for a fresh one makes nobody the asker"
    outcome = other_browser.presses(fresh, typing=MARIA)
    assert isinstance(outcome, SignedIn)
    assert (outcome.destination, dict(outcome.typed)) == (None, {})


def test_S4_a_link_that_works_gives_no_fresh_one_and_tells_no_address(
    world: World, browser: Browser, other_browser: Browser
) -> None:
    browser.asks()
    post(world)
    token = newest_letter(world).token
    assert isinstance(other_browser.asks_again(token), LinkUnknown)
    assert post(world) == 0


def test_a_link_works_for_ten_minutes(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    token = newest_letter(world).token
    with clock.moved(timedelta(minutes=9, seconds=55)):
        assert isinstance(browser.looks_at(token), LinkReady)
    with clock.moved(timedelta(minutes=10, seconds=1)):
        late = browser.presses(token)
        assert isinstance(late, LinkEnded)
        assert late.reason is EndReason.LATE
        assert browser.is_signed_in_as() is None
        browser.asks_again(token)
        post(world)
        assert isinstance(browser.presses(newest_letter(world).token), SignedIn)


def test_a_link_works_once(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    token = newest_letter(world).token
    assert isinstance(browser.presses(token), SignedIn)
    again = browser.presses(token)
    assert isinstance(again, LinkEnded)
    assert again.reason is EndReason.USED
    assert world.rows("SELECT count(*) FROM session") == [(1,)]


CHANGES: dict[str, Callable[[str], str]] = {
    "cut": lambda token: token[:-1],
    "longer": lambda token: token + "A",
    "other letters": lambda token: token.swapcase(),
    "empty": lambda token: "",
    "far too long": lambda token: token * 300,
    "not ASCII": lambda token: "ä" * 43,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_cut_or_made_up_link_is_unknown(world: World, browser: Browser, change: Callable[[str], str]) -> None:
    browser.asks()
    post(world)
    wrong = change(newest_letter(world).token)
    for outcome in (browser.looks_at(wrong), browser.presses(wrong), browser.says_not_me(wrong), browser.asks_again(wrong)):
        assert outcome == LinkUnknown()


def test_this_was_not_me_kills_link_and_code(world: World, browser: Browser, other_browser: Browser) -> None:
    browser.asks()
    post(world)
    letter = newest_letter(world)
    assert isinstance(other_browser.says_not_me(letter.token), AddressWanted)
    assert isinstance(browser.looks_at(letter.token), LinkReady)
    assert other_browser.says_not_me(letter.token, typing=MARIA) == LinkStopped()
    for outcome in (
        browser.presses(letter.token),
        other_browser.presses(letter.token, typing=MARIA),
        browser.looks_at(letter.token),
    ):
        assert isinstance(outcome, LinkEnded)
        assert outcome.reason is EndReason.STOPPED
    assert not isinstance(browser.types_code(letter.code), SignedIn)


def test_this_was_not_me_after_the_use_says_that_it_was_used(world: World, browser: Browser, other_browser: Browser) -> None:
    browser.asks()
    post(world)
    token = newest_letter(world).token
    browser.presses(token)
    ended = other_browser.says_not_me(token, typing=MARIA)
    assert isinstance(ended, LinkEnded)
    assert ended.reason is EndReason.USED


def test_the_waiting_page_goes_on_where_the_link_was_pressed_in_its_own_browser(
    world: World, browser: Browser, other_browser: Browser
) -> None:
    from portal.identity.links import asking_of

    browser.asks(destination="held.show")
    post(world)
    token = newest_letter(world).token
    with world.reading() as db:
        asking = asking_of(db, browser.nonce or "")
    assert asking is not None
    assert not asking.signed_in
    browser.presses(token)
    with world.reading() as db:
        asking = asking_of(db, browser.nonce or "")
        assert asking_of(db, "never asked") is None
        assert asking_of(db, "") is None
    assert asking is not None
    assert (asking.signed_in, asking.destination) == (True, "held.show")


def test_an_address_that_is_none_writes_nothing(world: World, browser: Browser) -> None:
    for typed in ("", "maria", "a" * 10_000, "mar\u0131a@example.org"):
        with pytest.raises(AddressRefused):
            browser.asks(typed)
    assert world.rows("SELECT count(*) FROM sign_in_request") == [(0,)]


def test_a_destination_that_the_door_does_not_know_is_forgotten(world: World, browser: Browser) -> None:
    browser.asks(destination="https://evil.example/")
    post(world)
    outcome = browser.presses(newest_letter(world).token)
    assert isinstance(outcome, SignedIn)
    assert outcome.destination is None


def test_a_request_that_nobody_worked_on_for_an_hour_gets_no_mail(world: World, browser: Browser) -> None:
    browser.asks()
    with clock.moved(timedelta(hours=1, minutes=1)):
        post(world)
    assert letters(world) == []


def test_the_mail_speaks_the_language_that_the_person_chose_from_those_of_the_company(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    letter = newest_letter(world)
    assert letter.subject == "Your link to First Coffee"
    assert letter.code not in letter.subject
    assert "Firefox on Android" in letter.text
    assert 'lang="en"' in letter.html
