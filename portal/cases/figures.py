"""How the company keeps its dates: what is due when, what was answered lately and how long it took. Counts and days alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.dates import today_of
from portal.cases.laws.deadlines import day_of
from portal.cases.model import STILL_OPEN, Case, CaseKind, CaseState
from portal.core.db import company_of

ANSWERED = (CaseState.READY, CaseState.DONE, CaseState.ANSWERED, CaseState.REFUSED, CaseState.ENDED)
"""States in which the person has an answer. What they stopped themselves is none."""

DAYS_AHEAD = 14
_OPEN = text(f'"case".{STILL_OPEN}')


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind of case. `median_days` from the day of asking to the day of the answer; None where none was answered."""

    kind: CaseKind
    open: int
    overdue: int
    answered: int
    median_days: float | None


def by_kind(db: Session, *, since: datetime) -> Sequence[KindFigures]:
    """Every kind of which something is open, or was answered since then, most open first."""
    today, zone = today_of(db), registry.company(company_of(db)).time_zone
    rows = db.execute(select(Case.kind, func.count(), func.count().filter(Case.due_on < today)).where(_OPEN).group_by(Case.kind))
    waiting = {kind: (int(count), int(late)) for kind, count, late in rows}
    days: dict[CaseKind, list[int]] = {}
    for kind, received, closed in db.execute(
        select(Case.kind, Case.received_at, Case.closed_at).where(Case.closed_at >= since, Case.state.in_(ANSWERED))
    ):
        if closed is not None:
            days.setdefault(kind, []).append((day_of(closed, zone) - day_of(received, zone)).days)
    found = [
        KindFigures(
            kind, *waiting.get(kind, (0, 0)), len(days.get(kind, ())), float(median(days[kind])) if kind in days else None
        )
        for kind in {*waiting, *days}
    ]
    return sorted(found, key=lambda one: (-one.open, one.kind.value))


def due_ahead(db: Session) -> Mapping[date, int]:
    """How many open cases are due on each of the next days, those without any named as well."""
    today = today_of(db)
    last = today + timedelta(days=DAYS_AHEAD - 1)
    rows = db.execute(select(Case.due_on, func.count()).where(_OPEN, Case.due_on.between(today, last)).group_by(Case.due_on))
    counts = {day: int(count) for day, count in rows}
    return {day: counts.get(day, 0) for day in (today + timedelta(days=number) for number in range(DAYS_AHEAD))}
