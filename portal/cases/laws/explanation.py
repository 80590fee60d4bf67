"""How a date in law comes about, step by step in words: for the command line and for staff who have to defend it.

Must never compute a date of its own: it tells what `deadlines` does.
"""

from collections.abc import Collection
from datetime import date, datetime

from portal.cases.laws.citing import in_words
from portal.cases.laws.deadlines import ClockEvent, Happened, add, day_of, due_dates, is_day_off
from portal.cases.laws.model import Figure, Law, Period, Unit
from portal.core.i18n import _, format_date, ngettext


def explain(law: Law, received: datetime, zone: str, holidays: Collection[date] = frozenset()) -> list[str]:
    """The steps from receipt to the date in law, one sentence each, in the language in force."""
    day = day_of(received, zone)
    dates = due_dates(law, [ClockEvent(Happened.RECEIVED, received)], zone, holidays)
    steps = [
        _("Law: %(title)s. File reviewed on %(day)s.", title=in_words(law, law.title), day=format_date(law.reviewed_on)),
        _("Received on %(day)s in %(zone)s; that day does not count.", day=format_date(day, weekday=True), zone=zone),
    ]
    if period := law.respond.period:
        plain = add(day, period, holidays)
        steps.append(
            _(
                "%(period)s to answer ends on %(day)s%(source)s.",
                period=words(period),
                day=_weekday(plain),
                source=_source(law.respond),
            )
        )
        if dates.due_legal != plain:
            why = _("That is a public holiday") if plain in holidays else _("That is a day off")
            if not is_day_off(plain, holidays, saturday=law.roll.rule != "sunday_or_holiday"):
                why = _("The period holds too few working days")
            steps.append(
                _("%(why)s, so it runs to %(day)s%(source)s.", why=why, day=_weekday(dates.due_legal), source=_source(law.roll))
            )
    else:
        steps.append(_("The law says without delay%(source)s; no number of days is in it.", source=_source(law.respond)))
    if dates.acknowledge_by and law.acknowledge:
        steps.append(
            _("Receipt is confirmed by %(day)s%(source)s.", day=_weekday(dates.acknowledge_by), source=_source(law.acknowledge))
        )
    steps.append(_("The portal works towards %(day)s.", day=_weekday(dates.due_target)))
    steps.extend(_later(law, received, zone, holidays))
    return steps


def words(period: Period) -> str:
    """`1 month`, `10 business days`."""
    if period.unit is Unit.MONTH:
        return ngettext("%(num)s month", "%(num)s months", period.count)
    if period.unit is Unit.BUSINESS_DAY:
        return ngettext("%(num)s business day", "%(num)s business days", period.count)
    return ngettext("%(num)s day", "%(num)s days", period.count)


def _later(law: Law, received: datetime, zone: str, holidays: Collection[date]) -> list[str]:
    if law.extend is None:
        return [_("No extension exists.")]
    if law.extend.to_a_named_date:
        return [_("It can be extended to a date that is named to the person before then%(source)s.", source=_source(law.extend))]
    events = [ClockEvent(Happened.RECEIVED, received), ClockEvent(Happened.EXTENDED, received)]
    later = due_dates(law, events, zone, holidays).due_extended
    assert later is not None  # noqa: S101  # a law that extends by a period always yields a date
    return [
        _(
            "It can be extended to %(day)s, if the person is told before the first date%(source)s.",
            day=_weekday(later),
            source=_source(law.extend),
        )
    ]


def _weekday(day: date) -> str:
    return format_date(day, weekday=True)


def _source(figure: Figure) -> str:
    if figure.seen:
        return f" ({figure.article})"
    return f" ({figure.article}; {_not_read()})"


def _not_read() -> str:
    return _("not read in its source")
