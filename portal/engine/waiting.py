"""When to try again. Pure: no database, no clock. Must never lead past the date by which a human has to know."""

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
PATIENCE = timedelta(days=14)
"""How long a step without a date of its own is tried."""

FAILURES_THAT_OPEN = 5
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)


def last_chance(created_at: datetime, not_after: datetime | None) -> datetime:
    """The moment of the last try; who fails then waits for a human."""
    return not_after or created_at + PATIENCE


def backoff(tries: int, *, spread: int) -> timedelta:
    """The wait after try number `tries` (from 1): doubling, at most `LONGEST_WAIT`, plus up to a quarter.

    `spread` (the step's id) decides how much of that quarter, so that steps that failed together do not come back together.
    """
    wait = min(FIRST_WAIT * (1 << min(tries - 1, 20)), LONGEST_WAIT)
    share = (spread * 7919 + tries * 104729) % 1000 / 1000
    return wait * (1 + share / 4)


def next_try(now: datetime, *, tries: int, spread: int, after: float, last: datetime) -> datetime | None:
    """When to try again: not before `after` seconds, never later than `last`; None where that moment has passed.

    What a system asks for (`Retry-After`) is obeyed up to `last` and not beyond it: the law's date is not the system's to move.
    """
    if now >= last:
        return None
    seconds = min(max(after, 0.0), (last - now).total_seconds())
    return min(now + max(timedelta(seconds=seconds), backoff(tries, spread=spread)), last)


def pause_of(failures: int) -> timedelta:
    """How long a system is left alone after that many failures in a row; nothing below `FAILURES_THAT_OPEN`."""
    if failures < FAILURES_THAT_OPEN:
        return timedelta()
    return min(FIRST_PAUSE * (1 << min(failures - FAILURES_THAT_OPEN, 10)), LONGEST_PAUSE)
