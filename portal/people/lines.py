"""Lists of people as files, CSV or JSON lines: read many lines at a time, each with its number and what stands for its identifier.

Must never keep the list in memory, never stop at a bad line, and never repeat what stands in one.
"""

import csv
import io
import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import BinaryIO, Generic, TypeVar

from portal.core.errors import PortalError

LINES_A_ROW = 50
"""So many lines may one quoted cell of a CSV file run over; a quote that is never closed costs its own line only."""

PIECE = 2**16
"""So many bytes of a file are looked at at once."""

NUMBER = 8
"""Bytes of the number of a line, where a part of a list goes to another process."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")

Row = TypeVar("Row")


class BadLine(PortalError):
    """One line that gets no link. The text says why and repeats nothing of it."""


class NotUtf8(PortalError):
    """A list in which no sign is what it would be in UTF-8."""


@dataclass(frozen=True, slots=True)
class Share:
    """A piece of a list that stands for itself: the number of its first line, and its bytes."""

    number: int
    content: bytes


@dataclass(slots=True)
class Run(Generic[Row]):
    """Some lines of a list: their numbers, what is written for each, and its identifier, in the bytes of the file. `refused` are lines
    among them that are none.
    """

    numbers: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    identifiers: list[bytes] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, row: Row, identifier: bytes) -> None:
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


def pack(part: "Share | Run[bytes]") -> bytes:
    """A part of a list as bytes, for another process. No line has the number 0: what follows one has been read already."""
    if isinstance(part, Share):
        return part.number.to_bytes(NUMBER, "big") + part.content
    rows, identifiers = ([one.decode("latin-1") for one in some] for some in (part.rows, part.identifiers))
    return bytes(NUMBER) + json.dumps([part.numbers, rows, identifiers, part.refused]).encode()


def unpack(packed: bytes) -> "Share | Run[bytes]":
    """The same again."""
    number, content = int.from_bytes(packed[:NUMBER], "big"), packed[NUMBER:]
    if number:
        return Share(number, content)
    numbers, rows, identifiers, refused = json.loads(content)
    rows, identifiers = ([one.encode("latin-1") for one in some] for some in (rows, identifiers))
    return Run(numbers, rows, identifiers, [(bad, reason) for bad, reason in refused])


def text_of(raw: bytes) -> str:
    """Bytes of a list as text. What is not UTF-8 passes through as it is; only where the identifier has some, its line is bad."""
    return raw.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """The same bytes again."""
    return text.encode("utf-8", "surrogateescape")


def pieces_of(source: BinaryIO) -> Iterator[bytes]:
    """A file in pieces that end where a line does."""
    rest = b""
    while more := _read(source, max(PIECE, len(rest))):
        rest += more
        # Where no line ends in LF they end in CR alone; one at the very end may be half of a CR LF.
        end = rest.rfind(b"\n") + 1 or rest.rfind(b"\r", 0, -1) + 1
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def _read(source: BinaryIO, size: int) -> bytes:
    """So many bytes. An error says which file it was that could not be read."""
    try:
        return source.read(size)
    except OSError as error:
        error.filename = error.filename or getattr(source, "name", None)
        raise


def lines_of(piece: bytes) -> list[str]:
    """The lines of a piece, each with its end."""
    return list(io.StringIO(text_of(piece), newline=""))


def numbered(pieces: Iterable[bytes]) -> Iterator[Share]:
    """The pieces of a file in which each line stands for itself, with the number of their first line."""
    number = 1
    for piece in pieces:
        yield Share(number, piece)
        number += _count_lines(piece)


def _count_lines(piece: bytes) -> int:
    """How many `lines_of` finds."""
    if b"\r" in piece and b"\r" in piece.replace(b"\r\n", b"\n"):
        return len(lines_of(piece))
    return piece.count(b"\n") + (not piece.endswith(b"\n"))


def _stands_alone(piece: bytes) -> bool:
    """Whether no quoted cell can run on from one of its lines to the next."""
    return b'"' not in piece or not any(line.count(b'"') % 2 for line in piece.splitlines())


def split_mark(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The mark that some programs begin a file with, or nothing, and the pieces without it. Raises `NotUtf8`."""
    piece = next(pieces, b"")
    if piece.startswith(UTF_16) or b"\0" in piece[:4]:
        raise NotUtf8("The list is UTF-16, or no text. Save it as UTF-8; in Excel the type is `CSV UTF-8`.")
    mark = BYTE_ORDER_MARK if piece.startswith(BYTE_ORDER_MARK) else b""
    rest = piece[len(mark) :]
    return mark, chain([rest], pieces) if rest else pieces


def split_first(pieces: Iterator[bytes]) -> tuple[str, Iterator[bytes]]:
    """The first line, and the pieces that follow it."""
    piece = next(pieces, b"")
    first = next(iter(lines_of(piece)), "")
    rest = piece[len(bytes_of(first)) :]
    return first, chain([rest], pieces) if rest else pieces


class _Ahead:
    """Lines that are still to be looked at, each with its number: those of one piece, and of the next ones where a cell runs on."""

    def __init__(self, number: int, piece: bytes, pieces: Iterator[bytes]) -> None:
        self.next_number, self.lines = number, deque[tuple[int, str]]()
        self._pieces = pieces
        self._add(piece)

    def take(self) -> tuple[int, str] | None:
        """The next one, if there is any."""
        if not self.lines:
            self._add(next(self._pieces, b""))
        return self.lines.popleft() if self.lines else None

    def _add(self, piece: bytes) -> None:
        self.lines.extend(enumerate(lines_of(piece), self.next_number))
        self.next_number += len(self.lines)


@dataclass(frozen=True)
class Sheet:
    """A CSV file: what parts its cells, in which of them the identifier stands, and how many a row has."""

    comma: str
    place: int
    width: int

    @cached_property
    def _shape(self) -> tuple[bytes, bytes]:
        """What is left of a row where every sign is taken out but those that part cells and rows, and all these signs."""
        kept = f"{self.comma}\n".encode()
        return self.comma.encode() * (self.width - 1) + b"\n", bytes(sign for sign in range(256) if sign not in kept)

    def parts(self, pieces: Iterator[bytes]) -> Iterator[Share | Run[bytes]]:
        """Everything below the first line: pieces for `read`, and lines that are read already, since a cell runs on from one to the next."""
        number, again = 2, b""
        while piece := again or next(pieces, b""):
            if _stands_alone(piece):
                yield Share(number, piece)
                number, again = number + _count_lines(piece), b""
            else:
                run, number, again = self._one_by_one(number, piece, pieces)
                yield run

    def read(self, share: Share) -> Run[bytes]:
        """A piece that stands for itself."""
        return self._plain(share.number, share.content) or self._one_by_one(share.number, share.content, iter(()))[0]

    def _plain(self, number: int, piece: bytes) -> Run[bytes] | None:
        """Lines that are a row of the right width each. None where one of them is anything else."""
        if b"\r" in piece:
            piece = piece.replace(b"\r\n", b"\n")
        piece = piece.removesuffix(b"\n")
        rows = piece.split(b"\n")
        if b"\r" in piece or not all(rows):
            return None
        shape, beside = self._shape
        if b'"' in piece:
            identifiers = self._of_quoted(text_of(piece).split("\n"))
        elif piece.translate(None, beside) + b"\n" == shape * len(rows):
            comma = self.comma.encode()
            identifiers = piece.replace(b"\n", comma).split(comma)[self.place :: self.width] if self.width > 1 else rows
        else:
            identifiers = None
        return Run(list(range(number, number + len(rows))), rows, identifiers) if identifiers else None

    def _of_quoted(self, rows: Sequence[str]) -> list[bytes] | None:
        """The identifiers of rows with quotation marks; None where a cell runs on into the next line, or one is no row of that width."""
        try:
            cells = list(csv.reader(rows, delimiter=self.comma, strict=True))
        except csv.Error:
            return None
        if len(cells) != len(rows) or any(row.count('"') % 2 for row in rows) or set(map(len, cells)) != {self.width}:
            return None
        return [bytes_of(one[self.place]) for one in cells]

    def _one_by_one(self, number: int, piece: bytes, pieces: Iterator[bytes]) -> tuple[Run[bytes], int, bytes]:
        """Any lines, from that number on; the number of the line after them, and what was taken of the following pieces and not used."""
        run, ahead = Run[bytes](), _Ahead(number, piece, pieces)
        end = ahead.next_number
        while ahead.lines and ahead.lines[0][0] < end:
            number, line = ahead.lines[0]
            if '"' in line:
                self._quoted(ahead, run)
                continue
            ahead.lines.popleft()
            row = line.rstrip("\r\n")
            cells = row.split(self.comma)
            if len(cells) == self.width and row:
                run.add(number, bytes_of(row), bytes_of(cells[self.place]))
            elif row:
                run.refuse(number, self._wrong_width(cells))
        return run, ahead.next_number - len(ahead.lines), bytes_of("".join(text for _number, text in ahead.lines))

    def _quoted(self, ahead: "_Ahead", run: Run[bytes]) -> None:
        """The row that begins with the first line that is ahead, if it is one. A quoted cell may hold line breaks; where that leads to no
        row, only its first line is bad and the next ones stand for themselves: they are put back.
        """
        number, line = first = ahead.lines.popleft()
        taken, is_open = [first], line.count('"') % 2 == 1
        while is_open and len(taken) < LINES_A_ROW and (more := ahead.take()):
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
            ahead.lines.extendleft(reversed(taken[1:]))
        else:
            run.add(number, bytes_of(row), bytes_of(cells[self.place]))

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
