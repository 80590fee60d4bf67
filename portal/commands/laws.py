"""`portal laws list | show`: the laws that the portal knows, and how a date in law comes about, step by step.

Must never show a figure that nobody has read as if it had been.
"""

import argparse
from collections.abc import Collection
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.core import i18n
from portal.core.errors import PortalError


class NoSuchZone(PortalError):
    """The time zone is not known."""


def add(commands: Any) -> None:
    """Add the acts; neither needs a database."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "laws", help="the laws that the portal knows, and how a date comes about"
    )
    acts = parser.add_subparsers(metavar="ACT", required=True)
    acts.add_parser("list", help="every law: who may use it, by when it wants an answer, when it was reviewed").set_defaults(
        run=list_them
    )
    act = acts.add_parser("show", help="one law, and with --received how its dates come about")
    act.add_argument("law", help="id of the law, as `list` shows it")
    act.add_argument("--received", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the day on which a request arrived")
    act.add_argument("--kind", default="access", help="what was asked for (default: access)")
    act.add_argument("--zone", default="UTC", help="time zone of the company (default: UTC)")
    act.add_argument("--holidays", metavar="COUNTRY", help="public holidays of this country, like NO or DE-BY, are days off")
    act.set_defaults(run=show)


def list_them(_chosen: argparse.Namespace) -> int:
    """One line a law."""
    from portal.cases.laws.explanation import words
    from portal.cases.laws.loading import FOLDER, read_law, shipped
    from portal.cases.laws.model import LawNeedsReview, in_force

    for law_id in shipped():
        law = read_law(FOLDER / f"{law_id}.yaml")
        try:
            in_force(law, {})
            mark = "read"
        except LawNeedsReview:
            mark = "off until a company names a reviewer"
        answer = words(law.respond.period) if law.respond.period else "without delay"
        print(f"{law.id:<10} v{law.version}  {answer:<14} reviewed {law.reviewed_on:%Y-%m-%d}  {mark:<38} {law.title}")
    return 0


def show(chosen: argparse.Namespace) -> int:
    """What a law says, what of it nobody has read, and the way to its dates. Raises `DocumentError` for an unknown law."""
    from portal.cases.laws.explanation import explain
    from portal.cases.laws.kinds import as_for
    from portal.cases.laws.loading import FOLDER, read_law, shipped, unknown_law
    from portal.cases.laws.model import unread_figures

    if chosen.law not in shipped():
        raise unknown_law(chosen.law, "portal laws show", 1)
    law = read_law(FOLDER / f"{chosen.law}.yaml")
    print(f"{law.title}\n{law.cite}\n")
    print("Gives: " + ", ".join(f"{right.value} ({figure.article})" for right, figure in law.rights.items()))
    for note in law.notes:
        print(f"- {note}")
    if unread := unread_figures(law):
        print(f"Not read in its source, and off until a company names a reviewer: {', '.join(unread)}.")
    if chosen.received:
        received = datetime.combine(chosen.received, time(12), _zone(chosen.zone)).astimezone(UTC)
        days_off = _days_off(chosen.holidays)
        print()
        with i18n.speaking("en", chosen.zone):
            print("\n".join(explain(as_for(law, chosen.kind), received, chosen.zone, days_off)))
    return 0


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise NoSuchZone(f"`{name}` is not a time zone. Write one like Europe/Oslo.") from None


def _days_off(where: str | None) -> Collection[date]:
    from portal.cases.laws.days_off import holidays_of

    if not where:
        return frozenset()
    country, _dash, subdivision = where.partition("-")
    return holidays_of(country, subdivision or None)
