"""The demo's databases, made once for these tests, and their tables as plain rows."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, select

import demo

TODAY = date(2026, 11, 23)
Dump = dict[str, list[tuple[object, ...]]]
Rows = Callable[[str, str], list[dict[str, object]]]


def dump(url: str) -> Dump:
    """Every table with its rows in the order of their keys."""
    engine, metadata = create_engine(url), MetaData()
    with engine.connect() as db:
        metadata.reflect(db)
        tables = {
            table.name: [tuple(row) for row in db.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return tables


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo")
    demo.make(made, TODAY)
    return made


@pytest.fixture(scope="session")
def rows(folder: Path) -> Rows:
    """`rows("DEMO_FJORDKAFFE_SHOP_URL", "customers")`: all rows of a table."""
    urls, dumps = demo.environment(folder), dict[str, dict[str, list[dict[str, object]]]]()

    def of(name: str, table: str) -> list[dict[str, object]]:
        if name not in dumps:
            engine, metadata = create_engine(urls[name]), MetaData()
            with engine.connect() as db:
                metadata.reflect(db)
                dumps[name] = {
                    each.name: [dict(row._mapping) for row in db.execute(select(each))] for each in metadata.sorted_tables
                }
            engine.dispose()
        return dumps[name][table]

    return of
