"""The live schema of a database: tables, columns, keys, indexes, as they are now, not as a map says.

Must never be asked with names from a map: names come out of here, and only these are put into SQL (quoted).
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, inspect, literal_column, select, table
from sqlalchemy import types as sqltypes
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.engine.reflection import Inspector, ObjectKind
from sqlalchemy.sql import func
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import TypeEngine

from portal.adapters.sql_values import Family

SMALL = 10_000
"""A table below this may be read from end to end at a search."""

SQLITE_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
# Everything that `_read_table` and `sql_links` read, as the catalogue has it: columns, keys, indexes, triggers, and where names lead.
POSTGRES_SCHEMA = """
WITH mine AS (
  SELECT c.oid, c.relname, c.relkind, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), said AS (
  SELECT concat_ws('/', 'c', oid, relname, relkind, nspname) AS line FROM mine
  UNION ALL SELECT concat_ws('/', 'a', attrelid, attnum, attname, atttypid, atttypmod, attnotnull, attgenerated, attidentity)
    FROM pg_attribute WHERE attrelid IN (SELECT oid FROM mine) AND attnum > 0 AND NOT attisdropped
  UNION ALL SELECT concat_ws('/', 'k', oid, conrelid, contype, confrelid, conkey, confkey, confdeltype, confupdtype, convalidated)
    FROM pg_constraint WHERE conrelid IN (SELECT oid FROM mine)
  UNION ALL SELECT concat_ws('/', 't', oid, tgrelid, tgname, tgenabled, tgtype, tgfoid)
    FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM mine)
  UNION ALL SELECT concat_ws('/', 'i', indexrelid, indrelid, indisunique, indkey, indpred IS NULL, indisvalid)
    FROM pg_index WHERE indrelid IN (SELECT oid FROM mine)
  UNION ALL SELECT concat_ws('/', 's', current_schema())
)
SELECT md5(string_agg(line, ',' ORDER BY line)) FROM said
"""

FAMILIES: tuple[tuple[type[Any], Family], ...] = (
    (sqltypes.Boolean, Family.BOOLEAN),
    (sqltypes.Integer, Family.INTEGER),
    (sqltypes.Numeric, Family.NUMBER),
    (sqltypes.Uuid, Family.UUID),
    (sqltypes.String, Family.TEXT),
    (sqltypes.Date, Family.TIME),
    (sqltypes.DateTime, Family.TIME),
    (sqltypes.Time, Family.TIME),
    (sqltypes.LargeBinary, Family.BINARY),
    (sqltypes.JSON, Family.JSON),
    (sqltypes.ARRAY, Family.ARRAY),
)


@dataclass(frozen=True, slots=True)
class LiveTable:
    """One table or view. `indexed` holds, per first column of an index, how it compares: `plain`, `nocase`, or an expression's text."""

    name: str
    schema: str | None
    columns: Mapping[str, Family]
    primary_key: tuple[str, ...] = ()
    unique: frozenset[str] = frozenset()
    indexed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    expressions: tuple[str, ...] = ()
    large: bool = False
    ignores_case: frozenset[str] = frozenset()
    nullable: frozenset[str] = frozenset()
    types: Mapping[str, TypeEngine[Any]] = field(default_factory=dict)

    def is_indexed(self, column: str) -> bool:
        """Whether an index begins with this column as it stands."""
        return "plain" in self.indexed.get(column, ()) or self.primary_key[:1] == (column,)

    def has_expression(self, column: str, function: str) -> bool:
        """Whether an index is made of `function` over this column."""
        return any(function in text and column.lower() in text for text in self.expressions)


def read_tables(connection: Connection, schema: str | None, wanted: Collection[str]) -> tuple[dict[str, LiveTable], list[str]]:
    """Those of the `wanted` tables that are there, by name, and the names of all tables that are."""
    inspector = inspect(connection)
    names = sorted({*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)})
    found = [name for name in names if name in set(wanted)]
    columns = inspector.get_multi_columns(schema=schema, filter_names=found, kind=ObjectKind.ANY)
    return {name: _read_table(connection, inspector, schema, name, columns[schema, name]) for name in found}, names


def fingerprint_of(connection: Connection) -> str:
    """The same as long as nothing in the schema changed: a look that costs one question instead of some for each table."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(SQLITE_SCHEMA).all()
        return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()
    return str(connection.exec_driver_sql(POSTGRES_SCHEMA).scalar_one())


def _read_table(
    connection: Connection, inspector: Inspector, schema: str | None, name: str, columns: list[ReflectedColumn]
) -> LiveTable:
    primary = tuple(inspector.get_pk_constraint(name, schema=schema)["constrained_columns"])
    if connection.dialect.name == "sqlite":
        indexed, expressions, unique = _sqlite_indexes(connection, name)
    else:
        indexed, expressions, unique = _other_indexes(inspector, schema, name)
    alone = {primary[0]} if len(primary) == 1 else set()
    return LiveTable(
        name=name,
        schema=schema,
        columns={each["name"]: family_of(each["type"]) for each in columns},
        primary_key=primary,
        unique=frozenset(unique | alone),
        indexed={column: frozenset(how) for column, how in indexed.items()},
        expressions=tuple(expressions),
        large=_is_large(connection, name, schema),
        ignores_case=frozenset(each["name"] for each in columns if type(each["type"]).__name__ == "CITEXT"),
        nullable=frozenset(each["name"] for each in columns if each["nullable"] and each["name"] not in primary),
        types={each["name"]: each["type"] for each in columns},
    )


def family_of(kind: object) -> Family:
    """The family of a reflected type."""
    return next((family for known, family in FAMILIES if isinstance(kind, known)), Family.OTHER)


def _sqlite_indexes(connection: Connection, name: str) -> tuple[dict[str, set[str]], list[str], set[str]]:
    indexed: dict[str, set[str]] = {}
    expressions: list[str] = []
    unique: set[str] = set()
    listed = connection.exec_driver_sql('SELECT name, "unique", partial FROM pragma_index_list(?)', (name,)).all()
    for index, is_unique, partial in listed:
        keys = connection.exec_driver_sql(
            "SELECT name, coll FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno", (index,)
        ).all()
        column, collation = keys[0]
        if partial:
            continue
        if column is None:
            text = connection.exec_driver_sql(
                "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?", (index,)
            ).scalar()
            expressions.append(str(text).lower())
            continue
        indexed.setdefault(column, set()).add("nocase" if str(collation).upper() == "NOCASE" else "plain")
        if is_unique and len(keys) == 1:
            unique.add(column)
    return indexed, expressions, unique


def _other_indexes(inspector: Inspector, schema: str | None, name: str) -> tuple[dict[str, set[str]], list[str], set[str]]:
    indexed: dict[str, set[str]] = {}
    expressions: list[str] = []
    unique: set[str] = set()
    for constraint in inspector.get_unique_constraints(name, schema=schema):
        if len(constraint["column_names"]) == 1:
            unique.add(str(constraint["column_names"][0]))
            indexed.setdefault(str(constraint["column_names"][0]), set()).add("plain")
    for index in inspector.get_indexes(name, schema=schema):
        if index.get("dialect_options", {}).get("postgresql_where"):
            continue
        first = index["column_names"][0] if index["column_names"] else None
        if first is None:
            expressions.append(str((index.get("expressions") or [""])[0]).lower())
            continue
        indexed.setdefault(first, set()).add("plain")
        if index["unique"] and len(index["column_names"]) == 1:
            unique.add(first)
    return indexed, expressions, unique


def _is_large(connection: Connection, name: str, schema: str | None) -> bool:
    """Whether the table has more than `SMALL` rows; looks at no more of them than that."""
    source = table(quoted_name(name, quote=True), schema=quoted_name(schema, quote=True) if schema else None)
    some = select(literal_column("1").label("one")).select_from(source).limit(SMALL + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one()) > SMALL
