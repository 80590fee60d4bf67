"""What a command writes: a file gets its name once it is whole, and where that does not come to pass it is said which one it is.

Must never touch the file of that name before, and never leave half a one that looks like a whole one without a word.
"""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from portal.commands.streams import refuse_closed_output
from portal.core.errors import PortalError
from portal.core.rotation import ProcessLost

STANDARD_OUTPUT = "standard output"


class SameFile(PortalError):
    """What is to be written is the very file that is read."""


class NotWhole(PortalError):
    """Something was not written to its end. The text says what, and why."""


def refuse_same_file(out: Path | None, source: BinaryIO, called: str) -> None:
    """Before anything is written. Raises `SameFile` where `source` is the file that would be: by whichever name."""
    with suppress(OSError):
        read, written = os.fstat(source.fileno()), os.stat(out) if out else os.fstat(sys.stdout.fileno())
        if stat.S_ISREG(read.st_mode) and os.path.samestat(read, written):
            raise SameFile(f"{out or STANDARD_OUTPUT} is {called} itself: nothing was written. Name another file to write.")


@contextmanager
def writing(file: Path | None) -> Iterator[BinaryIO]:
    """Where to write; standard output where no file is named. Raises `NotWhole`, `NowhereToWrite`."""
    if file is None:
        refuse_closed_output()
        with _saying(STANDARD_OUTPUT, "What was written is not whole.", is_output=True), _standard_output() as sink:
            yield sink
    elif file.exists() and not file.is_file():
        # A pipe or a device has no other name under which it could become whole.
        opened = file.open("wb")
        with _saying(str(file), f"What was written to {file} is not whole."), opened as sink:
            yield sink
    else:
        left = f"{file} was not written{', and is as it was' if file.exists() else ''}."
        with _saying(str(file), left), _beside(file.resolve()) as sink:
            yield sink


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as sink:
        yield sink


@contextmanager
def _beside(file: Path) -> Iterator[BinaryIO]:
    """A file in the same folder, for its owner alone, which takes the name once all went well, and else goes."""
    known = file.stat().st_mode if file.exists() else None
    if known and not os.access(file, os.W_OK):
        raise PermissionError("It may not be written")
    try:
        handle, name = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".part", dir=file.parent)
    except OSError as error:
        # Without that name, which nobody gave.
        raise OSError(error.errno, error.strerror) from None
    try:
        with os.fdopen(handle, "wb") as sink:
            yield sink
            sink.flush()
            os.fchmod(handle, stat.S_IMODE(known) if known else 0o666 & ~_umask())
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    """The system tells it only to whoever sets it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@contextmanager
def _saying(called: str, left: str, *, is_output: bool = False) -> Iterator[None]:
    """What became of the file, where what went wrong does not say so by itself."""
    try:
        yield
    except KeyboardInterrupt:
        _say(f"Interrupted. {left}")
        raise
    except BrokenPipeError:
        # Who reads our output and leaves has read enough.
        if not is_output:
            _say(left)
        raise
    except ProcessLost:
        raise NotWhole(f"A process of this command was lost. {left} Run it again.") from None
    except OSError as error:
        raise NotWhole(f"{error.filename or called}: {error.strerror or error}. {left}") from None


def _say(words: str) -> None:
    with suppress(OSError):
        print(f"portal: {words}", file=sys.stderr, flush=True)
