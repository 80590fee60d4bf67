"""From the rows that carry an identifier to the records of persons: which rows are one record, and under which key it stands.

Must never make one record of two persons' rows: where it is not said whose a row is, it stays a record of its own.

- A table that `tells_apart` names holds persons; where nothing is named, every table with an identity does.
- A row of a table of addresses (a contact's mailboxes) stands for the person it belongs to: the match is the person's row.
- A row that another match's walk reaches by references is folded into that match. This is found out by that very walk, limited
  to the tables in question, so that folding and exporting cannot disagree.
- What is left (a visit, a report, known by the address only) goes with the one person found under that address, if there is
  exactly one and the row names nobody else; with several persons, or none, it is a record of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from portal.adapters.contract import Identifier
from portal.adapters.identifiers import normal
from portal.adapters.sql_connections import Reading
from portal.adapters.sql_graph import Graph
from portal.adapters.sql_queries import Layout, Row, rows_identified, rows_joined
from portal.adapters.sql_values import write_key
from portal.adapters.sql_walk import Person, Walk

Place = tuple[str, tuple[object, ...]]
"""A row: its table and primary key."""


@dataclass(slots=True)
class PersonSearch:
    """One search in one snapshot of the databases. `layouts` read keys and identifiers only."""

    graph: Graph
    reading: Reading
    layouts: Mapping[str, Layout]

    def find(self, identifier: Identifier) -> list[Person]:
        """The persons' records under an identifier, in a fixed order."""
        found = self._fold(self._climb(list(self._rows(identifier))))
        persons = [one for one in found if self._is_person(one)]
        loose = [one for one in found if not self._is_person(one)]
        if len(persons) == 1:
            with_it = [one for one in loose if self._names_nobody_else(one, persons[0])]
            loose = [one for one in loose if one not in with_it]
            persons = [_together(persons[0], with_it)]
        return [*persons, *([_together(loose[0], loose[1:])] if loose else [])]

    def _rows(self, identifier: Identifier) -> Iterator[Person]:
        for key, layout in self.layouts.items():
            asked = rows_identified(layout, identifier.kind, identifier.value)
            if asked is None:
                continue
            for rows in self.reading.batches(layout.table.dataset, *asked):
                for row in rows:
                    yield Person(key, row, identifier.kind, self._stored(layout, row, identifier))

    def _stored(self, layout: Layout, row: Row, identifier: Identifier) -> str:
        """The identifier as it stands in the row: of several columns of its kind, the one that fits."""
        values = [
            str(value) for kind, name in layout.table.identities if kind == identifier.kind and (value := layout.value(row, name))
        ]
        wanted = normal(identifier.kind, identifier.value)
        return next((value for value in values if normal(identifier.kind, value) == wanted), values[0])

    def _climb(self, found: list[Person]) -> list[Person]:
        """Each row of a table of addresses becomes the row of the person it belongs to."""
        result: dict[Place, Person] = {}
        for one in found:
            for person in self._owners(one) or [one]:
                result.setdefault(self.place(person), person)
        return list(result.values())

    def _owners(self, one: Person) -> list[Person]:
        layout = self.layouts[one.table]
        for edge in self.graph.owner_edges(one.table):
            target = self.layouts[edge.target]
            # A person's row that carries identifiers itself is found by them, or it is not this person.
            if (
                target.table.identities
                or edge.target == one.table
                or not self.graph.names_one_row(edge.target, edge.target_column)
            ):
                continue
            asked = rows_joined(target, [(edge.target_column, [layout.value(one.row, edge.source_column)])])
            if asked is not None:
                rows = [row for batch in self.reading.batches(target.table.dataset, *asked) for row in batch]
                if len(rows) == 1:
                    return [replace(one, table=edge.target, row=rows[0])]
        return []

    def _fold(self, found: list[Person]) -> list[Person]:
        """Leave out each row that the walk of another one reaches; of two that reach one another, the one that reaches more stays."""
        places = {self.place(one): one for one in found}
        if len(places) < 2:
            return found
        reached = {place: self._reached(one, places) for place, one in places.items()}
        order = {key: position for position, key in enumerate(self.layouts)}
        ranked = sorted(places, key=lambda place: (-len(reached[place]), order[place[0]], write_key(place[1])))
        gone: set[Place] = set()
        for place in ranked:
            if place not in gone:
                gone |= reached[place]
        return [
            places[place] for place in sorted(places, key=lambda one: (order[one[0]], write_key(one[1]))) if place not in gone
        ]

    def _reached(self, one: Person, places: dict[Place, Person]) -> set[Place]:
        wanted = frozenset(key for key, _ in places if key != one.table)
        if not wanted & self.graph.reach(one.table).keys():
            return set()
        walk = Walk(self.graph, self.reading, one, self.layouts, wanted=wanted)
        reached = {(layout.table.key, layout.key_of(row)) for layout, rows in walk.rows() for row in rows}
        return (reached & places.keys()) - {self.place(one)}

    def place(self, one: Person) -> Place:
        """Which row a record stands at."""
        return one.table, self.layouts[one.table].key_of(one.row)

    def _is_person(self, one: Person) -> bool:
        table = self.layouts[one.table].table
        # Who was climbed to has no identifier in its own row: the owner note made it a person.
        return table.names_people or not table.identities

    def _names_nobody_else(self, one: Person, person: Person) -> bool:
        """Whether every reference of the row to a table of persons is empty or leads to this person."""
        layout, root = self.layouts[one.table], self.layouts[person.table]
        for edge in self.graph.references_of(one.table):
            value = layout.value(one.row, edge.source_column)
            if value is None or not self.graph.tables[edge.target].names_people:
                continue
            if edge.target != person.table or str(root.value(person.row, edge.target_column)) != str(value):
                return False
        return True


def _together(one: Person, others: list[Person]) -> Person:
    return replace(one, with_it=tuple((other.table, other.row) for other in others))
