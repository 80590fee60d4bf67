"""The facts that a page lists: a value with its origin, or a list of rows. Plain text in the language in force.

Must never show a value that waits for a person's look, or one that never leaves: only that it is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from portal.adapters.contract import Record, Value
from portal.cases import meaning
from portal.cases.about import about, collection_title, kind_of, position_of, wording_of
from portal.cases.showing import is_long
from portal.cases.tables import Table, group_of_columns, joined, table_of
from portal.config.model import Company, SourceKind
from portal.config.systems import Release
from portal.core.i18n import _, format_names


@dataclass(frozen=True, slots=True)
class Fact:
    """One value. `value` is None where it is not shown: `withheld` (never) or `later` (after a person has looked).

    `ties`: a number that only ties the rows of the list `place` to others.
    """

    key: str
    group: str
    title: str
    value: str | None = field(repr=False)
    source: str
    why: str
    who: str
    until: str
    outside: bool = False
    long: bool = False
    withheld: bool = False
    later: bool = False
    place: str = ""
    ties: bool = False
    recipients: tuple[str, ...] = ()
    wrong_url: str = ""
    kind: str = "fact"


Item = Fact | Table

OWN = (SourceKind.PERSON, SourceKind.OBSERVED)
NUMBERS = "numbers"
"""Key of the list of numbers that only tie rows together."""


def items_of(company: Company, system: str, collection: str, records: Sequence[Record], total: int) -> list[Item]:
    """What is listed for the rows of one collection: one row as single facts, more as one list for each kind of source."""
    if not records:
        return []
    values = [value for record in records for value in record.values]
    kinds_of = [(value.category, kind_of(company, system, collection, value)) for value in values]
    home = meaning.group_of_rows(pair for pair in kinds_of if pair[1] in OWN)
    # A number that ties the rows together stands with what they are about.
    home = meaning.group_of_rows(kinds_of) if home == meaning.OTHER else home
    if total == 1:
        return _facts(company, system, collection, records[0], home)
    found: list[Item] = []
    for kinds in (OWN, (SourceKind.THIRD_PARTY,), (SourceKind.DERIVED,)):
        names = list(dict.fromkeys(value.name for value in values if kind_of(company, system, collection, value) in kinds))
        group = home if kinds is OWN else group_of_columns(company, system, collection, records, names)
        if names:
            key = _key(system, collection, "" if kinds is OWN else group)
            found += _listed(table_of(company, system, collection, records, total, names, group, key))
    return found


def _facts(company: Company, system: str, collection: str, record: Record, home: str) -> list[Item]:
    found: list[Item] = []
    for value in sorted(record.values, key=lambda value: position_of(company, system, collection, value.name, value.category)):
        text = wording_of(company, system, collection, value.name)(value.value)
        if not text:
            continue
        # What a system notes of facts that are not the person's own stands with its numbers, so that it is not taken for one of them.
        apart = home in (meaning.OTHERS, meaning.DERIVED) and meaning.is_within(value.category, "system")
        ties = apart or meaning.only_ties(value.category, value.value)
        said = about(company, system, collection, replace(value, obtained=None) if ties else value)
        group = meaning.group_of(value.category, said.kind)
        later = said.release is Release.REVIEW
        found.append(
            Fact(
                _key(system, collection, value.name), home if group == meaning.OTHER else group, said.title, None if later else text,
                said.source, said.why, format_names(said.recipients), said.until,
                outside=said.outside, long=is_long(text), later=later,
                place=collection_title(company, system, collection), ties=ties, recipients=said.recipients,
            )
        )  # fmt: skip
    return found + _withheld(company, system, collection, [record], home)


def _withheld(company: Company, system: str, collection: str, records: Sequence[Record], home: str) -> list[Item]:
    """That something is held which never leaves: once for each field."""
    found: list[Item] = []
    for one in {one.name: one for record in records for one in record.withheld}.values():
        said = about(company, system, collection, Value(one.name, one.category, None))
        group = meaning.group_of(one.category, said.kind)
        found.append(
            Fact(
                _key(system, collection, one.name), home if group == meaning.OTHER else group, said.title, None,
                said.source, said.why, format_names(said.recipients), said.until, outside=said.outside, withheld=True,
            )
        )  # fmt: skip
    return found


def gather_numbers(items: Sequence[Item]) -> list[Item]:
    """The same items, with all numbers that only tie rows together in one list, each said once, where the first of them stood."""
    numbers = [item for item in items if isinstance(item, Fact) and item.ties and item.value is not None]
    if not numbers:
        return list(items)
    table = Table(
        NUMBERS, numbers[0].group, _("Numbers in our lists"), (_("List"), _("What"), _("Number")),
        tuple(dict.fromkeys((one.place, one.title, one.value or "") for one in numbers)),
        _("They tie your data together and mean nothing else."),
        joined(one.source for one in numbers), joined(one.why for one in numbers),
        format_names(name for one in numbers for name in one.recipients), joined(one.until for one in numbers),
    )  # fmt: skip
    return [*(item for item in items if item not in numbers), table]


def _listed(table: Table) -> list[Item]:
    """The list; or, where a person has to look at all of it first, that it is held; or nothing where nothing is in it."""
    if table.rows and table.columns:
        return [table]
    if not table.later:
        return []
    return [
        Fact(
            table.key, table.group, table.title, None, table.source, table.why, table.who, table.until, outside=table.outside, later=True
        )
    ]  # fmt: skip


def _key(system: str, collection: str, name: str) -> str:
    return ".".join(part for part in (system, collection, name) if part)
