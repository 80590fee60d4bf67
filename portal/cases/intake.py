"""Take in what came by letter, telephone or at the counter: the case begins on the day on which it arrived, and the person is told by mail.

Must never count as proof of who asked (a letter names whom it likes), nor let anybody take in a request of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.staff import Staff
from portal.cases.advancing import lock_case
from portal.cases.laws.deadlines import day_of
from portal.cases.messages import add_message
from portal.cases.model import OPEN_STATES, Author, CameBy, Case, CaseKind
from portal.cases.questions import open_question
from portal.cases.rights import kinds_of, open_right_case
from portal.cases.scope import Scope
from portal.cases.service import open_access_case
from portal.core import clock
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.core.uploads import Upload
from portal.people.service import EMAIL, Identifier, find_person, person_for

OLDEST = timedelta(days=90)
"""What arrived before that is no intake any more but a matter for whoever answers for it."""


class NotArrivedYet(PortalError):
    """The day of arrival lies in the future."""


class TooLongAgo(PortalError):
    """The day of arrival lies further back than `OLDEST`."""


class AboutYourself(PortalError):
    """The address is this colleague's own."""


@dataclass(frozen=True, slots=True)
class Request:
    """What came: `address` in its normal form, `text` in the customer's words, `files` such as the scan."""

    kind: CaseKind
    came_by: CameBy
    received_on: date
    language: str
    address: str = field(repr=False)
    text: str = field(repr=False)
    files: Sequence[Upload] = field(default=(), repr=False)


def kinds_to_take_in(db: Session) -> list[CaseKind]:
    """What can be taken in at the session's company. A deletion is begun by the person: only they can look at its plan and confirm it."""
    return [CaseKind.QUESTION, CaseKind.ACCESS, *kinds_of(registry.company(company_of(db)))]


def alike(db: Session, wanted: Request) -> list[Case]:
    """Open cases of the same person and kind, oldest first: what came may be one of them once more."""
    person = find_person(db, Identifier(EMAIL, wanted.address))
    if person is None:
        return []
    query = select(Case).filter_by(person_id=person.id, kind=wanted.kind).where(Case.state.in_(OPEN_STATES))
    return list(db.scalars(query.order_by(Case.id)))


def take_in(db: Session, wanted: Request, *, by: Staff) -> Case:
    """A case of its own. Raises `NotArrivedYet`, `TooLongAgo`, `AboutYourself`, and as what opens a case of that kind."""
    received_at = _moment(db, wanted.received_on)
    person_id = _person(db, wanted.address, by)
    if wanted.kind is CaseKind.ACCESS:
        case = open_access_case(
            db, person_id, categories=(), proven=Scope(), language=wanted.language, source=wanted.came_by, received_at=received_at
        )
        add_message(db, case, author=Author.PERSON, text=wanted.text, files=wanted.files)
    elif wanted.kind is CaseKind.QUESTION:
        case = open_question(
            db, person_id, number="", text=wanted.text, proven=Scope(), session_id=None, language=wanted.language,
            source=wanted.came_by, received_at=received_at, files=wanted.files,
        )  # fmt: skip
    else:
        case = open_right_case(
            db, person_id, wanted.kind, text=wanted.text, proven=Scope(), session_id=None, language=wanted.language,
            source=wanted.came_by, received_at=received_at, files=wanted.files,
        )  # fmt: skip
    _write_down(db, case, wanted, by, "case.taken_in")
    return case


def join(db: Session, case: Case, wanted: Request, *, by: Staff) -> None:
    """What came belongs to a case that is open: it is one message more there. Raises as `take_in`."""
    _moment(db, wanted.received_on)
    _person(db, wanted.address, by)
    case = lock_case(db, case.id)
    add_message(db, case, author=Author.PERSON, text=wanted.text, files=wanted.files)
    _write_down(db, case, wanted, by, "case.joined_in")


def _person(db: Session, address: str, by: Staff) -> int:
    if address == by.address:
        raise AboutYourself("Nobody takes in a request of their own.")
    return person_for(db, Identifier(EMAIL, address)).id


def _moment(db: Session, day: date) -> datetime:
    """The end of the day on which it arrived, or now where that is today: dates in law count whole days."""
    zone, now = registry.company(company_of(db)).time_zone, clock.now()
    today = day_of(now, zone)
    if day > today:
        raise NotArrivedYet("It cannot have arrived after today.")
    if day < today - OLDEST:
        raise TooLongAgo("It arrived too long ago.")
    return min(datetime.combine(day, time(23, 59), ZoneInfo(zone)), now)


def _write_down(db: Session, case: Case, wanted: Request, by: Staff, act: str) -> None:
    record_audit(
        db, actor=by.actor, act=act, target=f"case:{case.number}", came_by=wanted.came_by.value,
        received_on=wanted.received_on.isoformat(), files=len(wanted.files),
    )  # fmt: skip
