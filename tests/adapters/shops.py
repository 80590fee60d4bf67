"""A shop in a database, on SQLite or PostgreSQL, with the stories that a walk can get wrong. Values are told apart by their owner.

Maria (1) and Otto (2) share a household address; Otto took in a parcel of Maria's; Ines (3) is an employee and wrote a ticket herself;
`team@example.org` belongs to two customers (4, 5); a ticket has Maria's second address.
"""

import atexit
import functools
import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import Engine, create_engine, inspect, text

from portal.adapters.contract import Adapter
from tests import quick_yaml
from tests.adapters.companies import note, open_company
from tests.databases import shared_cluster

SCHEMA = """
CREATE TABLE address (id INTEGER PRIMARY KEY, street TEXT, postcode TEXT);
CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT, name TEXT, born DATE, address_id INTEGER, password_hash TEXT, extra {json});
CREATE TABLE employee (id INTEGER PRIMARY KEY, email TEXT, name TEXT, address_id INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, number TEXT, address_id INTEGER, placed TIMESTAMP);
CREATE TABLE order_line (order_id INTEGER, line INTEGER, product_id INTEGER, price NUMERIC(10, 2), PRIMARY KEY (order_id, line));
CREATE TABLE product (id INTEGER PRIMARY KEY, title TEXT);
CREATE TABLE review (id INTEGER PRIMARY KEY, product_id INTEGER, customer_id INTEGER, body TEXT);
CREATE TABLE delivery (id INTEGER PRIMARY KEY, customer_id INTEGER, left_with INTEGER, remark TEXT);
CREATE TABLE ticket (id INTEGER PRIMARY KEY, email TEXT, alt_email TEXT, employee_id INTEGER, body TEXT);
CREATE TABLE newsletter (id INTEGER PRIMARY KEY, email TEXT, customer_id INTEGER, topic TEXT);
CREATE TABLE visit (email TEXT, seen TIMESTAMP, page TEXT, PRIMARY KEY (email, seen));
CREATE TABLE profile (customer_id INTEGER PRIMARY KEY, income TEXT);
"""

ROWS: dict[str, list[tuple[Any, ...]]] = {
    "address": [(1, "Shared Lane 1", "5015"), (2, "Ines Street 2", "5003"), (3, "Team Road 3", "5099")],
    "customer": [
        (1, "Maria@Example.org", "Maria Vik", "1991-03-14", 1, "$2b$12$LJ3m4ys3Lk0TSwHCpGmOYOZTaxrfbQZP1XnGeqDq5zRvFWvC1wKdC",
         json.dumps({"theme": "dark", "note": "card 4111 1111 1111 1111", "api": {"token": "tok-maria"}})),
        (2, "otto@example.org", "Otto Vik", "1989-01-01", 1, None, None),
        (4, "team@example.org", "Anna Team", "1970-01-01", 3, None, None),
        (5, "team@example.org", "Bert Team", "1971-01-01", 3, None, None),
    ],
    "employee": [(3, "ines@example.org", "Ines Staff", 2)],
    "orders": [
        (10, 1, "M-1001", 1, "2026-01-02 03:04:05"),
        (11, 1, "M-1002", 1, "2026-02-02 03:04:05"),
        (20, 2, "O-2001", 1, "2026-03-02 03:04:05"),
        (40, 4, "A-4001", 3, "2026-03-03 03:04:05"),
    ],
    "order_line": [(10, 1, 7, 12.50), (10, 2, 8, 3.00), (11, 1, 7, 12.50), (20, 1, 7, 12.50)],
    "product": [(7, "Coffee"), (8, "Filter")],
    "review": [(1, 7, 1, "Maria liked it"), (2, 7, 2, "Otto did not")],
    "delivery": [(1, 1, 2, "Maria's parcel with the neighbour"), (2, 2, None, "Otto's parcel")],
    "ticket": [
        (1, "maria@example.org", "maria-alt@example.org", 3, "Maria asks"),
        (2, "otto@example.org", None, 3, "Otto asks"),
        (3, "ines@example.org", None, 3, "Ines asks"),
    ],
    "newsletter": [(1, "maria@example.org", 1, "beans"), (2, "otto@example.org", 2, "cups")],
    "visit": [
        ("maria@example.org", "2026-05-01 00:00:00", "/maria-1"),
        ("maria@example.org", "2026-05-02 00:00:00", "/maria-2"),
        ("otto@example.org", "2026-05-01 00:00:00", "/otto"),
    ],
    "profile": [(1, "Maria's guess"), (2, "Otto's guess")],
}  # fmt: skip


def field_(name: str, category: str | None = None, **meta: Any) -> dict[str, Any]:
    """A field of a map; `to=`, `up=`, `both=` reference `collection.field` of the same dataset in that direction."""
    references = [
        {"dataset": "shop", "field": target, **({"direction": direction} if direction else {})}
        for key, direction in (("to", "to"), ("down", "from"), ("both", None))
        if (target := meta.pop(key, None))
    ]
    if references:
        meta["references"] = references
    return {"name": name, **({"data_categories": [category]} if category else {}), **({"fides_meta": meta} if meta else {})}


ID, OPS = {"primary_key": True}, "system.operations"


def shop_map() -> dict[str, list[dict[str, Any]]]:
    """The fields of each collection, in the manner of the maps that Fides ships."""
    return {
        "address": [field_("id", OPS, **ID), field_("street", "user.contact.address.street"), field_("postcode", "user.contact.address.postal_code")],
        "customer": [
            field_("id", "user.unique_id", **ID),
            field_("email", "user.contact.email", identity="email", data_type="string"),
            field_("name", "user.name"),
            field_("born", "user.demographic.date_of_birth"),
            field_("address_id", OPS, to="address.id"),
            field_("password_hash", "user.authorization.password"),
            {
                "name": "extra",
                "fides_meta": {"data_type": "object"},
                "fields": [
                    {"name": "theme", "data_categories": ["user.account.settings"]},
                    {"name": "note", "data_categories": ["user.content"]},
                    {"name": "api", "data_categories": ["user.account"]},
                ],
            },
        ],
        "employee": [
            field_("id", "user.unique_id", **ID),
            field_("email", "user.contact.email", identity="email"),
            field_("name", "user.name"),
            field_("address_id", OPS, to="address.id"),
        ],
        "orders": [
            field_("id", OPS, **ID),
            field_("customer_id", OPS, down="customer.id"),
            field_("number", "user.behavior.purchase_history"),
            field_("address_id", OPS, both="address.id"),
            field_("placed", "user.behavior.purchase_history"),
        ],
        "order_line": [
            field_("order_id", OPS, both="orders.id"),
            field_("line", OPS),
            field_("product_id", OPS, both="product.id"),
            field_("price", "user.behavior.purchase_history"),
        ],
        "product": [field_("id", OPS, **ID), field_("title", "user.behavior.purchase_history")],
        "review": [
            field_("id", OPS, **ID),
            field_("product_id", OPS, both="product.id"),
            field_("customer_id", OPS, both="customer.id"),
            field_("body", "user.content"),
        ],
        "delivery": [
            field_("id", OPS, **ID),
            field_("customer_id", OPS, down="customer.id"),
            field_("left_with", OPS, down="customer.id"),
            field_("remark", "user.content"),
        ],
        "ticket": [
            field_("id", OPS, **ID),
            field_("email", "user.contact.email", identity="email"),
            field_("alt_email", "user.contact.email", identity="email"),
            field_("employee_id", OPS, both="employee.id"),
            field_("body", "user.content"),
        ],
        "newsletter": [
            field_("id", OPS, **ID),
            field_("email", "user.contact.email", identity="email"),
            field_("customer_id", OPS, both="customer.id"),
            field_("topic", "user.privacy_preferences"),
        ],
        "visit": [
            field_("email", "user.contact.email", identity="email"),
            field_("seen", "user.behavior"),
            field_("page", "user.behavior.browsing_history"),
        ],
        "profile": [field_("customer_id", OPS, primary_key=True, down="customer.id"), field_("income", "user.demographic.profile")],
    }  # fmt: skip


@dataclass
class Shop:
    """A shop that a test may change before it is opened."""

    folder: Path
    url: str
    fields: dict[str, list[dict[str, Any]]] = field(default_factory=shop_map)
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    opened: list[Adapter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.notes = {f"shop.{name}": note() for name in self.fields}
        self.notes["shop.delivery"]["owner"] = "customer_id"
        self.more = {
            "tells_apart": {"name": ["shop.customer.name"], "birth_date": ["shop.customer.born"]},
            "proof": {"postcode": "shop.address.postcode", "order_number": "shop.orders.number"},
        }

    @property
    def engine(self) -> Engine:
        """A connection that may write, for the test only."""
        return create_engine(self.url)

    def run(self, *statements: str, rows: list[dict[str, Any]] | None = None) -> None:
        """Change the database."""
        engine = self.engine
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement), rows) if rows else connection.execute(text(statement))
        engine.dispose()

    def shut(self) -> None:
        """Make the database unreachable, as a stopped server is."""
        for adapter in self.opened:
            adapter.close()
        if self.url.startswith("sqlite"):
            (self.folder.parent / "shop.sqlite3").unlink(missing_ok=True)
            return
        name = self.url.rpartition("/")[2].partition("?")[0]
        server = create_engine(shared_cluster().url("postgres"), isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"))
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
            )
        server.dispose()

    def rows(self, *, but: Collection[tuple[str, object]] = ()) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, without those whose table and first column stand in `but`."""
        engine = self.engine
        names = [name for name in inspect(engine).get_table_names() if name != "sqlite_sequence"]
        with engine.begin() as connection:
            found = {name: connection.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2")).all() for name in names}
        engine.dispose()
        return {name: [tuple(row) for row in rows if (name, row[0]) not in but] for name, rows in found.items()}

    def write_map(self) -> None:
        """The map as a file."""
        collections = [{"name": name, "fields": fields} for name, fields in self.fields.items()]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "shop.yml").write_text(
            quick_yaml.safe_dump({"dataset": [{"fides_key": "shop", "collections": collections}]}, sort_keys=False)
        )

    def open(self) -> Adapter:
        """The adapter over it."""
        self.write_map()
        # The environment is where an operator puts it; each test has its own variable.
        variable = f"SHOP_{abs(hash(self.folder))}_URL"
        os.environ[variable] = self.url
        adapter = open_company(
            self.folder,
            {
                "kind": "sql",
                "settings": {"databases": {"shop": {"env": variable}}, "maps": ["shop.yml"], **self.settings},
                "collections": self.notes,
                **self.more,
            },
        )
        self.opened.append(adapter)
        return adapter


@contextmanager
def new_shop(folder: Path, dialect: str) -> Iterator[Shop]:
    """A filled shop on `sqlite` or `postgresql`."""
    with _filled(folder, dialect) as url:
        shop = Shop(folder / "company", url)
        try:
            yield shop
        finally:
            for adapter in shop.opened:
                adapter.close()


@contextmanager
def _filled(folder: Path, dialect: str) -> Iterator[str]:
    """The URL of a filled database; filled once a process, and copied for each test."""
    if dialect == "sqlite":
        shutil.copy(_filled_file(), folder / "shop.sqlite3")
        yield f"sqlite:///{folder}/shop.sqlite3"
    else:
        cluster = shared_cluster()
        with cluster.fresh_database(cluster.template("adapters-shop", lambda url: _fill(url, "JSONB"))) as url:
            yield url


@functools.cache
def _filled_file() -> Path:
    folder = Path(mkdtemp(prefix="portal-shop-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _fill(f"sqlite:///{folder}/shop.sqlite3", "TEXT")
    return folder / "shop.sqlite3"


def _fill(url: str, json_type: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for part in SCHEMA.format(json=json_type).split(";"):
            if part.strip():
                connection.execute(text(part))
        for name, rows in ROWS.items():
            marks = ", ".join(f":v{number}" for number in range(len(rows[0])))
            for row in rows:
                connection.execute(text(f"INSERT INTO {name} VALUES ({marks})"), {f"v{n}": value for n, value in enumerate(row)})
    engine.dispose()
