"""Links for a whole list of people: a file in, the same file with two more columns out. Needs no database, only one key.

Must never stop at a bad line, never keep the list in memory, and never repeat what stands in a line it complains of.
"""

import csv
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from portal.core import crypto, urls
from portal.core.crypto_links import LinkKey, dump_link_key, parse_link_key
from portal.core.errors import PortalError
from portal.people.addresses import LONGEST, AddressRefused, normal_address
from portal.people.link_tokens import LONGEST_FIELD, CannotMint, Link, Mint, plain_of
from portal.people.service import EMAIL

PAGE, ONE_CLICK = "preferences_link", "unsubscribe_link"
"""The columns that are added."""

LINES_A_ROW = 50
"""So many lines may one quoted cell of a CSV file run over; a quote that is never closed costs its own line only."""

BATCH = 1000
"""So many links are made at once."""

DOMAINS_KEPT = 20_000
LONGEST_LOCAL_PART = 64
PLAIN_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_+-."
PLAIN_LOCAL_PART = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*")


Row = TypeVar("Row")


class ExportIsBroken(PortalError):
    """The file with the key is not one that `portal links keys export` wrote."""


class NoSuchColumn(PortalError):
    """The first line of the list does not name the column that the identifiers stand in."""


class BadLine(PortalError):
    """One line that gets no link. The text says why and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class KeyExport:
    """What a machine needs that mints links: one key of one company, where its pages are, and which choices it asks for."""

    company: str
    url: str
    key: LinkKey
    choices: tuple[str, ...]

    def dump(self) -> str:
        """The text of the file."""
        plain = {"company": self.company, "url": self.url, "key": dump_link_key(self.key), "choices": list(self.choices)}
        return json.dumps({"portal_links": 1, **plain}, indent=2) + "\n"

    @classmethod
    def parse(cls, text: str) -> "KeyExport":
        """Read what `dump` wrote. Raises `ExportIsBroken`."""
        try:
            plain = json.loads(text)
            if plain["portal_links"] != 1:
                raise ValueError("Another version.")
            return cls(str(plain["company"]), str(plain["url"]), parse_link_key(plain["key"]), tuple(map(str, plain["choices"])))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ExportIsBroken("This is not the file that `portal links keys export` wrote. Export the key again.") from None


class Normaliser:
    """`normal_address` for long lists: each domain is looked at once. Gives the same answer, or raises the same refusal."""

    def __init__(self) -> None:
        self._domains: dict[str, str] = {}
        self._normal: set[str] = set()

    def __call__(self, text: str) -> str:
        """The address in normal form. Raises an `AddressRefused`."""
        local, _, domain = text.rpartition("@")
        # What nearly every line is: in normal form as it stands. Told without the pattern, which takes three times as long.
        if (
            domain in self._normal
            and len(text) <= LONGEST_LOCAL_PART
            and local
            and not local.strip(PLAIN_LETTERS)
            and ".." not in f".{local}."
        ):
            return text
        return self._looked_at(text)

    def _looked_at(self, text: str) -> str:
        typed = text.strip(" \t\r\n")
        if not typed.isascii() or len(typed) > LONGEST:
            return normal_address(text)
        local, _, domain = typed.lower().rpartition("@")
        if len(local) > LONGEST_LOCAL_PART or not PLAIN_LOCAL_PART.fullmatch(local):
            return normal_address(text)
        known = self._domains.get(domain)
        if known is None:
            known = normal_address(f"a@{domain}")[2:]
            if len(self._domains) < DOMAINS_KEPT:
                self._domains[domain] = known
                if known == domain:
                    self._normal.add(known)
        return normal_address(text) if len(local) + len(known) >= LONGEST else f"{local}@{known}"


class Linker:
    """Makes the two links of each identifier, all else as in a pattern. Raises `CannotMint` where the pattern is none."""

    def __init__(self, export: KeyExport, pattern: Link) -> None:
        if pattern.choice and pattern.choice not in export.choices:
            raise CannotMint(
                f"The company asks for no choice `{pattern.choice}`. There are: {', '.join(export.choices) or 'none'}."
            )
        self.page, self.one_click = (
            urls.address(export.url, path.removesuffix("{token}")) for path in (urls.PREFERENCES_LINK, urls.ONE_CLICK)
        )
        self.made = 0
        self._mint = Mint.under(export.company, export.key)
        self._before = plain_of(pattern).removesuffix(pattern.identifier.value.encode())
        self._normal = Normaliser() if pattern.identifier.kind == EMAIL else str.strip

    def value_of(self, identifier: str) -> bytes:
        """What a token says of whom it is for. Raises `BadLine`."""
        try:
            value = self._normal(identifier).encode()
        except AddressRefused as refusal:
            raise BadLine(str(refusal)) from None
        except UnicodeEncodeError:
            raise BadLine("This is not UTF-8.") from None
        if not 0 < len(value) <= LONGEST_FIELD:
            raise BadLine("The identifier is empty or longer than 255 bytes.")
        return value

    def tokens_of(self, values: Sequence[bytes]) -> list[str]:
        """The token of each, as `value_of` gave them."""
        self.made += len(values)
        return self._mint.seal_many(self._before, values, crypto.draw_nonces(len(values)))

    def links_of(self, identifier: str) -> tuple[str, str]:
        """Both links of one. Raises `BadLine`."""
        (token,) = self.tokens_of([self.value_of(identifier)])
        return self.page + token, self.one_click + token


def mint_csv(lines: Iterable[str], linker: Linker, *, column: str, bad: Callable[[int, str], None]) -> Iterator[str]:
    """The lines of a CSV file with two more columns; `bad` hears of each line that is left out. Raises `NoSuchColumn`.

    Comma, semicolon or tab, whichever the first line has most of. What stands in the file is passed on as it is.
    """
    source = iter(lines)
    head = next(source, "")
    end = "\r\n" if head.endswith("\r\n") else "\n"
    head = head.rstrip("\r\n")
    comma = max(",;\t", key=head.count)
    names = [name.strip() for name in _cells(head, comma)]
    if column not in names:
        raise NoSuchColumn(f"The first line names no column `{column}`. Name the right one with --column.")
    yield f"{head}{comma}{PAGE}{comma}{ONE_CLICK}{end}"
    rows = _rows(source, comma, names.index(column), len(names), bad)
    page, one_click = f"{comma}{linker.page}", f"{comma}{linker.one_click}"
    for some, tokens in _minted(rows, linker, bad):
        yield from [f"{row}{page}{token}{one_click}{token}{end}" for row, token in zip(some, tokens, strict=True)]


def mint_ndjson(lines: Iterable[str], linker: Linker, *, column: str, bad: Callable[[int, str], None]) -> Iterator[str]:
    """The same for one JSON object a line."""
    for some, tokens in _minted(_objects(lines, column, bad), linker, bad):
        for row, token in zip(some, tokens, strict=True):
            links = {PAGE: linker.page + token, ONE_CLICK: linker.one_click + token}
            yield json.dumps({**row, **links}, ensure_ascii=False) + "\n"


def _minted(
    rows: Iterable[tuple[int, Row, str]], linker: Linker, bad: Callable[[int, str], None]
) -> Iterator[tuple[list[Row], list[str]]]:
    """Rows (number, what is written, identifier) in batches: what is written, and the tokens. `bad` hears of them in their order."""
    some, values, value_of = list[Row](), list[bytes](), linker.value_of
    for number, row, identifier in rows:
        try:
            values.append(value_of(identifier))
        except BadLine as reason:
            bad(number, str(reason))
            continue
        some.append(row)
        if len(some) == BATCH:
            yield some, linker.tokens_of(values)
            some, values = [], []
    yield some, linker.tokens_of(values)


def _objects(lines: Iterable[str], column: str, bad: Callable[[int, str], None]) -> Iterator[tuple[int, dict[str, Any], str]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _object(line)
            if not isinstance(row.get(column), str):
                raise BadLine(f"It has no text `{column}`.")
        except BadLine as reason:
            bad(number, str(reason))
        else:
            yield number, row, row[column]


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise BadLine("This is not a JSON object.")
    return row


def _rows(
    source: Iterator[str], comma: str, place: int, width: int, bad: Callable[[int, str], None]
) -> Iterator[tuple[int, str, str]]:
    """Rows as number of the first line, text and the cell at `place`."""
    numbered, again = enumerate(source, 2), deque[tuple[int, str]]()
    while True:
        for number, line in numbered:
            if '"' in line:
                again.append((number, line))
                break
            row = line.rstrip("\r\n")
            cells = row.split(comma)
            if len(cells) == width and row:
                yield number, row, cells[place]
            elif row:
                bad(number, str(_wrong_width(cells, width)))
        if not again:
            return
        while again:
            yield from _quoted_row(numbered, again, comma, place, width, bad)


def _quoted_row(
    numbered: Iterator[tuple[int, str]],
    again: deque[tuple[int, str]],
    comma: str,
    place: int,
    width: int,
    bad: Callable[[int, str], None],
) -> Iterator[tuple[int, str, str]]:
    """The row that begins with the first line of `again`, if it is one. A quoted cell may hold line breaks; where that leads to no row,
    only its first line is bad and the next ones stand for themselves: they are put back."""
    number, line = first = again.popleft()
    taken, is_open = [first], line.count('"') % 2 == 1
    while is_open and len(taken) < LINES_A_ROW and (more := again.popleft() if again else next(numbered, None)):
        taken.append(more)
        is_open ^= more[1].count('"') % 2 == 1
    row = "".join(text for _number, text in taken).rstrip("\r\n")
    if not row:
        return
    try:
        cells = _cells(row, comma)
        if len(cells) != width:
            raise _wrong_width(cells, width)
    except BadLine as reason:
        bad(number, str(reason))
        again.extendleft(reversed(taken[1:]))
    else:
        yield number, row, cells[place]


def _wrong_width(cells: list[str], width: int) -> BadLine:
    return BadLine(f"It has {len(cells)} cells, the first line has {width}.")


def _cells(line: str, comma: str) -> list[str]:
    if '"' not in line:
        return line.split(comma)
    try:
        return next(csv.reader([line], delimiter=comma, strict=True))
    except csv.Error:
        raise BadLine("Its quotation marks do not fit.") from None
