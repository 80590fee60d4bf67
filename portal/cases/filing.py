"""What every kind of case begins with: how often one person may open one, the same press twice, the first entry of its clock (C11).

Must never stand in the way of an opt-out or of a choice: those are counted nowhere.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases.events import PERSON
from portal.cases.laws import Happened
from portal.cases.model import Case, CaseKind, CaseMessage, CaseState, ClockRow
from portal.cases.places import place_of
from portal.consent.chains import hold_person
from portal.core import clock
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.core.limits import Limit, count_once

SAME_PRESS = timedelta(minutes=1)
"""The same wish within this time is the same press, even where the answer was faster than the second click."""

CASES_A_DAY = Limit("case.opened", 10, timedelta(days=1))
"""What a person opens counts whether it is stopped again or not."""


class TooManyCases(PortalError):
    """The person has opened so many cases today that the next one has to wait until tomorrow."""


def begin_clock(db: Session, case: Case) -> None:
    """The first entry of a new case's clock: it was received."""
    case.place = place_of(db, case.person_id) if case.kind is not CaseKind.ON_BEHALF else None
    db.flush()
    db.add(ClockRow(case_id=case.id, happened=Happened.RECEIVED, at=case.received_at, actor=PERSON))
    db.flush()


def same_words(db: Session, person_id: int, kind: CaseKind, words: str) -> Case | None:
    """The open case of that kind that began with these words a moment ago: two presses are one. Holds the person, so that of two presses at the
    same moment the second sees what the first one made.
    """
    hold_person(db, person_id)
    recent = select(Case).filter_by(person_id=person_id, kind=kind, state=CaseState.OPEN)
    for case in db.scalars(recent.where(Case.received_at > clock.now() - SAME_PRESS).order_by(Case.id.desc())):
        first = db.scalar(select(CaseMessage).filter_by(case_id=case.id).order_by(CaseMessage.id).limit(1))
        if (first.text if first else "") == words:
            return case
    return None


def count_case(db: Session, person_id: int) -> None:
    """Count a case that is about to be opened, in the caller's transaction. Raises `TooManyCases`."""
    if not count_once(db, CASES_A_DAY, str(company_of(db)), str(person_id)):
        raise TooManyCases("So many requests were opened today that the next one has to wait until tomorrow.")
