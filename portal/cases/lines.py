"""Found records as JSON, to be sealed: for a page (one blob a system) and for a download (one line a record).

Must never be written anywhere but through `core.crypto` or `core.vault`.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from portal.adapters.contract import Record, Value, Withheld
from portal.cases.found import Answer, FoundRecord, Rows, SystemReading


def dump_record(record: Record) -> dict[str, Any]:
    """A record as plain JSON; short keys, since a download may have millions of values."""
    return {
        "c": record.collection,
        "k": record.key,
        "v": [
            [v.name, v.category, v.value, v.source, v.purpose, v.retention, list(v.recipients), _dump_day(v.obtained)]
            for v in record.values
        ],
        "w": [[w.name, w.category] for w in record.withheld],
    }


def load_record(plain: dict[str, Any]) -> Record:
    """The record that `dump_record` wrote."""
    return Record(
        plain["c"],
        plain["k"],
        tuple(Value(n, c, value, s, p, r, tuple(to), _load_day(day)) for n, c, value, s, p, r, to, day in plain["v"]),
        tuple(Withheld(name, category) for name, category in plain["w"]),
    )


def split_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a file that comes in chunks, however they are cut."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest


def dump_system(reading: SystemReading) -> str:
    """One system's answer as text."""
    plain = {
        "system": reading.system,
        "answer": reading.answer,
        "read_at": reading.read_at.isoformat(),
        "closed": dict(reading.closed),
        "error": reading.error,
        "records": [
            {
                "key": record.key,
                "apart": dict(record.tells_apart),
                "provable": sorted(record.provable),
                "rows": None
                if record.rows is None
                else [
                    {"c": r.collection, "total": r.total, "records": [dump_record(one) for one in r.records]} for r in record.rows
                ],
            }
            for record in reading.records
        ],
    }
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def load_system(text: str) -> SystemReading:
    """The answer that `dump_system` wrote."""
    plain = json.loads(text)
    records = tuple(
        FoundRecord(
            record["key"],
            record["apart"],
            frozenset(record["provable"]),
            None
            if record["rows"] is None
            else tuple(Rows(r["c"], tuple(load_record(one) for one in r["records"]), r["total"]) for r in record["rows"]),
        )
        for record in plain["records"]
    )
    return SystemReading(
        plain["system"],
        Answer(plain["answer"]),
        datetime.fromisoformat(plain["read_at"]),
        records,
        plain["closed"],
        plain["error"],
    )


def _dump_day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _load_day(text: str | None) -> date | None:
    if text is None:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
