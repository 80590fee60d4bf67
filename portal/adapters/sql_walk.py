"""Walk from one person's row to all that belongs to them: in batches, one question a table and batch, in a fixed order.

Must never hold more than a batch of a table in memory, and never hand on a row before it is known whose it is.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from portal.adapters.identifiers import normal
from portal.adapters.sql_connections import BATCH, Reading
from portal.adapters.sql_graph import Bond, Graph, Way
from portal.adapters.sql_queries import Layout, Row, rows_joined

Batch = tuple[Layout, list[Row]]
Told = tuple[Layout, list[Row], bool]
"""A batch, and whether its rows are the person's own; else others may reach them too."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is walked for: the table and row of their record, the identifier it was found by, and rows that go with it."""

    table: str
    row: Row
    kind: str
    stored: str
    with_it: tuple[tuple[str, Row], ...] = ()


@dataclass(slots=True)
class Walk:
    """One walk over one graph. `wanted` limits it to what leads to those tables."""

    graph: Graph
    reading: Reading
    person: Person
    layouts: Mapping[str, Layout]
    wanted: frozenset[str] | None = None
    seen: dict[str, set[int]] = field(default_factory=dict)
    asked: dict[tuple[str, str], set[object]] = field(default_factory=dict)
    later: dict[tuple[str, str], tuple[Way, dict[object, None]]] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)
    core: dict[tuple[str, str], set[str]] | None = None
    open_to: frozenset[str] = frozenset()

    def rows(self) -> Iterator[Batch]:
        """Batches of rows: the person's own record first, then what hangs on it, then what it shares with others."""
        for layout, rows, _own in self.told():
            yield layout, rows

    def naming_others(self, layout: Layout, row: Row) -> list[str]:
        """The columns of a row that reference somebody else's record: that number is no data of this person's."""
        return [
            edge.source_column
            for edge in self.graph.names_persons(layout.table.key)
            if _is_value(value := layout.value(row, edge.source_column))
            and _as_text(value) not in self._values_of_person(edge.target, edge.target_column)
        ]

    def told(self) -> Iterator[Told]:
        """As `rows`, with the word on whose they are."""
        person = self.person
        self._prepare()
        yield from self._visit(person.table, [person.row], own=True, way=None)
        for key, row in person.with_it:
            yield from self._visit(key, [row], own=True, way=None)
        while self.later:
            target = next(iter(self.later))
            way, values = self.later.pop(target)
            asked = self.asked.setdefault(target, set())
            fresh = [value for value in values if value not in asked]
            asked.update(fresh)
            for start in range(0, len(fresh), BATCH):
                chunk = fresh[start : start + BATCH]
                for rows in self._read(way.target, [(target[1], chunk)]):
                    yield from self._visit(way.target, rows, own=False, way=way)

    def _prepare(self) -> None:
        root = self.person.table
        reach = dict(self.graph.reach(root))
        for key, _ in self.person.with_it:
            for other, ways in self.graph.reach(key).items():
                reach[other] = reach.get(other, 0) + ways + 1
        self.seen = {key: set() for key, ways in reach.items() if ways > 1}
        self.open_to = frozenset(reach)
        if self.wanted is not None:
            starts = {root, *(key for key, _ in self.person.with_it)}
            self.open_to = frozenset().union(*(self.graph.leads_to(start, self.wanted) for start in starts))
        layout = self.layouts[root]
        self.known = {self.person.kind: {normal(self.person.kind, self.person.stored)}}
        for kind, name in layout.table.identities:
            value = layout.value(self.person.row, name)
            if value not in (None, ""):
                self.known.setdefault(kind, set()).add(normal(kind, value))

    def _visit(self, key: str, rows: list[Row], *, own: bool, way: Way | None) -> Iterator[Told]:
        layout = self.layouts[key]
        kept: dict[bool, list[Row]] = {True: [], False: []}
        for row in rows:
            belongs = self._belongs(layout, row, own=own, way=way)
            if belongs is not None and self._is_new(layout, row):
                kept[belongs].append(row)
        for is_own, some in kept.items():
            if not some:
                continue
            yield layout, some, is_own
            for onward in self.graph.ways(key, is_own, self.person.table, way.edges if way else ()):
                if onward.target in self.open_to:
                    yield from self._follow(layout, some, onward)

    def _follow(self, layout: Layout, rows: list[Row], way: Way) -> Iterator[Told]:
        joins: list[tuple[str, dict[object, None]]] = []
        for source, target in way.joins:
            values = dict.fromkeys(value for row in rows if _is_value(value := layout.value(row, source)))
            joins.append((target, values))
        if not way.later:
            for found in self._read(way.target, joins):
                yield from self._visit(way.target, found, own=way.own, way=way)
            return
        for target, values in joins:
            self.later.setdefault((way.target, target), (way, {}))[1].update(values)

    def _read(self, key: str, joins: Collection[tuple[str, Collection[object]]]) -> Iterator[list[Row]]:
        layout = self.layouts[key]
        asked = rows_joined(layout, joins)
        if asked is not None:
            yield from self.reading.batches(layout.table.dataset, *asked)

    def _is_new(self, layout: Layout, row: Row) -> bool:
        """Only tables with more than one way into them are remembered: the rest cannot come twice."""
        marks = self.seen.get(layout.table.key)
        if marks is None:
            return True
        mark = hash(layout.key_of(row))
        if mark in marks:
            return False
        marks.add(mark)
        return True

    def _belongs(self, layout: Layout, row: Row, *, own: bool, way: Way | None) -> bool | None:
        """True: the person's own; False: shared, to be shown and not walked down from; None: somebody else's."""
        if way is None:
            return True
        table = layout.table
        if table.owner is not None:
            return True if self._is_owner(layout, row) else None
        carried = [(kind, normal(kind, value)) for kind, name in table.identities if _is_value(value := layout.value(row, name))]
        if any(value in self.known.get(kind, ()) for kind, value in carried):
            return True if own else None
        if carried or way.proven or (not own and self._names_another(layout, row)):
            return None
        return own

    def _names_another(self, layout: Layout, row: Row) -> bool:
        """Whether a shared row references persons, and not this one."""
        named = [
            (edge, value)
            for edge in self.graph.names_persons(layout.table.key)
            if _is_value(value := layout.value(row, edge.source_column))
        ]
        return bool(named) and not any(
            _as_text(value) in self._values_of_person(edge.target, edge.target_column) for edge, value in named
        )

    def _is_owner(self, layout: Layout, row: Row) -> bool:
        table = layout.table
        value = layout.value(row, table.owner or "")
        if not _is_value(value):
            return False
        if any(name == table.owner and normal(kind, value) in self.known.get(kind, ()) for kind, name in table.identities):
            return True
        return any(
            _as_text(value) in self._values_of_person(edge.target, edge.target_column)
            for edge in self.graph.owner_edges(table.key)
        )

    def _values_of_person(self, key: str, name: str) -> set[str]:
        """What stands in a column of the person's own record, or of the rows that are one with it."""
        if self.core is None:
            self.core = {}
            self._gather(self.person.table, [self.person.row], done={self.person.table})
        return self.core.get((key, name), set())

    def _gather(self, key: str, rows: list[Row], done: set[str]) -> None:
        assert self.core is not None  # noqa: S101  # set by the only caller
        layout = self.layouts[key]
        for name in layout.at:
            self.core.setdefault((key, name), set()).update(
                _as_text(value) for row in rows if _is_value(value := layout.value(row, name))
            )
        owners = {
            edge.target
            for table in self.graph.tables
            for edge in (*self.graph.owner_edges(table), *self.graph.names_persons(table))
        }
        if owners <= done:
            return
        for way in self.graph.ways(key, True, self.person.table):
            if way.target in done or any(self.graph.bond(edge) is not Bond.ONE for edge in way.edges):
                continue
            done.add(way.target)
            joins = [(target, [layout.value(row, source) for row in rows]) for source, target in way.joins]
            for found in self._read(way.target, joins):
                self._gather(way.target, found, done)


def _is_value(value: object) -> bool:
    return value is not None and value != ""


def _as_text(value: object) -> str:
    return str(value)
