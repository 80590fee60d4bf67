"""Which tables a person's rows are reached through, and when a walk has to stop because rows belong to someone else.

Must never lead from a row that several people share to what hangs below it.

The rule. A reference joins two columns; a column *names one row* if it is the table's only key column, unique, or an identity.
- one to one: the other row is part of this one, and as much the person's.
- one to many (from an order to its lines): the rows below a person's own row are theirs.
- many to one (from an order to the address, from a ticket to the employee): the row above may be shared. It is shown unless it
  carries an identity or an owner, which make it a record of its own; from it the walk goes further up and never down again,
  unless the map gives the way down a `direction` *and* the rows below name this person by owner or identity.
- many to many: followed from own rows where the map gives it a `direction`, or where the rows name this person.
A row that carries identities is the person's where one of them is the person's, and otherwise never shown; an `owner` (said in
`portal.yaml`, or the one reference of a table of addresses to a table of persons) overrides that. The match's own table is not
entered a second time, and no table of persons from below: the rows there are other people's records. Neither is a table entered
from below whose rows come to this person from above (another's order that a product names), and a row reached from below that
references a person has to reference this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.adapters.dataset_map import Direction
from portal.adapters.sql_schema import LiveTable
from portal.adapters.sql_tables import SqlTable, Tables


@dataclass(frozen=True, slots=True)
class Edge:
    """One way that a reference may be walked. `said` means that the map gives it a direction."""

    source: str
    source_column: str
    target: str
    target_column: str
    said: bool

    @property
    def back(self) -> tuple[str, str, str, str]:
        """The ends of the same join, walked the other way."""
        return self.target, self.target_column, self.source, self.source_column

    @property
    def ends(self) -> tuple[str, str, str, str]:
        """Both ends, in the direction of walking."""
        return self.source, self.source_column, self.target, self.target_column


class Bond(StrEnum):
    """How many rows stand at the ends of an edge."""

    ONE = "one to one"
    DOWN = "one to many"
    UP = "many to one"
    MANY = "many to many"


@dataclass(frozen=True, slots=True)
class Way:
    """Edges that lead from one table to another at once: one question with OR. `own`: rows found are the person's, not shared.

    `proven`: only rows that name the person by owner or identity. `later`: asked once all values are known, since many rows
    lead to few. `repeats`: a row may be found more than once.
    """

    target: str
    joins: tuple[tuple[str, str], ...]
    own: bool
    proven: bool
    later: bool
    repeats: bool
    edges: tuple[Edge, ...]


class Graph:
    """The tables that are really there, and the ways between them."""

    def __init__(self, tables: Tables, live: Mapping[str, LiveTable]) -> None:
        self.tables = {table.key: table for table in tables if table.key in live}
        self.live = live
        self._edges: dict[str, list[Edge]] = {key: [] for key in self.tables}
        for edge in self._all_edges():
            if edge.ends not in [other.ends for other in self._edges[edge.source]]:
                self._edges[edge.source].append(edge)
        self._owners = {key: self._find_owner_edges(key) for key in self.tables}
        self._ways: dict[tuple[object, ...], list[Way]] = {}
        self._reach: dict[str, dict[str, int]] = {}
        self._own_reach: dict[str, frozenset[str]] = {}
        self._naming = {
            key: [edge for edge in self.references_of(key) if self.tables[edge.target].names_people] for key in self.tables
        }

    def key_of(self, key: str) -> tuple[str, ...]:
        """The columns that name a row: the database's primary key, else those that the map names."""
        return self.live[key].primary_key or self.tables[key].named_key

    def columns_of_joins(self, key: str) -> list[str]:
        """Columns that a walk needs: where an edge begins, and both ends of what says whose a row is."""
        whose = [edge for other in self.tables for edge in (*self._owners[other], *self._naming[other])]
        begins = {edge.source_column for edge in (*self._edges[key], *whose) if edge.source == key}
        return sorted(begins | {edge.target_column for edge in whose if edge.target == key})

    def columns_asked_for(self, key: str) -> list[tuple[str, str]]:
        """Columns that some edge ends at, each with the table it comes from."""
        return sorted(
            {(edge.target_column, edge.source) for edges in self._edges.values() for edge in edges if edge.target == key}
        )

    def owner_edges(self, key: str) -> list[Edge]:
        """The edges that lead from a row to the row of its owner, whatever way the map walks them."""
        return self._owners[key]

    def references_of(self, key: str) -> list[Edge]:
        """The edges from a row to those that its own columns name, whatever way the map walks them."""
        return [edge for edge, _ in self._references(self.tables[key]) if self._is_there(edge)]

    def names_persons(self, key: str) -> list[Edge]:
        """The references of a table to tables of persons."""
        return self._naming[key]

    def ways(self, source: str, own: bool, root: str, came: tuple[Edge, ...] = ()) -> list[Way]:
        """Where the walk goes on from rows of `source`; `root` is the match's own table, `came` the edges it came by."""
        mark = (source, own, root, came)
        if mark not in self._ways:
            self._ways[mark] = self._find_ways(source, own, root, came)
        return self._ways[mark]

    def _find_ways(self, source: str, own: bool, root: str, came: tuple[Edge, ...]) -> list[Way]:
        back = {edge.back for edge in came}
        grouped: dict[tuple[object, ...], list[tuple[Edge, Way]]] = {}
        for edge in self._edges[source]:
            if edge.ends in back:
                continue
            way = self._way(edge, own, root)
            if way is not None:
                later = (edge.target_column,) if way.later else ()
                grouped.setdefault((way.target, way.own, way.proven, *later), []).append((edge, way))
        return [_join(group) for group in grouped.values()]

    def reach(self, root: str) -> dict[str, int]:
        """Every table that a walk from `root` may enter, with the number of ways into it."""
        if root not in self._reach:
            self._reach[root] = self._find_reach(root)
        return self._reach[root]

    def _find_reach(self, root: str) -> dict[str, int]:
        entries: dict[str, set[object]] = {root: {"root"}}
        seen: set[tuple[object, ...]] = set()
        todo: list[tuple[str, bool, tuple[Edge, ...]]] = [(root, True, ())]
        while todo:
            source, own, came = todo.pop()
            for way in self.ways(source, own, root, came):
                mark = (source, own, way.target, way.own, way.joins)
                entries.setdefault(way.target, set()).update({mark, *([] if not way.repeats else [(mark, "again")])})
                if mark not in seen:
                    seen.add(mark)
                    todo.append((way.target, way.own, way.edges))
        return {key: len(marks) for key, marks in entries.items()}

    def leads_to(self, root: str, wanted: frozenset[str]) -> frozenset[str]:
        """The tables from which a walk can still come to one of `wanted`; more than needed is harmless."""
        reach = self.reach(root)
        found = set(wanted & reach.keys())
        grew = True
        while grew:
            more = {key for key in reach if key not in found and any(edge.target in found for edge in self._edges[key])}
            found |= more
            grew = bool(more)
        return frozenset(found)

    def bond(self, edge: Edge) -> Bond:
        """How many rows stand at its ends."""
        from_one, to_one = (
            self.names_one_row(edge.source, edge.source_column),
            self.names_one_row(edge.target, edge.target_column),
        )
        if from_one:
            return Bond.ONE if to_one else Bond.DOWN
        return Bond.UP if to_one else Bond.MANY

    def names_one_row(self, key: str, column: str) -> bool:
        """Whether a value of this column stands for one row, or for one person."""
        return (
            self.key_of(key) == (column,)
            or column in self.live[key].unique
            or any(column == other for _, other in self.tables[key].identities)
        )

    def is_unfollowed(self, edge: Edge) -> bool:
        """Whether no walk ever takes this edge, because nothing says whose the many rows at its end are."""
        target = self.tables[edge.target]
        return self.bond(edge) is Bond.MANY and not edge.said and not target.owner and not target.identities

    def edges(self) -> list[Edge]:
        """All edges."""
        return [edge for edges in self._edges.values() for edge in edges]

    def _way(self, edge: Edge, own: bool, root: str) -> Way | None:
        target = self.tables[edge.target]
        bond = self.bond(edge)
        names_person = bool(target.owner or target.identities)
        again = edge.target == root or edge.target == edge.source

        def way(*, own: bool, proven: bool = False, later: bool = False) -> Way:
            real = self.key_of(edge.source) == (edge.source_column,) or edge.source_column in self.live[edge.source].unique
            return Way(edge.target, (), own, proven, later, repeats=not (real or later), edges=(edge,))

        if bond is Bond.UP or (bond is Bond.ONE and not own):
            # Persons are never shown as what others have in common, nor is a table whose own rows come another way.
            if edge.target == root or target.names_people or edge.target in self._own_reach_of(root):
                return None
            return way(own=False, later=bond is Bond.UP)
        if again:
            return way(own=True, proven=True) if own and target.owner else None
        if own:
            if bond is not Bond.MANY:
                return way(own=True)
            return way(own=True, proven=not edge.said) if edge.said or names_person else None
        return way(own=True, proven=True) if edge.said and names_person else None

    def _find_owner_edges(self, key: str) -> list[Edge]:
        table = self.tables[key]
        found = [edge for edge in self._joins(table) if edge.source_column == table.owner and edge.source == key]
        return [edge for edge in found if self._is_there(edge)]

    def _own_reach_of(self, root: str) -> frozenset[str]:
        """The tables that are entered downwards, as the person's own, from the match's table."""
        if root not in self._own_reach:
            found, todo = {root}, [root]
            while todo:
                for edge in self._edges[todo.pop()]:
                    way = None if self.bond(edge) is Bond.UP else self._way(edge, True, root)
                    if way is not None and way.own and way.target not in found:
                        found.add(way.target)
                        todo.append(way.target)
            self._own_reach[root] = frozenset(found)
        return self._own_reach[root]

    def _all_edges(self) -> list[Edge]:
        found: list[Edge] = []
        for table in self.tables.values():
            for edge, direction in self._references(table):
                if direction is not Direction.FROM:
                    found.append(edge)
                if direction is not Direction.TO:
                    found.append(Edge(edge.target, edge.target_column, edge.source, edge.source_column, edge.said))
            if table.identities and table.owner:
                # The addresses of a person are theirs, even where the map leads from the address to the person only.
                found += [
                    Edge(edge.target, edge.target_column, edge.source, edge.source_column, said=True)
                    for edge in self._joins(table)
                    if edge.source == table.key and edge.source_column == table.owner
                ]
        return [edge for edge in found if self._is_there(edge)]

    def _references(self, table: SqlTable) -> list[tuple[Edge, Direction]]:
        return [
            (
                Edge(table.key, one.name, reference.collection_key, reference.path[0], reference.direction is not Direction.BOTH),
                reference.direction,
            )
            for one in table.map.fields
            for reference in one.references
            if len(reference.path) == 1
        ]

    def _joins(self, table: SqlTable) -> list[Edge]:
        """The edges that begin at a table by its own references or by those of others to it."""
        others = (edge for other in self.tables.values() for edge, _ in self._references(other))
        return [edge for edge, _ in self._references(table)] + [
            Edge(edge.target, edge.target_column, edge.source, edge.source_column, edge.said)
            for edge in others
            if edge.target == table.key
        ]

    def _is_there(self, edge: Edge) -> bool:
        ends = ((edge.source, edge.source_column), (edge.target, edge.target_column))
        return all(key in self.tables and column in self.live[key].columns for key, column in ends)


def _join(group: list[tuple[Edge, Way]]) -> Way:
    """Edges to the same table become one question."""
    first = group[0][1]
    edges = tuple(edge for edge, _ in group)
    return Way(
        target=first.target,
        joins=tuple((edge.source_column, edge.target_column) for edge in edges),
        own=first.own,
        proven=first.proven,
        later=first.later,
        repeats=any(way.repeats for _, way in group),
        edges=edges,
    )
