"""The demo's databases are the same at every run, made fast, once, and never over something else."""

import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

import demo
from tests.databases import shared_cluster
from tests.demo.conftest import TODAY, dump

ROOT = Path(__file__).parents[2]


def test_two_runs_in_two_processes_make_the_same_rows(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo", "--to", str(tmp_path), "--today", TODAY.isoformat()]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": "7"}).stdout
    assert dict(line.split("=", 1) for line in printed.splitlines()) == demo.environment(tmp_path)
    for one, other in zip(demo.environment(folder).values(), demo.environment(tmp_path).values(), strict=True):
        assert dump(one) == dump(other)


def test_a_second_make_leaves_what_a_customer_changed(tmp_path: Path) -> None:
    demo.make(tmp_path, TODAY)
    url = demo.environment(tmp_path)["DEMO_FJORDKAFFE_SHOP_URL"]
    engine = create_engine(url)
    with engine.begin() as db:
        db.execute(text("UPDATE customers SET first_name = 'Marie' WHERE id = 1"))
    begin = time.monotonic()
    demo.make(tmp_path, TODAY + timedelta(days=1))
    assert time.monotonic() - begin < 0.5
    with engine.begin() as db:
        assert db.scalar(text("SELECT first_name FROM customers WHERE id = 1")) == "Marie"


def test_what_an_older_version_made_is_made_anew(tmp_path: Path) -> None:
    demo.make(tmp_path, TODAY)
    engine = create_engine(demo.environment(tmp_path)["DEMO_ALPENRAD_CRM_URL"])
    with engine.begin() as db:
        db.execute(text("UPDATE demo_version SET version = 'older'"))
        db.execute(text("CREATE TABLE was_there_before (id INTEGER)"))
        db.execute(text("DELETE FROM empfehlung"))
    demo.make(tmp_path, TODAY)
    with engine.begin() as db:
        assert db.scalar(text("SELECT count(*) FROM empfehlung"))
    assert not inspect(engine).has_table("was_there_before")


def test_a_database_that_the_demo_did_not_make_is_left_alone(tmp_path: Path) -> None:
    url = demo.environment(tmp_path)["DEMO_FJORDKAFFE_SHOP_URL"]
    engine = create_engine(url)
    with engine.begin() as db:
        db.execute(text("CREATE TABLE customers (id INTEGER)"))
        db.execute(text("INSERT INTO customers VALUES (1)"))
    with pytest.raises(demo.NotADemoDatabase):
        demo.make(tmp_path, TODAY)
    with pytest.raises(demo.NotADemoDatabase):
        demo.scale(url, 10)
    assert dump(url) == {"customers": [(1,)]}
    refused = subprocess.run(
        [sys.executable, "-m", "demo", "--to", str(tmp_path)], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert "Name an empty one" in refused.stderr


def test_the_stories_move_with_the_day(tmp_path: Path) -> None:
    demo.make(tmp_path, date(2031, 2, 3))
    engine = create_engine(demo.environment(tmp_path)["DEMO_FJORDKAFFE_SHOP_URL"])
    with engine.begin() as db:
        newest = db.scalar(text("SELECT max(ordered_at) FROM orders"))
        assert "2031-02-01" <= newest < "2031-02-03"
        assert db.scalar(text("SELECT order_number FROM orders WHERE customer_id = 1 ORDER BY ordered_at DESC")) == "F-204417"
        # Nothing that the law no longer asks for: five years after the year ended.
        assert db.scalar(text("SELECT min(issued_on) FROM invoices")) >= "2026-01-01"


def test_postgresql_holds_the_same_as_sqlite(folder: Path) -> None:
    with shared_cluster().fresh_database() as shop, shared_cluster().fresh_database() as mail:
        demo.make_fjordkaffe(shop, TODAY, mailtool=mail)
        demo.make_fjordkaffe(shop, TODAY, mailtool=mail)
        for url, name in ((shop, "DEMO_FJORDKAFFE_SHOP_URL"), (mail, "DEMO_FJORDKAFFE_MAIL_URL")):
            there, here = dump(url), dump(demo.environment(folder)[name])
            assert {name: len(rows) for name, rows in there.items()} == {name: len(rows) for name, rows in here.items()}
            for table in ("customers", "ticket_messages", "contacts"):
                plain = [[str(value).removesuffix("+00:00") for value in row] for row in there.get(table, [])]
                assert plain == [[str(value) for value in row] for row in here.get(table, [])]


@pytest.mark.long
def test_one_customer_grows_to_as_many_rows_as_asked_for(tmp_path: Path) -> None:
    demo.make(tmp_path, TODAY)
    with shared_cluster().fresh_database() as shop:
        demo.make_fjordkaffe(shop, TODAY)
        for url in (demo.environment(tmp_path)["DEMO_FJORDKAFFE_SHOP_URL"], shop):
            engine = create_engine(url)
            for asked, there in ((60_000, 60_000), (10, 60_000), (60_001, 60_001)):
                demo.scale(url, asked)
                with engine.connect() as db:
                    assert db.scalar(text("SELECT count(*) FROM page_views WHERE customer_id = 8")) == there
            with pytest.raises(LookupError):
                demo.scale(url, 10, customer_number="FK-0")
            engine.dispose()
