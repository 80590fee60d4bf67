"""Lengths of time as `portal.yaml` writes them. For keeping and dropping rows only: deadlines in law are counted by the calendar."""

from datetime import timedelta

_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


def length_of(duration: str) -> timedelta:
    """`72 hours`, `14 days`, `3 years` (a month is 30 days, a year 365: never longer than the words promise)."""
    number, unit = duration.split()
    unit = unit.removesuffix("s")
    return timedelta(hours=int(number)) if unit == "hour" else timedelta(days=int(number) * _DAYS[unit])
