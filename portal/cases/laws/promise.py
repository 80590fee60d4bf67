"""The company's own word on when it answers what no law sets a date for: a question. The arithmetic is that of the laws.

Must never be shown as a law, nor give a right that a law does not.
"""

from datetime import date
from functools import cache

from portal.cases.laws.model import Clock, Deadline, Entitlement, Law, Period, Right, Roll, Unit

NO_LAW = "no_law"


@cache
def promise(days: int) -> Law:
    """The company answers within so many days; one that ends on a day off runs to the next working day."""
    own = "the company's own word"
    return Law(
        id=NO_LAW,
        version=1,
        title=own,
        cite=own,
        reviewed_on=date(2026, 11, 26),
        rights={Right.COMPLAINT: Entitlement(article=own, seen=True)},
        clock=Clock(start="receipt", article=own, seen=True),
        roll=Roll(rule="regulation_1182_71", article=own, seen=True),
        respond=Deadline(period=Period(days, Unit.DAY), article=own, seen=True),
    )
