"""The adapter for databases keeps the contract, on SQLite and on PostgreSQL."""

import pytest

from portal.adapters.contract import Identifier
from portal.adapters.testing import AdapterContract, Far, Setting
from tests.adapters.shops import ID, OPS, Shop, field_


class TestSql(AdapterContract):
    @pytest.fixture
    def setting(self, shop: Shop) -> Setting:
        shop.fields["product"] = [field_("id", OPS, **ID), field_("title", OPS)]
        for name in ("orders", "order_line"):
            shop.notes[f"shop.{name}"]["retention"] = "books"
        shop.notes["shop.orders"]["obtained"] = "placed"
        return Setting(
            adapter=shop.open(),
            found=Identifier("email", "maria@example.org"),
            strangers=("Otto", "otto@example.org", "O-2001", "Ines", "ines@example.org", "cups", "/otto", "5003"),
            secrets=("$2b$", "4111", "tok-maria"),
            values=(
                "Maria Vik",
                "M-1001",
                "M-1002",
                "Shared Lane 1",
                "12.5",
                "Coffee",
                "Maria liked it",
                "beans",
                "/maria-2",
                "dark",
            ),
            proof={"postcode": "5015", "order_number": "M-1002"},
            tells_apart={"name": "Maria Vik", "birth_date": "1991-03-14"},
            break_it=shop.shut,
        )

    @pytest.fixture
    def far(self, shop: Shop) -> Far:
        maria: list[tuple[str, object]] = [
            ("customer", 1),
            ("review", 1),
            ("delivery", 1),
            ("ticket", 1),
            ("newsletter", 1),
            ("profile", 1),
        ]
        maria += [("visit", "maria@example.org"), ("orders", 10), ("orders", 11), ("order_line", 10), ("order_line", 11)]
        return Far(
            others=lambda: shop.rows(but=maria),
            own=lambda: repr(shop.rows()),
            gone=("Maria", "maria@", "maria-alt@", "1991", "$2b$", "4111", "tok-maria", "dark", "beans"),
            stranger=Identifier("email", "otto@example.org"),
            stays=("M-1001", "M-1002"),
            grounds=("books",),
        )
