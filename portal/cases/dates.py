"""By when a case has to be answered: the clock's rows, brought to the arithmetic of `cases.laws`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.laws import ClockEvent, DueDates, Law, Review, due_dates, earliest_of, load_law, load_laws
from portal.cases.laws.days_off import holidays_of
from portal.cases.laws.deadlines import day_of
from portal.cases.laws.kinds import as_for
from portal.cases.laws.promise import NO_LAW, promise
from portal.cases.model import Case, ClockRow
from portal.config.model import Company
from portal.core import clock
from portal.core.db import company_of
from portal.core.durations import length_of
from portal.core.errors import PortalError


class NoLawGivesThis(PortalError):
    """None of the company's laws gives this right, so nobody can say by when it is due."""


@dataclass(frozen=True, slots=True)
class Due:
    """The dates of a case under its law, in days of the company's zone. `day_number` of `days_total` is today; it may be beyond."""

    law: Law
    dates: DueDates
    received: date
    today: date

    @property
    def day(self) -> date:
        """The day in law by which the answer is there."""
        return self.dates.due

    @property
    def days_total(self) -> int:
        """Days from the first to the last."""
        return max((self.day - self.received).days, 1)

    @property
    def day_number(self) -> int:
        """Which of them today is; 0 on the day of asking."""
        return (self.today - self.received).days

    @property
    def is_late(self) -> bool:
        """Whether the day has passed while the clock ran."""
        return self.dates.waiting_since is None and self.today > self.day


def reviews_of(company: Company) -> dict[str, Review]:
    """Who has read which law on the company's side."""
    return {law: Review(review.by, review.on) for law, review in company.law_reviews.items()}


def today_of(db: Session) -> date:
    """Today, where the company is."""
    return day_of(clock.now(), registry.company(company_of(db)).time_zone)


def laws_of(company: Company) -> list[Law]:
    """The company's laws, without figures that nobody has read. Raises `LawNeedsReview`."""
    return load_laws(company.laws, reviews=reviews_of(company))


def laws_at(company: Company, place: str | None) -> list[Law]:
    """The laws that hold for who lives at `place` (a key of `law_places`); for all others those that are bound to no place, else the first."""
    laws = laws_of(company)
    here = [law for law in laws if law.id in company.law_places and law.id == place]
    return here or [law for law in laws if law.id not in company.law_places] or laws[:1]


def choose_law(company: Company, kind: str, event: ClockEvent, place: str | None = None) -> tuple[Law, DueDates]:
    """The law whose day comes first of those that hold at `place` and give this right; where none of them does, of all. Raises `NoLawGivesThis`."""
    for laws in (laws_at(company, place), laws_of(company)):
        dated = [as_for(law, kind) for law in laws]
        found = earliest_of(dated, kind, [event], company.time_zone, days_off_of(company))
        if found is not None:
            return found
    raise NoLawGivesThis(f"No law of the company gives the right of {kind}. Add one to its laws in portal.yaml.")


def due_of(db: Session, case: Case) -> Due:
    """The dates of a case, computed from its clock as it stands."""
    company = registry.company(case.company_id)
    law = (
        promise(length_of(company.answers_within).days)
        if case.law == NO_LAW
        else as_for(load_law(case.law, version=case.law_version, reviews=reviews_of(company)), case.right)
    )
    zone = company.time_zone
    dates = due_dates(law, history_of(db, case), zone, days_off_of(company))
    return Due(law, dates, day_of(case.received_at, zone), day_of(clock.now(), zone))


def margin_of(dates: DueDates, received: date) -> date:
    """The last day on which a step may still be tried by itself: a quarter of the time is left to whoever has to mend it."""
    return dates.due - timedelta(days=(dates.due - received).days // 4)


def days_off_of(company: Company) -> frozenset[date]:
    """The days on which nobody of the company has to work, besides weekends."""
    named = company.holidays_of
    return frozenset(company.public_holidays) | (holidays_of(named.country, named.subdivision) if named else frozenset())


def history_of(db: Session, case: Case) -> Sequence[ClockEvent]:
    """What happened to the clock of a case, in the order in which it was noted."""
    rows = db.scalars(select(ClockRow).filter_by(case_id=case.id).order_by(ClockRow.id))
    return [ClockEvent(row.happened, row.at, row.reason, row.until) for row in rows]
