"""A code signs in the browser that asked, is tried five times at most, and never harms a link."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.core import clock
from portal.identity import code_limits
from portal.identity.codes import normal_code
from portal.identity.outcomes import CodeEnded, CodeMalformed, CodesOff, CodeWrong, EndReason, SignedIn
from tests.rooms.identity.people_at_browsers import OLAV, Browser, crowds, newest_letter, post
from tests.rooms.world import World

Make = Callable[..., Browser]


def at_noon(later: timedelta = timedelta()) -> AbstractContextManager[None]:
    """A clock that stands at the beginning of a day's and an hour's window, so that no window ends within a test."""
    today = datetime.now(UTC)
    noon = today.replace(hour=12, minute=0, second=1, microsecond=0)
    return clock.moved(noon - today + later)


def wrong(code: str) -> str:
    """Another code than this one."""
    return f"{(int(code.replace(' ', '')) + 1) % 10**8:08d}"


def test_the_code_signs_in_the_browser_that_asked(world: World, browser: Browser) -> None:
    browser.asks(destination="held.show")
    post(world)
    outcome = browser.types_code(newest_letter(world).code)
    assert isinstance(outcome, SignedIn)
    assert outcome.destination == "held.show"
    assert browser.is_signed_in_as()


def test_the_code_is_nothing_in_any_other_browser(world: World, browser: Browser, other_browser: Browser) -> None:
    browser.asks()
    post(world)
    code = newest_letter(world).code
    assert other_browser.types_code(code) == CodeEnded(EndReason.LATE)
    other_browser.asks(OLAV)
    post(world)
    assert isinstance(other_browser.types_code(code), CodeWrong)
    assert isinstance(browser.types_code(code), SignedIn)


def test_a_code_works_once_and_uses_the_link_up(world: World, browser: Browser, other_browser: Browser) -> None:
    browser.asks()
    post(world)
    letter = newest_letter(world)
    assert isinstance(browser.types_code(letter.code), SignedIn)
    assert browser.types_code(letter.code) == CodeEnded(EndReason.USED)
    assert not isinstance(browser.presses(letter.token), SignedIn)


def test_a_code_ends_after_ten_minutes(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    code = newest_letter(world).code
    with clock.moved(timedelta(minutes=10, seconds=1)):
        assert browser.types_code(code) == CodeEnded(EndReason.LATE)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("4829 1305", "48291305"),
        ("4829-1305", "48291305"),
        (" 48 29 13 05\u200b", "48291305"),
        ("٤٨٢٩ ١٣٠٥", "48291305"),
        ("４８２９１３０５", "48291305"),
        ("4829 130", None),
        ("4829 1305 1", None),
        ("4829 130O", None),
        ("", None),
        ("1" * 10_000, None),
        ("²8291305", None),
    ],
)
def test_a_code_is_read_however_its_digits_are_typed(typed: str, read: str | None) -> None:
    assert normal_code(typed) == read


def test_what_is_no_code_costs_no_try(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    code = newest_letter(world).code
    for typed in ("", "4829", "abcd efgh", "1" * 10_000) * 3:
        assert isinstance(browser.types_code(typed), CodeMalformed)
    assert isinstance(browser.types_code(code), SignedIn)


def test_five_wrong_codes_then_the_right_one_is_refused_after_a_restart_too(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    letter = newest_letter(world)
    left = [browser.types_code(wrong(letter.code)) for _ in range(5)]
    assert left == [CodeWrong(4), CodeWrong(3), CodeWrong(2), CodeWrong(1), CodeEnded(EndReason.TOO_MANY_TRIES)]
    assert browser.types_code(letter.code) == CodeEnded(EndReason.TOO_MANY_TRIES)
    assert crowds(world, "code", [letter.code], browser.nonce or "", each=1) == ["CodeEnded"]
    assert isinstance(browser.presses(letter.token), SignedIn)


def test_either_of_two_mails_to_the_waiting_browser_has_a_good_code(world: World, browser: Browser) -> None:
    for use in (0, 1):
        browser.asks()
        post(world)
        first = newest_letter(world)
        browser.asks()
        post(world)
        second = newest_letter(world)
        assert isinstance(browser.types_code((first, second)[use].code), SignedIn)


def test_an_address_has_ten_tries_a_day_over_all_its_requests(world: World, new_browser: Make) -> None:
    with at_noon():
        for _ in range(2):
            guesser = new_browser()
            guesser.asks()
            post(world)
            for _ in range(5):
                guesser.types_code(wrong(newest_letter(world).code))
        owner = new_browser()
        owner.asks()
        post(world)
        assert owner.types_code(newest_letter(world).code) == CodeEnded(EndReason.TOO_MANY_TRIES)
        assert isinstance(owner.presses(newest_letter(world).token), SignedIn)
    with at_noon(timedelta(days=1)):
        owner.asks()
        post(world)
        assert isinstance(owner.types_code(newest_letter(world).code), SignedIn)


def test_a_request_over_the_limit_answers_wrong_codes_like_any_other(world: World, browser: Browser, new_browser: Make) -> None:
    for _ in range(5):
        new_browser().asks()
    post(world)
    browser.asks()
    post(world)
    assert world.rows("SELECT count(*) FROM sign_in_request WHERE state = 'limited'") == [(1,)]
    assert [browser.types_code("12345678") for _ in range(5)][:2] == [CodeWrong(4), CodeWrong(3)]


def test_past_the_ceiling_codes_are_off_and_links_go_on(
    world: World, new_browser: Make, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.identity.links import asking_of

    monkeypatch.setattr(code_limits, "CEILING", replace(code_limits.CEILING, count=12))
    with at_noon():
        browser.asks()
        post(world)
        letter = newest_letter(world)
        for number in range(code_limits.CEILING.count):
            guesser = new_browser()
            guesser.asks(f"nobody{number}@mail{number}.example")
            guesser.types_code("12345678")
        assert isinstance(browser.types_code(letter.code), CodesOff)
        with world.reading() as db:
            asking = asking_of(db, browser.nonce or "")
        assert asking is not None
        assert asking.codes_off
        assert isinstance(browser.presses(letter.token), SignedIn)
        late = new_browser()
        late.asks(OLAV)
        post(world)
        assert newest_letter(world, OLAV).code == ""
        assert isinstance(late.presses(newest_letter(world, OLAV).token), SignedIn)
        elsewhere = new_browser(world.second)
        elsewhere.asks()
        post(world)
        assert isinstance(elsewhere.types_code(newest_letter(world).code), SignedIn)
    with at_noon(timedelta(hours=1)):
        browser.asks()
        post(world)
        assert isinstance(browser.types_code(newest_letter(world).code), SignedIn)
