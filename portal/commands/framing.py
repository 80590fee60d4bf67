"""Where one request ends in the bytes of a connection (RFC 9112 section 6), so that nobody has to wait in a thread to find out.

Must never take for whole what the parser behind would still wait for: what is not plainly framed is refused here.
"""

import re
from dataclasses import dataclass
from enum import Enum

LARGEST_HEAD = 32 * 1024
LARGEST_BODY = 272 * 1024
"""A little more than the application reads of any form; what is larger is a list for the API, read there after the key was seen."""

LONGEST_SIZE_LINE = 256
LONGEST_TRAILER = 8 * 1024
SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(;[^\r\n]*)?")


class Extent(Enum):
    """How much of a request is here."""

    PART = "part"
    WHOLE = "whole"
    LARGE = "large"
    """More than is gathered for anyone, or will be."""


class NotFramed(Exception):
    """Where the request ends cannot be told, or two fields tell it differently."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a request's head says of its body."""

    ends: int
    length: int = 0
    """In bytes, where it is not in chunks."""
    chunked: bool = False
    expects: tuple[int, int] | None = None
    """Where the line `Expect: 100-continue` begins and ends."""


def read_head(raw: bytes | bytearray) -> Head | None:
    """The head, or None while it is not whole. Raises `NotFramed`."""
    end = raw.find(b"\r\n\r\n")
    if end < 0:
        return None
    if raw.count(b"\n", 0, end) != raw.count(b"\r\n", 0, end):
        raise NotFramed("a line that ends otherwise than in CRLF")
    length: int | None = None
    chunked = False
    expects: tuple[int, int] | None = None
    start = raw.find(b"\r\n") + 2
    while start < end + 2:
        stop = raw.find(b"\r\n", start) + 2
        name, _colon, value = raw[start : stop - 2].lower().partition(b":")
        name, value = name.strip(), value.strip()
        if name == b"content-length":
            if length is not None or not value.isdigit() or len(value) > 18:
                raise NotFramed("Content-Length")
            length = int(value)
        elif name == b"transfer-encoding":
            if chunked or value != b"chunked":
                raise NotFramed("Transfer-Encoding")
            chunked = True
        elif name == b"expect" and value == b"100-continue":
            expects = (start, stop)
        start = stop
    if length is not None and chunked:
        raise NotFramed("Content-Length beside Transfer-Encoding")
    return Head(end + 4, length or 0, chunked, expects)


class Frame:
    """Follows one request as it comes, without looking twice at what it has passed."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.position = head.ends
        self._last = False

    def extent(self, raw: bytes | bytearray) -> Extent:
        """How much of it is here, given all bytes from its first. Raises `NotFramed`."""
        if not self.head.chunked:
            if self.head.length > LARGEST_BODY:
                return Extent.LARGE
            return Extent.WHOLE if len(raw) - self.head.ends >= self.head.length else Extent.PART
        if self._passed_all(raw):
            return Extent.WHOLE
        return Extent.LARGE if max(self.position, len(raw)) - self.head.ends > LARGEST_BODY else Extent.PART

    def _passed_all(self, raw: bytes | bytearray) -> bool:
        while not self._last and self.position <= len(raw):
            line_end = raw.find(b"\r\n", self.position, self.position + LONGEST_SIZE_LINE)
            if line_end < 0:
                if len(raw) - self.position >= LONGEST_SIZE_LINE:
                    raise NotFramed("a size of a chunk that does not end")
                return False
            size_line = SIZE_LINE.fullmatch(raw, self.position, line_end)
            if size_line is None:
                raise NotFramed("a size of a chunk that is no number")
            size = int(size_line[1], 16)
            if size == 0:
                self._last, self.position = True, line_end + 2
                break
            after = line_end + 2 + size
            if len(raw) >= after + 2 and raw[after : after + 2] != b"\r\n":
                raise NotFramed("a chunk that is longer than it says")
            if len(raw) < after + 2 and after - self.head.ends <= LARGEST_BODY:
                return False
            self.position = after + 2
        return self._last and self._passed_trailer(raw)

    def _passed_trailer(self, raw: bytes | bytearray) -> bool:
        if raw.startswith(b"\r\n", self.position) or raw.find(b"\r\n\r\n", self.position) >= 0:
            return True
        if len(raw) - self.position > LONGEST_TRAILER:
            raise NotFramed("a trailer that does not end")
        return False
