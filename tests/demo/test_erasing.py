"""Everything that the demo's companies hold of a customer can be erased, but for what the law keeps; nobody else loses a byte."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

import demo
from portal.adapters.contract import Adapter, EraseReceipt, Fate, Identifier, Place, Subject
from portal.adapters.registry import open_adapter
from portal.config import load_config

PERSON = Subject((Identifier("email", demo.CUSTOMER),))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    demo.make(tmp_path)
    for name, url in {**demo.environment(tmp_path), "DEMO_CAFE_CHANGES": str(tmp_path / "cafe.json")}.items():
        monkeypatch.setenv(name, url)
    return tmp_path


def system(company: str, key: str) -> Adapter:
    return open_adapter(Place(load_config(demo.CONFIG), company, key))


def counts(folder: Path) -> dict[str, int]:
    """How many rows each table of the databases has."""
    found = {}
    for name, url in demo.environment(folder).items():
        engine = create_engine(url)
        with engine.begin() as connection:
            for table in inspect(connection).get_table_names():
                found[f"{name}.{table}"] = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        engine.dispose()
    return found


@pytest.mark.parametrize(
    ("company", "key", "kept", "losses"),
    [
        ("fjordkaffe", "shop", {"invoices", "orders", "order_lines", "payments"}, {"coffee_plan", "points"}),
        ("fjordkaffe", "mail_tool", set(), set()),
        ("fjordkaffe", "cafe_app", set(), {"stamps"}),
    ],
)
def test_everything_goes_but_what_the_law_keeps(folder: Path, company: str, key: str, kept: set[str], losses: set[str]) -> None:
    adapter = system(company, key)
    assert adapter.check().problems == ()
    before = counts(folder)
    match = adapter.find(PERSON)[0]
    plan = adapter.plan_erase(match, lambda *_: True)
    assert losses <= set(plan.losses)
    receipt = adapter.erase(match, plan, idempotency_key="k")
    assert isinstance(receipt, EraseReceipt)
    assert receipt.left == ()
    assert {row.collection.partition(".")[2] for row in receipt.kept} == kept
    assert adapter.find(PERSON) == []
    gone = sum(one.count for one in receipt.items if one.fate is Fate.ERASE)
    after = counts(folder)
    assert sum(before.values()) - sum(after.values()) == (gone if key != "cafe_app" else 0)
    adapter.close()


def test_alpenrad_erases_in_two_databases_and_keeps_its_invoices(folder: Path) -> None:
    adapter = system("alpenrad", "office")
    assert adapter.check().problems == ()
    engine = create_engine(demo.environment(folder)["DEMO_ALPENRAD_CRM_URL"])
    with engine.begin() as connection:
        number, address = connection.execute(text("SELECT kontakt_nr, adresse FROM kontakt_email ORDER BY 1 LIMIT 1")).one()
    match = adapter.find(Subject((Identifier("email", address),)))[0]
    assert match.key.endswith(str(number))
    receipt = adapter.erase(match, adapter.plan_erase(match, lambda *_: True), idempotency_key="k")
    assert isinstance(receipt, EraseReceipt)
    assert receipt.left == ()
    with engine.begin() as connection:
        left = connection.execute(text("SELECT count(*) FROM kontakt_email WHERE kontakt_nr = :n"), {"n": number}).scalar_one()
    engine.dispose()
    assert left == 0
    adapter.close()
