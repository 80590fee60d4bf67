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


@dataclass(frozen=True, slots=True)
class Line:
    """One line that was sent: its number, from 1, and its bytes; `too_long` where it was cut."""

    number: int
    raw: bytes
    too_long: bool = False


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


def lines_of(path: Path) -> Iterator[Line]:
    """The lines of a spool; empty ones are counted and left out."""
    rest, number, skipping = b"", 0, False
    for chunk in read_sealed(path, _context(path)):
        parts = (rest + chunk).split(b"\n")
        rest = parts.pop()
        for part in parts:
            number += 1
            too_long = skipping or len(part) > LONGEST_LINE
            skipping = False
            if part.strip():
                yield Line(number, b"" if too_long else part, too_long)
        if len(rest) > LONGEST_LINE:
            rest, skipping = b"x", True
    if rest.strip():
        yield Line(number + 1, b"" if skipping or len(rest) > LONGEST_LINE else rest, skipping or len(rest) > LONGEST_LINE)


def batches_of(path: Path, size: int = BATCH) -> Iterator[list[Line]]:
    """The lines in batches."""
    batch: list[Line] = []
    for line in lines_of(path):
        batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


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
