"""What one system gives for a case, streamed into a sealed file, and read back without the records of anybody else.

Must never hold more than one record in memory, and never write a plain byte. The first line names the records, each further line is one
record with the number of the match it came from.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from portal.adapters.contract import Match, Record
from portal.adapters.never_leaves import withhold
from portal.cases.apart import Candidate
from portal.cases.lines import dump_record, load_record, split_lines
from portal.core import crypto
from portal.core.vault import SealedWriter, read_sealed


@dataclass(frozen=True, slots=True)
class Head:
    """Whose records a spool holds, and which collections could not be read."""

    candidates: tuple[Candidate, ...]
    closed: tuple[str, ...]


def digest_of(matches: Iterable[Match]) -> str:
    """Keyed digest of which records were found: equal for equal sets, of no use to anyone else."""
    return crypto.keyed_hash("matches", "\n".join(sorted(match.key for match in matches))).hex()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records were written, and of how many something was left out for want of proof."""

    records: int
    shut: int


def write_spool(
    path: Path,
    context: str,
    found: Iterable[tuple[Match, Iterable[Record]]],
    *,
    opens: Callable[[str], bool],
    closed: Collection[str],
) -> Counts:
    """Write the records of each match, without values whose category `opens` does not allow. Raises what the system raises."""
    pairs = list(found)
    opens = cache(opens)
    count = shut = 0
    with SealedWriter(path, context) as sink:
        head = {"matches": [[match.key, dict(match.tells_apart)] for match, _ in pairs], "closed": sorted(closed)}
        sink.write(_line(head))
        for number, (_, rows) in enumerate(pairs):
            for row in rows:
                whole = withhold(row)
                record = _within(whole, opens)
                shut += record != whole
                if record.values or record.withheld:
                    sink.write(_line([number, dump_record(record)]))
                    count += 1
        sink.finish()
    return Counts(count, shut)


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


def _within(record: Record, opens: Callable[[str], bool]) -> Record:
    """The record without the values that the proof did not open."""
    if all(opens(value.category) for value in record.values) and all(opens(one.category) for one in record.withheld):
        return record
    values = tuple(value for value in record.values if opens(value.category))
    return Record(record.collection, record.key, values, tuple(one for one in record.withheld if opens(one.category)))


def _line(plain: object) -> bytes:
    """One line of JSON in ASCII: half a character (a lone surrogate) survives as its escape."""
    return _encode(plain).encode() + b"\n"


_encode = json.JSONEncoder(separators=(",", ":")).encode
