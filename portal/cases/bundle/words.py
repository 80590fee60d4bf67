"""Rows and columns as a reader of the package meets them: titles, sentences, text of each value. In the language in force.

Must never hold more than one row at a time, and never let a value turn the sentence it stands in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from portal.adapters.contract import Json, Value
from portal.cases import meaning
from portal.cases.about import About, about, collection_title, field_title, wording_of
from portal.cases.bundle.content import BundleContent, Searched
from portal.cases.bundle.data_files import said_of
from portal.cases.bundle.groups import Group, Part
from portal.cases.bundle.rows import Column, Table, parse_day
from portal.cases.showing import is_long
from portal.cases.tables import joined
from portal.config.model import Company
from portal.core.i18n import _, format_list, format_moment, format_names, format_number, isolated, ngettext, pick

ROWS_ON_A_PAGE = 1000
ROWS_COMPARED = 50
SUMMARY_LENGTH = 60

Reader = Callable[[Json], str]
"""Gives the text of a value in the language in force."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where from, why, who gets it, until when; `title` and `text` where it is said of one value."""

    source: str
    why: str
    who: str
    until: str
    outside: bool = False
    title: str = ""
    text: str = ""
    long: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """One value of a row."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what stands on its closed line, and all of it."""

    summary: str
    pairs: list[Pair]


@dataclass(frozen=True, slots=True)
class TablePage:
    """One list on a page. One row is shown as `facts`, more as `rows`; `columns` where they do not all come from the same place."""

    title: str
    system: str
    count: int
    words: str
    source: str
    why: str
    who: str
    until: str
    outside: bool
    facts: list[Origin]
    columns: list[Origin]
    rows: Iterator[Row]
    more: str
    notes: list[str]
    csv: str


def sentence(text: str) -> str:
    """The text as a sentence of its own, however it was written down."""
    return text[:1].upper() + text[1:].rstrip(".") + "."


def entries(count: int) -> str:
    """`12 entries`."""
    return ngettext("%(num)s entry", "%(num)s entries", count)


def group_words(group: Group) -> str:
    """How much is on a page: `12 entries`."""
    return entries(sum(part.count for part in group.parts))


def table_page(company: Company, group: Group, index: int) -> TablePage:
    """One list of a group, ready to be set."""
    part = group.parts[index]
    table = part.table
    said = {column.id: said_of(company, table, column) for column in part.columns}
    together = _together(list(said.values()))
    apart = [said[name] for name in readers(company, part)] if len({_origin(one) for one in said.values()}) > 1 else []
    single = part.count == 1
    return TablePage(
        title=collection_title(company, table.system, table.collection),
        system=pick(company.systems[table.system].title),
        count=part.count,
        words=entries(part.count),
        source=together.source,
        why=together.why,
        who=together.who,
        until=together.until,
        outside=together.outside,
        facts=list(_facts(company, part)) if single else [],
        columns=[_origin(one, one.title) for one in apart] if not single else [],
        rows=_rows(company, part) if not single else iter(()),
        more=_more(part, group.csv_file(index)) if not single else "",
        notes=notes(company, part),
        csv=group.csv_file(index) if part.columns else "",
    )


def notes(company: Company, part: Part) -> list[str]:
    """What is held and not here: what never leaves, and what a person looks at first."""
    table = part.table
    said = []
    if any(_only_ties(column) for column in part.columns) and not all(_only_ties(column) for column in part.columns):
        said.append(_("Row numbers, which only tie our lists together, are left out here and stand in the JSON and CSV files."))
    if part.home and table.withheld:
        titles = [field_title(company, table.system, table.collection, name) for name in table.withheld]
        said.append(_("We hold this too and hand it to nobody, so that it stays safe: %(titles)s.", titles=format_list(titles)))
    if part.home and (waiting := _counted(company, table, table.waiting)):
        said.append(_("This follows after a person has looked at it: %(titles)s.", titles=waiting))
    if part.home and (refused := _counted(company, table, table.refused)):
        said.append(
            _(
                "A person has looked at some of this and did not hand it out: %(titles)s. Why stands on the first page.",
                titles=refused,
            )
        )
    return said


def follows(company: Company, tables: Iterable[Table]) -> list[str]:
    """What comes in a later part, by collection."""
    return [
        _(
            "%(collection)s: %(titles)s. This follows after a person has looked at it, because it may speak of other people.",
            collection=isolated(collection_title(company, table.system, table.collection)),
            titles=waiting,
        )
        for table in tables
        if (waiting := _counted(company, table, table.waiting))
    ]


def missing(content: BundleContent) -> list[str]:
    """What could not be searched or read, and why."""
    company, said = content.company, []
    for part in content.systems:
        title = pick(company.systems[part.key].title)
        if part.status is Searched.NOT_SEARCHED:
            said.append(_("%(system)s was not searched: %(reason)s", system=isolated(title), reason=part.reason))
        for collection, reason in part.closed.items():
            name = isolated(collection_title(company, part.key, collection))
            said.append(
                _(
                    "%(collection)s in %(system)s could not be read: %(reason)s",
                    collection=name,
                    system=isolated(title),
                    reason=reason,
                )
            )
    return said


def searched(content: BundleContent) -> list[Pair]:
    """Every system with what came of asking it."""
    said = []
    for part in content.systems:
        when = format_moment(part.searched_at) if part.searched_at else ""
        if part.status is Searched.NOT_SEARCHED:
            words = _("Not searched: %(reason)s", reason=part.reason)
        elif part.status is Searched.NOTHING_FOUND:
            words = _("Searched on %(moment)s: nothing found.", moment=when)
        else:
            words = _("Searched on %(moment)s: what was found is in this copy.", moment=when)
        said.append(Pair(pick(content.company.systems[part.key].title), words))
    return said


def chosen(content: BundleContent) -> list[str]:
    """The titles of what was asked for; empty where that is everything."""
    return [meaning.title_of(key) for key in meaning.GROUPS if key in content.choice]


def readers(company: Company, part: Part) -> dict[str, Reader]:
    """How the values of each column are read out, by column id; numbers that only tie rows together are no reading (`notes` says where)."""
    table, told = part.table, [column for column in part.columns if not _only_ties(column)] or part.columns
    return {column.id: wording_of(company, table.system, table.collection, column.like.name) for column in told}


def row_pairs(row: dict[str, Any], titles: Mapping[str, str], reads: Mapping[str, Reader]) -> list[Pair]:
    """The values of a row that say anything, with their titles, in the order of the row."""
    return [Pair(titles[name], text) for name, value in row["values"].items() if name in reads and (text := reads[name](value))]


def _facts(company: Company, part: Part) -> Iterator[Origin]:
    row = next(part.rows())
    obtained, reads = row.get("obtained"), readers(company, part)
    for column in (column for column in part.columns if column.id in reads):
        text = reads[column.id](row["values"].get(column.id))
        if not text:
            continue
        like = column.like
        day = obtained.get(column.id) if isinstance(obtained, dict) else obtained
        value = Value(like.name, like.category, None, like.source, like.purpose, like.retention, like.recipients, parse_day(day))
        said = about(company, part.table.system, part.table.collection, value)
        yield _origin(said, said.title, text)


def _rows(company: Company, part: Part) -> Iterator[Row]:
    reads = readers(company, part)
    titles = {column.id: said_of(company, part.table, column).title for column in part.columns}
    telling = _telling(part, reads)
    for number, row in enumerate(islice(part.rows(), ROWS_ON_A_PAGE), start=1):
        pairs = row_pairs(row, titles, reads)
        short = (reads[name](row["values"].get(name)) for name in telling)
        summary = " · ".join(islice((text for text in short if text and len(text) <= SUMMARY_LENGTH and "\n" not in text), 3))
        yield Row(summary or _("Entry %(number)s", number=format_number(number)), pairs)


def _telling(part: Part, reads: Mapping[str, Reader]) -> list[str]:
    """The columns that tell one row from the next before those that say the same in all: ten invoices to one address are not ten addresses."""
    plain = [column.id for column in part.columns if column.id in reads and not meaning.is_within(column.like.category, "system")]
    differing: dict[str, set[str]] = {name: set() for name in plain}
    for row in islice(part.rows(), ROWS_COMPARED):
        for name in plain:
            differing[name].add(reads[name](row["values"].get(name)))
    return sorted(plain, key=lambda name: -len(differing[name]))


def _only_ties(column: Column) -> bool:
    return meaning.only_ties(column.like.category, column.like.value)


def _more(part: Part, file: str) -> str:
    if part.count <= ROWS_ON_A_PAGE:
        return ""
    return _(
        "The first %(shown)s of %(total)s entries stand here. All of them are in %(file)s.",
        shown=format_number(ROWS_ON_A_PAGE),
        total=format_number(part.count),
        file=isolated(file),
    )


def _origin(said: About, title: str = "", text: str = "") -> Origin:
    return Origin(said.source, said.why, format_names(said.recipients), said.until, said.outside, title, text, is_long(text))


def _together(said: Sequence[About]) -> Origin:
    """Several columns as one: each thing said once."""
    return Origin(
        joined(one.source for one in said),
        joined(one.why for one in said),
        format_names(name for one in said for name in one.recipients),
        joined(one.until for one in said),
        any(one.outside for one in said),
    )


def _counted(company: Company, table: Table, counts: Mapping[str, int]) -> str:
    """The titles of the columns of which something is counted."""
    names = _once(_title(company, table, table.columns[name]) for name, count in counts.items() if count)
    return format_list(names)


def _title(company: Company, table: Table, column: Column) -> str:
    return field_title(company, table.system, table.collection, column.like.name)


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
