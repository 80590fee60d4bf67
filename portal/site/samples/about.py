"""What all examples share: a number, a masked address, moments, and a place that leads nowhere."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from portal.config.model import Company
from portal.core import clock, i18n

NUMBER, TOKEN, MASKED, BROWSER = "AAAA-BBBB-CCCC", "example", "m•••n@example.org", "firefox.android"
NOWHERE = "#main"
"""Where links and forms of an example lead."""


def like(**said: Any) -> SimpleNamespace:
    """Something that a template reads by name."""
    return SimpleNamespace(**said)


def nothing(_company: Company) -> Mapping[str, Any]:
    """What a page asks for that says the same to everybody."""
    return {}


def at(*, days: int = 0, minutes: int = 0) -> datetime:
    """A moment so far from now."""
    return clock.now() + timedelta(days=days, minutes=minutes)


def day(days: int) -> date:
    """A day so far from today, where the company is."""
    return i18n.in_zone(at(days=days)).date()
