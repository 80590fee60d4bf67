"""S2: what strangers use up on purpose is not what people who signed in before live on; and nobody learns of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from portal.core import limits
from portal.identity import code_limits, links
from portal.identity.outcomes import CodesOff, CodeWrong, SignedIn
from tests.rooms.identity.people_at_browsers import MARIA, OLAV, Browser, letters, newest_letter, post
from tests.rooms.identity.test_codes import at_noon, wrong
from tests.rooms.world import World

Make = Callable[..., Browser]
STRANGER = "stranger@example.org"


def use_up(world: World, limit: limits.Limit, *key: str) -> None:
    """As often as it goes."""
    with world.writing() as db:
        limits.count_more(db, limit, limit.count, *key)


def gets_a_link(world: World, browser: Browser, address: str = MARIA) -> bool:
    """Ask, and see whether a mail came."""
    before = len(letters(world, address))
    browser.asks(address)
    post(world)
    return len(letters(world, address)) > before


def test_S2_strangers_use_up_a_domain_and_who_signed_in_before_gets_in(world: World, browser: Browser, new_browser: Make) -> None:
    with at_noon():
        browser.signs_in()
        use_up(world, links.PER_DOMAIN, "example.org")
        assert not gets_a_link(world, new_browser(), STRANGER)
        assert gets_a_link(world, new_browser())
        use_up(world, links.PER_INSTALLATION, "")
        assert not gets_a_link(world, new_browser(), "other@example.com")
        assert gets_a_link(world, new_browser())


def test_S2_strangers_use_up_an_address_and_its_own_browser_gets_a_link(
    world: World, browser: Browser, new_browser: Make
) -> None:
    with at_noon():
        browser.signs_in()
        strangers = [new_browser() for _ in range(12)]
        assert sum(gets_a_link(world, stranger) for stranger in strangers) <= links.LIVE_LINKS
        assert not gets_a_link(world, new_browser())
        assert gets_a_link(world, browser)
        assert isinstance(browser.presses(newest_letter(world).token), SignedIn)


def test_S2_a_browser_is_known_for_the_address_that_signed_in_there_and_for_no_other(
    world: World, browser: Browser, new_browser: Make
) -> None:
    with at_noon():
        browser.signs_in(OLAV)
        for _ in range(12):
            gets_a_link(world, new_browser())
        assert not gets_a_link(world, browser)


def test_S2_a_link_pressed_elsewhere_makes_no_browser_known(
    world: World, browser: Browser, other_browser: Browser, new_browser: Make
) -> None:
    with at_noon():
        browser.asks()
        post(world)
        assert isinstance(other_browser.presses(newest_letter(world).token, typing=MARIA), SignedIn)
        for _ in range(12):
            gets_a_link(world, new_browser())
        assert not gets_a_link(world, browser)


def test_S2_what_one_network_may_is_less_than_what_all_may() -> None:
    assert links.PER_NETWORK_AND_ADDRESS.count < links.PER_ADDRESS.count
    assert links.PER_NETWORK_AND_DOMAIN.count < links.PER_DOMAIN.count
    assert code_limits.ONE_NETWORK.count < code_limits.CEILING.count


def test_S2_one_network_uses_up_no_address_and_no_domain_for_the_others(
    world: World, new_browser: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same limits at a tenth: what is tried is how they stand to each other.
    monkeypatch.setattr(links, "PER_NETWORK_AND_DOMAIN", replace(links.PER_NETWORK_AND_DOMAIN, count=15))
    monkeypatch.setattr(links, "PER_DOMAIN", replace(links.PER_DOMAIN, count=50))
    with at_noon():
        for _ in range(12):
            new_browser().asks(network="203.0.113.9")
        for number in range(25):
            new_browser().asks(f"someone{number}@example.org", network="203.0.113.9")
        while post(world):
            pass
        assert len(letters(world)) <= links.PER_NETWORK_AND_DOMAIN.count + links.LIVE_LINKS
    with at_noon(timedelta(minutes=20)):
        new_browser().asks(network="198.51.100.7")
        post(world)
        assert len(letters(world, MARIA)) == links.LIVE_LINKS + 1


def test_S2_the_page_is_the_same_for_a_network_over_its_limit(world: World, new_browser: Make) -> None:
    pages = set()
    for number in range(links.PER_NETWORK_AND_ADDRESS.count + 3):
        asking = new_browser().asks(network="203.0.113.9")
        pages.add((asking.address, asking.codes_off, asking.signed_in, asking.valid_until - asking.asked_at, number < 0))
    assert len(pages) == 1


def test_S2_codes_switched_off_by_strangers_stay_on_where_the_address_signed_in_before(
    world: World, browser: Browser, new_browser: Make
) -> None:
    with at_noon():
        browser.signs_in()
        use_up(world, code_limits.CEILING, "first")
        stranger = new_browser()
        stranger.asks()
        browser.asks()
        post(world)
        codes = [letter.code for letter in letters(world, MARIA)[-2:]]
        assert codes[0] == "" and codes[1] != ""
        assert stranger.types_code("00000000") == CodesOff()
        assert isinstance(browser.types_code(codes[1]), SignedIn)


def test_S2_wrong_codes_of_strangers_use_up_no_try_of_the_address_s_own_browser(
    world: World, browser: Browser, new_browser: Make
) -> None:
    with at_noon():
        browser.signs_in()
        for _ in range(3):
            stranger = new_browser()
            stranger.asks()
            for _try in range(5):
                stranger.types_code("00000000")
        browser.asks()
        post(world)
        code = newest_letter(world).code
        assert browser.types_code(wrong(code)) == CodeWrong(4)
        assert isinstance(browser.types_code(code), SignedIn)


def test_S2_one_network_cannot_switch_codes_off_for_all(world: World, new_browser: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_limits, "CEILING", replace(code_limits.CEILING, count=15))
    with at_noon():
        for number in range(code_limits.CEILING.count + 5):
            attacker = new_browser()
            attacker.asks(f"someone{number}@example.net")
            attacker.types_code("00000000", network="203.0.113.9")
        with world.reading() as db:
            assert not code_limits.codes_are_off(db)
