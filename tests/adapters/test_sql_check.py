"""What a map, a note or a database can have wrong: each closes what it concerns, with file, line and remedy, and nothing else."""

import os
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from portal.adapters.contract import Adapter, AdapterError, Identifier, Subject, TryLater
from portal.adapters.sql_connections import Reading, explained, open_engine
from portal.core.documents import DocumentError
from tests.adapters.companies import email, export, note, values
from tests.adapters.shops import ID, OPS, Shop, field_

MARIA = email("maria@example.org")


def problems(adapter: Adapter) -> str:
    return "\n".join(adapter.check().problems)


def test_a_shop_that_fits_is_healthy(shop: Shop) -> None:
    adapter = shop.open()
    assert problems(adapter) == ""
    assert adapter.scope().closed == {}


def test_D14_a_missing_table_closes_itself_and_nothing_else(shop: Shop) -> None:
    shop.run("DROP TABLE review")
    adapter = shop.open()
    reason = adapter.scope().closed["shop.review"]
    assert reason.startswith("shop.yml:")
    assert "There is no table `review` in the database." in reason
    assert list(adapter.scope().closed) == ["shop.review"]
    found = export(adapter, adapter.find(MARIA)[0])
    assert "shop.review" not in found
    assert len(found["shop.orders"]) == 2


def test_D14_a_missing_column_is_told_with_the_nearest_name(shop: Shop) -> None:
    shop.fields["orders"][2] = field_("nummber", "user.behavior.purchase_history")
    shop.more["proof"] = {}
    adapter = shop.open()
    line = next(n for n, text in enumerate((shop.folder / "shop.yml").read_text().splitlines(), 1) if "nummber" in text)
    assert f"shop.yml:{line}: shop.orders.nummber: There is no column `nummber` in the table. Did you mean `number`?" in problems(
        adapter
    )
    found = export(adapter, adapter.find(MARIA)[0])
    assert "shop.orders" not in found
    assert len(found["shop.order_line"]) == 3, "what hangs on a closed table is still reached through its keys"


def test_D14_nothing_found_is_no_answer_while_a_table_to_be_searched_is_missing(shop: Shop) -> None:
    shop.run("DROP TABLE newsletter")
    adapter = shop.open()
    assert len(adapter.find(MARIA)) == 1
    with pytest.raises(AdapterError, match=r"could not be searched.*no table `newsletter`"):
        adapter.find(email("nobody@example.org"))


def test_D14_a_table_that_goes_while_we_run_is_an_error_and_not_nothing(shop: Shop) -> None:
    adapter = shop.open()
    match = adapter.find(MARIA)[0]
    shop.run("DROP TABLE orders")
    with pytest.raises(AdapterError) as caught:
        list(adapter.export(match))
    assert "orders" not in str(caught.value)
    assert caught.value.__context__ is None


def test_D14_a_search_that_would_read_a_large_table_is_told(shop: Shop) -> None:
    shop.run(
        "INSERT INTO newsletter VALUES (:id, :mail, NULL, NULL)",
        rows=[{"id": n, "mail": f"x{n}@example.org"} for n in range(100, 10_200)],
    )
    adapter = shop.open()
    assert "shop.newsletter.email: A search for a person reads the whole table. Make an index: `CREATE INDEX ON" in problems(
        adapter
    )
    assert "shop.newsletter.customer_id: Rows are looked up by this column" in problems(adapter)
    assert len(adapter.find(MARIA)) == 1
    shop.run("CREATE INDEX by_mail ON newsletter (lower(email))", "CREATE INDEX by_customer ON newsletter (customer_id)")
    assert problems(adapter) == ""
    assert len(adapter.find(MARIA)) == 1


def test_D14_a_question_that_takes_too_long_ends(tmp_path: Path, shop: Shop) -> None:
    shop.settings["statement_timeout_seconds"] = 0.3
    shop.run("CREATE TABLE filler (email TEXT)")
    shop.run("INSERT INTO filler VALUES (:e)", rows=[{"e": f"{n}@example.org"} for n in range(1500)])
    # A view that takes seconds to read, under the name of a table that is searched.
    shop.run("DROP TABLE newsletter")
    shop.run(
        "CREATE VIEW newsletter AS SELECT 1 AS id, max(a.email || b.email || c.email) AS email, 1 AS customer_id, 't' AS topic"
        " FROM filler a, filler b, filler c"
    )
    adapter = shop.open()
    with pytest.raises(TryLater):
        adapter.find(MARIA)


def test_D1_a_looser_search_gives_what_is_stored_and_leaves_the_word_to_the_core(shop: Shop) -> None:
    adapter = shop.open()
    for asked in ("MARIA@EXAMPLE.ORG", "maria@example.org"):
        assert [one.stored for one in adapter.find(email(asked))] == ["Maria@Example.org"]
    for neighbour in ("maria@example.or", "maria@example.org ", "maria@example_org", "mar%", "1", "maria"):
        assert all(one.stored.lower() == neighbour for one in adapter.find(email(neighbour))) or not adapter.find(
            email(neighbour)
        )
    shop.fields["customer"][0] = field_("id", "user.unique_id", primary_key=True, identity="customer_number")
    adapter = shop.open()
    assert [one.key for one in adapter.find(Subject((Identifier("customer_number", "1"),)))] == ["shop.customer:1"]
    for cast in ("1abc", "1.0", " ", "0x1", "1e0", "99999999999999999999999"):
        assert adapter.find(Subject((Identifier("customer_number", cast),))) == []


def test_a_telephone_number_is_found_however_it_is_written(shop: Shop) -> None:
    shop.run("ALTER TABLE customer ADD COLUMN phone TEXT", "UPDATE customer SET phone = '+47 (400) 00-123' WHERE id = 1")
    shop.fields["customer"].append(field_("phone", "user.contact.phone_number", identity="phone_number"))
    adapter = shop.open()
    matches = adapter.find(Subject((Identifier("phone", "+4740000123"),)))
    assert [(one.key, one.kind, one.stored) for one in matches] == [("shop.customer:1", "phone", "+47 (400) 00-123")]


HOSTILE = 'orders"; DROP TABLE customer; --'


def test_D5_hostile_names_and_rows_are_only_names_and_rows(shop: Shop) -> None:
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    shop.run(f'CREATE TABLE {quoted} (id INTEGER PRIMARY KEY, "a\'b" TEXT, customer_id INTEGER)')
    shop.run(f"INSERT INTO {quoted} VALUES (1, '''); DROP TABLE customer; --', 1)")
    shop.fields[HOSTILE] = [
        field_("id", OPS, **ID),
        field_("a'b", "user.content"),
        field_("customer_id", OPS, down="customer.id"),
    ]
    shop.run("UPDATE customer SET email = :value WHERE id = 2", rows=[{"value": "x' OR '1'='1"}])
    adapter = shop.open()
    assert f"shop.{HOSTILE}" in problems(adapter), "a note cannot be written for such a name, so it stays closed"
    assert len(export(adapter, adapter.find(MARIA)[0])["shop.customer"]) == 1
    assert [one.stored for one in adapter.find(email("x' OR '1'='1"))] == ["x' OR '1'='1"]
    assert list(adapter.find(email("%' OR 1=1 --"))) == []


def test_D5_a_name_that_the_database_does_not_have_never_gets_into_a_question(shop: Shop) -> None:
    shop.fields["ghost; DROP TABLE customer"] = [
        field_("id", OPS, **ID),
        field_("mail); --", "user.contact.email", identity="email"),
    ]
    adapter = shop.open()
    assert "There is no table" in problems(adapter)
    assert len(adapter.find(MARIA)) == 1


def test_the_connection_cannot_write(shop: Shop) -> None:
    engine = open_engine(shop.url, 5)
    with Reading({"shop": engine}, 5) as reading:
        connection = reading.connection("shop")
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql("DELETE FROM customer")
        connection.rollback()
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql("CREATE TABLE mine (id INTEGER)")
    engine.dispose()


def test_H15_a_drivers_message_never_comes_out(shop: Shop) -> None:
    engine = open_engine(shop.url, 5)
    with Reading({"shop": engine}, 5) as reading:
        connection = reading.connection("shop")
        with pytest.raises(AdapterError) as caught:
            explained("The database", lambda: connection.exec_driver_sql("SELECT 'maria@example.org' FROM nowhere_at_all"))
        assert "maria" not in str(caught.value)
        assert "nowhere" not in str(caught.value)
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None
    engine.dispose()


def test_a_field_without_a_category_closes_its_table_with_file_line_and_remedy(shop: Shop) -> None:
    shop.fields["review"].append({"name": "body2"})
    shop.run("ALTER TABLE review ADD COLUMN body2 TEXT")
    adapter = shop.open()
    line = next(n for n, text in enumerate((shop.folder / "shop.yml").read_text().splitlines(), 1) if "body2" in text)
    assert adapter.scope().closed == {
        "shop.review": f"shop.yml:{line}: shop.review.body2: The field has no data category. "
        "Add `data_categories:` to it, to its collection or to its dataset."
    }
    assert "shop.review" not in export(adapter, adapter.find(MARIA)[0])


def test_a_table_with_personal_data_and_no_note_is_closed(shop: Shop) -> None:
    del shop.notes["shop.profile"]
    adapter = shop.open()
    assert "portal.yaml:" in adapter.scope().closed["shop.profile"]
    assert "Add `shop.profile:` with title, source" in adapter.scope().closed["shop.profile"]
    assert "shop.profile" not in export(adapter, adapter.find(MARIA)[0])


def test_a_table_about_the_machine_only_needs_no_note_and_still_leads_on(shop: Shop) -> None:
    del shop.notes["shop.orders"]
    shop.fields["orders"] = [{**one, "data_categories": [OPS]} for one in shop.fields["orders"]]
    adapter = shop.open()
    assert adapter.check().ok
    found = export(adapter, adapter.find(MARIA)[0])
    assert "shop.orders" not in found
    assert len(found["shop.order_line"]) == 3


def test_a_wrong_primary_key_and_a_wrong_type_are_told(shop: Shop) -> None:
    shop.fields["profile"][1] = field_("income", "user.demographic.profile", data_type="object")
    shop.fields["orders"][0] = field_("id", OPS)
    shop.fields["orders"][2] = field_("number", "user.behavior.purchase_history", **ID)
    shop.fields["delivery"][0] = field_("id", OPS, primary_key=True, data_type="integer[]")
    told = problems(shop.open())
    assert "The primary key of the table is id." in told
    assert "Take `[]` from its `data_type`" in told


def test_a_table_that_nothing_leads_to_is_told(shop: Shop) -> None:
    shop.fields["profile"][0] = field_("customer_id", OPS, **ID)
    assert "shop.profile: Nothing leads here from an identifier." in problems(shop.open())


def test_a_reference_of_many_to_many_without_direction_is_told(shop: Shop) -> None:
    shop.run(
        "CREATE TABLE offer (id INTEGER PRIMARY KEY, postcode TEXT, words TEXT)",
        "INSERT INTO offer VALUES (1, '5015', 'for all')",
    )
    shop.fields["offer"] = [
        field_("id", OPS, **ID),
        field_("postcode", "user.contact.address.postal_code", both="address.postcode"),
        field_("words", "user.content"),
    ]
    shop.notes["shop.offer"] = note()
    adapter = shop.open()
    assert "joins many rows to many" in problems(adapter)
    assert "shop.offer" not in export(adapter, adapter.find(MARIA)[0])


def test_a_read_sees_one_moment_however_long_it_takes(shop: Shop) -> None:
    if shop.url.startswith("sqlite"):
        shop.run("PRAGMA journal_mode=WAL")
    adapter = shop.open()
    records = adapter.export(adapter.find(MARIA)[0])
    first = next(records)
    shop.run("DELETE FROM visit", "DELETE FROM orders")
    rest = list(records)
    assert first.collection == "shop.customer"
    assert sum(one.collection == "shop.visit" for one in rest) == 2
    assert sum(one.collection == "shop.orders" for one in rest) == 2


def test_an_odd_date_does_not_end_the_read(shop: Shop) -> None:
    shop.run("UPDATE orders SET placed = 'infinity' WHERE id = 10")
    adapter = shop.open()
    found = export(adapter, adapter.find(MARIA)[0])
    assert [values(one)["placed"] for one in found["shop.orders"]] == ["infinity", "2026-02-02T03:04:05"]


MISTAKES = {
    "an unknown setting": (lambda shop: shop.settings.update(databses={}), "Did you mean `databases`"),
    "no database for a dataset": (
        lambda shop: shop.settings.update(databases={"other": {"env": "X"}}),
        "No map has the dataset `other`",
    ),
    "a map that is not there": (lambda shop: shop.settings.update(maps=["nowhere.yml"]), "cannot be read"),
    "a note on no table": (lambda shop: shop.notes.update({"shop.ordrs": note()}), "Did you mean `shop.orders`"),
    "a note on no field": (
        lambda shop: shop.notes["shop.orders"].update(fields={"numbr": {"title": {"en": "x", "de": "x"}}}),
        "Did you mean `number`",
    ),
    "an owner that says nothing": (lambda shop: shop.notes["shop.orders"].update(owner="number"), "does not say whose"),
    "an unknown obtained": (lambda shop: shop.notes["shop.orders"].update(obtained="plced"), "Did you mean `placed`"),
    "proof of nothing": (
        lambda shop: shop.more.update(proof={"postcode": "shop.address.postcde"}),
        "Did you mean `shop.address.postcode`",
    ),
    "telling apart by nothing": (
        lambda shop: shop.more.update(tells_apart={"name": ["shop.custmer.name"]}),
        "Did you mean `shop.customer.name`",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_mistake_in_the_configuration_is_told_with_its_line(name: str, shop: Shop) -> None:
    change, remedy = MISTAKES[name]
    change(shop)
    with pytest.raises(DocumentError) as caught:
        shop.open()
    assert remedy in str(caught.value)
    assert caught.value.line > 0


@pytest.mark.parametrize("url", ["mysql://user:hunter2@host/db", "nonsense", "sqlite://", "sqlite:///:memory:"])
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_url_that_cannot_be_read_is_told_without_repeating_it(url: str, shop: Shop) -> None:
    shop.url = url
    with pytest.raises(DocumentError) as caught:
        shop.open()
    assert "hunter2" not in str(caught.value)
    assert "sqlite:////path/file" in str(caught.value)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_the_secret_may_stand_in_a_file(shop: Shop) -> None:
    shop.open()
    variable = next(name for name in os.environ if name.startswith("SHOP_") and os.environ[name] == shop.url)
    file = shop.folder / "url"
    file.write_text(shop.url + "\n")
    shop.url = ""
    os.environ[f"{variable}_FILE"] = str(file)
    try:
        assert len(shop.open().find(MARIA)) == 1
        file.write_bytes(b"\xff\xfe\x00")
        for unreadable in (file, shop.folder / "none", shop.folder):
            os.environ[f"{variable}_FILE"] = str(unreadable)
            with pytest.raises(DocumentError, match=f"{variable}_FILE names a file that cannot be read"):
                shop.open()
    finally:
        del os.environ[f"{variable}_FILE"]


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_driver_that_is_not_installed_is_named_with_what_brings_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    shop.url = "postgresql://shop:hunter2@127.0.0.1/shop"
    with pytest.raises(DocumentError, match="EXTRAS=postgres") as caught:
        shop.open()
    assert "hunter2" not in str(caught.value)
