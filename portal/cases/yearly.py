"""The figures of a year that California wants published (11 CCR 7102): requests received, complied with in whole or in part, denied, and days.

Must never count one request twice, nor call what a person stopped themselves an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import mean, median
from zoneinfo import ZoneInfo

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.copy_model import BlackedOut, WithheldText
from portal.cases.events import Code
from portal.cases.figures import ANSWERED
from portal.cases.kept_model import Kept
from portal.cases.laws.deadlines import day_of
from portal.cases.model import OPEN_STATES, Case, CaseEvent, CaseKind, CaseState
from portal.config.model import Basis
from portal.consent.figures import opted_out
from portal.core.db import company_of

GROUPS: Mapping[str, tuple[CaseKind, ...]] = {
    "know": (CaseKind.ACCESS, CaseKind.PORTABILITY),
    "delete": (CaseKind.ERASURE,),
    "correct": (CaseKind.CORRECTION,),
    "opt_out_of_sale_or_sharing": (CaseKind.OPT_OUT, CaseKind.OPT_OUT_OF_SALE),
    "limit_sensitive": (CaseKind.LIMIT_SENSITIVE,),
}
"""The kinds of request that the rule names, and the cases that are such."""

BY_CHOICE = "opt_out_of_sale_or_sharing_by_choice_or_signal"
"""People who opted out without a case: on the page of choices, by a link or by their browser's signal."""

COLUMNS = (
    "year", "kind", "received", "complied_in_whole", "complied_in_part", "denied", "still_open", "stopped_by_the_person", "median_days",
    "mean_days",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class YearLine:
    """One kind of request in one year, by the day on which it was received."""

    year: int
    kind: str
    received: int
    whole: int
    part: int
    denied: int
    open: int
    stopped: int
    days: Sequence[int]

    def cells(self) -> tuple[str, ...]:
        """The line as the file has it; days are empty where nothing was answered."""
        figures = (self.received, self.whole, self.part, self.denied, self.open, self.stopped)
        days = (f"{median(self.days):g}", f"{mean(self.days):.1f}") if self.days else ("", "")
        return (str(self.year), self.kind, *(str(one) for one in figures), *days)


def year_lines(db: Session, year: int) -> list[YearLine]:
    """All kinds that the rule names, each with its figures, and who opted out without a request."""
    company = registry.company(company_of(db))
    first, after = (datetime(one, 1, 1, tzinfo=ZoneInfo(company.time_zone)).astimezone(UTC) for one in (year, year + 1))
    part = or_(
        exists().where(WithheldText.case_id == Case.id),
        exists().where(BlackedOut.case_id == Case.id, BlackedOut.places > 0),
        exists().where(Kept.case_number == Case.number),
        exists().where(CaseEvent.case_id == Case.id, CaseEvent.code == Code.SYSTEM_LEFT_OUT.value),
    )
    rows = db.execute(
        select(Case.kind, Case.state, Case.received_at, Case.closed_at, Case.person_id, part.label("part")).where(
            Case.received_at >= first, Case.received_at < after
        )
    ).all()
    lines = []
    for name, kinds in GROUPS.items():
        asked = [row for row in rows if row.kind in kinds]
        answered = [row for row in asked if row.state in ANSWERED]
        complied = [row for row in answered if row.state is not CaseState.REFUSED]
        whole = sum(1 for row in complied if not row.part)
        lines.append(
            YearLine(
                year, name, len(asked), whole, len(complied) - whole, len(answered) - len(complied),
                sum(1 for row in asked if row.state in OPEN_STATES), sum(1 for row in asked if row.state is CaseState.CANCELLED),
                [(day_of(row.closed_at, company.time_zone) - day_of(row.received_at, company.time_zone)).days for row in answered if row.closed_at],
            )
        )  # fmt: skip
    sold = [key for key, one in company.purposes.items() if one.basis is Basis.SALE_OR_SHARING]
    counted = {row.person_id for row in rows if row.kind in GROUPS["opt_out_of_sale_or_sharing"] and row.person_id is not None}
    direct = opted_out(db, sold, since=first, before=after, but=counted)
    return [*lines, YearLine(year, BY_CHOICE, direct, direct, 0, 0, 0, 0, [0] if direct else [])]
