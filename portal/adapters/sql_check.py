"""Does a map fit the live schema? What does not is a sentence with file, line and remedy, and closes its table alone.

Must never let a missing table or column pass as "nothing found".
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from portal.adapters.dataset_map import MapField
from portal.adapters.sql_graph import Bond, Graph
from portal.adapters.sql_queries import index_that_helps, is_search_indexed
from portal.adapters.sql_schema import LiveTable
from portal.adapters.sql_tables import SqlTable, Tables
from portal.adapters.sql_values import Family

NEVER_FITS = {
    "integer": {Family.TIME, Family.JSON, Family.ARRAY, Family.BINARY, Family.UUID},
    "float": {Family.TIME, Family.JSON, Family.ARRAY, Family.BINARY, Family.UUID},
    "boolean": {Family.TIME, Family.JSON, Family.ARRAY, Family.BINARY, Family.UUID},
    "object": {Family.INTEGER, Family.NUMBER, Family.BOOLEAN, Family.TIME, Family.BINARY, Family.UUID},
    "string": {Family.BINARY, Family.ARRAY},
    "object_id": {Family.BOOLEAN, Family.TIME, Family.JSON, Family.ARRAY},
}
ARRAYS = {Family.ARRAY, Family.JSON, Family.TEXT, Family.OTHER}
IDENTIFIERS = {"email": {Family.TEXT, Family.OTHER}, "phone": {Family.TEXT, Family.OTHER}}


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong: `closing` per table, and what only makes the system slow or incomplete."""

    closing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    other: tuple[str, ...] = ()

    def all(self) -> tuple[str, ...]:
        """Every sentence, once."""
        return tuple(dict.fromkeys([*(each for some in self.closing.values() for each in some), *self.other]))


def compare(
    tables: Tables, live: Mapping[str, LiveTable], names: Mapping[str, Sequence[str]], graph: Graph, dialects: Mapping[str, str]
) -> Findings:
    """All that does not fit. `names` are the tables that each dataset's database has."""
    closing: dict[str, list[str]] = {}
    for table in tables:
        found = [table.closed] if table.closed else []
        found += _compare_table(table, live.get(table.key), names[table.dataset])
        if found:
            closing[table.key] = found
    for key, reason in _unreached(tables, graph).items():
        closing.setdefault(key, []).append(reason)
    other = [*_slow_searches(graph, dialects), *_slow_joins(graph), *_unsaid_owners(graph)]
    return Findings({key: tuple(found) for key, found in closing.items()}, tuple(other))


def _compare_table(table: SqlTable, live: LiveTable | None, names: Sequence[str]) -> list[str]:
    if live is None:
        return [f"{table.where()}: There is no table `{table.map.name}` in the database. {_near(table.map.name, names)}"]
    found = []
    for one in table.map.fields:
        if one.name not in live.columns:
            found.append(
                f"{table.where(one.name)}: There is no column `{one.name}` in the table. {_near(one.name, live.columns)}"
            )
        elif problem := _wrong_type(one, live.columns[one.name]):
            found.append(f"{table.where(one.name)}: {problem}")
    named = table.named_key
    if not named and not live.primary_key:
        found.append(
            f"{table.where()}: The table has no primary key. Give `primary_key: true` to the fields that tell its rows apart."
        )
    elif named and live.primary_key and set(named) != set(live.primary_key):
        keys = ", ".join(live.primary_key)
        found.append(
            f"{table.where(named[0])}: The primary key of the table is {keys}. Give `primary_key: true` to that and to nothing else."
        )
    return found


def _wrong_type(one: MapField, family: Family) -> str | None:
    if one.is_array and family not in ARRAYS:
        return f"The column holds {family.value}, no array. Take `[]` from its `data_type`."
    if not one.is_array and one.data_type and family in NEVER_FITS[one.data_type]:
        return f"The column holds {family.value}, which is no {one.data_type}. Mend or remove its `data_type`."
    if one.fields and family not in ARRAYS:
        return f"The column holds {family.value}, which has no fields below it. Remove `fields`."
    fitting = IDENTIFIERS.get((one.identity or "").removesuffix("_number"))
    if fitting and family not in fitting:
        return f"The column holds {family.value}, which is no {one.identity}. Move `identity` to the column that holds it."
    return None


def _unreached(tables: Tables, graph: Graph) -> dict[str, str]:
    """Tables that no identifier leads to: what they hold would be missing from every answer."""
    roots = {key for key, table in graph.tables.items() if table.identities}
    roots |= {edge.target for key in list(roots) for edge in graph.owner_edges(key)}
    reached = {key for root in roots for key in graph.reach(root)} | roots
    unclear = {edge.target: edge for edge in graph.edges() if graph.is_unfollowed(edge)}
    found = {}
    for table in tables:
        if table.key in reached or table.key not in graph.tables or (not table.is_personal and not table.note):
            continue
        if table.key in unclear:
            edge = unclear[table.key]
            found[table.key] = (
                f"{table.where(edge.target_column)}: The reference joins many rows to many, so whose they are is not said. "
                "Give it a `direction`, or say `owner:` under the collection in portal.yaml."
            )
        else:
            found[table.key] = (
                f"{table.where()}: Nothing leads here from an identifier. Give a field `identity`, or `references` with a direction."
            )
    return found


def _slow_searches(graph: Graph, dialects: Mapping[str, str]) -> Iterable[str]:
    for key, table in graph.tables.items():
        for kind, name in table.identities:
            live = graph.live[key]
            if live.large and name in live.columns and not is_search_indexed(live, name, kind, dialects[table.dataset]):
                yield (
                    f"{table.where(name)}: A search for a person reads the whole table. "
                    f"Make an index: `{index_that_helps(live, name, kind)}`."
                )


def _slow_joins(graph: Graph) -> Iterable[str]:
    for key, table in graph.tables.items():
        for name in sorted({name for name, _ in graph.columns_asked_for(key)}):
            live = graph.live[key]
            if live.large and not live.is_indexed(name) and not any(name == other for _, other in table.identities):
                yield f"{table.where(name)}: Rows are looked up by this column and it has no index. Make one: it leads an index of its own."


def _unsaid_owners(graph: Graph) -> Iterable[str]:
    """An address that leads both ways to a row without identity: is that row the person, or something many share?"""
    for key, table in graph.tables.items():
        if not table.identities or table.owner:
            continue
        for one in table.map.fields:
            for reference in one.references:
                target = graph.tables.get(reference.collection_key)
                if (
                    target is None
                    or reference.direction != "both"
                    or target.identities
                    or target.names_people
                    or target.key == key
                ):
                    continue
                edges = [edge for edge in graph.edges() if edge.source == key and edge.target == target.key]
                below = [edge for edge in graph.edges() if edge.source == target.key and edge.target != key]
                if any(graph.bond(edge) is Bond.UP for edge in edges) and any(graph.bond(edge) is Bond.DOWN for edge in below):
                    yield (
                        f"{table.where(one.name)}: It is not said whether `{target.map.name}` is the person or something that many share. "
                        f"If it is the person, name it under `tells_apart` or say `owner: {one.name}` under `{key}` in portal.yaml; "
                        "if not, give the reference `direction: to`."
                    )


def _near(wanted: str, names: Iterable[str]) -> str:
    every = list(names)
    near = next((name for name in every if name.lower() == wanted.lower()), None)
    near = near or next(iter(difflib.get_close_matches(wanted, every, n=1)), None)
    return f"Did you mean `{near}`?" if near else "Mend the map, or take it out."
