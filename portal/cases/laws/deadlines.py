"""When an answer is due: pure arithmetic over a law and an append-only list of what happened. No database, no clock.

Must never move a date by editing it: dates are recomputed from the events, and what came too late is refused.
"""

from calendar import monthrange
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.cases.laws.model import Law, Period, StopReason, Unit
from portal.core.errors import PortalError

DAY = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6


class NotReceivedYet(PortalError):
    """There is no `received` event, so no clock runs."""


class ExtensionTooLate(PortalError):
    """The date had passed before the person was told of a later one."""


class NoExtension(PortalError):
    """This law gives no more time, or has given it already."""


class Happened(StrEnum):
    """What moves a clock."""

    RECEIVED = "received"
    VERIFIED = "verified"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """One entry of a case's clock. `at` is aware; `reason` stands for `paused` and `resumed`; `until` where a law lets a date be named."""

    happened: Happened
    at: datetime
    reason: StopReason | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class DueDates:
    """Days in the controller's time zone; each ends at midnight there (`end_of_day`).

    `due_legal` is the day in law, `due_target` the day the portal works towards, `due_extended` the later day in law once extended,
    `acknowledge_by` where the law wants receipt confirmed. While `waiting_since` stands the clock does, and the others move on with it.
    """

    due_legal: date
    due_target: date
    due_extended: date | None = None
    acknowledge_by: date | None = None
    waiting_since: date | None = None

    @property
    def due(self) -> date:
        """The day in law that counts now."""
        return self.due_extended or self.due_legal


def due_dates(law: Law, events: Iterable[ClockEvent], zone: str, holidays: Collection[date] = frozenset()) -> DueDates:
    """All dates of a case under `law`. Raises `NotReceivedYet` or `ExtensionTooLate`."""
    history, days = sorted(events, key=lambda event: event.at), frozenset(holidays)
    start = _clock_start(law, history, zone)
    period = _first_period(law)
    target = law.respond.target or period
    plain, soft = add(start, period, days), add(start, target, days)
    pauses = _pauses(law, history, zone, start, days)
    moved = len(pauses.before_due) * DAY
    due_legal = last_day(start, plain + moved, period, law, days)
    due_extended = _extended(law, history, zone, start, due_legal, len(pauses.all) * DAY, days)
    margin = max(plain - soft, timedelta())
    return DueDates(
        due_legal=due_legal,
        due_target=(due_extended - margin) if due_extended else min(soft, plain) + moved,
        due_extended=due_extended,
        acknowledge_by=_acknowledge_by(law, start, days),
        waiting_since=pauses.waiting_since,
    )


def earliest_of(
    laws: Sequence[Law], kind: str, events: Sequence[ClockEvent], zone: str, holidays: Collection[date] = frozenset()
) -> tuple[Law, DueDates] | None:
    """Of the laws that give this right, the one whose day comes first, and its dates; None where none of them gives it."""
    dated = [(law, due_dates(law, events, zone, holidays)) for law in laws if law.gives(kind)]
    return min(dated, key=lambda one: one[1].due, default=None)


def refuse_extension(
    law: Law, events: Sequence[ClockEvent], on: datetime, zone: str, holidays: Collection[date] = frozenset()
) -> None:
    """Raise `NoExtension` or `ExtensionTooLate` if an extension told at `on` would not stand; else return."""
    if law.extend is None:
        raise NoExtension(f"{law.title} gives no more time.")
    if any(event.happened is Happened.EXTENDED for event in events):
        raise NoExtension(f"{law.title} gives more time once only.")
    if day_of(on, zone) > due_dates(law, events, zone, holidays).due_legal:
        raise ExtensionTooLate("The date in law has passed; it can no longer be moved.")


def end_of_day(day: date, zone: str) -> datetime:
    """The last second of `day` where the controller is, in UTC."""
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)).astimezone(UTC)


def day_of(moment: datetime, zone: str) -> date:
    """The day that `moment` falls on where the controller is."""
    return moment.astimezone(ZoneInfo(zone)).date()


def add_months(day: date, count: int) -> date:
    """The same-numbered day `count` months on, or that month's last day (Regulation 1182/71 Art. 3(2)(c))."""
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add(day: date, period: Period, holidays: Collection[date]) -> date:
    """The last day of a period that begins the day after `day` (Art. 3(1)), before it rolls."""
    if period.unit is Unit.MONTH:
        return add_months(day, period.count)
    if period.unit is Unit.DAY:
        return day + period.count * DAY
    for _ in range(period.count):
        day = next_working_day(day + DAY, holidays)
    return day


def is_day_off(day: date, holidays: Collection[date], *, saturday: bool = True) -> bool:
    """Whether `day` is a Sunday, a holiday, or (where that counts) a Saturday."""
    return day in holidays or day.weekday() == SUNDAY or (saturday and day.weekday() == SATURDAY)


def next_working_day(day: date, holidays: Collection[date], *, saturday: bool = True) -> date:
    """`day`, or the first day after it that is not off."""
    while is_day_off(day, holidays, saturday=saturday):
        day += DAY
    return day


def last_day(start: date, day: date, period: Period, law: Law, holidays: Collection[date]) -> date:
    """Where the last day of a period from `start` really falls, by the law's rule for days off."""
    if law.roll.rule == "none":
        return day
    if law.roll.rule == "sunday_or_holiday":
        return next_working_day(day, holidays, saturday=False)
    if period != Period(1, Unit.DAY):
        first = next_working_day(start + DAY, holidays)
        day = max(day, next_working_day(first + DAY, holidays))
    return next_working_day(day, holidays)


def _clock_start(law: Law, history: Sequence[ClockEvent], zone: str) -> date:
    received = next((event.at for event in history if event.happened is Happened.RECEIVED), None)
    if received is None:
        raise NotReceivedYet("The request was not received yet, so no date can be computed.")
    verified = [event.at for event in history if event.happened is Happened.VERIFIED]
    moments = [received, *verified] if law.clock.start == "relevant_time" else [received]
    return day_of(max(moments), zone)


@dataclass(frozen=True, slots=True)
class _Pauses:
    """Days that did not count: those of pauses begun before the first date, and all; overlapping pauses count a day once."""

    before_due: frozenset[date]
    all: frozenset[date]
    waiting_since: date | None


def _pauses(law: Law, history: Sequence[ClockEvent], zone: str, start: date, holidays: Collection[date]) -> _Pauses:
    """What stood still. A pause that begins after the date it would move has no effect: a date that has passed stays passed."""
    opened: dict[StopReason, tuple[date, bool]] = {}
    before_due: set[date] = set()
    uncounted: set[date] = set()
    first, whole = _first_period(law), _whole_period(law)
    extended = False
    for event in history:
        extended = extended or event.happened is Happened.EXTENDED
        stop = law.clock.stops.get(event.reason) if event.reason else None
        if event.reason is None or stop is None:
            continue
        on = max(day_of(event.at, zone), start)
        if event.happened is Happened.PAUSED and event.reason not in opened:
            in_first = on <= last_day(start, add(start, first, holidays) + len(before_due) * DAY, first, law, holidays)
            in_whole = extended and on <= last_day(
                start, add(start, whole, holidays) + len(uncounted) * DAY, whole, law, holidays
            )
            if opened or in_first or in_whole:
                opened[event.reason] = (on, in_first or any(early for _, early in opened.values()))
        elif event.happened is Happened.RESUMED and event.reason in opened:
            since, early = opened.pop(event.reason)
            begin = since if stop.both_days else since + DAY
            still = {begin + n * DAY for n in range((on - begin).days + 1)}
            uncounted |= still
            before_due |= still if early else set()
    waiting = min((since for since, _ in opened.values()), default=None)
    return _Pauses(frozenset(before_due), frozenset(uncounted), waiting)


def _first_period(law: Law) -> Period:
    period = law.respond.period or law.respond.target
    assert period is not None  # noqa: S101  # the law's own validator made sure of one of the two
    return period


def _whole_period(law: Law) -> Period:
    """The first period and the extension as one (1182/71: three months from receipt, never one and then two)."""
    first = _first_period(law)
    if law.extend is None or law.extend.by is None or law.extend.by.unit is not first.unit:
        return first
    return Period(first.count + law.extend.by.count, first.unit)


def _extended(
    law: Law, history: Sequence[ClockEvent], zone: str, start: date, due_legal: date, moved: timedelta, holidays: Collection[date]
) -> date | None:
    told = next((event for event in history if event.happened is Happened.EXTENDED), None)
    if told is None or law.extend is None:
        return None
    if day_of(told.at, zone) > due_legal:
        raise ExtensionTooLate("The date in law had passed when the person was told of a later one.")
    if law.extend.by is None:
        return told.until
    if law.extend.by.unit is not _first_period(law).unit:
        return last_day(due_legal, add(due_legal, law.extend.by, holidays), law.extend.by, law, holidays)
    whole = _whole_period(law)
    return last_day(start, add(start, whole, holidays) + moved, whole, law, holidays)


def _acknowledge_by(law: Law, start: date, holidays: Collection[date]) -> date | None:
    if law.acknowledge is None:
        return None
    period = law.acknowledge.period or law.acknowledge.target
    return add(start, period, holidays) if period else None
