"""What we hold, as a page shows it: groups by meaning, each thing with where it came from, why, who gets it and until when.

Must never count what it does not list, and never name anything of a record that may be somebody else's.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from portal.adapters.contract import Record
from portal.cases import meaning
from portal.cases.about import collection_title
from portal.cases.found import Answer, Reading, SystemReading
from portal.cases.items import Item, gather_numbers, items_of
from portal.config.model import Company
from portal.core import clock
from portal.core.i18n import N_, _, pick

SENSITIVE = "sensitive"
SENSITIVE_TITLE = N_("What needs one more detail")


@dataclass(frozen=True, slots=True)
class SystemWords:
    """A system that cannot be shown whole, and why, in words for the person."""

    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Shut:
    """What opens a group: the kinds of values that may be typed, in words, and the page where."""

    needs: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """Facts of one meaning. `count` are the entries they stand in; a `shut` group lists none."""

    key: str
    title: str
    intro: str
    items: tuple[Item, ...]
    count: int = 0
    open: bool = False
    shut: Shut | None = None

    @property
    def outside(self) -> bool:
        """Whether any of them was not given by the person."""
        return any(item.outside for item in self.items)


@dataclass(frozen=True, slots=True)
class Held:
    """The whole page. `several`: different people may use the address, so nothing of any record is in here.

    `count` are entries, as a request counts them: rows in the company's systems, however many values of each are listed. `outside_count`:
    those of them that hold something the person did not give. `by_hand`: systems that nobody can ask, which is no fault and no answer.
    """

    read_at: datetime
    groups: tuple[Group, ...]
    searched: tuple[str, ...]
    waiting: tuple[SystemWords, ...]
    closed: tuple[SystemWords, ...]
    several: bool = False
    by_hand: tuple[SystemWords, ...] = ()
    count: int = 0
    outside_count: int = 0

    @property
    def systems_count(self) -> int:
        """How many systems answered."""
        return len(self.searched)

    @property
    def listed(self) -> int:
        """How many facts and lists stand on the page."""
        return sum(len(group.items) for group in self.groups)


def show_held(
    company: Company,
    reading: Reading,
    *,
    opened: Collection[tuple[str, str]],
    several: bool,
    opens: Callable[[str], bool],
    shut: Shut | None = None,
    open_group: str = "",
    wrong_url: Callable[[str], str] | None = None,
) -> Held:
    """The page for what was read, in the language in force.

    `opened` are (system, key) of the records that are this person's (`reading.open_now`); values whose category `opens` does not allow are
    left out, and `shut` says how to open them. `wrong_url` gives the address behind "This is wrong" for a fact's key.
    """
    items, counts, left_out = _collect(company, reading, opened, opens)
    groups = [
        Group(
            key, meaning.title_of(key), meaning.lead_of(key), count=counts.groups[key], open=key == open_group,
            items=tuple(replace(item, wrong_url=wrong_url(item.key)) if wrong_url else item for item in items if item.group == key),
        )
        for key in meaning.GROUPS
        if any(item.group == key for item in items)
    ]  # fmt: skip
    if left_out and shut is not None:
        groups.append(Group(SENSITIVE, _(SENSITIVE_TITLE), "", (), open=open_group == SENSITIVE, shut=shut))
    answered = [one for one in reading.systems if one.answer in (Answer.ANSWERED, Answer.NOTHING)]
    return Held(
        min((one.read_at for one in reading.systems), default=clock.now()),
        tuple(groups),
        tuple(_system_title(company, one) for one in answered),
        tuple(
            SystemWords(_system_title(company, one), _("It has not answered yet. You can look again in a moment."))
            for one in reading.systems
            if one.answer is Answer.WAITING
        ),
        tuple(_closed(company, reading, opened)),
        several,
        tuple(
            SystemWords(_system_title(company, one), _("A person looks here by hand when you ask for a copy or for deletion."))
            for one in reading.systems
            if one.answer is Answer.BY_HAND
        ),
        counts.entries,
        counts.outside,
    )


def review_groups(held: Held) -> frozenset[str]:
    """The groups of which something follows after a person has looked."""
    return frozenset(group.key for group in held.groups for item in group.items if item.later)


@dataclass(slots=True)
class _Counts:
    """Entries: all, those with something that the person did not give, and by group; one entry may stand in several groups."""

    entries: int = 0
    outside: int = 0
    groups: Counter[str] = field(default_factory=Counter)

    def add(self, items: Sequence[Item], rows: int) -> None:
        """Count the rows that these items stand for."""
        self.entries += rows if items else 0
        self.outside += rows if any(item.outside for item in items) else 0
        self.groups.update(dict.fromkeys((item.group for item in items), rows))


def _collect(
    company: Company, reading: Reading, opened: Collection[tuple[str, str]], opens: Callable[[str], bool]
) -> tuple[list[Item], _Counts, bool]:
    """All items, how many entries they are, and whether anything was left out for want of proof. Rows of one collection from several
    records stand together.
    """
    items: list[Item] = []
    counts = _Counts()
    left_out = False
    for system in reading.systems:
        rows: dict[str, tuple[list[Record], int]] = {}
        for record in system.records:
            for part in (record.rows or ()) if (system.system, record.key) in opened else ():
                records, total = rows.get(part.collection, ([], 0))
                rows[part.collection] = ([*records, *part.records], total + part.total)
        for collection, (records, total) in rows.items():
            bare = [_without(record, opens) for record in records]
            left_out = left_out or bare != records
            kept = [record for record in bare if record.values or record.withheld]
            listed = items_of(company, system.system, collection, kept, total if kept else 0)
            counts.add(listed, total)
            items += listed
    return gather_numbers(items), counts, left_out


def _without(record: Record, opens: Callable[[str], bool]) -> Record:
    """The record without the values that are shut."""
    return replace(
        record,
        values=tuple(value for value in record.values if opens(value.category)),
        withheld=tuple(one for one in record.withheld if opens(one.category)),
    )


def _closed(company: Company, reading: Reading, opened: Collection[tuple[str, str]]) -> Sequence[SystemWords]:
    """Systems that failed, and collections whose map has a mistake where there is a record of this person."""
    words = _("We cannot read it at the moment. Nothing is lost.")
    found = [SystemWords(_system_title(company, one), words) for one in reading.systems if one.answer is Answer.FAILED]
    for one in reading.systems:
        if any((one.system, record.key) in opened for record in one.records):
            found += [SystemWords(collection_title(company, one.system, name), words) for name in sorted(one.closed)]
    return found


def _system_title(company: Company, reading: SystemReading) -> str:
    return pick(company.systems[reading.system].title)
