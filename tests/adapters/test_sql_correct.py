"""A correction in a database: what the notes open, in the person's own rows, all or nothing, read back; never an identifier (D12)."""

from typing import Any

import pytest

from portal.adapters.contract import Adapter, AdapterError, Json, Match, TryLater
from portal.core.documents import DocumentError
from tests.adapters.companies import email
from tests.adapters.shops import Shop

NAME = ("shop.customer", "shop.customer:1", "name")


@pytest.fixture
def open_shop(shop: Shop) -> Adapter:
    """The shop, with a few fields that may be corrected."""
    shop.notes["shop.customer"]["correctable"] = ["name", "born"]
    shop.notes["shop.review"]["correctable"] = ["body"]
    shop.notes["shop.order_line"]["correctable"] = ["price"]
    shop.notes["shop.address"]["correctable"] = ["street"]
    return shop.open()


def match_of(adapter: Adapter, address: str = "maria@example.org") -> Match:
    return adapter.find(email(address))[0]


def correct(adapter: Adapter, changes: dict[tuple[str, str, str], Json], address: str = "maria@example.org") -> None:
    adapter.correct(match_of(adapter, address), changes, idempotency_key="c1")


def own_key(adapter: Adapter, collection: str, address: str = "maria@example.org") -> str:
    return next(record.key for record in adapter.export(match_of(adapter, address)) if record.collection == collection)


def cell(shop: Shop, table: str, number: int, column: int) -> Any:
    return next(row[column] for row in shop.rows()[table] if row[0] == number)


def test_what_is_open_is_written_read_back_and_nothing_else_changes_by_one_byte(shop: Shop, open_shop: Adapter) -> None:
    review = own_key(open_shop, "shop.review")
    before = shop.rows(but=[("customer", 1), ("review", int(review.rpartition(":")[2]))])
    changes: dict[tuple[str, str, str], Json] = {NAME: "Maria Berg O'Neil", ("shop.review", review, "body"): "Better now"}
    for _twice in range(2):
        correct(open_shop, changes)
    assert cell(shop, "customer", 1, 2) == "Maria Berg O'Neil"
    records = {record.key: {one.name: one.value for one in record.values} for record in open_shop.export(match_of(open_shop))}
    assert records["shop.customer:1"]["name"] == "Maria Berg O'Neil"
    assert records[review]["body"] == "Better now"
    assert shop.rows(but=[("customer", 1), ("review", int(review.rpartition(":")[2]))]) == before


def test_a_day_is_written_as_a_day_and_an_empty_value_where_the_column_allows_it(shop: Shop, open_shop: Adapter) -> None:
    correct(open_shop, {("shop.customer", "shop.customer:1", "born"): "1980-02-29"})
    assert str(cell(shop, "customer", 1, 3)) == "1980-02-29"
    correct(open_shop, {("shop.customer", "shop.customer:1", "born"): None})
    assert cell(shop, "customer", 1, 3) is None


@pytest.mark.parametrize("name", ["email", "id", "address_id", "password_hash", "extra.theme", "extra", "nothing"])
def test_D12_no_identifier_key_reference_secret_or_field_that_is_not_open_is_ever_written(
    shop: Shop, open_shop: Adapter, name: str
) -> None:
    before = shop.rows()
    with pytest.raises(AdapterError, match="cannot be corrected here"):
        correct(open_shop, {NAME: "Maria Berg", ("shop.customer", "shop.customer:1", name): "x"})
    assert shop.rows() == before


@pytest.mark.parametrize("name", ["email", "id", "address_id"])
def test_D12_a_note_that_opens_an_identifier_a_key_or_a_reference_does_not_load(shop: Shop, name: str) -> None:
    shop.notes["shop.customer"]["correctable"] = [name]
    with pytest.raises(DocumentError, match=f"`{name}` is an identifier, a key, a reference"):
        shop.open()


def test_D12_a_column_that_joins_tables_only_in_the_live_schema_is_never_written(shop: Shop, dialect: str) -> None:
    # An index of the database makes `number` a key that the map does not know.
    shop.run("CREATE UNIQUE INDEX number_is_one ON orders (number)")
    shop.notes["shop.orders"]["correctable"] = ["number"]
    adapter = shop.open()
    key, before = own_key(adapter, "shop.orders"), shop.rows()
    with pytest.raises(AdapterError, match="cannot be corrected here"):
        correct(adapter, {("shop.orders", key, "number"): "A-999"})
    assert shop.rows() == before


def test_D2_another_persons_row_a_row_that_is_shared_and_one_that_is_not_there_stop_all_of_it(
    shop: Shop, open_shop: Adapter
) -> None:
    before = shop.rows()
    for other in (
        ("shop.customer", "shop.customer:2", "name"),
        ("shop.customer", "shop.customer:999", "name"),
        ("shop.customer", "shop.customer:1' OR '1'='1", "name"),
        ("shop.address", own_key(open_shop, "shop.address"), "street"),
    ):
        with pytest.raises(AdapterError, match="not the person's own"):
            correct(open_shop, {NAME: "Maria Berg", other: "x"})
    assert shop.rows() == before


def test_D2_a_record_that_changed_its_owner_since_is_not_touched(shop: Shop, open_shop: Adapter) -> None:
    match = match_of(open_shop)
    shop.run("UPDATE customer SET email = 'somebody.else@example.org' WHERE id = 1")
    before = shop.rows()
    with pytest.raises(AdapterError):
        open_shop.correct(match, {NAME: "Maria Berg"}, idempotency_key="c1")
    assert shop.rows() == before


@pytest.mark.parametrize("value", [7, True, ["x"], {"a": 1}, "with\0zero"])
def test_a_value_that_the_column_cannot_hold_is_refused_and_not_bent(shop: Shop, open_shop: Adapter, value: Json) -> None:
    before = shop.rows()
    with pytest.raises(AdapterError, match="cannot hold this value"):
        correct(open_shop, {NAME: value})
    with pytest.raises(AdapterError, match="cannot hold this value"):
        correct(open_shop, {NAME: "Maria", ("shop.customer", "shop.customer:1", "born"): "the day before yesterday"})
    assert shop.rows() == before


def _trigger(shop: Shop, dialect: str, does: str) -> None:
    if dialect == "sqlite":
        shop.run(f"CREATE TRIGGER copies AFTER UPDATE ON customer BEGIN {does}; END")
        return
    shop.run(
        f"CREATE FUNCTION copies() RETURNS trigger AS $$ BEGIN {does}; RETURN NEW; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER copies AFTER UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION copies()",
    )


def test_D4_a_trigger_that_changes_other_rows_takes_all_of_it_back(shop: Shop, dialect: str) -> None:
    shop.notes["shop.customer"]["correctable"] = ["name"]
    _trigger(shop, dialect, "UPDATE review SET body = 'changed' WHERE customer_id = 2")
    adapter, before = shop.open(), shop.rows()
    with pytest.raises(AdapterError, match="trigger"):
        correct(adapter, {NAME: "Maria Berg"})
    assert shop.rows() == before


def test_what_does_not_stand_there_when_it_is_read_again_is_a_failure(shop: Shop, dialect: str) -> None:
    if dialect == "sqlite":
        pytest.skip("SQLite's triggers cannot change the row that is written without another change, which is caught before")
    shop.notes["shop.customer"]["correctable"] = ["name"]
    shop.run(
        "CREATE FUNCTION keeps() RETURNS trigger AS $$ BEGIN NEW.name := OLD.name; RETURN NEW; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER keeps BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION keeps()",
    )
    with pytest.raises(AdapterError, match="does not stand there") as caught:
        correct(shop.open(), {NAME: "Maria Berg"})
    assert not caught.value.permanent


def test_only_a_system_whose_notes_open_something_says_that_it_can(shop: Shop) -> None:
    assert not shop.open().can.correct
    shop.notes["shop.customer"]["correctable"] = ["name"]
    assert shop.open().can.correct


def test_H15_a_database_that_is_down_is_told_without_a_value(shop: Shop, open_shop: Adapter) -> None:
    match = match_of(open_shop)
    shop.shut()
    with pytest.raises((TryLater, AdapterError)) as caught:
        open_shop.correct(match, {NAME: "Maria Berg"}, idempotency_key="c1")
    assert "Berg" not in str(caught.value)
    assert caught.value.__context__ is None
