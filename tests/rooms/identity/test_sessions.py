"""Signed-in browsers: how long, how fresh, how seen, how ended."""

from collections.abc import Callable
from datetime import timedelta

from portal.core import clock
from portal.identity import sessions
from portal.identity.outcomes import SignedIn
from portal.identity.pruning import prune_sign_ins
from tests.rooms.identity.people_at_browsers import MARIA, OLAV, Browser, letters, newest_letter, post
from tests.rooms.world import World

Make = Callable[..., Browser]


def test_a_session_ends_after_half_an_hour_without_a_visit(world: World, browser: Browser) -> None:
    browser.signs_in()
    with clock.moved(timedelta(minutes=29)):
        assert browser.is_signed_in_as()
    with clock.moved(timedelta(minutes=31)):
        assert browser.is_signed_in_as() is None


def test_visits_keep_a_session_alive_for_eight_hours_and_no_longer(world: World, browser: Browser) -> None:
    browser.signs_in()
    for half_hours in range(1, 20):
        with clock.moved(half_hours * timedelta(minutes=25)):
            current = browser.is_signed_in_as()
            if half_hours * 25 >= 480:
                assert current is None
                continue
            assert current is not None
            with world.writing() as db:
                sessions.touch(db, current)


def test_last_seen_is_written_at_most_once_a_minute(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    assert not sessions.needs_touch(current)
    with clock.moved(timedelta(seconds=59)):
        assert not sessions.needs_touch(current)
    with clock.moved(timedelta(seconds=61)):
        assert sessions.needs_touch(current)
        with world.writing() as db:
            sessions.touch(db, current)
        seen = browser.is_signed_in_as()
        assert seen is not None
        assert not sessions.needs_touch(seen)
        assert seen.last_seen_at > current.last_seen_at


def test_a_sign_in_is_fresh_for_a_quarter_of_an_hour(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    assert sessions.is_fresh(current, clock.now())
    assert sessions.is_fresh(current, current.proven_at + timedelta(minutes=14, seconds=59))
    assert not sessions.is_fresh(current, current.proven_at + timedelta(minutes=15))


def test_a_fresh_sign_in_that_a_session_asked_for_raises_it_under_a_new_token(world: World, browser: Browser) -> None:
    first = browser.signs_in()
    old_token = browser.session_token
    with clock.moved(timedelta(minutes=20)):
        again = browser.signs_in(going_on=first)
        assert again.id == first.id
        assert sessions.is_fresh(again, clock.now())
        assert browser.session_token != old_token
        with world.reading() as db:
            assert sessions.session_of(db, old_token or "") is None


def test_a_person_sees_their_sessions_and_ends_one(world: World, new_browser: Make) -> None:
    phone, laptop, stranger = new_browser(), new_browser(), new_browser()
    laptop.user_agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15"
    on_phone, on_laptop, other = phone.signs_in(), laptop.signs_in(), stranger.signs_in(OLAV)
    with world.reading() as db:
        lines = sessions.sessions_of(db, on_phone.person_id)
    assert {line.id: line.browser for line in lines} == {on_phone.id: "firefox.android", on_laptop.id: "safari.macos"}
    with world.writing() as db:
        assert sessions.end_session(db, on_phone.person_id, on_laptop.id)
        assert not sessions.end_session(db, on_phone.person_id, on_laptop.id)
        assert not sessions.end_session(db, on_phone.person_id, other.id)
        assert not sessions.end_session(db, on_phone.person_id, 10**9)
    assert laptop.is_signed_in_as() is None
    assert phone.is_signed_in_as()
    assert stranger.is_signed_in_as()


def test_sign_out_everywhere_ends_all_of_the_person_and_nobody_elses(world: World, new_browser: Make) -> None:
    phone, laptop, stranger = new_browser(), new_browser(), new_browser()
    here, _, _ = phone.signs_in(), laptop.signs_in(), stranger.signs_in(OLAV)
    with world.writing() as db:
        assert sessions.end_all_sessions(db, here.person_id, but=here.id) == 1
    assert phone.is_signed_in_as()
    assert laptop.is_signed_in_as() is None
    with world.writing() as db:
        assert sessions.end_all_sessions(db, here.person_id) == 1
    assert phone.is_signed_in_as() is None
    assert stranger.is_signed_in_as()


def test_sign_out_ends_the_session_in_the_database(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    with world.writing() as db:
        sessions.sign_out(db, current)
    assert browser.is_signed_in_as() is None


def test_an_ended_session_is_not_brought_back_by_a_visit(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    with clock.moved(timedelta(minutes=5)):
        with world.writing() as db:
            sessions.sign_out(db, current)
            sessions.touch(db, current)
            assert sessions.renew_token(db, current) is None
        assert browser.is_signed_in_as() is None


def test_old_rows_go_when_their_retention_is_over_and_a_used_request_says_longer_that_its_browser_is_known(
    world: World, browser: Browser
) -> None:
    browser.asks(destination="held.show", typed={"note": "typed"})
    post(world)
    browser.presses(newest_letter(world).token)
    browser.asks()
    company = world.company()
    with world.writing() as db:
        assert prune_sign_ins(db, company) == 0
    with clock.moved(timedelta(days=1, minutes=11)), world.writing(world.second) as db:
        assert prune_sign_ins(db, company) == 0
    with clock.moved(timedelta(days=1, minutes=11)), world.writing() as db:
        assert prune_sign_ins(db, company) == 1
    assert world.rows("SELECT state, typed, destination FROM sign_in_request") == [("used", None, None)]
    with clock.moved(timedelta(days=31)), world.writing() as db:
        assert prune_sign_ins(db, company) == 2
    assert world.rows("SELECT count(*) FROM person") == [(1,)]


def test_who_asks_after_a_quiet_day_gets_a_link_though_every_earlier_row_is_gone(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    later = timedelta(days=1, minutes=11)
    with clock.moved(later):
        with world.writing() as db:
            assert prune_sign_ins(db, world.company()) == 1
        browser.asks()
        assert post(world) == 1
        assert len(letters(world)) == 2
        assert isinstance(browser.presses(newest_letter(world).token), SignedIn)


def test_a_person_is_found_again_at_the_next_sign_in(world: World, new_browser: Make) -> None:
    assert new_browser().signs_in().person_id == new_browser().signs_in().person_id
    assert new_browser().signs_in(OLAV).person_id != new_browser().signs_in().person_id


def test_the_asking_browser_may_be_signed_in_by_a_fresh_link_while_its_session_is_over(world: World, browser: Browser) -> None:
    browser.signs_in()
    with clock.moved(timedelta(minutes=45)):
        browser.asks()
        post(world)
        assert isinstance(browser.presses(newest_letter(world, MARIA).token), SignedIn)
        assert world.rows("SELECT count(*) FROM session") == [(2,)]


def test_the_persons_language_is_the_one_they_chose_last(world: World, browser: Browser) -> None:
    browser.signs_in()
    browser.language = "de"
    browser.signs_in()
    assert world.rows("SELECT language FROM person") == [("de",)]
    browser.language = "fr"
    browser.signs_in()
    assert world.rows("SELECT language FROM person") == [("en",)]
