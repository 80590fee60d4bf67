"""Work that several processes of one command share: each makes some of the parts, and all write to one file, in the order of the parts.

Must never write a part before the one ahead of it, and never end well where a process was lost: what is written would have a gap.
"""

import errno
import fcntl
import os
import signal
import struct
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain, cycle, islice
from typing import Generic, NoReturn, TypeVar

from portal.core.errors import PortalError, fingerprint

ALONE = 2
"""So many parts are made by one process before it has others help: a short list forks nothing."""

MOST = 8
"""More processes would wait for their turn to write, so that nobody gets more without asking for them."""

ROOM = 2**18
"""So many bytes of parts may lie ready for a process, where the system lets us say so: none of them has to wait for the next one."""

LENGTH = 8
"""Bytes in which it is said how long a part is."""

TURN = struct.Struct(">QQ")
"""What goes round with the turn: what was counted so far."""

RESULT = struct.Struct(">iQQ")
"""What is said at the end: the number of an error of the system (0: none), and what was counted."""

Made = TypeVar("Made")
Tally = tuple[int, int]


class ProcessLost(PortalError):
    """A process was ended from outside, or failed, before all was written."""

    def __init__(self) -> None:
        super().__init__("A process of this command was lost, so what was written is not whole. Run it again.")


def cores() -> int:
    """How many processes are worth it: the cores that this one may use, up to `MOST`."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST)


def take_turns(parts: Iterable[bytes], make: Callable[[bytes], Made], write: Callable[[Made], Tally], processes: int) -> Tally:
    """Make every part, which is never empty, and write all in their order; gives the sums of what `write` counted. Raises `ProcessLost`.

    With several processes this one only hands out the parts: `make` runs in the others, beside itself, and `write` where the part was made,
    when its turn has come. They begin as copies of this one, so that nothing may wait in a buffer, and `write` leaves nothing in one.
    """
    coming, tally = iter(parts), (0, 0)
    for part in coming if processes == 1 else islice(coming, ALONE):
        tally = _sum(tally, write(make(part)))
    begun = list(islice(coming, 1))
    if not begun:
        return tally
    with _Ring(processes, make, write, tally) as ring:
        return ring.hand_out(chain(begun, coming))


def _sum(one: Tally, other: Tally) -> Tally:
    return one[0] + other[0], one[1] + other[1]


class _Ring(Generic[Made]):
    """The processes that make and write. Each has a pipe for its parts and one for its turn, and all have one for the result.

    Nobody holds an end that it does not use: so everybody notices when another is gone.
    """

    def __init__(self, processes: int, make: Callable[[bytes], Made], write: Callable[[Made], Tally], tally: Tally) -> None:
        self._make, self._write = make, write
        self._turns, self._jobs = [os.pipe() for _ in range(processes)], [_roomy_pipe() for _ in range(processes)]
        self._result, self._say = os.pipe()
        self._open = {self._result, self._say, *chain(*self._turns, *self._jobs)}
        self._children = list[int]()
        self._is_whole = False
        _send(self._turns[0][1], TURN.pack(*tally))

    def __enter__(self) -> "_Ring[Made]":
        # A child that is interrupted while it is made would take itself for the first process.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for place in range(len(self._turns)):
                child = os.fork()
                if not child:
                    self._follow(place)
                self._children.append(child)
        except OSError:
            self.__exit__()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        self._close({self._result, *(end for _given, end in self._jobs)})
        return self

    def __exit__(self, _kind: object = None, error: BaseException | None = None, *_trace: object) -> None:
        """Where anything failed the others end at once: what they make would be of no use. Raises `KeyboardInterrupt` where one was lost to that."""
        for child in self._children:
            if not self._is_whole:
                os.kill(child, signal.SIGKILL)
        self._close(set())
        ends = [os.waitpid(child, 0)[1] for child in self._children]
        # Ctrl-C goes to all of them, and another may have ended by it before this one hears of it.
        if isinstance(error, ProcessLost) and any(os.WIFSIGNALED(end) and os.WTERMSIG(end) == signal.SIGINT for end in ends):
            raise KeyboardInterrupt from None

    def hand_out(self, parts: Iterable[bytes]) -> Tally:
        """One part for each in turn, until there are none; then the result."""
        # Where somebody is gone the result says why, or does not come.
        with suppress(BrokenPipeError):
            for (_given, end), part in zip(cycle(self._jobs), parts, strict=False):
                _send(end, len(part).to_bytes(LENGTH, "big"))
                _send(end, part)
        self._close({self._result})
        result = os.read(self._result, RESULT.size)
        if len(result) < RESULT.size:
            raise ProcessLost
        number, made, other = RESULT.unpack(result)
        if number:
            raise OSError(number, os.strerror(number))
        self._is_whole = True
        return made, other

    def _follow(self, place: int) -> NoReturn:
        """What a process that makes and writes does, to its end."""
        code = 1
        try:
            # Where it is ignored, as in the background of a script, it stays so.
            if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            jobs, turn, after = self._jobs[place][0], self._turns[place][0], self._turns[(place + 1) % len(self._turns)][1]
            self._close({jobs, turn, after, self._say})
            self._make_all(jobs, turn, after)
            code = 0
        except (ProcessLost, BrokenPipeError):
            # Another is gone: whoever handed out the parts says so, once.
            pass
        except BaseException as error:  # noqa: BLE001  # nothing may get past here: above is the work of the first process
            sys.stderr.write(f"portal: This is a fault of ours: {fingerprint(error)}. Please report it with this line.\n")
            sys.stderr.flush()
        finally:
            os._exit(code)

    def _make_all(self, jobs: int, turn: int, after: int) -> None:
        while part := _receive(jobs):
            made = self._make(part)
            tally = _await(turn)
            try:
                tally = _sum(tally, self._write(made))
            except OSError as error:
                _send(self._say, RESULT.pack(error.errno or errno.EIO, 0, 0))
                raise ProcessLost from None
            _send(after, TURN.pack(*tally))
        # The turn after the last part comes to whoever would have had the next one.
        _send(self._say, RESULT.pack(0, *_await(turn)))

    def _close(self, kept: set[int]) -> None:
        """All ends but these."""
        for end in self._open - kept:
            os.close(end)
        self._open &= kept


def _receive(jobs: int) -> bytes:
    """The next part; nothing where there is none any more. Raises `ProcessLost` where one does not come whole."""
    head = _read(jobs, LENGTH)
    length = int.from_bytes(head, "big")
    part = _read(jobs, length)
    if len(head) % LENGTH or len(part) < length:
        raise ProcessLost
    return part


def _read(end: int, length: int) -> bytes:
    """So many bytes, or less where there are no more."""
    read = os.read(end, length)
    while 0 < len(read) < length and (more := os.read(end, length - len(read))):
        read += more
    return read


def _await(turn: int) -> Tally:
    """What was counted by all before. Raises `ProcessLost`."""
    came = os.read(turn, TURN.size)
    if len(came) < TURN.size:
        raise ProcessLost
    made, other = TURN.unpack(came)
    return made, other


def _roomy_pipe() -> tuple[int, int]:
    ends = os.pipe()
    with suppress(AttributeError, OSError):
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, ROOM)
    return ends


def _send(end: int, content: bytes) -> None:
    """All of it. Raises `BrokenPipeError` where nobody reads any more."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(end, rest) :]
