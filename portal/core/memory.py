"""What a process does about its memory before it starts threads and forks. Must never be needed for anything but to need less."""

import ctypes
import gc
import sys

M_ARENA_MAX = -8
ARENAS = 1
"""glibc gives each thread a heap of its own, up to eight a core; what one has freed is no use to the others (mallopt(3)). Since Python
lets one of them run at a time, they hardly wait for one another at a single heap."""


def spare_memory() -> None:
    """One heap for all threads; and what is there now is left alone by the collector, so that forked processes go on sharing it."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_ARENA_MAX, ARENAS)
    leave_alone()


def leave_alone() -> None:
    """What is there now is not looked at again by the collector: an application that stays until the end took it 0.15 seconds each time,
    in which no thread went on.
    """
    gc.collect()
    gc.freeze()
