"""The facts that a page lists: a value with its origin, or a list of rows. Plain text in the language in force.

Must never show a value that waits for a person's look, or one that never leaves: only that it is held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from portal.adapters.contract import Record, Value
from portal.cases import meaning
from portal.cases.about import About, about, collection_title, kind_of
from portal.cases.showing import as_text, is_long
from portal.config.model import Company, Release, SourceKind
from portal.core.i18n import _, format_date, format_list, format_number


@dataclass(frozen=True, slots=True)
class Fact:
    """One value. `value` is None where it is not shown: `withheld` (never) or `later` (after a person has looked).

    `links`: a number that only ties one table to another.
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
    links: bool = False
    wrong_url: str = ""
    kind: str = "fact"


@dataclass(frozen=True, slots=True)
class Table:
    """Several rows of one collection. `more` says what of them is not shown here; `later` that some columns wait for a person's look."""

    key: str
    group: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    more: str
    source: str
    why: str
    who: str
    until: str
    outside: bool = False
    later: bool = False
    wrong_url: str = ""
    kind: str = "rows"


Item = Fact | Table

OWN = (SourceKind.PERSON, SourceKind.OBSERVED)
LINKS = ("system", "user.unique_id")
"""Categories of numbers that tie tables together."""


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
        names = _once(value.name for value in values if kind_of(company, system, collection, value) in kinds)
        if names:
            found.append(_table(company, system, collection, records, total, names, home if kinds is OWN else ""))
    return found


def _facts(company: Company, system: str, collection: str, record: Record, home: str) -> list[Item]:
    found: list[Item] = []
    for value in record.values:
        text = as_text(value.value)
        if not text:
            continue
        said = about(company, system, collection, value)
        group = meaning.group_of(value.category, said.kind)
        later = said.release is Release.REVIEW
        found.append(
            Fact(
                _key(system, collection, value.name), home if group == meaning.OTHER else group, said.title, None if later else text,
                said.source, said.why, format_list(said.recipients), said.until,
                outside=said.outside, long=is_long(text), later=later,
                links=any(meaning.is_within(value.category, one) for one in LINKS),
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
                said.source, said.why, format_list(said.recipients), said.until, outside=said.outside, withheld=True,
            )
        )  # fmt: skip
    return found


def _table(
    company: Company, system: str, collection: str, records: Sequence[Record], total: int, names: Sequence[str], home: str
) -> Item:
    """The rows with the columns `names`; a fact that says so where a person has to look at all of them first."""
    first = {value.name: value for record in reversed(records) for value in record.values if value.name in names}
    said = {name: about(company, system, collection, replace(first[name], obtained=None)) for name in names}
    shown = [name for name in names if said[name].release is Release.AUTO]
    group = home or meaning.group_of_rows((first[name].category, said[name].kind) for name in names)
    words = _together(list(said.values()), records)
    key = _key(system, collection, "" if home else group)
    title = collection_title(company, system, collection)
    outside = any(one.outside for one in said.values())
    if not shown:
        return Fact(key, group, title, None, *words, outside=outside, later=True)
    cells = tuple(
        tuple(as_text(by_name[name].value) if name in by_name else "" for name in shown)
        for record in records
        if (by_name := {value.name: value for value in record.values})
    )
    held_back = [said[name].title for name in names if name not in shown]
    return Table(
        key, group, title, tuple(said[name].title for name in shown), cells, _more(len(cells), total, held_back), *words,
        outside=outside, later=bool(held_back),
    )  # fmt: skip


def _more(shown: int, total: int, held_back: Sequence[str]) -> str:
    sentences = []
    if total > shown:
        sentences.append(
            _(
                "%(shown)s of %(total)s are shown. All of them are in your copy.",
                shown=format_number(shown),
                total=format_number(total),
            )
        )
    if held_back:
        sentences.append(
            _(
                "Not shown yet: %(titles)s. A person looks at it first, because it may speak of other people.",
                titles=format_list(held_back),
            )
        )
    return " ".join(sentences)


def _together(said: Sequence[About], records: Sequence[Record]) -> tuple[str, str, str, str]:
    """Source, purpose, receivers and end of several columns as one: each thing said once."""
    source = format_list(_once(one.source for one in said))
    days = [value.obtained for record in records for value in record.values if value.obtained]
    if days:
        source = _("%(source)s, since %(day)s", source=source, day=format_date(min(days, key=lambda day: f"{day:%Y-%m-%d}")))
    return (
        source,
        format_list(_once(one.why for one in said)),
        format_list(_once(name for one in said for name in one.recipients)),
        format_list(_once(one.until for one in said)),
    )


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _key(system: str, collection: str, name: str) -> str:
    return ".".join(part for part in (system, collection, name) if part)
