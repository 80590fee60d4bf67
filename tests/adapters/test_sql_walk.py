"""Whose rows a walk brings: everything of the person, nothing of anyone else, over every direction of a reference."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text

from portal.adapters.contract import Match, Withheld
from tests import quick_yaml
from tests.adapters.companies import email, export, note, values
from tests.adapters.shops import ID, OPS, Shop, field_

ROOT = Path(__file__).parents[2]


@contextmanager
def statements() -> Iterator[list[str]]:
    """The questions that are put to any database meanwhile."""
    seen: list[str] = []

    def listen(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


def test_one_person_is_one_match_however_many_tables_know_the_address(shop: Shop) -> None:
    adapter = shop.open()
    assert [(one.key, one.stored, one.tells_apart["name"]) for one in adapter.find(email("maria@example.org"))] == [
        ("shop.customer:1", "Maria@Example.org", "Maria Vik")
    ]


def test_a_walk_brings_all_that_hangs_on_the_person(shop: Shop) -> None:
    adapter = shop.open()
    found = export(adapter, adapter.find(email("maria@example.org"))[0])
    assert {key: len(rows) for key, rows in found.items()} == {
        "shop.customer": 1,
        "shop.address": 1,
        "shop.orders": 2,
        "shop.order_line": 3,
        "shop.product": 2,
        "shop.review": 1,
        "shop.delivery": 1,
        "shop.newsletter": 1,
        "shop.visit": 2,
        "shop.profile": 1,
        "shop.ticket": 1,
    }


def test_a_household_address_is_shown_and_the_other_who_lives_there_is_not(shop: Shop) -> None:
    shop.fields["customer"][4] = field_("address_id", OPS, both="address.id")
    adapter = shop.open()
    for address, name in (("maria@example.org", "Maria Vik"), ("otto@example.org", "Otto Vik")):
        found = export(adapter, adapter.find(email(address))[0])
        assert [values(one)["street"] for one in found["shop.address"]] == ["Shared Lane 1"]
        assert [values(one)["name"] for one in found["shop.customer"]] == [name]


def test_an_employee_reached_by_a_ticket_brings_neither_themselves_nor_other_tickets(shop: Shop) -> None:
    adapter = shop.open()
    found = export(adapter, adapter.find(email("maria@example.org"))[0])
    assert [values(one)["body"] for one in found["shop.ticket"]] == ["Maria asks"]
    assert "shop.employee" not in found


def test_an_employee_who_asks_gets_their_own_ticket_and_no_customers(shop: Shop) -> None:
    adapter = shop.open()
    matches = adapter.find(email("ines@example.org"))
    records = [record for match in matches for record in adapter.export(match)]
    bodies = [values(one)["body"] for one in records if one.collection == "shop.ticket"]
    assert bodies == ["Ines asks"]
    assert "shop.customer" not in {one.collection for one in records}


def test_a_second_address_in_a_ticket_leads_to_the_ticket_and_not_to_the_customer(shop: Shop) -> None:
    shop.fields["ticket"].append(field_("customer_id", OPS, both="customer.id"))
    shop.run("ALTER TABLE ticket ADD COLUMN customer_id INTEGER", "UPDATE ticket SET customer_id = 1 WHERE id = 1")
    adapter = shop.open()
    matches = adapter.find(email("maria-alt@example.org"))
    assert [(one.key, one.stored) for one in matches] == [("shop.ticket:1", "maria-alt@example.org")]
    found = export(adapter, matches[0])
    assert set(found) == {"shop.ticket"}


def test_one_address_of_two_customers_is_two_matches_with_their_own_rows(shop: Shop) -> None:
    adapter = shop.open()
    matches = adapter.find(email("team@example.org"))
    assert [one.tells_apart["name"] for one in matches] == ["Anna Team", "Bert Team"]
    anna, bert = (export(adapter, one) for one in matches)
    assert [values(one)["number"] for one in anna["shop.orders"]] == ["A-4001"]
    assert "shop.orders" not in bert


def test_what_is_known_by_the_address_only_goes_to_neither_of_two_customers(shop: Shop) -> None:
    shop.run("INSERT INTO visit VALUES ('team@example.org', '2026-05-01 00:00:00', '/team')")
    adapter = shop.open()
    matches = adapter.find(email("team@example.org"))
    assert [one.key for one in matches[:2]] == ["shop.customer:4", "shop.customer:5"]
    assert [set(export(adapter, one)) for one in matches][2] == {"shop.visit"}


def test_a_parcel_taken_in_by_a_neighbour_stays_with_its_owner(shop: Shop) -> None:
    adapter = shop.open()
    found = export(adapter, adapter.find(email("otto@example.org"))[0])
    assert [values(one)["remark"] for one in found["shop.delivery"]] == ["Otto's parcel"]


def test_who_took_a_parcel_in_is_no_number_of_the_person_it_was_for(shop: Shop) -> None:
    adapter = shop.open()
    [delivery] = export(adapter, adapter.find(email("maria@example.org"))[0])["shop.delivery"]
    assert "left_with" not in values(delivery)
    assert values(delivery)["customer_id"] == 1
    assert Withheld("left_with", OPS) in delivery.withheld
    shop.run("UPDATE delivery SET left_with = 1 WHERE id = 1")
    [delivery] = export(adapter, adapter.find(email("maria@example.org"))[0])["shop.delivery"]
    assert values(delivery)["left_with"] == 1


def test_a_product_does_not_lead_to_what_others_wrote_about_it(shop: Shop) -> None:
    adapter = shop.open()
    found = export(adapter, adapter.find(email("maria@example.org"))[0])
    assert [values(one)["body"] for one in found["shop.review"]] == ["Maria liked it"]


def test_a_direction_leads_down_from_a_shared_row_only_to_rows_that_name_the_person(shop: Shop) -> None:
    shop.run("CREATE TABLE parcel_box (id INTEGER PRIMARY KEY, address_id INTEGER, holder TEXT, code TEXT)")
    shop.run(
        "INSERT INTO parcel_box VALUES (1, 1, 'maria@example.org', 'box of Maria'), (2, 1, 'otto@example.org', 'box of Otto'),"
        " (3, 1, NULL, 'box of nobody')"
    )
    shop.fields["parcel_box"] = [
        field_("id", OPS, **ID),
        field_("address_id", OPS, down="address.id"),
        field_("holder", "user.contact.email", identity="email"),
        field_("code", "user.content"),
    ]
    shop.notes["shop.parcel_box"] = note()
    adapter = shop.open()
    found = export(adapter, adapter.find(email("maria@example.org"))[0])
    assert [values(one)["code"] for one in found["shop.parcel_box"]] == ["box of Maria"]


def test_a_table_of_mailboxes_leads_to_the_person_and_to_the_other_mailboxes(shop: Shop) -> None:
    shop.run(
        "CREATE TABLE person (number TEXT PRIMARY KEY, name TEXT)",
        "CREATE TABLE mailbox (number TEXT, position INTEGER, address TEXT, PRIMARY KEY (number, position))",
        "INSERT INTO person VALUES ('P1', 'Pia'), ('P2', 'Quin')",
        "INSERT INTO mailbox VALUES ('P1', 1, 'Pia@example.org'), ('P1', 2, 'pia@work.example'), ('P2', 1, 'quin@example.org')",
    )
    shop.fields = {
        "person": [field_("number", "user.unique_id", **ID), field_("name", "user.name")],
        "mailbox": [
            field_("number", OPS, primary_key=True, both="person.number"),
            field_("position", OPS, **ID),
            field_("address", "user.contact.email", identity="email"),
        ],
    }
    shop.notes = {"shop.person": note(), "shop.mailbox": note()}
    shop.more = {"tells_apart": {"name": ["shop.person.name"]}}
    adapter = shop.open()
    matches = adapter.find(email("pia@example.org"))
    assert [(one.key, one.stored, dict(one.tells_apart)) for one in matches] == [
        ("shop.person:P1", "Pia@example.org", {"name": "Pia"})
    ]
    assert [values(one)["address"] for one in export(adapter, matches[0])["shop.mailbox"]] == [
        "Pia@example.org",
        "pia@work.example",
    ]


def test_a_reference_to_the_own_table_does_not_lead_to_other_people(shop: Shop) -> None:
    shop.run("ALTER TABLE customer ADD COLUMN invited_by INTEGER", "UPDATE customer SET invited_by = 1 WHERE id = 2")
    shop.fields["customer"].append(field_("invited_by", OPS, both="customer.id"))
    adapter = shop.open()
    for address in ("maria@example.org", "otto@example.org"):
        assert len(export(adapter, adapter.find(email(address))[0])["shop.customer"]) == 1


def test_references_in_a_circle_end(shop: Shop) -> None:
    shop.run("ALTER TABLE orders ADD COLUMN last_line_product INTEGER", "ALTER TABLE product ADD COLUMN flagship_of INTEGER")
    shop.run("UPDATE orders SET last_line_product = 7", "UPDATE product SET flagship_of = 10 WHERE id = 7")
    shop.fields["orders"].append(field_("last_line_product", OPS, both="product.id"))
    shop.fields["product"].append(field_("flagship_of", OPS, both="orders.id"))
    adapter = shop.open()
    found = export(adapter, adapter.find(email("otto@example.org"))[0])
    assert [values(one)["number"] for one in found["shop.orders"]] == ["O-2001"]
    assert len({one.key for rows in found.values() for one in rows}) == sum(len(rows) for rows in found.values())


def test_what_is_above_a_shared_row_is_not_another_persons(shop: Shop) -> None:
    shop.run("ALTER TABLE product ADD COLUMN first_line_order INTEGER", "ALTER TABLE product ADD COLUMN favourite_of INTEGER")
    shop.run("UPDATE product SET first_line_order = 10, favourite_of = 30 WHERE id = 7")
    shop.run(
        "CREATE TABLE fan (id INTEGER PRIMARY KEY, customer_id INTEGER, words TEXT)", "INSERT INTO fan VALUES (30, 1, 'a fan')"
    )
    shop.fields["product"] += [field_("first_line_order", OPS, to="orders.id"), field_("favourite_of", OPS, to="fan.id")]
    # Leads from the fan to the customer only: whose the row is stands in it all the same.
    shop.fields["fan"] = [field_("id", OPS, **ID), field_("customer_id", OPS, to="customer.id"), field_("words", "user.content")]
    shop.notes["shop.fan"] = note()
    adapter = shop.open()
    found = export(adapter, adapter.find(email("otto@example.org"))[0])
    assert [values(one)["number"] for one in found["shop.orders"]] == ["O-2001"]
    assert "shop.fan" not in found
    assert "shop.fan" in export(adapter, adapter.find(email("maria@example.org"))[0])


def test_values_carry_what_the_notes_say_and_keep_their_types(shop: Shop) -> None:
    shop.notes["shop.orders"]["obtained"] = "placed"
    shop.notes["shop.customer"]["fields"] = {"name": {"title": {"en": "N", "de": "N"}, "recipients": []}}
    adapter = shop.open()
    found = export(adapter, adapter.find(email("maria@example.org"))[0])
    order = found["shop.orders"][0]
    assert values(order)["placed"] == "2026-01-02T03:04:05"
    assert {one.obtained.isoformat() for one in order.values if one.obtained} == {"2026-01-02T03:04:05"}
    assert values(found["shop.customer"][0])["born"] == "1991-03-14"
    assert float(values(found["shop.order_line"][0])["price"]) == 12.5
    assert {(one.source, one.purpose, one.retention) for one in order.values} == {("you", "orders", "three_years")}
    assert found["shop.order_line"][0].key == "shop.order_line:10,1"


def test_D13_a_card_number_in_a_note_and_a_key_in_json_are_blanked_and_said(shop: Shop) -> None:
    adapter = shop.open()
    customer = export(adapter, adapter.find(email("maria@example.org"))[0])["shop.customer"][0]
    assert values(customer)["extra.note"] == "card [•••]"
    assert values(customer)["extra.api"] == {"token": "[•••]"}
    assert set(customer.withheld) == {
        Withheld("password_hash", "user.authorization.password"),
        Withheld("extra.note", "user.financial.credit_card"),
        Withheld("extra.api", "user.authorization.credentials"),
    }


def test_proof_values_are_those_of_one_record_only(shop: Shop) -> None:
    adapter = shop.open()
    maria = adapter.find(email("maria@example.org"))[0]
    assert dict(adapter.proof_values(maria, ["order_number", "postcode"])) == {
        "order_number": frozenset({"M-1001", "M-1002"}),
        "postcode": frozenset({"5015"}),
    }


def test_a_record_that_changed_its_address_is_no_longer_given_out(shop: Shop) -> None:
    adapter = shop.open()
    maria = adapter.find(email("maria@example.org"))[0]
    shop.run("UPDATE customer SET email = 'new@example.org' WHERE id = 1")
    with pytest.raises(Exception, match="no longer there"):
        list(adapter.export(maria))
    with pytest.raises(Exception, match="no longer there"):
        adapter.proof_values(Match(maria.key, maria.kind, maria.stored), ["postcode"])


def test_a_table_is_asked_once_and_not_once_a_row(shop: Shop) -> None:
    shop.run("INSERT INTO orders VALUES (:id, 1, 'more', 1, NULL)", rows=[{"id": number} for number in range(1000, 1400)])
    shop.run("INSERT INTO order_line VALUES (:id, 1, 7, 1)", rows=[{"id": number} for number in range(1000, 1400)])
    adapter = shop.open()
    match = adapter.find(email("maria@example.org"))[0]
    with statements() as seen:
        assert sum(1 for _ in adapter.export(match)) > 800
    selects = [statement for statement in seen if statement.lstrip().upper().startswith("SELECT")]
    assert len(selects) <= 2 * len(shop.fields)


def test_a_walk_reaches_across_databases(shop: Shop, tmp_path: Path) -> None:
    with new_shop_beside(tmp_path) as url:
        shop.write_map()
        (shop.folder / "mail.yml").write_text(
            quick_yaml.safe_dump(
                {
                    "dataset": [
                        {
                            "fides_key": "mail",
                            "collections": [
                                {
                                    "name": "sent",
                                    "fields": [
                                        {"name": "id", "data_categories": [OPS], "fides_meta": {"primary_key": True}},
                                        {
                                            "name": "customer",
                                            "data_categories": [OPS],
                                            "fides_meta": {
                                                "references": [{"dataset": "shop", "field": "customer.id", "direction": "from"}]
                                            },
                                        },
                                        {"name": "subject", "data_categories": ["user.behavior"]},
                                    ],
                                }
                            ],
                        }
                    ]
                }
            )
        )
        os.environ["MAIL_URL"] = url
        shop.settings = {"maps": ["shop.yml", "mail.yml"]}
        shop.notes["mail.sent"] = note()
        variable = f"SHOP_{abs(hash(shop.folder))}_URL"
        shop.settings["databases"] = {"shop": {"env": variable}, "mail": {"env": "MAIL_URL"}}
        adapter = shop.open()
        assert adapter.check().ok, adapter.check().problems
        found = export(adapter, adapter.find(email("maria@example.org"))[0])
        # Text there, a number here: joined all the same.
        assert [values(one)["subject"] for one in found["mail.sent"]] == ["Hello Maria"]


@contextmanager
def new_shop_beside(folder: Path) -> Iterator[str]:
    """A second database, of another shape: its keys are texts."""
    file = folder / "mail.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE sent (id TEXT PRIMARY KEY, customer TEXT, subject TEXT)")
        connection.executemany("INSERT INTO sent VALUES (?, ?, ?)", [("a", "1", "Hello Maria"), ("b", "2", "Hello Otto")])
    yield f"sqlite:///{file}"


MEASURE = """
import re, resource, sys
from pathlib import Path
from portal.adapters.contract import Identifier, Place, Subject
from portal.adapters.registry import open_adapter
from portal.config import load_config
adapter = open_adapter(Place(load_config(Path(sys.argv[1])), "first", "backend"))
match = adapter.find(Subject((Identifier("email", "maria@example.org"),)))[0]
count = sum(1 for _ in adapter.export(match))
# On Linux the figure of getrusage begins with that of the process which started this one.
status = Path("/proc/self/status")
peak = re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1] if status.exists() else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(count, peak)
"""


@pytest.mark.long
def test_a_hundred_thousand_rows_take_no_more_memory_than_ten_thousand(shop: Shop) -> None:
    peaks = []
    for first, last in ((10_000, 20_000), (20_000, 110_000)):
        engine = shop.engine
        with engine.begin() as connection:
            rows = [{"id": number} for number in range(first, last)]
            connection.execute(
                text("INSERT INTO delivery VALUES (:id, 1, NULL, 'one of many, and a rather long remark at that')"), rows
            )
        engine.dispose()
        shop.open()
        answer = subprocess.run(
            [sys.executable, "-c", MEASURE, shop.folder / "portal.yaml"], capture_output=True, text=True, check=True, cwd=ROOT
        )
        count, peak = map(int, answer.stdout.split())
        assert count > last - 10_000
        peaks.append(peak)
    assert peaks[1] < 1.1 * peaks[0]
