"""What was really done to sign-ins by mail, row by row of the abuse list (S1-S7, S13, S15, H16), on real databases."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from portal.core import clock
from portal.identity import code_limits, links, sessions
from portal.identity.outcomes import (
    AddressWanted,
    AddressWrong,
    CodeEnded,
    CodeWrong,
    LinkEnded,
    LinkReady,
    LinkUnknown,
    SignedIn,
)
from tests.rooms.identity.people_at_browsers import MARIA, OLAV, Browser, crowds, letters, newest_letter, post
from tests.rooms.identity.test_codes import at_noon, wrong
from tests.rooms.world import World

Make = Callable[..., Browser]


def test_S1_fifty_presses_at_once_make_one_session(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    token = newest_letter(world).token
    outcomes = Counter(crowds(world, "press", [token] * 2, browser.nonce or "", each=25))
    assert outcomes == {"SignedIn": 1, "LinkEnded": 49}
    assert world.rows("SELECT count(*) FROM session") == [(1,)]
    assert world.rows("SELECT count(*) FROM person") == [(1,)]


@pytest.mark.sampled
def test_S1_a_hundred_wrong_codes_at_once_are_compared_five_times_at_most(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    letter = newest_letter(world)
    outcomes = Counter(crowds(world, "code", [wrong(letter.code)] * 4, browser.nonce or "", each=25))
    assert set(outcomes) == {"CodeWrong", "CodeEnded"}
    assert outcomes["CodeWrong"] <= 5
    assert world.rows("SELECT code_tries FROM sign_in_request") == [(5,)]
    assert isinstance(browser.types_code(letter.code), CodeEnded)
    assert isinstance(browser.presses(letter.token), SignedIn)


def test_S1_a_link_and_its_code_used_at_once_make_one_session(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    letter = newest_letter(world)

    def use(by_code: bool) -> object:
        twin = Browser(world, world.first, nonce=browser.nonce)
        return twin.types_code(letter.code) if by_code else twin.presses(letter.token)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(use, [True, False]))
    assert sum(isinstance(outcome, SignedIn) for outcome in outcomes) == 1


def test_S2_wrong_codes_never_harm_a_link(world: World, browser: Browser, new_browser: Make) -> None:
    browser.asks()
    post(world)
    mine = newest_letter(world)
    for _ in range(4):
        attacker = new_browser()
        attacker.asks()
        post(world)
        for _ in range(10):
            attacker.types_code("00000000")
    assert isinstance(browser.presses(mine.token), SignedIn)


def test_S2_one_browser_cannot_switch_codes_off_for_all(world: World, new_browser: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_limits, "CEILING", replace(code_limits.CEILING, count=15))
    with at_noon():
        attacker = new_browser()
        for number in range(25):
            attacker.asks(f"someone{number}@example.org")
            attacker.types_code("00000000")
        victim = new_browser()
        victim.asks()
        post(world)
        assert isinstance(victim.types_code(newest_letter(world).code), SignedIn)


def test_S2_no_success_clears_a_counter(world: World, new_browser: Make) -> None:
    with at_noon():
        attacker = new_browser()
        attacker.asks()
        post(world)
        code = newest_letter(world).code
        assert [attacker.types_code(wrong(code)) for _ in range(3)][-1] == CodeWrong(2)
        attacker.signs_in(OLAV)
        owner = new_browser()
        owner.signs_in(MARIA)
        attacker.asks(MARIA)
        # The earlier request is still live, is tried along and still has its three wrong tries.
        attacker.types_code("00000000")
        assert world.rows("SELECT code_tries FROM sign_in_request ORDER BY id")[0] == (4,)


@pytest.mark.parametrize(
    "spelling", ["{n}@example.org", "maria+{n}@example.org", "m.a.ria+{n}@example.org"], ids=["strangers", "plus tags", "dots"]
)
def test_S3_a_mailbox_is_not_flooded_by_spellings(world: World, new_browser: Make, spelling: str) -> None:
    with at_noon():
        for number in range(20):
            new_browser(world.first).asks(spelling.format(n=number))
            new_browser(world.second).asks(spelling.format(n=number))
        post(world)
        assert len(letters(world)) == (40 if spelling.startswith("{n}") else links.PER_MAILBOX.count)


def test_S3_one_address_gets_five_live_links_and_ten_an_hour(world: World, new_browser: Make) -> None:
    with at_noon():
        for _ in range(7):
            new_browser().asks()
        post(world)
        assert len(letters(world)) == 5
        first = letters(world)[0].token
        with clock.moved(timedelta(minutes=10, seconds=1)):
            for _ in range(7):
                new_browser().asks()
            post(world)
            assert len(letters(world)) <= 10
        assert isinstance(new_browser().presses(first, typing=MARIA), SignedIn)
    with at_noon(timedelta(hours=1)):
        new_browser().asks()
        post(world)
        assert len(letters(world)) > 5


def test_S3_a_domain_and_the_installation_have_their_limits(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.core.limits import Limit

    monkeypatch.setattr(links, "PER_DOMAIN", Limit("sign_in.domain", 3, timedelta(hours=1)))
    monkeypatch.setattr(links, "PER_INSTALLATION", Limit("sign_in.installation", 5, timedelta(hours=1)))
    with at_noon():
        for number in range(6):
            browser.asks(f"person{number}@one.example")
            browser.asks(f"person{number}@domain{number}.example")
        post(world)
        assert len([letter for letter in letters(world) if letter.to.endswith("@one.example")]) == 3
        assert len(letters(world)) == 5


def test_S3_the_page_is_the_same_whether_or_not_a_mail_will_come(world: World, new_browser: Make) -> None:
    pages = []
    for _ in range(8):
        asker = new_browser()
        asking = asker.asks()
        post(world)
        with world.reading() as db:
            after = links.asking_of(db, asker.nonce or "")
        assert after is not None
        pages.append((asking.address, asking.codes_off, after.address, after.signed_in, after.codes_off))
    assert len(letters(world)) == 5
    assert len(set(pages)) == 1


def test_S4_a_gateway_that_presses_every_button_gets_no_session_and_burns_nothing(
    world: World, browser: Browser, other_browser: Browser, new_browser: Make
) -> None:
    browser.asks(destination="held.show")
    post(world)
    token = newest_letter(world).token
    gateway = new_browser()
    for nonce in (None, "", links.new_nonce()):
        gateway.nonce = nonce
        for typed in (None, "", "test@example.com"):
            gateway.looks_at(token)
            assert isinstance(gateway.presses(token, typing=typed), AddressWanted | AddressWrong)
            for _press in range(2):
                assert isinstance(gateway.says_not_me(token, typing=typed), AddressWanted | AddressWrong)
    assert gateway.session_token is None
    assert world.rows("SELECT count(*) FROM session") == [(0,)]
    assert isinstance(other_browser.presses(token, typing=MARIA), SignedIn)


def test_S4_a_burnt_link_gives_a_fresh_one(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    token = newest_letter(world).token
    browser.says_not_me(token)
    assert isinstance(browser.looks_at(token), LinkEnded)
    browser.asks_again(token)
    post(world)
    assert isinstance(browser.presses(newest_letter(world).token), SignedIn)


def test_S5_the_page_names_whose_link_it_is_and_who_else_is_signed_in_here(
    world: World, browser: Browser, other_browser: Browser
) -> None:
    victim = browser
    before = victim.signs_in(MARIA)
    other_browser.asks("attacker@example.org")
    post(world)
    planted = newest_letter(world, "attacker@example.org").token
    page = victim.looks_at(planted)
    assert isinstance(page, LinkReady)
    assert (page.masked_address, page.other_session) == ("a•••r@example.org", "m•••a@example.org")
    assert not page.in_asking_browser
    assert isinstance(victim.presses(planted), AddressWanted)
    assert isinstance(victim.presses(planted, typing=MARIA), AddressWrong)
    assert victim.is_signed_in_as() == before
    assert isinstance(victim.presses(planted, typing="attacker@example.org"), SignedIn)
    with world.reading() as db:
        assert sessions.sessions_of(db, before.person_id) == []


def test_S6_a_planted_destination_does_not_come_back_elsewhere(world: World, browser: Browser, other_browser: Browser) -> None:
    attacker, victim = browser, other_browser
    attacker.asks(MARIA, destination="copies.ask", typed={"reason": "planted"})
    post(world)
    token = newest_letter(world).token
    page = victim.looks_at(token)
    assert isinstance(page, LinkReady)
    assert page.destination is None
    outcome = victim.presses(token, typing=MARIA)
    assert isinstance(outcome, SignedIn)
    assert (outcome.destination, dict(outcome.typed)) == (None, {})
    assert attacker.is_signed_in_as() is None


def test_S7_nothing_that_the_asker_sent_enters_the_mail(world: World, browser: Browser) -> None:
    probe = "Call +47 555 12 345 or https://evil.example now"
    browser.user_agent = f"Mozilla/5.0 ({probe}) Firefox/1 {probe}"
    with world.writing() as db:
        links.ask(
            db,
            address=MARIA,
            nonce=probe[:40],
            user_agent=browser.user_agent,
            language=probe[:20],
            destination=probe,
            typed={probe: probe},
            allowed=(probe,),
        )
    post(world)
    letter = newest_letter(world)
    for part in (letter.subject, letter.text, letter.html):
        assert "555" not in part
        assert "evil" not in part


def test_S13_no_later_step_works_without_the_one_before(world: World, browser: Browser, other_browser: Browser) -> None:
    assert isinstance(browser.types_code("12345678"), CodeEnded)
    assert browser.presses(links.new_nonce()) == LinkUnknown()
    browser.asks()
    # Asked, and the worker has not made a link yet: there is nothing to press or to type.
    assert isinstance(browser.types_code("12345678"), CodeWrong)
    assert browser.presses("") == LinkUnknown()
    post(world)
    token = newest_letter(world).token
    assert isinstance(other_browser.presses(token), AddressWanted)
    assert isinstance(browser.presses(token), SignedIn)


def test_S15_a_sign_in_never_takes_over_a_token_that_was_there_before(
    world: World, browser: Browser, other_browser: Browser
) -> None:
    attacker = other_browser
    attacker.signs_in("attacker@example.org")
    browser.session_token = attacker.session_token
    browser.signs_in(MARIA)
    assert browser.session_token != attacker.session_token
    assert attacker.is_signed_in_as() is None


def test_S15_a_revocation_waits_for_the_request_in_flight_and_no_later_one_gets_in(world: World, browser: Browser) -> None:
    """The request has read its session in the transaction that writes; the revocation commits after it, never in between."""
    current = browser.signs_in()
    reading, order = Event(), []

    def request() -> None:
        with world.writing() as db:
            assert sessions.session_of(db, browser.session_token or "")
            reading.set()
            Event().wait(0.5)
            order.append("request")

    def revoke() -> None:
        reading.wait(10)
        with world.writing() as db:
            assert sessions.end_all_sessions(db, current.person_id) == 1
        order.append("revocation")

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(request), pool.submit(revoke)]:
            future.result(20)
    assert order == ["request", "revocation"]
    assert browser.is_signed_in_as() is None


def test_H16_what_one_company_gave_is_nothing_at_another(world: World, browser: Browser, new_browser: Make) -> None:
    browser.asks()
    post(world)
    letter = newest_letter(world)
    there = new_browser(world.second)
    there.nonce = browser.nonce
    assert there.looks_at(letter.token) == LinkUnknown()
    assert there.presses(letter.token, typing=MARIA) == LinkUnknown()
    assert there.says_not_me(letter.token, typing=MARIA) == LinkUnknown()
    assert there.asks_again(letter.token) == LinkUnknown()
    assert isinstance(there.types_code(letter.code), CodeEnded)
    with world.reading(world.second) as db:
        assert links.asking_of(db, browser.nonce or "") is None
    assert isinstance(browser.presses(letter.token), SignedIn)
    there.session_token = browser.session_token
    assert there.is_signed_in_as() is None
    current = browser.is_signed_in_as()
    assert current is not None
    with world.writing(world.second) as db:
        assert not sessions.end_session(db, current.person_id, current.id)
        assert sessions.end_all_sessions(db, current.person_id) == 0
        assert sessions.renew_token(db, current) is None
        sessions.touch(db, current)
    assert browser.is_signed_in_as() == current
