"""Links for a whole list of people: a file in, the same file with two more columns out. Needs no database, only one key.

Must never stop at a bad line, never keep the list in memory, and never repeat what stands in a line it complains of.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from portal.core import crypto, urls
from portal.core.crypto_links import LinkKey, dump_link_key, parse_link_key
from portal.core.errors import PortalError
from portal.people.addresses import LONGEST, AddressRefused, normal_address
from portal.people.heads import read_head
from portal.people.identifier import EMAIL
from portal.people.lines import (
    BadLine,
    Row,
    Run,
    Share,
    Sheet,
    bytes_of,
    numbered,
    pack,
    pieces_of,
    split_first,
    split_mark,
    text_of,
    unpack,
)
from portal.people.link_tokens import LONGEST_FIELD, CannotMint, Link, Mint, plain_of
from portal.people.objects import read_objects

PAGE, ONE_CLICK = "preferences_link", "unsubscribe_link"
"""The columns that are added."""

FEW = 16
"""So few lines are looked at one by one, where one of them wants that."""

DOMAINS_KEPT = 20_000
LONGEST_LOCAL_PART = 64
PLAIN_LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789_+-."
NOT_PLAIN = (b"\n.", b".\n", b"..")
"""What stands in no list of plain parts before the @, one a line."""

PLAIN_LOCAL_PART = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*")


class ExportIsBroken(PortalError):
    """The file with the key is not one that `portal links keys export` wrote."""


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
    def parse(cls, text: str | bytes) -> "KeyExport":
        """Read what `dump` wrote. Raises `ExportIsBroken`."""
        try:
            plain = json.loads(text)
            if plain["portal_links"] != 1:
                raise ValueError("Another version.")
            return cls(str(plain["company"]), str(plain["url"]), parse_link_key(plain["key"]), tuple(map(str, plain["choices"])))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ExportIsBroken("This is not the file that `portal links keys export` wrote. Export the key again.") from None


class Normaliser:
    """`normal_address` for long lists: each domain is looked at once. Gives the same answer, or raises the same refusal."""

    def __init__(self) -> None:
        self._domains: dict[str, str] = {}
        self._normal: set[bytes] = set()

    def __call__(self, text: str) -> str:
        """The address in normal form. Raises an `AddressRefused`."""
        typed = text.strip(" \t\r\n")
        if not typed.isascii() or len(typed) > LONGEST:
            return normal_address(text)
        local, _, domain = typed.lower().rpartition("@")
        if len(local) > LONGEST_LOCAL_PART or not PLAIN_LOCAL_PART.fullmatch(local):
            return normal_address(text)
        known = self._domains.get(domain) or self._learn(domain)
        return normal_address(text) if len(local) + len(known) >= LONGEST else f"{local}@{known}"

    def of_plain(self, texts: Sequence[bytes]) -> Sequence[bytes] | None:
        """All of them in normal form, where that is no more than small letters: what nearly every list is. Else None, and nothing is said
        of which of them wants to be looked at alone.
        """
        together = b"\n".join(texts)
        lower = together.lower()
        # One @ in each, letters that are plain beside it, and no line break that was not put there.
        if lower.translate(None, PLAIN_LETTERS) != (b"@\n" * len(texts))[:-1]:
            return None
        cells = lower.replace(b"@", b"\n").split(b"\n")
        local_parts, domains = cells[::2], set(cells[1::2])
        if not all(local_parts) or not _dots_are_plain(local_parts) or not all(map(self._is_normal, domains - self._normal)):
            return None
        addresses = texts if lower == together else lower.split(b"\n")
        return None if max(map(len, addresses)) > LONGEST_LOCAL_PART else addresses

    def _is_normal(self, domain: bytes) -> bool:
        """Whether a domain that was not met before is in normal form as it stands."""
        try:
            return self._learn(domain.decode()).encode() == domain
        except AddressRefused:
            return False

    def _learn(self, domain: str) -> str:
        known = normal_address(f"a@{domain}")[2:]
        if len(self._domains) < DOMAINS_KEPT:
            self._domains[domain] = known
            if known == domain:
                self._normal.add(domain.encode())
        return known


def _dots_are_plain(local_parts: Sequence[bytes]) -> bool:
    """Whether none begins or ends with one, or has two in a row."""
    lines = b"\n%b\n" % b"\n".join(local_parts)
    return b"." not in lines or not any(signs in lines for signs in NOT_PLAIN)


class Linker:
    """Makes the two links of each identifier, all else as in a pattern. Raises `CannotMint` where the pattern is none."""

    def __init__(self, export: KeyExport, pattern: Link) -> None:
        if pattern.choice and pattern.choice not in export.choices:
            raise CannotMint(
                f"The company asks for no choice `{pattern.choice}`. There are: {', '.join(export.choices) or 'none'}."
            )
        self._mint = Mint.under(export.company, export.key)
        # What all links begin with.
        self.page, self.one_click = (
            urls.address(export.url, path.removesuffix("{token}")) + self._mint.head.decode()
            for path in (urls.PREFERENCES_LINK, urls.ONE_CLICK)
        )
        self._before = plain_of(pattern).removesuffix(pattern.identifier.value.encode())
        self._normal = Normaliser() if pattern.identifier.kind == EMAIL else None

    def plain_values_of(self, identifiers: Sequence[bytes]) -> Sequence[bytes] | None:
        """What `values_of` says where all are plain addresses, else None."""
        return self._normal.of_plain(identifiers) if self._normal and identifiers else None

    def values_of(self, identifiers: Sequence[bytes]) -> Sequence[bytes | BadLine]:
        """What the tokens of many say of whom they are for, in the same order; or why one has none. Where all are plain they are looked
        at together, else by halves, so that a bad line costs little more than itself.
        """
        plain = self.plain_values_of(identifiers)
        if plain is not None:
            return plain
        if self._normal and len(identifiers) > FEW:
            middle = len(identifiers) // 2
            return [*self.values_of(identifiers[:middle]), *self.values_of(identifiers[middle:])]
        return [self._value_or_why_not(text_of(one)) for one in identifiers]

    def _value_or_why_not(self, identifier: str) -> bytes | BadLine:
        try:
            return self.value_of(identifier)
        except BadLine as reason:
            return reason

    def value_of(self, identifier: str) -> bytes:
        """What a token says of whom it is for. Raises `BadLine`."""
        try:
            value = (self._normal(identifier) if self._normal else identifier.strip()).encode()
        except AddressRefused as refusal:
            raise BadLine(str(refusal)) from None
        except UnicodeEncodeError:
            raise BadLine("This is not UTF-8.") from None
        if not 0 < len(value) <= LONGEST_FIELD:
            raise BadLine("The identifier is empty or longer than 255 bytes.")
        return value

    def ends_of(self, values: Sequence[bytes]) -> list[bytes]:
        """What the two links of each end in, of values as `value_of` gave them."""
        return self._mint.seal_many(self._before, values, crypto.draw_nonces(len(values)))

    def links_of(self, identifier: str) -> tuple[str, str]:
        """Both links of one. Raises `BadLine`."""
        (end,) = self.ends_of([self.value_of(identifier)])
        return self.page + end.decode(), self.one_click + end.decode()


@dataclass(frozen=True, slots=True)
class Minted:
    """What became of some lines: those with their links, how many they are, and the numbers of those that are left out, with the reasons."""

    lines: bytes
    made: int
    refused: list[tuple[int, str]]


class CsvList:
    """A CSV file, to which two columns are added. Raises `HeadRefused` or `NotUtf8`.

    What parts the cells is given, or the comma, semicolon or tab with which the first line names the column. What stands in the file is
    passed on as it is, with the mark that some programs begin a file with and read by.
    """

    def __init__(self, source: BinaryIO, linker: Linker, *, column: str, comma: str | None = None) -> None:
        mark, pieces = split_mark(pieces_of(source))
        first, pieces = split_first(pieces)
        head = read_head(first, column, added=(PAGE, ONE_CLICK), comma=comma)
        comma, end = head.comma, head.end
        self.head = mark + bytes_of(f"{head.text}{comma}{PAGE}{comma}{ONE_CLICK}{end}")
        self._linker, self._sheet = linker, Sheet(comma, head.place, len(head.names))
        self.parts = map(pack, self._sheet.parts(pieces))
        # What stands around a row and the end of its links twice.
        self._around = [b"", f"{comma}{linker.page}".encode(), b"", f"{comma}{linker.one_click}".encode(), b"", end.encode()]

    def mint(self, packed: bytes) -> Minted:
        """The links of one of its `parts`."""
        part = unpack(packed)
        run = self._sheet.read(part) if isinstance(part, Share) else part
        ends = self._linker.ends_of(_keep_good(run, self._linker))
        parts = self._around * len(run.rows)
        parts[0::6], parts[2::6], parts[4::6] = run.rows, ends, ends
        return Minted(b"".join(parts), len(ends), sorted(run.refused))


class NdjsonList:
    """The same for one JSON object a line, to each of which two fields are added; without a mark at the beginning. Raises `NotUtf8`."""

    head = b""

    def __init__(self, source: BinaryIO, linker: Linker, *, column: str) -> None:
        _mark, pieces = split_mark(pieces_of(source))
        self.parts = map(pack, numbered(pieces))
        self._linker, self._column = linker, column
        # What stands before the end of each link.
        page, one_click = (json.dumps(link)[:-1] for link in (linker.page, linker.one_click))
        self._before = f', "{PAGE}": {page}'.encode(), f'", "{ONE_CLICK}": {one_click}'.encode()

    def mint(self, packed: bytes) -> Minted:
        """The links of one of its `parts`."""
        part = unpack(packed)
        assert isinstance(part, Share)  # noqa: S101  # nothing of such a list is read beforehand
        run = read_objects(part, self._column, (PAGE, ONE_CLICK))
        ends = self._linker.ends_of(_keep_good(run, self._linker))
        page, one_click = self._before
        lines = b"".join(
            b"".join((begun, page, end, one_click, end, b'"', after)) for (begun, after), end in zip(run.rows, ends, strict=True)
        )
        return Minted(lines, len(ends), sorted(run.refused))


def _keep_good(run: Run[Row], linker: Linker) -> Sequence[bytes]:
    """What the tokens say of whom they are for. Lines that are for nobody leave the run."""
    plain = linker.plain_values_of(run.identifiers)
    if plain is not None:
        return plain
    values = linker.values_of(run.identifiers)
    good = [value for value in values if isinstance(value, bytes)]
    if len(good) < len(values):
        for number, value in zip(run.numbers, values, strict=True):
            if isinstance(value, BadLine):
                run.refuse(number, value)
        run.keep([place for place, value in enumerate(values) if isinstance(value, bytes)])
    return good
