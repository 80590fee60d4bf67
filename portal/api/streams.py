"""Many lines in and out at constant memory: the body is spooled, sealed, before the first answer, so that a client which sends
everything before it reads never hangs.

Must never put a plain line on a disk, and never hold more than a batch in memory.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Response, request, stream_with_context

from portal.api.problems import Problem
from portal.core.vault import NoSpaceLeft, SealedWriter, new_private_path, read_sealed, sweep_leftovers
from portal.settings import settings

NDJSON = "application/x-ndjson"
LARGEST = 2 * 1024**3
LONGEST_LINE = 16 * 1024
READ = 256 * 1024
BATCH = 1000
ABANDONED = timedelta(hours=6)


TOO_LONG = b"{"
"""What stands for a line that was longer: it cannot be read as anything either."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that were sent one after the other: the number of the first, from 1, and the bytes of each. Those with nothing in them are there."""

    first: int
    lines: list[bytes]

    def numbered(self) -> Iterator[tuple[int, bytes]]:
        """Each line that says something, with its number."""
        return ((number, line) for number, line in enumerate(self.lines, self.first) if line.strip())


def is_stream(media: str = NDJSON) -> bool:
    """Whether this request sends lines."""
    return request.mimetype == media


def spool_body() -> Path:
    """The request's body as a sealed file, for the caller to remove. Raises `Problem`: `too-large`, or `unavailable` on a full disk."""
    request.max_content_length = LARGEST
    if (request.content_length or 0) > LARGEST:
        raise Problem("too-large")
    path = new_private_path(folder()).with_suffix(".part")
    try:
        writer = SealedWriter(path, _context(path))
        try:
            while chunk := request.stream.read(READ):
                writer.write(chunk)
                if writer.size > LARGEST:
                    raise Problem("too-large")
            writer.finish(lasting=False)
        finally:
            writer.discard()
    except NoSpaceLeft:
        raise Problem("unavailable", headers={"Retry-After": "600"}) from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def batches_of(path: Path, size: int = BATCH) -> Iterator[Batch]:
    """The lines of a spool in batches."""
    waiting: list[bytes] = []
    rest, first, skipping = b"", 1, False
    for chunk in read_sealed(path, _context(path)):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        if lines and skipping:
            lines[0], skipping = TOO_LONG, False
        waiting += [line if len(line) <= LONGEST_LINE else TOO_LONG for line in lines]
        if len(rest) > LONGEST_LINE:
            rest, skipping = b"", True
        while len(waiting) >= size:
            yield Batch(first, waiting[:size])
            del waiting[:size]
            first += size
    if rest or skipping:
        waiting.append(TOO_LONG if skipping else rest)
    if waiting:
        yield Batch(first, waiting)


def answer_lines(work: Callable[[Path], Iterator[bytes]], *, media: str = NDJSON) -> Response:
    """Spool the body, then stream what `work` makes of it; the spool goes when the answer has gone, or its reader has."""
    path = spool_body()

    def stream() -> Iterator[bytes]:
        try:
            yield from work(path)
        finally:
            path.unlink(missing_ok=True)

    answer = Response(stream_with_context(stream()), content_type=media)
    answer.call_on_close(lambda: path.unlink(missing_ok=True))
    return answer


def folder() -> Path:
    """Where bodies are spooled."""
    return settings().files / "api"


def sweep_spools() -> int:
    """Delete what killed processes left; returns how many."""
    return sweep_leftovers(folder(), ABANDONED)


def _context(path: Path) -> str:
    return f"api:{path.name}"
