"""A small shop and a mail tool as real databases with maps, and the company that has them. What stands in them is made up."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from portal.cases.systems import close_systems
from portal.config import Config, load_config
from tests import quick_yaml
from tests.rooms.world import COMPANIES

MAREN = "maren@example.org"
COUPLE = "vik@example.org"
NOBODY = "nobody@example.org"

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, name TEXT, born TEXT, postcode TEXT, number TEXT, allergies TEXT,
  password_hash TEXT, active BOOLEAN);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, ordered_on TEXT, total FLOAT);
CREATE TABLE reviews (id INTEGER PRIMARY KEY, customer_id INTEGER, product TEXT, body TEXT);
CREATE TABLE profiles (customer_id INTEGER PRIMARY KEY, income TEXT);
INSERT INTO customers VALUES
  (1, 'Maren@Example.org', 'Maren Vik', '1990-02-03', '5003', 'K-1001', 'hazelnuts', 'pbkdf2$Xy', 1),
  (2, 'vik@example.org', 'Jonas Vik', '1961-12-24', '5003', 'K-1002', 'none', 'pbkdf2$Zz', 1),
  (3, 'vik@example.org', 'Kari Vik', '1964-05-17', '5003', 'K-1003', 'milk', 'pbkdf2$Qq', 0);
INSERT INTO orders VALUES (1, 1, '2026-10-01', 199.5), (2, 1, '2026-11-02', 89.0), (3, 2, '2026-11-03', 450.0), (4, 3, '2026-09-09', 70.0);
INSERT INTO reviews VALUES (1, 1, 'Kenya', 'My neighbour Tuva hates it. <script>alert(1)</script>');
INSERT INTO profiles VALUES (1, '600,000 to 800,000 kroner');
"""

MAIL = """
CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT, full_name TEXT, added_on TEXT);
INSERT INTO contacts VALUES (1, 'maren@example.org', 'VIK, Máren', '2024-05-03'), (2, 'marenx@example.org', 'Somebody Else', '2024-05-03');
"""


def _field(name: str, category: str, **meta: object) -> dict[str, Any]:
    return {"name": name, "data_categories": [category], **({"fides_meta": meta} if meta else {})}


def _of(target: str) -> list[dict[str, str]]:
    return [{"dataset": "shop", "field": target, "direction": "from"}]


SHOP_MAP = {
    "dataset": [
        {
            "fides_key": "shop",
            "name": "Shop",
            "collections": [
                {
                    "name": "customers",
                    "fields": [
                        _field("id", "system.operations", primary_key=True, data_type="integer"),
                        _field("email", "user.contact.email", identity="email", data_type="string"),
                        _field("name", "user.name"),
                        _field("born", "user.demographic.date_of_birth"),
                        _field("postcode", "user.contact.address.postal_code"),
                        _field("number", "user.unique_id"),
                        _field("allergies", "user.health_and_medical"),
                        _field("password_hash", "user.authorization.password"),
                        _field("active", "user.account"),
                    ],
                },
                {
                    "name": "orders",
                    "fields": [
                        _field("id", "system.operations", primary_key=True, data_type="integer"),
                        _field("customer_id", "system.operations", data_type="integer", references=_of("customers.id")),
                        _field("ordered_on", "user.behavior.purchase_history"),
                        _field("total", "user.behavior.purchase_history"),
                    ],
                },
                {
                    "name": "reviews",
                    "fields": [
                        _field("id", "system.operations", primary_key=True, data_type="integer"),
                        _field("customer_id", "system.operations", data_type="integer", references=_of("customers.id")),
                        _field("product", "user.behavior.purchase_history"),
                        _field("body", "user.content.public"),
                    ],
                },
                {
                    "name": "profiles",
                    "fields": [
                        _field(
                            "customer_id",
                            "system.operations",
                            primary_key=True,
                            data_type="integer",
                            references=_of("customers.id"),
                        ),
                        _field("income", "user.demographic"),
                    ],
                },
            ],
        }
    ]
}

MAIL_MAP = {
    "dataset": [
        {
            "fides_key": "mail",
            "name": "Mail",
            "collections": [
                {
                    "name": "contacts",
                    "fields": [
                        _field("id", "system.operations", primary_key=True, data_type="integer"),
                        _field("email", "user.contact.email", identity="email", data_type="string"),
                        _field("full_name", "user.name"),
                        _field("added_on", "user.account"),
                    ],
                }
            ],
        }
    ]
}


def _text(english: str, german: str = "") -> dict[str, str]:
    return {"en": english, "de": german or english}


def _note(title: str, *, source: str = "you", **fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": _text(title), "source": source, "purpose": "orders", "retention": "three_years", "recipients": ["courier"], "fields": fields,
    }  # fmt: skip


SYSTEMS = {
    "shop": {
        "kind": "sql",
        "title": _text("The shop", "Der Laden"),
        "settings": {"databases": {"shop": {"env": "CASES_SHOP_URL"}}, "maps": ["shop.yml"], "statement_timeout_seconds": 5},
        "tells_apart": {"name": ["shop.customers.name"], "birth_date": ["shop.customers.born"]},
        "proof": {"postcode": "shop.customers.postcode", "customer_number": "shop.customers.number"},
        "collections": {
            "shop.customers": _note(
                "Your account", name={"title": _text("Name")}, born={"title": _text("Date of birth", "Geburtsdatum")}
            ),
            "shop.orders": _note("Your orders"),
            "shop.reviews": _note("Your reviews"),
            "shop.profiles": {
                **_note(
                    "Bought about you",
                    source="broker",
                    customer_id={"title": _text("Number"), "source": "you"},
                    income={"title": _text("Income")},
                ),
                "correctable": ["income"],
            },
        },
    },
    "mail": {
        "kind": "sql",
        "title": _text("The mail tool", "Das Mailprogramm"),
        "settings": {"databases": {"mail": {"env": "CASES_MAIL_URL"}}, "maps": ["mail.yml"], "statement_timeout_seconds": 5},
        "tells_apart": {"name": ["mail.contacts.full_name"]},
        "collections": {"mail.contacts": {**_note("Newsletter contact"), "obtained": "added_on"}},
    },
}


class Shop:
    """Both databases, to be written to behind the portal's back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, script in (("shop", SHOP), ("mail", MAIL)):
            with self.open(name) as connection:
                connection.executescript(script)

    @contextmanager
    def open(self, name: str = "shop") -> Iterator[sqlite3.Connection]:
        """A connection that writes."""
        connection = sqlite3.connect(self.folder / f"{name}.db", isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    def run(self, statement: str, name: str = "shop") -> None:
        """One statement, committed."""
        with self.open(name) as connection:
            connection.execute(statement)

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Nobody can read this database meanwhile."""
        with self.open(name) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
            connection.execute("ROLLBACK")

    @contextmanager
    def gone(self, name: str) -> Iterator[None]:
        """The database is not there meanwhile, and open connections to it are lost."""
        close_systems()
        file = self.folder / f"{name}.db"
        file.rename(file.with_suffix(".away"))
        try:
            yield
        finally:
            file.with_suffix(".away").rename(file)


def company_with_a_shop(folder: Path) -> Config:
    """The two companies of all room tests; the first has a shop and a mail tool, a recipient, a broker, a rule of proof and one purpose that asks."""
    plain = quick_yaml.safe_load(COMPANIES.read_text(encoding="utf-8"))
    first = plain["companies"]["first"]
    first["sources"]["broker"] = {"title": _text("bought from Exempla Data AS"), "kind": "third_party"}
    first["recipients"]["courier"] = {
        "name": "Bris Bud AS",
        "country": "NO",
        "role": "processor",
        "purpose": _text("brings parcels"),
    }
    first["proof_titles"]["customer_number"] = _text("Your customer number")
    first["purposes"]["partners"] = {
        "title": _text("Offers from our partners", "Angebote unserer Partner"), "text": _text("Two bakeries write to you."),
        "why": _text("to let our partners write to you"), "basis": "consent", "channels": {"email": _text("E-mail")},
        "notice": _text("I agree to offers from two bakeries."),
    }  # fmt: skip
    first["systems"] = SYSTEMS
    (folder / "portal.yaml").write_text(quick_yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), encoding="utf-8")
    (folder / "logo.svg").write_bytes((COMPANIES.parent / "logo.svg").read_bytes())
    (folder / "shop.yml").write_text(quick_yaml.safe_dump(SHOP_MAP), encoding="utf-8")
    (folder / "mail.yml").write_text(quick_yaml.safe_dump(MAIL_MAP), encoding="utf-8")
    return load_config(folder / "portal.yaml")
