"""The few questions that are ever put to a company's database. Names are those of the live schema, quoted; values are bound.

Must never put a text of a map or of a row into SQL.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
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

Asked = tuple[Select[Any], Mapping[str, Any]]
"""A question and the values that it is asked with."""

BOUND_AS: Mapping[Family, TypeEngine[Any]] = {
    Family.INTEGER: BigInteger(),
    Family.NUMBER: Numeric(),
    Family.TEXT: Text(),
    Family.UUID: Uuid(as_uuid=False),
}

SEPARATORS = (" ", "-", "(", ")", ".", "/")


class How(StrEnum):
    """How a column is compared. `by_itself`: the database takes no notice of case there; `digits`: a telephone number, without separators."""

    AS_IT_IS = "as_it_is"
    BY_ITSELF = "by_itself"
    NOCASE = "nocase"
    LOWER = "lower"
    DIGITS = "digits"


@dataclass(frozen=True, slots=True)
class Term:
    """A column that holds one of these values."""

    name: str
    how: How
    values: list[Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column stands where in a row that was read; `held` are columns of which only is read whether they hold anything.

    `made` are the questions to this table that were put before: making one takes longer than what most databases need to answer it.
    """

    table: SqlTable
    live: LiveTable
    key: tuple[str, ...]
    at: Mapping[str, int]
    held: Mapping[str, int]
    families: Mapping[str, Family]
    dialect: str
    made: dict[object, Select[Any]] = field(default_factory=dict, compare=False, repr=False)

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


def rows_joined(layout: Layout, joins: Iterable[tuple[str, Collection[object]]]) -> Asked | None:
    """The rows of which any of the columns has any of the values, in order of their key; None where no value can fit."""
    terms = []
    for name, values in joins:
        fitting = fitting_values(values, layout.live.columns[name])
        if fitting:
            # An address is the same whatever its case, on both sides of a join too.
            is_address = any(name == other and kind != "phone" for kind, other in layout.table.identities)
            terms.append(_any_case(layout, name, fitting) if is_address else Term(name, How.AS_IT_IS, fitting))
    return _asked(layout, terms)


def rows_identified(layout: Layout, kind: str, value: str) -> Asked | None:
    """The rows that carry an identifier, compared without regard to case (and, for telephone numbers, to separators)."""
    terms = [
        term
        for other, name in layout.table.identities
        if other == kind and name in layout.live.columns and (term := _carries(layout, name, kind, value)) is not None
    ]
    return _asked(layout, terms)


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


def _carries(layout: Layout, name: str, kind: str, value: str) -> Term | None:
    family = layout.live.columns[name]
    if kind == "phone" and family is Family.TEXT:
        digits = normal(kind, value)
        return Term(name, How.DIGITS, [f"+{digits}", digits, f"00{digits}"])
    fitting = fitting_values([value], family)
    return _any_case(layout, name, fitting) if fitting else None


def _any_case(layout: Layout, name: str, values: list[object]) -> Term:
    texts = [value for value in values if isinstance(value, str)]
    if layout.live.columns[name] not in (Family.TEXT, Family.OTHER) or not texts:
        return Term(name, How.AS_IT_IS, values)
    if name in layout.live.ignores_case:
        return Term(name, How.BY_ITSELF, texts)
    # SQLite's own collation is served by more indexes; where neither helps, both read every row.
    if layout.dialect == "sqlite" and not layout.live.has_expression(name, "lower("):
        return Term(name, How.NOCASE, texts)
    return Term(name, How.LOWER, [value.translate(TO_LOWER) for value in texts])


def _asked(layout: Layout, terms: Sequence[Term]) -> Asked | None:
    """The question for rows of which any of the terms is true. Made once where its text does not depend on the values."""
    if not terms:
        return None
    if not all(_can_be_made_once(layout, term) for term in terms):
        return _rows_where(layout, [_condition(layout, term, term.values) for term in terms]), {}
    key = tuple((term.name, term.how) for term in terms)
    made = layout.made.get(key)
    if made is None:
        conditions = [_condition(layout, term, f"v{number}") for number, term in enumerate(terms)]
        made = layout.made[key] = _rows_where(layout, conditions)
    return made, {f"v{number}": term.values for number, term in enumerate(terms)}


def _rows_where(layout: Layout, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    return _select(layout).where(or_(*conditions)).order_by(*map(column_of, layout.key))


def _can_be_made_once(layout: Layout, term: Term) -> bool:
    if term.how is How.AS_IT_IS:
        return layout.live.columns[term.name] in BOUND_AS
    return term.how is not How.BY_ITSELF


def _condition(layout: Layout, term: Term, values: list[Any] | str) -> ColumnElement[bool]:
    """The term in SQL; `values` are what it compares with, or the name under which they will be given."""
    compared: ColumnElement[Any] = column_of(term.name)
    match term.how:
        case How.AS_IT_IS:
            return among(compared, values, layout.live.columns[term.name])
        case How.BY_ITSELF:
            return or_(*(compared == cast(value, Text) for value in values))
        case How.DIGITS:
            for separator in SEPARATORS:
                compared = func.replace(compared, literal_column(f"'{separator}'"), literal_column("''"))
        case How.NOCASE:
            compared = compared.collate("NOCASE")
        case How.LOWER:
            compared = func.lower(compared)
    return among(compared, values, Family.TEXT)


def among(expression: ColumnElement[Any], values: Sequence[object] | str, family: Family) -> ColumnElement[bool]:
    """Bound by the column's own type: PostgreSQL compares no number with a text, and no small number with a large list.

    `values` may be a name under which they are given with each execution, where `BOUND_AS` knows the family.
    """
    kind = BOUND_AS.get(family)
    if isinstance(values, str):
        return expression.in_(bindparam(values, type_=kind, expanding=True))
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
