"""The few questions that are ever put to a company's database. Names are those of the live schema, quoted; values are bound.

Must never put a text of a map or of a row into SQL.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Numeric,
    Select,
    TableClause,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import TypeEngine

from portal.adapters.identifiers import TO_LOWER, normal
from portal.adapters.sql_graph import Graph
from portal.adapters.sql_schema import LiveTable
from portal.adapters.sql_tables import SqlTable
from portal.adapters.sql_values import Family, to_column

Row = tuple[Any, ...]

BOUND_AS: Mapping[Family, TypeEngine[Any]] = {
    Family.INTEGER: BigInteger(),
    Family.NUMBER: Numeric(),
    Family.TEXT: Text(),
    Family.UUID: Uuid(as_uuid=False),
}

SEPARATORS = (" ", "-", "(", ")", ".", "/")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column stands where in a row that was read; `held` are columns of which only is read whether they hold anything."""

    table: SqlTable
    live: LiveTable
    key: tuple[str, ...]
    at: Mapping[str, int]
    held: Mapping[str, int]
    families: Mapping[str, Family]
    dialect: str

    def key_of(self, row: Row) -> tuple[Any, ...]:
        """The primary key of a row."""
        return tuple(row[self.at[name]] for name in self.key)

    def value(self, row: Row, name: str) -> Any:
        """A column of a row; None where the table has no such column."""
        position = self.at.get(name)
        return None if position is None else row[position]


def make_layout(
    graph: Graph, key: str, *, full: bool, dialect: str, also: Collection[str] = (), also_held: Collection[str] = ()
) -> Layout:
    """What to read of a table: keys, joins, identifiers, and `also`; with `full` all that is shown too."""
    described, live = graph.tables[key], graph.live[key]
    primary = graph.key_of(key)
    wanted = dict.fromkeys(
        [*primary, *(name for _, name in described.identities), *described.extra, *graph.columns_of_joins(key), *also]
    )
    if described.owner:
        wanted[described.owner] = None
    held: dict[str, None] = dict.fromkeys(name for name in also_held if name not in wanted)
    if full and described.note:
        if described.note.obtained:
            wanted[described.note.obtained] = None
        for shown in described.shown:
            # What never leaves is not even read, where a whole column holds it.
            (held if shown.forbidden and not shown.path else wanted)[shown.column] = None
    names = [name for name in wanted if name in live.columns]
    only_held = [name for name in held if name in live.columns]
    return Layout(
        described,
        live,
        primary,
        {name: position for position, name in enumerate(names)},
        {name: len(names) + position for position, name in enumerate(only_held)},
        {name: _family(described, live, name) for name in names},
        dialect,
    )


def _family(described: SqlTable, live: LiveTable, name: str) -> Family:
    """What a column holds; the map knows better where the database only says "text" or nothing."""
    mapped = described.map.field_at((name,))
    if mapped and live.columns[name] in (Family.TEXT, Family.OTHER):
        if mapped.fields or mapped.data_type == "object" or mapped.is_array:
            return Family.JSON
        if mapped.data_type == "boolean":
            return Family.BOOLEAN
    return live.columns[name]


def rows_joined(layout: Layout, joins: Iterable[tuple[str, Collection[object]]]) -> Select[Any] | None:
    """The rows of which any of the columns has any of the values, in order of their key; None where no value can fit."""
    conditions = []
    for name, values in joins:
        fitting = fitting_values(values, layout.live.columns[name])
        if fitting and any(name == other and kind != "phone" for kind, other in layout.table.identities):
            # An address is the same whatever its case, on both sides of a join too.
            conditions.append(_any_case(layout, name, fitting))
        elif fitting:
            conditions.append(among(column_of(name), fitting, layout.live.columns[name]))
    return _select(layout).where(or_(*conditions)).order_by(*map(column_of, layout.key)) if conditions else None


def rows_identified(layout: Layout, kind: str, value: str) -> Select[Any] | None:
    """The rows that carry an identifier, compared without regard to case (and, for telephone numbers, to separators)."""
    conditions = [
        condition
        for other, name in layout.table.identities
        if other == kind and name in layout.live.columns and (condition := _carries(layout, name, kind, value)) is not None
    ]
    return _select(layout).where(or_(*conditions)).order_by(*map(column_of, layout.key)) if conditions else None


def is_search_indexed(live: LiveTable, name: str, kind: str, dialect: str) -> bool:
    """Whether a search for an identifier of this kind in this column goes through an index."""
    if live.columns[name] is not Family.TEXT or name in live.ignores_case:
        return live.is_indexed(name)
    if kind == "phone":
        return live.has_expression(name, "replace(")
    return live.has_expression(name, "lower(") or (dialect == "sqlite" and "nocase" in live.indexed.get(name, ()))


def index_that_helps(live: LiveTable, name: str, kind: str) -> str:
    """The statement that makes the index, for the company to run."""
    place = f'"{live.schema}"."{live.name}"' if live.schema else f'"{live.name}"'
    inner = f'"{name}"'
    if live.columns[name] is Family.TEXT and name not in live.ignores_case:
        inner = f"lower({inner})"
        if kind == "phone":
            inner = f'"{name}"'
            for separator in SEPARATORS:
                inner = f"replace({inner}, '{separator}', '')"
        inner = f"({inner})"
    return f"CREATE INDEX ON {place} ({inner})"


def _carries(layout: Layout, name: str, kind: str, value: str) -> ColumnElement[bool] | None:
    family = layout.live.columns[name]
    if kind == "phone" and family is Family.TEXT:
        digits = normal(kind, value)
        bare: ColumnElement[Any] = column_of(name)
        for separator in SEPARATORS:
            bare = func.replace(bare, literal_column(f"'{separator}'"), literal_column("''"))
        return bare.in_([f"+{digits}", digits, f"00{digits}"])
    fitting = fitting_values([value], family)
    return _any_case(layout, name, fitting) if fitting else None


def _any_case(layout: Layout, name: str, values: Sequence[object]) -> ColumnElement[bool]:
    texts = [value for value in values if isinstance(value, str)]
    if layout.live.columns[name] not in (Family.TEXT, Family.OTHER) or not texts:
        return among(column_of(name), values, layout.live.columns[name])
    if name in layout.live.ignores_case:
        return or_(*(column_of(name) == cast(value, Text) for value in texts))
    # SQLite's own collation is served by more indexes; where neither helps, both read every row.
    if layout.dialect == "sqlite" and not layout.live.has_expression(name, "lower("):
        return among(column_of(name).collate("NOCASE"), texts, Family.TEXT)
    return among(func.lower(column_of(name)), [value.translate(TO_LOWER) for value in texts], Family.TEXT)


def among(expression: ColumnElement[Any], values: Sequence[object], family: Family) -> ColumnElement[bool]:
    """Bound by the column's own type: PostgreSQL compares no number with a text, and no small number with a large list."""
    kind = BOUND_AS.get(family)
    if kind is None:
        return expression.in_(values)
    return expression.in_(bindparam(None, list(values), type_=kind, expanding=True))


def fitting_values(values: Iterable[object], family: Family) -> list[object]:
    """The values that a column of this family can be compared with, as they are bound."""
    fitting = {bound: None for value in values if (bound := to_column(value, family)) is not None}
    return list(fitting)


def source_of(name: str, schema: str | None) -> TableClause:
    """A live table in SQL, by its quoted name."""
    return table(quoted_name(name, quote=True), schema=quoted_name(schema, quote=True) if schema else None)


def _select(layout: Layout) -> Select[Any]:
    source = source_of(layout.live.name, layout.live.schema)
    held = [column_of(name).is_not(None).label(f"held_{position}") for position, name in enumerate(layout.held)]
    return select(*map(column_of, layout.at), *held).select_from(source)


def column_of(name: str) -> Any:
    """A column in SQL, by its quoted name."""
    return column(quoted_name(name, quote=True))
