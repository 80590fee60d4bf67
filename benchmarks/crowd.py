"""More customers of the demo's shop: copies of the one of the walk-through with all her rows, so that every erasure has the same to do."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, Table, cast, literal, select
from sqlalchemy.engine import Connection

import demo
from demo.database import open_engine
from demo.fjordkaffe.schema import customers, shop

APART = 10_000_000
"""What lies between the ids of one copy and the next: more than any table has rows."""


def email_of(number: int) -> str:
    """The address of copy `number`, counted from 1."""
    return f"copy{number}.{demo.CUSTOMER}"


def customer_number_of(number: int) -> str:
    """The customer number of copy `number`."""
    return f"{demo.stars.MAREN.customer_number}-{number}"


def add_copies(url: str, count: int) -> int:
    """Copy her that often, numbered from 1; returns how many rows each copy has, over all tables."""
    engine = open_engine(url)
    try:
        with engine.begin() as db:
            hers = db.scalars(select(customers.c.id).where(customers.c.customer_number == demo.stars.MAREN.customer_number)).all()
            links = shop.tables["customer_addresses"]
            homes = db.scalars(select(links.c.address_id).where(links.c.customer_id.in_(hers))).all()
            mine: dict[str, list[int]] = {"customers": list(hers), "addresses": list(homes)}
            rows = sum(len(ids) for ids in mine.values())
            for table in shop.sorted_tables:
                if table.name not in mine:
                    rows += _find(db, table, mine)
            for table in shop.sorted_tables:
                if table.name in mine or table is links:
                    _copy(db, table, mine, count)
            return rows
    finally:
        engine.dispose()


def _belongs(table: Table, mine: dict[str, list[int]]) -> ColumnElement[bool] | None:
    """Rows that point to hers by a column that may not be empty; those only name her (who took a parcel in) where it may."""
    if table.name in ("customers", "addresses"):
        return table.c.id.in_(mine[table.name])
    for column in table.columns:
        for key in column.foreign_keys:
            if not column.nullable and key.column.table.name in mine:
                return column.in_(mine[key.column.table.name])
    return None


def _find(db: Connection, table: Table, mine: dict[str, list[int]]) -> int:
    belongs = _belongs(table, mine)
    if belongs is None:
        return 0
    first = next(iter(table.primary_key))
    found = list(db.scalars(select(first).where(belongs)))
    if found:
        mine[table.name] = found
    return len(found)


def _copy(db: Connection, table: Table, mine: dict[str, list[int]], count: int) -> None:
    start = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = start.union_all(select(start.c.n + 1).where(start.c.n < count))
    n = numbers.c.n
    belongs = _belongs(table, mine)
    assert belongs is not None
    values = [_shifted(column, mine, n) for column in table.columns]
    made = select(*values).select_from(table.join(numbers, literal(value=True))).where(belongs)
    db.execute(table.insert().from_select([column.name for column in table.columns], made))


def _shifted(column: Column[object], mine: dict[str, list[int]], n: ColumnElement[int]) -> ColumnElement[Any]:
    target = next((key.column.table.name for key in column.foreign_keys), column.table.name if column.name == "id" else "")
    if target in mine and isinstance(column.type, Integer):
        return column + n * APART
    if column.unique:
        return column + literal("-") + cast(n, column.type)
    if column.name == "email":
        return literal("copy") + cast(n, column.type) + literal(".") + column
    return column
