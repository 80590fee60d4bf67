"""The first line of a CSV list: what parts its cells and which column the identifiers stand in; and words for whoever gave another file.

Must never guess where two answers are possible, and repeat of a first line nothing that could be somebody's data.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from portal.core.errors import PortalError
from portal.people.lines import BadLine, cells_of

COMMAS = ",;\t"
"""What parts cells where nobody says."""

SHOWN = 20
NAME_OF_COLUMN = re.compile(r"[a-z][a-z0-9_-]{0,38}")
"""What is shown of a first line: `Anna Meyer` may be somebody's name, `first_name` is nobody's."""


class HeadRefused(PortalError):
    """The list begins with something that no links can be added to. The text says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line, and how it is read: its text and its end, what parts the cells, their names, and which is the identifier's."""

    text: str
    end: str
    comma: str
    names: Sequence[str]
    place: int


def read_head(line: str, column: str, *, added: Iterable[str], comma: str | None) -> Head:
    """The first line of a list, if it names that column once and none of those that are to be added. Raises `HeadRefused`."""
    text = line.rstrip("\r\n")
    if not text.strip():
        raise HeadRefused("The first line is empty. It has to name the columns." if line else "The list is empty.")
    readings = list(_readings(text, comma or COMMAS))
    fitting = [(sign, names) for sign, names in readings if column in names]
    if not fitting:
        raise HeadRefused(_why_not(text, column, [names for _sign, names in readings]))
    if len(fitting) > 1 and any(len(names) > 1 for _sign, names in fitting):
        raise HeadRefused("More than one sign could part the columns of the first line. Say which one with --delimiter.")
    sign, names = fitting[0]
    if names.count(column) > 1:
        places = [str(place) for place, name in enumerate(names, 1) if name == column]
        raise HeadRefused(f"Columns {', '.join(places[:-1])} and {places[-1]} are both named `{column}`. Rename all but one.")
    for name in added:
        if name in names:
            raise HeadRefused(has_already(name, "column"))
    return Head(text, line[len(text) :] if line.endswith("\r\n") else "\n", sign, names, names.index(column))


def has_already(name: str, place: str) -> str:
    """What is said of a list that was minted before."""
    return f"There is a {place} `{name}` already. Take the list as it was before links were made for it."


def _readings(text: str, commas: str) -> Iterator[tuple[str, list[str]]]:
    """Each sign that may part the cells, with the names as they are then. Within quotation marks it parts nothing."""
    for comma in commas:
        with suppress(BadLine):
            yield comma, [name.strip() for name in cells_of(text, comma)]


def _why_not(text: str, column: str, readings: Sequence[Sequence[str]]) -> str:
    said = f"The first line names no column `{column}`."
    names = max(readings, key=len, default=())
    if not readings or text.count('"') % 2:
        return f"{said} Its quotation marks do not fit, or a name runs over several lines."
    if not _is_utf_8(text):
        return f"{said} The list is not UTF-8: save it so; in Excel the type is `CSV UTF-8`."
    if _is_object(text):
        return f"{said} It is a JSON object: say --format ndjson."
    alike = [name for name in names if name.casefold() == column.casefold()]
    if alike:
        return f"{said} It names `{alike[0]}`: say --column with these very letters."
    other = "" if len(names) > 1 else " If another sign parts the columns, say which with --delimiter."
    if not all(NAME_OF_COLUMN.fullmatch(name) for name in names):
        return f"{said} It could be a line of data, so it is not shown here: the first line has to name the columns.{other}"
    there = ", ".join(f"`{name}`" for name in names[:SHOWN])
    return f"{said} It names {there}{' and others' if len(names) > SHOWN else ''}. Say the right one with --column.{other}"


def _is_utf_8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
