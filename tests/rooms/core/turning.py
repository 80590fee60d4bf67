"""One scene of `portal.core.rotation`, as a process of its own: `python -m tests.rooms.core.turning SCENE FILE`. Says what came out."""

import os
import signal
import sys
import time
from pathlib import Path

from portal.core.rotation import ProcessLost, take_turns

scene, file = sys.argv[1], Path(sys.argv[2])
first = os.getpid()
if scene == "interrupted":
    # A run of tests in the background of a script ignores it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
if scene == "short":
    del os.fork
PARTS = 2 if scene == "short" else 40


def make(part: bytes) -> int:
    """Some parts take longer than others, and one is where it happens."""
    number = int(part)
    time.sleep(number * 7919 % 5 / 1000)
    if number == 20 and scene == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 20 and scene == "interrupted":
        os.kill(os.getpid(), signal.SIGINT)
    if number == 20 and scene == "fault":
        raise LookupError("secret")
    if number == 20 and scene == "first-killed":
        os.kill(first, signal.SIGKILL)
    return number


def write(number: int) -> tuple[int, int]:
    """A line with the part and who wrote it."""
    if number == 20 and scene == "killed-in-turn":
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 20 and scene == "full":
        os.write(full, b"x")
    os.write(out, f"{number} {os.getpid()}\n".encode())
    return 1, number


out, full = (os.open(name, os.O_WRONLY | os.O_CREAT) for name in (file, "/dev/full"))
if scene == "first-killed":
    # Every process holds this end until it ends: whoever reads the other one sees that all are gone.
    os.open(f"{file}.alive", os.O_WRONLY)
try:
    said = "{} {}".format(*take_turns((b"%d" % number for number in range(PARTS)), make, write, int(sys.argv[3])))
except (ProcessLost, OSError, KeyboardInterrupt) as error:
    said = f"{type(error).__name__} {error}"
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    said += "\nnobody is left"
sys.stdout.write(said + "\n")
