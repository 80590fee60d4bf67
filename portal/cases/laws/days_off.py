"""Public holidays of a country, of the `holidays` package: read where a company asks for them, and not before.

Must never guess: a country or part of it that the package does not know is an error, and never a year without holidays.
"""

from datetime import date
from functools import cache

from portal.core import clock
from portal.core.errors import PortalError

YEARS_BACK, YEARS_AHEAD = 6, 3
"""Running cases and those that are still kept lie within."""


class NoHolidays(PortalError):
    """The package does not know the country, or the part of it."""


def holidays_of(country: str, subdivision: str | None = None) -> frozenset[date]:
    """All public holidays there in the years that matter. Raises `NoHolidays`."""
    this_year = clock.now().year
    return _between(country, subdivision, this_year - YEARS_BACK, this_year + YEARS_AHEAD)


@cache
def _between(country: str, subdivision: str | None, first: int, last: int) -> frozenset[date]:
    # Heavy, and most companies write their days themselves.
    import holidays

    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=range(first, last + 1))
    except NotImplementedError:
        where = f"{country} {subdivision}" if subdivision else country
        raise NoHolidays(f"The package `holidays` does not know {where}.") from None
    return frozenset(found)
