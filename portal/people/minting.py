"""Links for a whole list of people: a file in, the same file with two more columns out. Needs no database, only one key.

Must never stop at a bad line, never keep the list in memory, and never repeat what stands in a line it complains of.
"""

import csv
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

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

DOMAINS_KEPT = 20_000
PLAIN_LOCAL_PART = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*")


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

    def __call__(self, text: str) -> str:
        """The address in normal form. Raises an `AddressRefused`."""
        typed = text.strip(" \t\r\n")
        if not typed.isascii() or len(typed) > LONGEST:
            return normal_address(text)
        local, _, domain = typed.lower().rpartition("@")
        if len(local) > 64 or not PLAIN_LOCAL_PART.fullmatch(local):
            return normal_address(text)
        known = self._domains.get(domain)
        if known is None:
            known = normal_address(f"a@{domain}")[2:]
            if len(self._domains) < DOMAINS_KEPT:
                self._domains[domain] = known
        return normal_address(text) if len(local) + len(known) >= LONGEST else f"{local}@{known}"


def links_for(export: KeyExport, pattern: Link) -> Callable[[str], tuple[str, str]]:
    """From an identifier to its two links, all else as in `pattern`. Raises `CannotMint`; what it returns raises `BadLine`."""
    if pattern.choice and pattern.choice not in export.choices:
        raise CannotMint(f"The company asks for no choice `{pattern.choice}`. There are: {', '.join(export.choices) or 'none'}.")
    seal, normal = Mint.under(export.company, export.key).seal, Normaliser()
    before = plain_of(pattern).removesuffix(pattern.identifier.value.encode())
    is_address = pattern.identifier.kind == EMAIL
    pages, posts = (urls.address(export.url, path.removesuffix("{token}")) for path in (urls.PREFERENCES_LINK, urls.ONE_CLICK))
    nonces = crypto.random_nonces()

    def links(identifier: str) -> tuple[str, str]:
        try:
            value = (normal(identifier) if is_address else identifier.strip()).encode()
        except AddressRefused as refusal:
            raise BadLine(str(refusal)) from None
        except UnicodeEncodeError:
            raise BadLine("This is not UTF-8.") from None
        if not 0 < len(value) <= LONGEST_FIELD:
            raise BadLine("The identifier is empty or longer than 255 bytes.")
        token = seal(before + value, next(nonces))
        return pages + token, posts + token

    return links


def mint_csv(
    lines: Iterable[str], links: Callable[[str], tuple[str, str]], *, column: str, bad: Callable[[int, str], None]
) -> Iterator[str]:
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
    place, width = names.index(column), len(names)
    yield f"{head}{comma}{PAGE}{comma}{ONE_CLICK}{end}"
    for number, line, cells in _rows(source, comma, width, bad):
        try:
            page, one_click = links(cells[place])
        except BadLine as reason:
            bad(number, str(reason))
        else:
            yield f"{line}{comma}{page}{comma}{one_click}{end}"


def mint_ndjson(
    lines: Iterable[str], links: Callable[[str], tuple[str, str]], *, column: str, bad: Callable[[int, str], None]
) -> Iterator[str]:
    """The same for one JSON object a line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _object(line)
            if not isinstance(row.get(column), str):
                raise BadLine(f"It has no text `{column}`.")
            page, one_click = links(row[column])
        except BadLine as reason:
            bad(number, str(reason))
        else:
            yield json.dumps({**row, PAGE: page, ONE_CLICK: one_click}, ensure_ascii=False) + "\n"


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise BadLine("This is not a JSON object.")
    return row


def _rows(source: Iterator[str], comma: str, width: int, bad: Callable[[int, str], None]) -> Iterator[tuple[int, str, list[str]]]:
    """Rows as number of the first line, text and cells. A quoted cell may hold line breaks; where that leads to no row, only its
    first line is bad and the next ones stand for themselves."""
    numbered, again = enumerate(source, 2), deque[tuple[int, str]]()
    while (first := again.popleft() if again else next(numbered, None)) is not None:
        number, line = first
        taken, is_open = [first], line.count('"') % 2 == 1
        while is_open and len(taken) < LINES_A_ROW and (more := again.popleft() if again else next(numbered, None)):
            taken.append(more)
            is_open ^= more[1].count('"') % 2 == 1
        row = "".join(text for _number, text in taken).rstrip("\r\n") if len(taken) > 1 else line.rstrip("\r\n")
        if not row:
            continue
        try:
            cells = _cells(row, comma)
            if len(cells) != width:
                raise BadLine(f"It has {len(cells)} cells, the first line has {width}.")
        except BadLine as reason:
            bad(number, str(reason))
            again.extendleft(reversed(taken[1:]))
        else:
            yield number, row, cells


def _cells(line: str, comma: str) -> list[str]:
    if '"' not in line:
        return line.split(comma)
    try:
        return next(csv.reader([line], delimiter=comma, strict=True))
    except csv.Error:
        raise BadLine("Its quotation marks do not fit.") from None
