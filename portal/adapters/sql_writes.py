"""The few statements that change a company's database, and the questions that go with them. Names are those of the live schema, quoted.

Must never name a row by its key alone where the row also says whose it is: both stand in every WHERE.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Delete, Select, Update, and_, bindparam, column, delete, null, or_, select, table, update
from sqlalchemy import types as sqltypes
from sqlalchemy.sql.elements import quoted_name

from portal.adapters.sql_connections import BATCH
from portal.adapters.sql_links import Link
from portal.adapters.sql_queries import BOUND_AS, Asked, Layout, Row, among, column_of, fitting_values, source_of
from portal.adapters.sql_schema import LiveTable

COMPOSITE = 100
"""Rows that one statement names by a key of several columns: each takes that many conditions."""

Values = Mapping[str, object]
Key = tuple[Any, ...]


def same_rows(layout: Layout, rows: Sequence[Row]) -> Iterator[tuple[ColumnElement[bool], list[Row]]]:
    """Conditions that name these rows by key and by whose they are, a batch at a time."""
    whose = [*dict.fromkeys([name for _, name in layout.table.identities] + ([layout.table.owner] if layout.table.owner else []))]
    whose = [name for name in whose if name in layout.at and name not in layout.key]
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(layout.value(row, name) for name in whose), []).append(row)
    size = BATCH if len(layout.key) == 1 else COMPOSITE
    for values, group in groups.items():
        for start in range(0, len(group), size):
            some = group[start : start + size]
            theirs = [column_of(name).is_not_distinct_from(value) for name, value in zip(whose, values, strict=True)]
            yield and_(keyed(layout, [layout.key_of(row) for row in some]), *theirs), some


def by_key(layout: Layout, keys: Sequence[Key]) -> Iterator[ColumnElement[bool]]:
    """Conditions that name rows by their key alone, a batch at a time: for reading."""
    size = BATCH if len(layout.key) == 1 else COMPOSITE
    for start in range(0, len(keys), size):
        yield keyed(layout, keys[start : start + size])


def keyed(layout: Layout, keys: Sequence[Key]) -> ColumnElement[bool]:
    """The condition that names rows by their primary key."""
    if len(layout.key) == 1:
        return among(column_of(layout.key[0]), [key[0] for key in keys], layout.live.columns[layout.key[0]])
    return or_(*(and_(*(column_of(name) == value for name, value in zip(layout.key, key, strict=True))) for key in keys))


def delete_rows(layout: Layout, condition: ColumnElement[bool]) -> Delete:
    """Delete rows of a table."""
    return delete(source_of(layout.live.name, layout.live.schema)).where(condition)


def overwrite_rows(layout: Layout, condition: ColumnElement[bool], values: Values) -> Update:
    """Write other values into rows of a table."""
    live = layout.live
    columns = {name: column(quoted_name(name, quote=True), live.types.get(name)) for name in values}
    target = table(
        quoted_name(live.name, quote=True),
        *columns.values(),
        **({"schema": quoted_name(live.schema, quote=True)} if live.schema else {}),
    )
    return update(target).where(condition).values({columns[name]: _bound(live, name, value) for name, value in values.items()})


def _bound(live: LiveTable, name: str, value: object) -> Any:
    if value is None:
        return null()
    if isinstance(value, dict | list) and not isinstance(live.types.get(name), sqltypes.JSON | sqltypes.ARRAY):
        return json.dumps(value, ensure_ascii=False)
    return value


def read_again(layout: Layout, condition: ColumnElement[bool], names: Sequence[str]) -> Select[Any]:
    """Key and columns of rows, to see what stands there now."""
    source = source_of(layout.live.name, layout.live.schema)
    return select(*map(column_of, (*layout.key, *names))).select_from(source).where(condition)


def rows_of_keys(layout: Layout, keys: Sequence[Sequence[object]]) -> Select[Any] | None:
    """Rows by their keys as text; None where no key can fit."""
    conditions = []
    for key in keys:
        if len(key) == len(layout.key):
            parts = [
                among(column_of(name), fitting, layout.live.columns[name])
                for name, part in zip(layout.key, key, strict=True)
                if (fitting := fitting_values([part], layout.live.columns[name]))
            ]
            conditions += [and_(*parts)] if len(parts) == len(key) else []
    source = source_of(layout.live.name, layout.live.schema)
    held = [column_of(name).is_not(None).label(f"held_{position}") for position, name in enumerate(layout.held)]
    return select(*map(column_of, layout.at), *held).select_from(source).where(or_(*conditions)) if conditions else None


def hanging_rows(link: Link, child: Layout | None, values: Sequence[Key]) -> Iterator[Asked]:
    """Questions for the rows that hold any of `values`: their key where they are mapped, then the columns of the link."""
    size = BATCH if len(link.columns) == 1 else COMPOSITE
    for start in range(0, len(values), size):
        some = values[start : start + size]
        if len(link.columns) > 1:
            yield _hanging(link, child).where(or_(*(_equal(link.columns, each) for each in some))), {}
        elif child:
            fitting = fitting_values([each[0] for each in some], child.live.columns[link.columns[0]])
            if fitting:
                yield _hanging_by(link, child, fitting)
        else:
            yield _hanging_unmapped(link, [each[0] for each in some])


def _hanging_by(link: Link, child: Layout, values: list[object]) -> Asked:
    """Made once for a link, where the family of its column allows that."""
    family = child.live.columns[link.columns[0]]
    if family not in BOUND_AS:
        return _hanging(link, child).where(among(column_of(link.columns[0]), values, family)), {}
    made = child.made.get(link)
    if made is None:
        made = child.made[link] = _hanging(link, child).where(among(column_of(link.columns[0]), "values", family))
    return made, {"values": values}


def _hanging_unmapped(link: Link, values: list[object]) -> Asked:
    """Bound by what the values are, since no map says what the column is; made once for a link where they are all alike."""
    kind = type(values[0])
    if kind not in (int, str) or any(type(value) is not kind for value in values):
        return _unmapped(link, values), {}
    return _made_unmapped(link, kind), {"values": values}


@lru_cache(maxsize=1024)
def _made_unmapped(link: Link, kind: type) -> Select[Any]:
    return _unmapped(link, bindparam("values", [kind()], expanding=True))


def _unmapped(link: Link, values: Any) -> Select[Any]:
    return _hanging(link, None).where(column_of(link.columns[0]).in_(values)).distinct()


def _hanging(link: Link, child: Layout | None) -> Select[Any]:
    names = [*(child.key if child else ()), *link.columns]
    bare = select(*(column_of(name).label(f"c{position}") for position, name in enumerate(names)))
    return bare.select_from(source_of(link.name, link.schema))


def _equal(columns: Sequence[str], values: Key) -> ColumnElement[bool]:
    return and_(*(column_of(name) == value for name, value in zip(columns, values, strict=True)))
