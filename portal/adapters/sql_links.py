"""Which rows hang on a row: by the foreign keys of the live schema, in mapped tables or not, and by the references of the maps.

Must never overlook a foreign key: what hangs on a deleted row would be refused, taken along by a cascade, or left hanging.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from portal.adapters.sql_graph import Bond, Edge, Graph

SQLITE_KEYS = """
SELECT m.name, f.id, f."from", f."table", f."to", f.seq FROM sqlite_master m, pragma_foreign_key_list(m.name) f
WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq
"""
SQLITE_TRIGGERS = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
POSTGRES_KEYS = """
SELECT cn.nspname, c.relname, con.oid, ca.attname, pn.nspname, p.relname, pa.attname
FROM pg_constraint con
JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class p ON p.oid = con.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
CROSS JOIN LATERAL unnest(con.conkey, con.confkey) WITH ORDINALITY AS k(child, parent, ord)
JOIN pg_attribute ca ON ca.attrelid = c.oid AND ca.attnum = k.child
JOIN pg_attribute pa ON pa.attrelid = p.oid AND pa.attnum = k.parent
WHERE con.contype = 'f' ORDER BY cn.nspname, c.relname, con.oid, k.ord
"""
# Bits of tgtype: 2 before, 8 delete, 16 update, 64 instead of.
POSTGRES_TRIGGERS = """
SELECT t.tgname, n.nspname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 24 <> 0 AND t.tgtype & 66 = 0 ORDER BY t.tgname
"""
ON_CHANGE = re.compile(r"\b(delete|update)\b.*?\bon\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of a table whose `columns` hold what stands in `parent_columns` of a row of the mapped table `parent`.

    `child` is the key of the mapped table, or empty; `name` and `schema` are those of the live table; `live`: a foreign key says so.
    """

    dataset: str
    child: str
    name: str
    schema: str | None
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    live: bool


Place = tuple[str, str]
"""Schema and name of a live table."""


def read_live_links(connection: Connection, dataset: str, mapped: Mapping[Place, str]) -> list[Link]:
    """The foreign keys that lead to mapped tables, from whatever table. `mapped` gives the key of each by schema and name."""
    found: dict[tuple[Place, object], tuple[Place, list[str], list[str | None]]] = {}
    if connection.dialect.name == "sqlite":
        names = {name.lower(): name for _, name in mapped}
        for child, number, column, parent, parent_column, _ in connection.exec_driver_sql(SQLITE_KEYS):
            place = ("", names.get(parent.lower(), parent))
            entry = found.setdefault((("", child), number), (place, [], []))
            entry[1].append(column)
            entry[2].append(parent_column)
    else:
        for schema, child, number, column, parent_schema, parent, parent_column in connection.exec_driver_sql(POSTGRES_KEYS):
            entry = found.setdefault(((schema, child), number), ((parent_schema, parent), [], []))
            entry[1].append(column)
            entry[2].append(parent_column)
    return [
        Link(
            dataset,
            mapped.get((schema, name), ""),
            name,
            schema or None,
            tuple(columns),
            mapped[parent],
            tuple(one or "" for one in parent_columns),
            live=True,
        )
        for ((schema, name), _), (parent, columns, parent_columns) in found.items()
        if parent in mapped
    ]


def read_triggers(connection: Connection, mapped: Mapping[Place, str]) -> dict[str, list[str]]:
    """Per mapped table the triggers that run when a row is deleted or changed, and may change more than that row."""
    found: dict[str, list[str]] = {}
    if connection.dialect.name == "sqlite":
        for name, table, text in connection.exec_driver_sql(SQLITE_TRIGGERS):
            if ("", table) in mapped and ON_CHANGE.search(str(text).partition("BEGIN")[0]):
                found.setdefault(mapped["", table], []).append(name)
        return found
    for name, schema, table in connection.exec_driver_sql(POSTGRES_TRIGGERS):
        if (schema, table) in mapped:
            found.setdefault(mapped[schema, table], []).append(name)
    return found


def schema_of(connection: Connection, schema: str | None) -> str:
    """The schema that a table without one is looked for in; SQLite has none."""
    if connection.dialect.name == "sqlite":
        return ""
    return schema or str(connection.exec_driver_sql("SELECT current_schema()").scalar_one())


def all_links(graph: Graph, live: Iterable[Link]) -> dict[str, tuple[Link, ...]]:
    """Per mapped table what may hang on its rows: foreign keys, and references of the maps where no foreign key says it already."""
    found: list[Link] = [_with_key(graph, link) for link in live if link.parent in graph.tables]
    known = {(link.child, link.columns, link.parent, link.parent_columns) for link in found}
    either = known | {(parent, parent_columns, child, columns) for child, columns, parent, parent_columns in known}
    for link in _map_links(graph):
        if (link.child, link.columns, link.parent, link.parent_columns) not in either:
            found.append(link)
            either.add((link.child, link.columns, link.parent, link.parent_columns))
    result: dict[str, list[Link]] = {}
    for link in found:
        result.setdefault(link.parent, []).append(link)
    return {key: tuple(links) for key, links in result.items()}


def _with_key(graph: Graph, link: Link) -> Link:
    """A foreign key that names no column means the primary key. A child that is mapped but not usable counts as unmapped."""
    columns = link.parent_columns if all(link.parent_columns) else graph.key_of(link.parent)
    child = link.child if link.child in graph.tables else ""
    return Link(link.dataset, child, link.name, link.schema, link.columns, link.parent, columns, live=True)


def _map_links(graph: Graph) -> Iterator[Link]:
    for key in graph.tables:
        for edge in graph.references_of(key):
            bond = graph.bond(edge)
            if bond is not Bond.MANY:
                # Whoever wrote the reference holds the value, unless many rows at the other end hold it.
                yield _link(graph, Edge(*edge.back, said=edge.said) if bond is Bond.DOWN else edge)


def _link(graph: Graph, edge: Edge) -> Link:
    child = graph.tables[edge.source]
    live = graph.live[edge.source]
    return Link(
        child.dataset,
        edge.source,
        live.name,
        live.schema,
        (edge.source_column,),
        edge.target,
        (edge.target_column,),
        live=False,
    )
