"""By which value another table names the person: what stands in the referenced column of the records under a subject's identifiers.

Must never give a value of a record that carries none of them.
"""

from collections.abc import Mapping

from portal.adapters.contract import Place, Subject
from portal.adapters.identifiers import normal
from portal.adapters.sql_connections import Reading
from portal.adapters.sql_graph import Edge, Graph
from portal.adapters.sql_persons import PersonSearch
from portal.adapters.sql_queries import Layout
from portal.adapters.sql_tables import SqlTable


def reference_of(graph: Graph, key: str, name: str) -> Edge | None:
    """The reference that a column makes to another table, if both are there."""
    if key not in graph.tables:
        return None
    return next((edge for edge in graph.references_of(key) if edge.source_column == name), None)


def values_of(graph: Graph, layouts: Mapping[str, Layout], reading: Reading, subject: Subject, edge: Edge) -> list[object]:
    """The values that the column at the beginning of `edge` has in rows of this subject."""
    layout = layouts[edge.target]
    found: dict[object, None] = {}
    for identifier in subject.identifiers:
        for person in PersonSearch(graph, reading, layouts).find(identifier):
            # A database may fold more letters than we do.
            if normal(person.kind, person.stored) != normal(identifier.kind, identifier.value):
                continue
            for key, row in ((person.table, person.row), *person.with_it):
                if key == edge.target and (value := layout.value(row, edge.target_column)) is not None:
                    found[value] = None
    return list(found)


def refuse_unmapped(place: Place, table: SqlTable | None, collection: str, names: Mapping[str, tuple[str | int, ...]]) -> None:
    """Raise `DocumentError` where settings name a table, or (by path) a column, that no map has."""
    if table is None:
        first = next(iter(names.values()))[0]
        problem, remedy = f"No map has the collection `{collection}`.", "Name one that a map has."
        raise place.error("settings", first, "collection", problem=problem, remedy=remedy)
    for name, path in names.items():
        if table.map.field_at((name,)) is None:
            problem, remedy = f"The map of `{collection}` has no field `{name}`.", "Add it to the map, or name another."
            raise place.error("settings", *path, problem=problem, remedy=remedy)
