"""Which core a process runs on. Must never be needed for anything but speed, and never fail a start."""

import os
from contextlib import suppress


def stay_on_one_core(number: int) -> None:
    """From now on this process runs on one of the cores that it may use: the one of that number, counted round.

    Of Python's threads one runs at a time. Over several cores they hand that right on from core to core at each call of the database, which
    wakes up the next thread only for it to wait, and what the other core had at hand has to be fetched anew.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    # A sandbox may forbid it.
    with suppress(OSError):
        os.sched_setaffinity(0, {cores[number % len(cores)]})
