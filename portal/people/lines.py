"""Lists of people as files, CSV or JSON lines: read many lines at a time, each with its number and what stands for its identifier.

Must never keep the list in memory, never stop at a bad line, and never repeat what stands in one.
"""

import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, islice, repeat
from typing import Any, Generic, TypeVar

from portal.core.errors import PortalError

LINES_A_ROW = 50
"""So many lines may one quoted cell of a CSV file run over; a quote that is never closed costs its own line only."""

BATCH = 1000
"""So many lines are looked at at once."""

Row = TypeVar("Row")


class BadLine(PortalError):
    """One line that gets no link. The text says why and repeats nothing of it."""


@dataclass(slots=True)
class Run(Generic[Row]):
    """Some lines of a list: their numbers, what is written for each, and its identifier. `refused` are lines among them that are none."""

    numbers: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, row: Row, identifier: str) -> None:
        """One more line."""
        self.numbers.append(number)
        self.rows.append(row)
        self.identifiers.append(identifier)

    def refuse(self, number: int, reason: BadLine) -> None:
        """A line that gets no link."""
        self.refused.append((number, str(reason)))

    def keep(self, places: Sequence[int]) -> None:
        """Only the lines at these places."""
        self.numbers = [self.numbers[place] for place in places]
        self.rows = [self.rows[place] for place in places]
        self.identifiers = [self.identifiers[place] for place in places]


def read_objects(lines: Iterable[str], column: str) -> Iterator[Run[dict[str, Any]]]:
    """One JSON object a line, with a text in the field `column`."""
    numbered = enumerate(lines, 1)
    while some := list(islice(numbered, BATCH)):
        run = Run[dict[str, Any]]()
        for number, line in some:
            if not line.strip():
                continue
            try:
                row = _object(line)
                if not isinstance(row.get(column), str):
                    raise BadLine(f"It has no text `{column}`.")
            except BadLine as reason:
                run.refuse(number, reason)
            else:
                run.add(number, row, row[column])
        yield run


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise BadLine("This is not a JSON object.")
    return row


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file: what parts its cells, in which of them the identifier stands, and how many a row has."""

    comma: str
    place: int
    width: int

    def runs(self, source: Iterator[str]) -> Iterator[Run[str]]:
        """Everything below the first line."""
        numbers = count(2)
        while some := list(islice(source, BATCH)):
            own = list(islice(numbers, len(some)))
            # The numbers never end: what is still to come ends with the source.
            to_come = zip(numbers, source, strict=False)
            yield self._plain(own, some) or self._one_by_one(deque(zip(own, some, strict=True)), to_come)

    def _plain(self, numbers: list[int], some: Sequence[str]) -> Run[str] | None:
        """Lines that are a row of the right width each. None where one of them is anything else."""
        together = "".join(some).replace("\r\n", "\n").removesuffix("\n")
        rows = together.split("\n")
        if len(rows) != len(some) or "\r" in together or not all(rows):
            return None
        if '"' in together:
            identifiers = self._of_quoted(rows)
        elif set(map(str.count, rows, repeat(self.comma))) == {self.width - 1}:
            identifiers = together.replace("\n", self.comma).split(self.comma)[self.place :: self.width]
        else:
            identifiers = None
        return Run(numbers, rows, identifiers) if identifiers else None

    def _of_quoted(self, rows: Sequence[str]) -> list[str] | None:
        """The identifiers of rows with quotation marks; None where a cell runs on into the next line, or one is no row of that width."""
        try:
            cells = list(csv.reader(rows, delimiter=self.comma, strict=True))
        except csv.Error:
            return None
        if len(cells) != len(rows) or any(row.count('"') % 2 for row in rows) or set(map(len, cells)) != {self.width}:
            return None
        return [one[self.place] for one in cells]

    def _one_by_one(self, again: deque[tuple[int, str]], numbered: Iterator[tuple[int, str]]) -> Run[str]:
        """Any lines; `numbered` gives what is still to come, for a cell that runs on."""
        run = Run[str]()
        while again:
            number, line = again[0]
            if '"' in line:
                self._quoted(again, numbered, run)
                continue
            again.popleft()
            row = line.rstrip("\r\n")
            cells = row.split(self.comma)
            if len(cells) == self.width and row:
                run.add(number, row, cells[self.place])
            elif row:
                run.refuse(number, self._wrong_width(cells))
        return run

    def _quoted(self, again: deque[tuple[int, str]], numbered: Iterator[tuple[int, str]], run: Run[str]) -> None:
        """The row that begins with the first line of `again`, if it is one. A quoted cell may hold line breaks; where that leads to no
        row, only its first line is bad and the next ones stand for themselves: they are put back.
        """
        number, line = first = again.popleft()
        taken, is_open = [first], line.count('"') % 2 == 1
        while is_open and len(taken) < LINES_A_ROW and (more := again.popleft() if again else next(numbered, None)):
            taken.append(more)
            is_open ^= more[1].count('"') % 2 == 1
        row = "".join(text for _number, text in taken).rstrip("\r\n")
        if not row:
            return
        try:
            cells = cells_of(row, self.comma)
            if len(cells) != self.width:
                raise self._wrong_width(cells)
        except BadLine as reason:
            run.refuse(number, reason)
            again.extendleft(reversed(taken[1:]))
        else:
            run.add(number, row, cells[self.place])

    def _wrong_width(self, cells: Sequence[str]) -> BadLine:
        return BadLine(f"It has {len(cells)} cells, the first line has {self.width}.")


def cells_of(line: str, comma: str) -> list[str]:
    """The cells of one row. Raises `BadLine`."""
    if '"' not in line:
        return line.split(comma)
    try:
        return next(csv.reader([line], delimiter=comma, strict=True))
    except csv.Error:
        raise BadLine("Its quotation marks do not fit.") from None
