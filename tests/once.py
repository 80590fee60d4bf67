"""What all processes of one test run make once and share: with xdist each worker is a process, and would make the same anew.

Must never outlive the run, nor be seen half-made: who comes second waits for the first.

    with once("demo") as (place, is_first):
        if is_first: ...                     # make it beside `place`, then rename it to `place`
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "PORTAL_TEST_SHARED"


@contextmanager
def once(name: str) -> Iterator[tuple[Path, bool]]:
    """Where the thing of that name stands, and whether it still has to be made."""
    if VARIABLE not in os.environ:
        # Outside of a test run, as benchmarks are.
        begin()
        atexit.register(end)
    folder = Path(os.environ[VARIABLE])
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place = folder / name
        yield place, not place.exists()


def begin() -> None:
    """At the start of a run, in the process that starts the others, which inherit the variable."""
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix="portal-tests-")


def end() -> None:
    """At its end, in the same process."""
    shutil.rmtree(os.environ.pop(VARIABLE), ignore_errors=True)
