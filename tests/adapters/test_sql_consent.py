"""Choices in a company's own database: written into the person's rows only, by key, newest last, and read back."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from portal.adapters.contract import AdapterError, ChoiceToWrite, Identifier, Subject, TryLater
from portal.adapters.sql_connections import Reading, open_engine
from portal.adapters.testing_choices import Choices, ChoicesContract
from portal.core.documents import DocumentError
from tests.adapters.companies import email, note
from tests.adapters.shops import OPS, Shop, field_

MARIA = email("maria@example.org")
IN_A_COLUMN: dict[str, Any] = {
    "collection": "shop.newsletter",
    "choices": {"newsletter.email": {"column": "status", "allowed": "active", "stopped": "unsubscribed", "topics": "topics"}},
    "sequence": "counted",
    "changed_at": "changed",
}
IN_ROWS: dict[str, Any] = {
    "collection": "shop.agreed",
    "person": "customer_id",
    "choices": {
        "newsletter.email": {"row": {"purpose": "news"}, "column": "answer", "allowed": 1, "stopped": 0},
        "calls.phone": {"row": {"purpose": "calls"}, "column": "answer", "allowed": 1, "stopped": 0},
    },
    "sequence": "counted",
}


def with_columns(shop: Shop, **changed: Any) -> Shop:
    """The newsletter table has a column for the choice."""
    for column in ("status TEXT", "topics TEXT", "counted BIGINT", "changed TIMESTAMP"):
        shop.run(f"ALTER TABLE newsletter ADD COLUMN {column}")
    shop.run("UPDATE newsletter SET status = 'active'")
    shop.fields["newsletter"] += [field_(name, "user.privacy_preferences") for name in ("status", "topics", "changed")]
    shop.fields["newsletter"].append(field_("counted", OPS))
    shop.settings["consent"] = IN_A_COLUMN | changed
    return shop


def with_rows(shop: Shop) -> Shop:
    """Each choice has a row of its own that references the customer."""
    shop.run(
        "CREATE TABLE agreed (customer_id INTEGER, purpose VARCHAR(20), answer INTEGER, counted BIGINT,"
        " PRIMARY KEY (customer_id, purpose))",
        "INSERT INTO agreed VALUES (2, 'news', 1, NULL)",
    )
    shop.fields["agreed"] = [
        field_("customer_id", OPS, primary_key=True, down="customer.id"),
        field_("purpose", "user.privacy_preferences", primary_key=True),
        field_("answer", "user.privacy_preferences"),
        field_("counted", OPS),
    ]
    shop.notes["shop.agreed"] = note()
    shop.settings["consent"] = IN_ROWS
    return shop


def ask(shop: Shop, question: str) -> list[tuple[Any, ...]]:
    """What the database holds, past the adapter."""
    engine = shop.engine
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(question))]
    engine.dispose()
    return found


def choice(*, allowed: bool = False, sequence: int = 1, name: str = "newsletter.email", **more: Any) -> ChoiceToWrite:
    purpose, channel = name.split(".")
    return ChoiceToWrite(purpose, channel, "", allowed, sequence, datetime(2026, 11, 26, 9, tzinfo=UTC), **more)


def stands(shop: Shop, question: str) -> Callable[[], bool | None]:
    def look() -> bool | None:
        found = ask(shop, question)
        return None if not found else found[0][0] in ("active", 1)

    return look


class TestInAColumn(ChoicesContract):
    @pytest.fixture
    def choices(self, shop: Shop) -> Choices:
        adapter = with_columns(shop).open()
        return Choices(
            adapter,
            Identifier("email", "maria@example.org"),
            ("newsletter", "email"),
            stands(shop, "SELECT status FROM newsletter WHERE id = 1"),
            lambda: ask(shop, "SELECT * FROM newsletter WHERE id <> 1"),
            break_it=shop.shut,
        )


class TestInRows(ChoicesContract):
    @pytest.fixture
    def choices(self, shop: Shop) -> Choices:
        adapter = with_rows(shop).open()
        return Choices(
            adapter,
            Identifier("email", "maria@example.org"),
            ("newsletter", "email"),
            stands(shop, "SELECT answer FROM agreed WHERE customer_id = 1 AND purpose = 'news'"),
            lambda: ask(shop, "SELECT * FROM agreed WHERE customer_id <> 1"),
            break_it=shop.shut,
        )


def test_a_stored_address_in_capitals_is_the_same_address(shop: Shop) -> None:
    with_columns(shop).run("UPDATE newsletter SET email = 'MARIA@Example.ORG' WHERE id = 1")
    assert shop.open().write_consent(MARIA, choice(), idempotency_key="s").confirmed
    assert ask(shop, "SELECT status FROM newsletter ORDER BY id") == [("unsubscribed",), ("active",)]


def test_every_row_of_the_address_is_written_and_no_other(shop: Shop) -> None:
    with_columns(shop).run("INSERT INTO newsletter (id, email, status) VALUES (3, 'maria@example.org', 'active')")
    shop.open().write_consent(MARIA, choice(), idempotency_key="s")
    assert ask(shop, "SELECT id FROM newsletter WHERE status = 'unsubscribed' ORDER BY id") == [(1,), (3,)]


def test_a_shared_mailbox_is_lowered_for_all_who_share_it(shop: Shop) -> None:
    with_rows(shop).open().write_consent(email("team@example.org"), choice(), idempotency_key="s")
    assert ask(shop, "SELECT customer_id, answer FROM agreed ORDER BY customer_id") == [(2, 1), (4, 0), (5, 0)]


def test_a_yes_of_somebody_new_makes_a_row_where_the_settings_say_so(shop: Shop) -> None:
    adapter = with_columns(shop, create={"topic": "beans"}, created_at="changed").open()
    new = email("new@example.org")
    assert not adapter.write_consent(new, choice(), idempotency_key="s").found
    # The id of this table is not made by the database: what a company's table asks for, it has to say.
    shop.settings["consent"]["create"]["id"] = 77
    adapter = shop.open()
    assert adapter.write_consent(new, choice(allowed=True), idempotency_key="s").confirmed
    assert ask(shop, "SELECT email, topic, status FROM newsletter WHERE id = 77") == [("new@example.org", "beans", "active")]
    assert adapter.write_consent(new, choice(allowed=True, sequence=2), idempotency_key="s").confirmed
    assert ask(shop, "SELECT count(*) FROM newsletter") == [(3,)]


def test_a_yes_of_somebody_new_makes_nothing_else(shop: Shop) -> None:
    adapter = with_columns(shop).open()
    assert not adapter.write_consent(email("new@example.org"), choice(allowed=True), idempotency_key="s").found
    assert ask(shop, "SELECT count(*) FROM newsletter") == [(2,)]


def test_topics_and_the_moment_are_written_where_there_is_a_column(shop: Shop) -> None:
    adapter = with_columns(shop).open()
    adapter.write_consent(MARIA, choice(allowed=True, topics=("coffees", "courses")), idempotency_key="s")
    [(topics, changed)] = ask(shop, "SELECT topics, changed FROM newsletter WHERE id = 1")
    assert topics == "coffees,courses"
    assert str(changed).startswith("2026-11-26 ")
    adapter.write_consent(MARIA, choice(allowed=True, sequence=2), idempotency_key="s")
    assert ask(shop, "SELECT topics FROM newsletter WHERE id = 1") == [(None,)]


def test_a_system_that_takes_it_and_keeps_something_else_has_confirmed_nothing(shop: Shop) -> None:
    with_columns(shop)
    if shop.url.startswith("sqlite"):
        shop.run(
            "CREATE TRIGGER stubborn AFTER UPDATE ON newsletter BEGIN"
            " UPDATE newsletter SET status = 'active' WHERE id = new.id; END"
        )
    else:
        shop.run(
            "CREATE FUNCTION stubborn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.status = ''active''; RETURN NEW; END'",
            "CREATE TRIGGER stubborn BEFORE UPDATE ON newsletter FOR EACH ROW EXECUTE FUNCTION stubborn()",
        )
    receipt = shop.open().write_consent(MARIA, choice(), idempotency_key="s")
    assert (receipt.found, receipt.confirmed) == (True, False)


def test_what_is_newer_there_counts_as_confirmed_and_stays(shop: Shop) -> None:
    with_columns(shop).run("UPDATE newsletter SET counted = 9, status = 'unsubscribed' WHERE id = 1")
    assert shop.open().write_consent(MARIA, choice(allowed=True, sequence=8), idempotency_key="s").confirmed
    assert ask(shop, "SELECT status FROM newsletter WHERE id = 1") == [("unsubscribed",)]


def test_several_writers_make_one_row(shop: Shop) -> None:
    adapter = with_rows(shop).open()
    adapter.check()
    errors: list[Exception] = []

    def write(number: int) -> None:
        try:
            adapter.write_consent(MARIA, choice(allowed=number % 2 == 0, sequence=number), idempotency_key=f"s{number}")
        except TryLater as error:  # a race that is told is what the engine tries again
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(ask(shop, "SELECT * FROM agreed WHERE customer_id = 1")) == 1
    if not errors:
        assert ask(shop, "SELECT answer, counted FROM agreed WHERE customer_id = 1") == [(1, 8)]


def test_two_choices_of_one_person_do_not_touch_one_another(shop: Shop) -> None:
    adapter = with_rows(shop).open()
    adapter.write_consent(MARIA, choice(allowed=True, sequence=5), idempotency_key="s")
    adapter.write_consent(MARIA, choice(sequence=1, name="calls.phone"), idempotency_key="s")
    assert ask(shop, "SELECT purpose, answer FROM agreed WHERE customer_id = 1 ORDER BY purpose") == [("calls", 0), ("news", 1)]


def test_only_configured_choices_are_kept(shop: Shop) -> None:
    adapter = with_rows(shop).open()
    assert adapter.keeps_choice("newsletter", "email")
    assert not adapter.keeps_choice("newsletter", "email", "coffees")
    assert not adapter.keeps_choice("newsletter", "sms")


def test_a_database_without_the_setting_keeps_no_choice(shop: Shop) -> None:
    adapter = shop.open()
    assert not adapter.can.consent
    with pytest.raises(AdapterError):
        adapter.write_consent(MARIA, choice(), idempotency_key="s")


def test_a_column_that_is_gone_is_told_by_the_check_and_stops_the_write(shop: Shop) -> None:
    with_columns(shop).run("ALTER TABLE newsletter DROP COLUMN counted")
    shop.fields["newsletter"] = [one for one in shop.fields["newsletter"] if one["name"] != "topics"]
    shop.fields["newsletter"].append(field_("topics", OPS))
    adapter = shop.open()
    assert any("newsletter.counted: Choices cannot be written" in problem for problem in adapter.check().problems)
    with pytest.raises(AdapterError, match="no such column"):
        adapter.write_consent(MARIA, choice(), idempotency_key="s")
    assert ask(shop, "SELECT status FROM newsletter WHERE id = 1") == [("active",)]


def test_D5_an_address_with_quotes_is_only_letters(shop: Shop) -> None:
    adapter = with_columns(shop).open()
    for value in ("' OR '1'='1", "%", "maria@example.org' --", "_aria@example.org"):
        assert not adapter.write_consent(Subject((Identifier("email", value),)), choice(), idempotency_key="s").found
    assert ask(shop, "SELECT count(*) FROM newsletter WHERE status = 'active'") == [(2,)]


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no such table": ({"collection": "shop.letters"}, "No map has the collection `shop.letters`"),
    "no such column": ({"sequence": "counter"}, "no field `counter`"),
    "whose it is": ({"collection": "shop.product", "choices": {"a.b": {"column": "title", "allowed": "y", "stopped": "n"}}, "sequence": None, "changed_at": None}, "Say `person:`"),
    "references nothing": ({"person": "topic"}, "references nothing"),
    "unknown key": ({"colection": "x"}, "Did you mean `collection`"),
    "a choice without channel": ({"choices": {"newsletter": {"column": "status", "allowed": "y", "stopped": "n"}}}, "newsletter"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(name: str, shop: Shop) -> None:
    changed, told = MISTAKES[name]
    with_columns(shop, **changed)
    with pytest.raises(DocumentError) as caught:
        shop.open()
    assert told in str(caught.value)
    assert caught.value.line > 1


def test_connections_for_reading_still_cannot_write(shop: Shop) -> None:
    engine = open_engine(shop.url, 5)
    with Reading({"shop": engine}, 5) as reading, pytest.raises(Exception, match=r"readonly|read-only"):
        reading.connection("shop").execute(text("DELETE FROM newsletter"))
    engine.dispose()
