"""A company, a person and everything that is held on them, some of it hostile."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from portal.adapters.contract import Json, Record, Value, Withheld
from portal.cases.bundle.content import BundleContent, LeftOut, Logo, Searched, SystemPart
from portal.cases.bundle.writing import Manifest, write_bundle
from portal.cases.laws import load_law
from portal.config import Config, load_config

HERE = Path(__file__).parent
MADE = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg onload=alert(1)>",
    "</title></style></details><iframe src='javascript:alert(1)'></iframe>",
    "<link rel=stylesheet href=http://127.0.0.1:{port}/a.css>",
    "<img src=http://127.0.0.1:{port}/a.png>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:{port}/'>",
    "{{ 7*7 }}{% raw %}",
    "=HYPERLINK(\"http://127.0.0.1:{port}\",\"x\")",
    "../../etc/passwd\x00.html",
    "\u202emoc.elpmaxe\u202c",
    "\ud800 half a sign",
]  # fmt: skip


@cache
def config() -> Config:
    return load_config(HERE / "company.yaml")


def record(collection: str, key: str, obtained: date | None = None, /, **values: Json) -> Record:
    """A record of the shop; the category is looked up by the field's name."""
    return Record(
        collection,
        key,
        tuple(Value(name, CATEGORIES.get(name, "user"), value, obtained=obtained) for name, value in values.items()),
    )


CATEGORIES = {
    "id": "system.operations",
    "name": "user.name",
    "email": "user.contact.email",
    "birth_date": "user.demographic.date_of_birth",
    "income": "user.financial",
    "roast": "user.behavior",
    "number": "user.behavior.purchase_history",
    "ordered_at": "user.behavior.purchase_history",
    "total": "user.behavior.purchase_history",
    "status": "user.behavior.purchase_history",
    "gift": "user.content.private",
    "subject": "user.content",
    "body": "user.content",
    "at": "user.content",
}


def customer() -> Record:
    plain = record(
        "shop.customers", "shop.customers:1", date(2024, 5, 3),
        id=1, name="Maren Vik", email="maren@person.example", birth_date="1986-02-14", income="600,000 to 800,000 kroner", roast="Light",
    )  # fmt: skip
    return Record(plain.collection, plain.key, plain.values, (Withheld("password_hash", "user.authorization.password"),))


def orders(count: int) -> Iterator[Record]:
    for number in range(count):
        yield record(
            "shop.orders", f"shop.orders:{number}", date(2024, 5 + number % 8, 1 + number % 28),
            id=number, number=f"F-{10_000 + number}", ordered_at=f"2024-{5 + number % 8:02}-{1 + number % 28:02}T10:15:00",
            total=round(12.5 * (number % 9) - 20, 2), status="delivered", gift="Happy birthday, Kari!" if number % 4 == 0 else None,
        )  # fmt: skip


def tickets(port: int = 9) -> Iterator[Record]:
    for number, text in enumerate(HOSTILE):
        text = text.replace("{port}", str(port))
        yield record(
            "shop.tickets",
            f"shop.tickets:{number}",
            None,
            subject=text,
            body=f"Hello,\nmy parcel is late. {text}\nMaren",
            at="2026-01-05T09:00:00Z",
        )


def content(
    language: str = "en",
    *,
    records: Callable[[], Iterator[Record]] | None = None,
    rows: int = 14,
    port: int = 9,
    **more: object,
) -> BundleContent:
    def everything() -> Iterator[Record]:
        yield customer()
        yield from orders(rows)
        yield from tickets(port)

    company = config().company("shop")
    values: dict[str, object] = {
        "company": company,
        "laws": (load_law("eu_gdpr"),),
        "language": language,
        "case_number": "7KQ2-M9XD-4TBR",
        "made_at": MADE,
        "received_at": datetime(2026, 11, 23, 13, 0, tzinfo=UTC),
        "due": date(2026, 12, 23),
        "identifiers": ("m•••@person.example",),
        "systems": (
            SystemPart("shop", Searched.DELIVERED, MADE, records=records or everything),
            SystemPart("mail", Searched.NOT_SEARCHED, reason="It did not answer today. We try again and send you a second part."),
        ),
        "left_out": (LeftOut("A letter from another customer", "It says more about them than about you (GDPR Art. 15(4))."),),
        "logo": Logo("image/svg+xml", (HERE / "logo.svg").read_bytes()),
    }
    return BundleContent(**(values | more))  # type: ignore[arg-type]  # a test may replace any of them


class Kept:
    """A sink that keeps the package in memory."""

    def __init__(self) -> None:
        self.buffer = io.BytesIO()

    def write(self, plain: bytes, /) -> int:
        return self.buffer.write(plain)

    def zip(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.buffer)

    def text(self, name: str) -> str:
        return self.zip().read(name).decode()

    def json(self, name: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.zip().read(name))
        return found


def make(folder: Path, made_of: BundleContent, *, with_pdf: bool = False) -> tuple[Kept, Manifest]:
    kept = Kept()
    return kept, write_bundle(made_of, kept, folder=folder, with_pdf=with_pdf)
