"""Several rows of one collection as one list: columns in the company's order, what is empty left out, what waits named.

Must never show a column that a person has to look at first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from portal.adapters.contract import Record, Value
from portal.cases import meaning
from portal.cases.about import About, about, collection_title, position_of, wording_of
from portal.cases.showing import as_text
from portal.config.model import Company
from portal.config.systems import Release
from portal.core.i18n import _, format_date, format_list, format_names, format_number


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


def table_of(
    company: Company,
    system: str,
    collection: str,
    records: Sequence[Record],
    total: int,
    names: Sequence[str],
    group: str,
    key: str,
) -> Table:
    """The rows with those of the columns `names` that hold anything. All columns may be held back: then there are no rows."""
    first = _first_values(records, names)
    names = sorted(first, key=lambda name: position_of(company, system, collection, name, first[name].category))
    said = {name: about(company, system, collection, replace(first[name], obtained=None)) for name in names}
    free = [name for name in names if said[name].release is Release.AUTO]
    held_back = [said[name].title for name in names if name not in free]
    # A number that only ties rows together says nothing to the person: the copy has it. A list of nothing else keeps them.
    shown = [name for name in free if not meaning.only_ties(first[name].category, first[name].value)] or free
    reads = {name: wording_of(company, system, collection, name) for name in shown}
    cells = tuple(
        tuple(reads[name](by_name[name].value) if name in by_name else "" for name in shown)
        for record in (records if shown else ())
        if (by_name := {value.name: value for value in record.values})
    )
    return Table(
        key, group, collection_title(company, system, collection), tuple(said[name].title for name in shown), cells,
        _more(len(cells), total if shown else 0, held_back, len(shown) < len(free)), *together(list(said.values()), records),
        outside=any(one.outside for one in said.values()), later=bool(held_back),
    )  # fmt: skip


def together(said: Sequence[About], records: Sequence[Record] = ()) -> tuple[str, str, str, str]:
    """Source, purpose, receivers and end of several values as one: each thing said once."""
    source = joined(one.source for one in said)
    days = [value.obtained for record in records for value in record.values if value.obtained]
    if days:
        since = format_date(min(days, key=lambda day: f"{day:%Y-%m-%d}"))
        source = (_("%(source)s (since %(day)s)") if "." in source else _("%(source)s, since %(day)s")) % {
            "source": source,
            "day": since,
        }
    return (
        source,
        joined(one.why for one in said),
        format_names(name for one in said for name in one.recipients),
        joined(one.until for one in said),
    )


def joined(texts: Iterable[str]) -> str:
    """Each text once, as a list; sentences and half sentences stand side by side, since no `and` can bind them."""
    once = list(dict.fromkeys(texts))
    return " · ".join(once) if any("." in text or len(text.split()) > 3 for text in once) else format_list(once)


def group_of_columns(company: Company, system: str, collection: str, records: Sequence[Record], names: Sequence[str]) -> str:
    """The group of columns that stand apart from the rest of their rows."""
    first = _first_values(records, names)
    return meaning.group_of_rows((value.category, about(company, system, collection, value).kind) for value in first.values())


def _first_values(records: Sequence[Record], names: Sequence[str]) -> dict[str, Value]:
    """Of each of these columns the first value that is not empty."""
    wanted, found = set(names), dict[str, Value]()
    for record in records:
        for value in record.values:
            if value.name in wanted and value.name not in found and as_text(value.value):
                found[value.name] = value
    return found


def _more(shown: int, total: int, held_back: Sequence[str], numbers_left_out: bool) -> str:
    sentences = []
    if total > shown:
        numbers = {"shown": format_number(shown), "total": format_number(total)}
        sentences.append(_("%(shown)s of %(total)s are shown. All of them are in your copy.", **numbers))
    if held_back:
        words = _(
            "Not shown yet: %(titles)s. A person looks at it first, because it may speak of other people.",
            titles=format_list(held_back),
        )
        sentences.append(words)
    if numbers_left_out:
        sentences.append(_("Row numbers, which only tie our lists together, are in your copy."))
    return " ".join(sentences)
