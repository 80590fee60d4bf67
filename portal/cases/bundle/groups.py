"""Which rows stand on which page of the package: the same groups by meaning as the page "What we hold" has.

Must never drop a column: what fits no group stands with the rest of its collection.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from portal.cases import meaning
from portal.cases.about import kind_of
from portal.cases.bundle.rows import Column, Table
from portal.config.model import Company, SourceKind

APART = ((SourceKind.PERSON, SourceKind.OBSERVED), (SourceKind.THIRD_PARTY,), (SourceKind.DERIVED,))


@dataclass(frozen=True, slots=True)
class Part:
    """The columns of one table that stand in one group; `home` is the part that also names what is withheld or follows later.

    `count` are its rows, which a reader counts as entries.
    """

    table: Table
    columns: tuple[Column, ...]
    count: int
    home: bool

    @property
    def is_whole(self) -> bool:
        """Whether these are all columns of the table, so that its rows stand as they are."""
        return len(self.columns) == len(self.table.shown)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows with these columns only; rows that have none of them are left out."""
        if self.is_whole:
            yield from self.table.rows()
            return
        names = {column.id for column in self.columns}
        for row in self.table.rows():
            values = {name: value for name, value in row["values"].items() if name in names}
            if not values:
                continue
            obtained = row.get("obtained")
            if isinstance(obtained, dict):
                obtained = {name: day for name, day in obtained.items() if name in names}
            yield {"id": row["id"], **({"obtained": obtained} if obtained else {}), "values": values}


@dataclass(frozen=True, slots=True)
class Group:
    """One page of the package. `number` counts from 1 and makes the file names."""

    key: str
    number: int
    parts: tuple[Part, ...]

    @property
    def page(self) -> str:
        """Its page's file."""
        return f"category-{self.number:02}.html"

    @property
    def json_file(self) -> str:
        """Its exact data."""
        return f"data/{self.number:02}.json"

    def csv_file(self, index: int) -> str:
        """The spreadsheet of its part `index`, counted from 0."""
        return f"data/{self.number:02}-{index + 1}.csv"


def entries_in(groups: Sequence[Group]) -> int:
    """How many rows stand in these groups, each counted once wherever its columns are."""
    counts: dict[tuple[str, str], int] = {}
    for part in (part for group in groups for part in group.parts):
        key = (part.table.system, part.table.collection)
        counts[key] = max(counts.get(key, 0), part.count)
    return sum(counts.values())


def arrange(company: Company, tables: Sequence[Table], choice: Collection[str] = ()) -> list[Group]:
    """The groups in the order of the page, of those that were chosen (none: all), without empty ones."""
    parts: dict[str, list[Part]] = {key: [] for key in meaning.GROUPS}
    for table in tables:
        for index, (key, columns) in enumerate(_split(company, table)):
            parts[key].append(_counted(Part(table, tuple(columns), table.count, home=index == 0)))
    wanted = [key for key in meaning.GROUPS if parts[key] and (not choice or key in choice)]
    return [Group(key, number, tuple(parts[key])) for number, key in enumerate(wanted, start=1)]


def _counted(part: Part) -> Part:
    """The part with its own count: only some rows of a table may have its columns."""
    return part if part.is_whole else replace(part, count=sum(1 for _ in part.rows()))


def _split(company: Company, table: Table) -> list[tuple[str, list[Column]]]:
    """One row is sorted value by value; of several, what others told or a program worked out stands apart."""
    columns = table.shown
    told = [(column, kind_of(company, table.system, table.collection, column.like)) for column in columns]
    home = meaning.group_of_rows((column.like.category, kind) for column, kind in told)
    found: dict[str, list[Column]] = {home: []}
    for column, kind in told:
        if table.count == 1:
            group = meaning.group_of(column.like.category, kind)
            group = home if group == meaning.OTHER else group
        else:
            apart = next(kinds for kinds in APART if kind in kinds)
            group = home if apart is APART[0] else meaning.group_of(column.like.category, kind)
        found.setdefault(group, []).append(column)
    kept = [(group, columns) for group, columns in found.items() if columns]
    # A collection that is only withheld, or only follows later, is still named in its group.
    return kept or ([(home, [])] if table.withheld or table.waiting or table.refused else [])
