"""Laws as data: one file per law says who may ask for what, and by when it is answered (DESIGN part 9)."""

from portal.cases.laws.deadlines import ClockEvent, DueDates, Happened, due_dates, earliest_of, end_of_day
from portal.cases.laws.loading import load_law, load_laws
from portal.cases.laws.model import Law, Review, Right

__all__ = [
    "ClockEvent",
    "DueDates",
    "Happened",
    "Law",
    "Review",
    "Right",
    "due_dates",
    "earliest_of",
    "end_of_day",
    "load_law",
    "load_laws",
]
