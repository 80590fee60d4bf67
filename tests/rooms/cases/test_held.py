"""What we hold, as the page says it: read from a real shop, grouped by meaning, each thing with its origin."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch

import pytest

from portal.accounts import registry
from portal.cases.about import wording_of
from portal.cases.found import Answer, Reading
from portal.cases.held import Held, Shut, review_groups, show_held
from portal.cases.items import NUMBERS, Fact
from portal.cases.reading import READS, Reader, TooManyReads, forget_readings, kept_reading, open_now, read_held
from portal.cases.scope import scope_of
from portal.cases.tables import Table
from portal.config.systems import FieldNote
from portal.core import clock
from portal.core.i18n import speaking
from portal.identity.sessions import CurrentSession
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import COUPLE, MAREN, NOBODY

pytestmark = pytest.mark.no_sql


def page(house: House, current: CurrentSession, *, again: bool = False, language: str = "en") -> Held:
    reader = house.reader(current)
    return show(house, reader, read_held(house.world.database, reader, again=again), language)


def show(house: House, reader: Reader, reading: Reading, language: str = "en") -> Held:
    company = registry.company(reader.company_id)
    with house.world.reading() as db, speaking(language, "Europe/Oslo"):
        scope = scope_of(db, company, reader.session_id, reading)
        opened = open_now(db, reader, reading)
        return show_held(
            company, reading, opened=opened, several=not opened and bool(reading.candidates),
            opens=lambda category: scope.opens(company, "view", category), shut=Shut("your postcode", "/open"),
        )  # fmt: skip


def fact(held: Held, title: str) -> Fact:
    """The one value of that title."""
    return next(item for group in held.groups for item in group.items if isinstance(item, Fact) and item.title == title)


def table(held: Held) -> Table:
    """The first list of rows."""
    return next(item for group in held.groups for item in group.items if isinstance(item, Table) and item.key != NUMBERS)


def until_all_answered(house: House, current: CurrentSession) -> None:
    """Wait for the answers that were late."""
    until = time.monotonic() + 8
    while page(house, current).waiting and time.monotonic() < until:
        time.sleep(0.1)
    assert page(house, current).waiting == ()


def words(held: Held) -> str:
    """Every value that the page shows."""
    cells = (cell for group in held.groups for item in group.items for row in getattr(item, "rows", ()) for cell in row)
    return "\n".join([*(str(getattr(item, "value", "")) for group in held.groups for item in group.items), *cells])


def test_everything_held_is_grouped_by_meaning_and_counted_as_a_request_counts_it(house: House) -> None:
    held = page(house, house.sign_in(MAREN))
    assert [group.key for group in held.groups] == ["who", "contact", "bought", "wrote", "others", "sensitive"]
    # Account, two orders, review, profile, and the contact of the mail tool: rows, however many values of each are listed.
    assert held.count == 6
    assert {group.key: group.count for group in held.groups if not group.shut} == {
        "who": 2,
        "contact": 2,
        "bought": 3,
        "wrote": 1,
        "others": 1,
    }
    assert held.systems_count == 2
    assert held.searched == ("The shop", "The mail tool")
    name = fact(held, "Name")
    assert name.kind == "fact"
    assert name.value == "Maren Vik"
    assert (name.source, name.why, name.who, name.until) == (
        "you",
        "to deliver your order",
        "Bris Bud AS",
        "three years after your last order",
    )


def test_dates_yes_and_no_and_numbers_stand_in_the_persons_language(house: House) -> None:
    held = page(house, house.sign_in(MAREN), language="de")
    born = fact(held, "Geburtsdatum")
    assert born.value == "3. Februar 1990"
    assert "199,5" in words(held)
    assert "Yes" in words(page(house, house.sign_in(MAREN))).splitlines()


def test_codes_are_read_out_in_the_persons_language_and_what_nobody_has_words_for_stands_as_it_is(house: House) -> None:
    note = registry.company(1).systems["shop"].collections["shop.customers"]
    coded = FieldNote(title={"en": "Allergic to", "de": "Allergisch gegen"}, values={"hazelnuts": {"en": "Nuts", "de": "Nüsse"}})
    country = FieldNote(title={"en": "Country", "de": "Land"}, shown_as="country")
    with patch.dict(note.fields, {"allergies": coded, "number": country}):
        for language, nuts, land in (("en", "Nuts", "Norway"), ("de", "Nüsse", "Norwegen")):
            with speaking(language, "Europe/Oslo"):
                read = wording_of(registry.company(1), "shop", "shop.customers", "allergies")
                assert (read("hazelnuts"), read("milk"), read(None)) == (nuts, "milk", "")
                assert wording_of(registry.company(1), "shop", "shop.customers", "number")("NO") == land
                assert wording_of(registry.company(1), "shop", "shop.customers", "number")("K-1001") == "K-1001"


def test_several_rows_stand_as_one_list_the_newest_first(house: House) -> None:
    held = page(house, house.sign_in(MAREN))
    orders = table(held)
    assert orders.title == "Your orders"
    assert [row[orders.columns.index("Total")] for row in orders.rows] == ["89", "199.5"]
    assert held.groups[2].items.count(orders) == 1
    assert orders.columns == ("Ordered on", "Total"), "numbers that only tie rows together are left to the copy"
    assert "Row numbers" in orders.more


def test_numbers_that_only_tie_rows_together_stand_in_one_list(house: House) -> None:
    held = page(house, house.sign_in(MAREN))
    numbers = [item for group in held.groups for item in group.items if isinstance(item, Table) and item.key == NUMBERS]
    assert len(numbers) == 1
    assert ("Your account", "Id", "1") in numbers[0].rows
    assert numbers[0].source == "you"


def test_fields_stand_in_the_order_in_which_the_company_lists_them(house: House) -> None:
    held = page(house, house.sign_in(MAREN))
    assert [item.title for item in held.groups[0].items[:2]] == ["Name", "Date of birth"]


def test_what_the_person_never_gave_is_marked_with_where_it_was_bought(house: House) -> None:
    held = page(house, house.sign_in(MAREN))
    others = next(group for group in held.groups if group.key == "others")
    assert others.outside
    assert [(item.value, item.source) for item in others.items if isinstance(item, Fact) and item.outside] == [
        ("600,000 to 800,000 kroner", "bought from Exempla Data AS")
    ]
    assert held.outside_count == 1


def test_free_text_is_said_but_waits_for_a_persons_look(house: House) -> None:
    held = page(house, house.sign_in(MAREN))
    text = fact(held, "Body")
    assert text.later
    assert text.value is None
    assert "Tuva" not in words(held)


def test_the_groups_of_which_something_follows_are_known(house: House) -> None:
    assert review_groups(page(house, house.sign_in(MAREN))) == {"wrote"}
    house.shop.run("INSERT INTO reviews VALUES (2, 1, 'Sumatra', 'Better.')")
    assert review_groups(page(house, house.sign_in(MAREN))) == {"bought"}


def test_a_password_is_said_to_be_held_and_never_shown(house: House) -> None:
    held = page(house, house.sign_in(MAREN))
    password = fact(held, "Password hash")
    assert password.withheld
    assert "pbkdf2" not in words(held)


def test_health_stays_shut_until_one_more_detail_is_given(house: House) -> None:
    held = page(house, house.sign_in(MAREN))
    shut = held.groups[-1]
    assert shut.shut is not None
    assert shut.items == ()
    assert "hazelnuts" not in words(held)


def test_C2_of_a_couple_at_one_address_neither_name_nor_number_shows(house: House) -> None:
    current = house.sign_in(COUPLE)
    held = page(house, current)
    assert held.several
    assert held.groups == ()
    assert held.count == 0
    kept = house.world.rows("SELECT answer FROM held_read")
    assert kept
    reading = read_held(house.world.database, house.reader(current))
    assert all(record.rows is None for one in reading.systems for record in one.records)


def test_nothing_found_says_where_it_was_looked(house: House) -> None:
    held = page(house, house.sign_in(NOBODY))
    assert held.count == 0
    assert not held.several
    assert held.searched == ("The shop", "The mail tool")


def test_D1_a_neighbour_that_a_loose_search_brings_is_no_match(house: House) -> None:
    house.shop.run("UPDATE contacts SET email = 'maren@example.org.evil.example' WHERE id = 2", "mail")
    reading = read_held(house.world.database, house.reader(house.sign_in(MAREN)))
    assert [len(one.records) for one in reading.systems] == [1, 1]


def test_a_slow_system_is_waited_for_no_longer_than_a_page_may_take_and_brings_its_answer_later(house: House) -> None:
    page(house, house.sign_in(MAREN))
    current = house.sign_in(MAREN)
    with house.shop.locked("mail"):
        began = time.monotonic()
        held = page(house, current)
        assert time.monotonic() - began < 4
        assert [one.title for one in held.waiting] == ["The mail tool"]
        assert held.searched == ("The shop",)
        assert held.count
    until_all_answered(house, current)
    assert page(house, current).searched == ("The shop", "The mail tool")


def test_no_transaction_is_open_while_a_system_is_asked(house: House) -> None:
    current = house.sign_in(MAREN)
    with house.shop.locked("mail"), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(page, house, current)
        time.sleep(1)
        began = time.monotonic()
        house.sign_in(NOBODY)
        assert time.monotonic() - began < 0.5
        assert not asked.done()
        asked.result()
    until_all_answered(house, current)


def test_C2_before_all_systems_have_answered_once_nothing_is_shown_since_another_person_may_be_there(house: House) -> None:
    current = house.sign_in(MAREN)
    with house.shop.gone("mail"):
        held = page(house, current)
        assert (held.count, held.several) == (0, True)
    assert page(house, current, again=True).count


def test_looking_again_asks_only_those_that_did_not_answer(house: House) -> None:
    page(house, house.sign_in(MAREN))
    current = house.sign_in(MAREN)
    with house.shop.gone("mail"):
        assert [one.title for one in page(house, current).waiting] == ["The mail tool"]
    house.shop.run("UPDATE customers SET postcode = '9999' WHERE id = 1")
    assert [one.title for one in page(house, current).waiting] == ["The mail tool"]
    held = page(house, current, again=True)
    assert held.waiting == ()
    assert "5003" in words(held)


def test_a_collection_whose_table_is_gone_is_said_to_be_closed_and_the_rest_is_shown(house: House) -> None:
    house.shop.run("ALTER TABLE profiles RENAME TO elsewhere")
    held = page(house, house.sign_in(MAREN))
    assert "Bought about you" in [one.title for one in held.closed] or "The shop" in [one.title for one in held.closed]
    assert all("shop.yml" not in one.words for one in held.closed)


def test_what_was_read_is_kept_sealed_and_gone_at_sign_out(house: House) -> None:
    current = house.sign_in(MAREN)
    page(house, current)
    assert b"Maren Vik" not in house.world.everything_stored()
    assert house.world.rows("SELECT count(*) FROM held_read") == [(2,)]
    with house.world.writing() as db:
        forget_readings(db, current.id)
    assert house.world.rows("SELECT count(*) FROM held_read") == [(0,)]


def test_another_session_of_the_same_person_reads_for_itself(house: House) -> None:
    first, second = house.sign_in(MAREN), house.sign_in(MAREN)
    page(house, first)
    house.shop.run("UPDATE customers SET postcode = '9999' WHERE id = 1")
    assert "9999" not in words(page(house, first))
    assert "9999" in words(page(house, second))


def test_systems_are_asked_so_often_an_hour_and_no_more(house: House) -> None:
    # Limits count by the clock's hours: all of it within one.
    with clock.moved(timedelta(minutes=5 - clock.now().minute)):
        current = house.sign_in(NOBODY)
        for _ in range(READS.count):
            page(house, current)
            with house.world.writing() as db:
                forget_readings(db, current.id)
        with pytest.raises(TooManyReads):
            page(house, current)


def test_a_page_shows_the_newest_fifty_rows_and_counts_all_of_them(house: House) -> None:
    with house.shop.open() as connection:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO orders VALUES (?, 1, '2026-11-03', 1.0)", [(number,) for number in range(100, 1100)])
        connection.execute("COMMIT")
    held = page(house, house.sign_in(MAREN))
    orders = table(held)
    assert len(orders.rows) == 50
    assert {row[orders.columns.index("Total")] for row in orders.rows} == {"1"}
    assert orders.more.startswith("50 of 1,002 are shown. All of them are in your copy.")


def test_a_system_that_cannot_be_configured_fails_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASES_MAIL_URL")
    reading = read_held(house.world.database, house.reader(house.sign_in(MAREN)))
    assert [one.answer for one in reading.systems] == [Answer.ANSWERED, Answer.FAILED]


def test_what_was_not_asked_for_want_of_tries_is_not_taken_for_nothing(house: House) -> None:
    current = house.sign_in(MAREN)
    with house.world.reading() as db:
        reading = kept_reading(db, house.reader(current))
    held = show(house, house.reader(current), reading)
    assert [one.title for one in held.waiting] == ["The shop", "The mail tool"]
    assert held.searched == ()


def test_a_company_without_systems_holds_nothing(house: House) -> None:
    held = show(house, Reader(house.world.second, 1, 1), Reading(()))
    assert held.count == 0
