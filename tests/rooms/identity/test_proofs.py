"""Records are opened one by one, by matched values, and every comparison is counted before it is made."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core import crypto
from portal.identity import proofs, sessions
from portal.identity.sessions import CurrentSession
from tests.rooms.identity.people_at_browsers import MARIA, OLAV, Browser
from tests.rooms.identity.test_codes import at_noon
from tests.rooms.world import World

pytestmark = pytest.mark.no_sql

Make = Callable[..., Browser]
ONE, OTHER = ("shop", "customers:17"), ("shop", "customers:18")


def tries(world: World, current: CurrentSession, *records: proofs.Record) -> frozenset[proofs.Record]:
    """One try, committed."""
    with world.writing() as db:
        return proofs.record_try(db, current, records)


def proves(world: World, browser: Browser, record: proofs.Record, values: int = 1) -> None:
    """The values matched; the browser gets the session's new token."""
    current = browser.is_signed_in_as()
    assert current is not None
    with world.writing() as db:
        browser.session_token = proofs.record_proven(db, current, system=record[0], record_key=record[1], values=values)


def proven(world: World, current: CurrentSession, record: proofs.Record, company: int | None = None) -> int:
    """How many values proved the record."""
    with world.reading(company) as db:
        return proofs.proven_values(db, current.id, *record)


def test_C2_one_proven_record_opens_no_other_one_of_the_same_mailbox(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    assert proven(world, current, ONE) == 0
    assert tries(world, current, ONE, OTHER) == {ONE, OTHER}
    proves(world, browser, ONE)
    assert proven(world, current, ONE) == 1
    assert proven(world, current, OTHER) == 0
    assert proven(world, current, ("crm", "customers:17")) == 0


def test_S14_a_proof_counts_for_its_session_address_and_company_only(world: World, new_browser: Make) -> None:
    proving, same_person, other_person = new_browser(), new_browser(), new_browser()
    current = proving.signs_in()
    proves(world, proving, ONE)
    assert proven(world, same_person.signs_in(), ONE) == 0
    assert proven(world, other_person.signs_in(OLAV), ONE) == 0
    assert proven(world, current, ONE, world.second) == 0
    proving.signs_in(OLAV)
    assert proven(world, current, ONE) == 0


def test_a_fresh_sign_in_that_a_session_asked_for_keeps_what_was_proven(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    proves(world, browser, ONE, values=2)
    assert proven(world, browser.signs_in(going_on=current), ONE) == 2


def test_C2_the_next_person_of_a_shared_mailbox_takes_nothing_over_that_was_proven_before(world: World, browser: Browser) -> None:
    browser.signs_in()
    proves(world, browser, ONE, values=2)
    assert proven(world, browser.signs_in(), ONE) == 0


def test_what_was_proven_ends_with_its_session(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    proves(world, browser, ONE)
    with world.writing() as db:
        sessions.sign_out(db, current)
    assert proven(world, current, ONE) == 0
    assert proven(world, browser.signs_in(), ONE) == 0


def test_an_address_has_three_tries_a_day(world: World, browser: Browser) -> None:
    with at_noon():
        current = browser.signs_in()
        for left in (3, 2, 1):
            with world.reading() as db:
                assert proofs.tries_left(db, current) == left
            assert tries(world, current, ONE) == {ONE}
        with world.reading() as db:
            assert proofs.tries_left(db, current) == 0
        assert tries(world, current, OTHER) == frozenset()


def test_S17_who_guesses_from_another_mailbox_uses_up_none_of_the_owners_tries(world: World, new_browser: Make) -> None:
    with at_noon():
        guesser, owner = new_browser().signs_in("guess@example.org"), new_browser().signs_in(MARIA)
        for _ in range(4):
            tries(world, guesser, ONE)
        assert tries(world, owner, ONE, OTHER) == {ONE, OTHER}
        with world.reading() as db:
            assert proofs.tries_left(db, owner) == 2


def test_S17_a_try_that_opened_a_record_leaves_the_other_person_of_the_mailbox_as_many_as_before(
    world: World, new_browser: Make
) -> None:
    with at_noon():
        one, other = new_browser().signs_in(), new_browser().signs_in()
        for _ in range(5):
            permitted = tries(world, one, ONE, OTHER)
            assert permitted == {ONE, OTHER}
            with world.writing() as db:
                proofs.give_back(db, one, permitted)
        with world.reading() as db:
            assert proofs.tries_left(db, other) == 3


def test_S17_giving_back_one_try_clears_none_that_failed(world: World, browser: Browser) -> None:
    with at_noon():
        current = browser.signs_in()
        for _ in range(2):
            tries(world, current, ONE)
        permitted = tries(world, current, ONE)
        with world.writing() as db:
            proofs.give_back(db, current, permitted)
        assert tries(world, current, ONE) == {ONE}
        assert tries(world, current, ONE) == frozenset()


def test_S17_parallel_tries_do_not_pass_the_limit_together(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    with ThreadPoolExecutor(20) as pool:
        permitted = list(pool.map(lambda _: tries(world, current, ONE), range(20)))
    assert sum(map(len, permitted)) <= 3


def test_S15_a_proof_gives_the_session_a_new_token(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    old = browser.session_token
    proves(world, browser, ONE)
    assert browser.is_signed_in_as()
    assert browser.session_token != old
    with world.reading() as db:
        assert sessions.session_of(db, old or "") is None
    with world.writing() as db:
        assert proofs.record_proven(db, current, system="shop", record_key="customers:18", values=1) is None
    assert proven(world, current, OTHER) == 0


def test_a_proof_outlives_a_rotation_of_the_hash_key(world: World, browser: Browser, keys: crypto.KeyRing) -> None:
    current = browser.signs_in()
    proves(world, browser, ONE)
    crypto.use_keys(keys.with_new_key("hash"))
    assert proven(world, current, ONE) == 1


@pytest.mark.parametrize("succeeds", [True, False])
def test_that_a_comparison_was_made_is_kept_and_what_was_typed_is_not(world: World, browser: Browser, succeeds: bool) -> None:
    current = browser.signs_in()
    tries(world, current, ("shop", "key-of-maria"))
    if succeeds:
        proves(world, browser, ("shop", "key-of-maria"))
    assert world.rows("SELECT system, proven FROM proof_try") == [("shop", succeeds)]
    assert b"key-of-maria" not in world.everything_stored()
