"""The package's files for machines: JSON (exact, with source, purpose, recipients and retention of every value) and CSV (safe to open).

Must never hold more than a few hundred rows in memory, and never write a cell that a spreadsheet would run.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any

from portal.cases import meaning
from portal.cases.about import About, about, collection_title, keys_of
from portal.cases.bundle.cells import cell, safe
from portal.cases.bundle.groups import Group, Part
from portal.cases.bundle.rows import Column, Table, dump_exact, to_bytes
from portal.config.model import Company
from portal.core.i18n import _, pick

FORMAT = "privacy-portal-data/1"
ROWS_AT_ONCE = 256


def said_of(company: Company, table: Table, column: Column) -> About:
    """What the company says of a column's values, without the day of any one of them."""
    like = column.like
    plain = type(like)(like.name, like.category, None, like.source, like.purpose, like.retention, like.recipients)
    return about(company, table.system, table.collection, plain)


def json_file(company: Company, group: Group) -> Iterator[bytes]:
    """One group as JSON. Rows are copied from their spool as they were written."""
    head = {"$schema": "schema.json", "format": FORMAT, "group": group.key, "title": meaning.title_of(group.key)}
    yield to_bytes(dump_exact(head)[:-1]) + b',"tables":['
    for index, part in enumerate(group.parts):
        yield (b",\n" if index else b"\n") + to_bytes(dump_exact(_table_head(company, part))[:-1]) + b',"rows":[\n'
        yield from _whole_rows(part.table) if part.is_whole and part.columns else _rows(part)
        yield b"]}"
    yield b"\n]}\n"


def csv_file(company: Company, part: Part) -> Iterator[bytes]:
    """One list of rows as CSV in UTF-8 with its mark, comma and CRLF (RFC 4180); the first line names the columns."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    names = [column.id for column in part.columns]
    writer.writerow([safe(title) for title in headers(company, part)])
    yield b"\xef\xbb\xbf"
    for number, row in enumerate(part.rows(), start=1):
        values, obtained = row["values"], row.get("obtained")
        day = min(filter(None, obtained.values()), default="") if isinstance(obtained, dict) else obtained or ""
        writer.writerow([cell(values[name]) if name in values else "" for name in names] + [day])
        if number % ROWS_AT_ONCE == 0:
            yield _drain(buffer)
    yield _drain(buffer)


def headers(company: Company, part: Part) -> list[str]:
    """The titles of the columns, each once: a title that stands twice gets a number."""
    titles: list[str] = []
    for title in [*(said_of(company, part.table, column).title for column in part.columns), _("Date we got it")]:
        number, unique = 1, title
        while unique in titles:
            number += 1
            unique = f"{title} ({number})"
        titles.append(unique)
    return titles


def csv_bound(part: Part, spooled: int) -> int:
    """More bytes than the CSV of a part can have: every character could be doubled and guarded."""
    return 3 * spooled + (part.table.count + 1) * (len(part.columns) + 1) * 200


def schema_file() -> bytes:
    """What a `data/NN.json` looks like, as JSON Schema (2020-12)."""
    text = {"type": "string"}
    origin = {"type": "object", "required": ["key", "title"], "properties": {"key": text, "title": text}}
    column = {
        "type": "object",
        "required": ["title", "name", "category", "source", "purpose", "recipients", "retention"],
        "properties": {
            "title": text,
            "name": {"description": "the field's name in the system", **text},
            "category": {"description": "data category (Fideslang)", **text},
            "source": {**origin, "properties": {**origin["properties"], "kind": text}},  # type: ignore[dict-item]  # a literal of mixed depth
            "purpose": {**origin, "properties": {**origin["properties"], "basis": text}},  # type: ignore[dict-item]  # as above
            "recipients": {
                "type": "array",
                "items": {"type": "object", "properties": {"name": text, "country": text, "role": text}},
            },
            "retention": origin,
        },
    }
    days = {"oneOf": [text, {"type": "object", "additionalProperties": {"type": ["string", "null"]}}]}
    row = {
        "type": "object",
        "required": ["id", "values"],
        "properties": {
            "id": {"description": "the row's key in the system", **text},
            "obtained": {"description": "ISO 8601 day or moment when it came; per column where they differ", **days},
            "values": {"description": "exact values by column", "type": "object"},
        },
        "additionalProperties": False,
    }
    table = {
        "type": "object",
        "required": ["title", "system", "collection", "columns", "rows"],
        "properties": {
            "title": text,
            "system": origin,
            "collection": text,
            "columns": {"type": "object", "additionalProperties": column},
            "withheld": {"description": "fields that are held and never handed out", "type": "array", "items": text},
            "rows": {"type": "array", "items": row},
        },
    }
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": FORMAT,
        "type": "object",
        "required": ["format", "group", "tables"],
        "properties": {
            "$schema": text, "format": {"const": FORMAT}, "group": text, "title": text, "tables": {"type": "array", "items": table},
        },
    }  # fmt: skip
    return to_bytes(dump_exact(schema)) + b"\n"


def _table_head(company: Company, part: Part) -> dict[str, Any]:
    table = part.table
    system = company.systems[table.system]
    head: dict[str, Any] = {
        "title": collection_title(company, table.system, table.collection),
        "system": {"key": table.system, "title": pick(system.title)},
        "collection": table.collection,
        "columns": {column.id: _column(company, table, column) for column in part.columns},
    }
    if part.home and table.withheld:
        head["withheld"] = list(table.withheld)
    return head


def _column(company: Company, table: Table, column: Column) -> dict[str, Any]:
    said, like = said_of(company, table, column), column.like
    keys = keys_of(company, table.system, table.collection, like)
    return {
        "title": said.title,
        "name": like.name,
        "category": like.category,
        "source": {"key": keys.source, "title": said.source, "kind": said.kind},
        "purpose": {"key": keys.purpose, "title": said.why, "basis": company.purposes[keys.purpose].basis},
        "recipients": [
            {"name": one.name, "country": one.country, "role": one.role}
            for one in (company.recipients[key] for key in keys.recipients)
        ],
        "retention": {"key": keys.retention, "title": said.until},
    }


def _whole_rows(table: Table) -> Iterator[bytes]:
    """The spool with commas between its lines; no line end stands inside a line of JSON."""
    end = b""
    for chunk in table.chunks():
        text = end + chunk
        # The very last line has no comma after it, and only the next chunk tells whether this is the last.
        end = b"\n" if text.endswith(b"\n") else b""
        yield (text[:-1] if end else text).replace(b"\n", b",\n")
    yield end


def _rows(part: Part) -> Iterator[bytes]:
    if not part.columns:
        return
    for index, row in enumerate(part.rows()):
        yield (b",\n" if index else b"") + to_bytes(dump_exact(row))


def _drain(buffer: io.StringIO) -> bytes:
    raw = buffer.getvalue().encode(errors="replace")
    buffer.seek(0)
    buffer.truncate()
    return raw
