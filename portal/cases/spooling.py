"""What one system gives for a case, streamed into a sealed file, and read back without the records of anybody else.

Must never hold more than one record in memory, and never write a plain byte. The first line names the records, each further line is one
record with the number of the match it came from.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.adapters.contract import Match, Record
from portal.adapters.never_leaves import withhold
from portal.cases.about import release_of
from portal.cases.apart import Candidate
from portal.cases.lines import dump_record, load_record, split_lines
from portal.cases.scope import Scope
from portal.config.model import Company, Release
from portal.core import crypto
from portal.core.vault import SealedWriter, read_sealed


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records were written, and how many of their values a person has to look at first."""

    records: int
    review: int


@dataclass(frozen=True, slots=True)
class Head:
    """Whose records a spool holds, and which collections could not be read."""

    candidates: tuple[Candidate, ...]
    closed: tuple[str, ...]


def digest_of(matches: Iterable[Match]) -> str:
    """Keyed digest of which records were found: equal for equal sets, of no use to anyone else."""
    return crypto.keyed_hash("matches", "\n".join(sorted(match.key for match in matches))).hex()


def write_spool(
    path: Path,
    context: str,
    system: str,
    company: Company,
    scope: Scope,
    found: Iterable[tuple[Match, Iterable[Record]]],
    closed: Collection[str],
) -> Counts:
    """Write the records of each match; those without anything of the scope are left out. Raises what the system raises."""
    pairs = list(found)
    records = review = 0
    with SealedWriter(path, context) as sink:
        head = {"matches": [[match.key, dict(match.tells_apart)] for match, _ in pairs], "closed": sorted(closed)}
        sink.write(json.dumps(head, ensure_ascii=False).encode() + b"\n")
        for number, (_, rows) in enumerate(pairs):
            for row in rows:
                record = _within(withhold(row), scope)
                if record is None:
                    continue
                records += 1
                review += _waiting(company, system, record)
                line = json.dumps([number, dump_record(record)], ensure_ascii=False, separators=(",", ":"))
                sink.write(line.encode("utf-8", "surrogatepass") + b"\n")
        sink.finish()
    return Counts(records, review)


def read_head(path: Path, context: str, system: str) -> Head:
    """The first line of a spool. Raises `SealedFileIsBroken`."""
    plain = json.loads(next(split_lines(read_sealed(path, context))))
    return Head(tuple(Candidate(system, key, apart) for key, apart in plain["matches"]), tuple(plain["closed"]))


def read_records(path: Path, context: str, keys: Collection[str]) -> Iterator[Record]:
    """The records of the matches of these keys, one at a time."""
    lines = split_lines(read_sealed(path, context))
    wanted = {number for number, (key, _) in enumerate(json.loads(next(lines))["matches"]) if key in keys}
    for line in lines:
        number, record = json.loads(line)
        if number in wanted:
            yield load_record(record)


def _within(record: Record, scope: Scope) -> Record | None:
    """The record without the values that the proof did not open; None where nothing is left of it."""
    if not scope.shut:
        return record
    values = tuple(value for value in record.values if scope.opens(value.category))
    withheld = tuple(one for one in record.withheld if scope.opens(one.category))
    return Record(record.collection, record.key, values, withheld) if values or withheld else None


def _waiting(company: Company, system: str, record: Record) -> int:
    return sum(
        value.value not in (None, "")
        and release_of(company, system, record.collection, value.name, value.category) is Release.REVIEW
        for value in record.values
    )
