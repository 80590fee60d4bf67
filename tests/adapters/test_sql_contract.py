"""The adapter for databases keeps the contract, on SQLite and on PostgreSQL."""

import pytest

from portal.adapters.contract import Identifier
from portal.adapters.testing import AdapterContract, Setting
from tests.adapters.shops import Shop


class TestSql(AdapterContract):
    @pytest.fixture
    def setting(self, shop: Shop) -> Setting:
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
