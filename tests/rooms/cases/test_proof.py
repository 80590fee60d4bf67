"""One detail more: values that only the owner knows open a record, and every failure looks the same."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts import registry
from portal.cases.proof import NotEnough, Opened, ValuesNotReadable, normal_value, prove, read_values
from portal.cases.reading import read_held
from portal.core.i18n import speaking
from portal.identity.sessions import CurrentSession, session_of
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import COUPLE, MAREN, NOBODY
from tests.rooms.cases.test_held import page, words

pytestmark = pytest.mark.no_sql


def try_values(house: House, current: CurrentSession, typed: Mapping[str, str]) -> tuple[Opened | NotEnough, CurrentSession]:
    """Type values; also the session as it is then."""
    reader, database = house.reader(current), house.world.database
    reading = read_held(database, reader)
    held = read_values(database, reader, reading, frozenset(typed))
    with house.world.writing() as db:
        outcome = prove(db, current, typed, held)
    if isinstance(outcome, Opened):
        with house.world.reading() as db:
            renewed = session_of(db, outcome.token)
            assert renewed is not None
            return outcome, renewed
    return outcome, current


def test_a_customer_number_opens_that_record_of_a_shared_address_and_no_other(house: House) -> None:
    outcome, current = try_values(house, house.sign_in(COUPLE), {"customer_number": " k-1002 "})
    assert isinstance(outcome, Opened)
    held = page(house, current)
    assert not held.several
    assert "Jonas Vik" in words(held)
    assert "Kari" not in words(held)
    assert "450" in words(held)


def test_a_value_that_fits_both_people_opens_neither(house: House) -> None:
    outcome, current = try_values(house, house.sign_in(COUPLE), {"postcode": "5003"})
    assert outcome == NotEnough(tries_left=2)
    assert page(house, current).several


def test_every_value_typed_has_to_be_right(house: House) -> None:
    outcome, _ = try_values(house, house.sign_in(COUPLE), {"customer_number": "K-1002", "postcode": "9999"})
    assert isinstance(outcome, NotEnough)


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        (COUPLE, {"customer_number": "K-9999"}),
        (COUPLE, {"customer_number": "K-1001"}),
        (COUPLE, {"customer_number": "K-100"}),
        (COUPLE, {"postcode": "5003"}),
        (COUPLE, {"customer_number": ""}),
        (COUPLE, {"unheard_of": "5003"}),
        (MAREN, {"customer_number": "K-1002"}),
        (NOBODY, {"customer_number": "K-1001"}),
        (NOBODY, {"customer_number": "x" * 10_000}),
    ],
)
def test_S17_wrong_foreign_cut_ambiguous_empty_and_unknown_all_answer_the_same(
    house: House, address: str, typed: Mapping[str, str]
) -> None:
    outcome, _ = try_values(house, house.sign_in(address), typed)
    assert outcome == NotEnough(tries_left=2)


def test_S17_after_three_tries_even_the_right_value_opens_nothing(house: House) -> None:
    current = house.sign_in(COUPLE)
    left = [try_values(house, current, {"customer_number": f"K-{number}"})[0] for number in (1, 2, 3)]
    assert left == [NotEnough(2), NotEnough(1), NotEnough(0)]
    outcome, _ = try_values(house, current, {"customer_number": "K-1002"})
    assert outcome == NotEnough(0)
    assert page(house, current).several


def test_one_matched_value_opens_what_is_sensitive(house: House) -> None:
    current = house.sign_in(MAREN)
    assert "hazelnuts" not in words(page(house, current))
    _, current = try_values(house, current, {"postcode": "5003"})
    held = page(house, current)
    assert "hazelnuts" in words(held)
    assert "sensitive" not in [group.key for group in held.groups]


def test_what_was_proven_in_one_browser_opens_nothing_in_another(house: House) -> None:
    try_values(house, house.sign_in(COUPLE), {"customer_number": "K-1002"})
    assert page(house, house.sign_in(COUPLE)).several


def test_where_no_system_holds_a_value_to_ask_for_the_mailbox_is_enough(house: House) -> None:
    house.shop.run("UPDATE customers SET postcode = NULL, number = NULL WHERE id = 1")
    assert "hazelnuts" in words(page(house, house.sign_in(MAREN)))


def test_nothing_is_compared_and_no_try_counted_where_a_system_does_not_answer(house: House) -> None:
    current = house.sign_in(COUPLE)
    reading = read_held(house.world.database, house.reader(current))
    with house.shop.gone("shop"), pytest.raises(ValuesNotReadable):
        read_values(house.world.database, house.reader(current), reading, frozenset({"postcode"}))
    assert house.world.rows("SELECT count(*) FROM proof_try") == [(0,)]


def test_what_was_typed_and_what_is_held_is_nowhere_in_the_portals_database(house: House) -> None:
    try_values(house, house.sign_in(COUPLE), {"customer_number": "K-1002"})
    assert b"K-1002" not in house.world.everything_stored()


def test_the_titles_of_what_can_be_asked_are_the_companys(house: House) -> None:
    with speaking("de"):
        assert set(registry.company(house.world.first).proof_titles) == {"postcode", "customer_number"}


@given(st.text(max_size=40))
def test_case_spaces_and_signs_of_a_value_do_not_count(text: str) -> None:
    assert normal_value(f" {text} ") == normal_value(text)
    assert normal_value("5003 BERGEN") == normal_value("５００３-bergen")


def test_S17_opening_ones_own_record_uses_up_no_try_of_the_other_person_of_the_mailbox(house: House) -> None:
    for _ in range(4):
        outcome, _current = try_values(house, house.sign_in(COUPLE), {"customer_number": "K-1002"})
        assert isinstance(outcome, Opened)
    outcome, _current = try_values(house, house.sign_in(COUPLE), {"customer_number": "K-9999"})
    assert outcome == NotEnough(tries_left=2)
