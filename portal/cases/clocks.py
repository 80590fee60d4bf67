"""Move the clock of a case by adding to what happened: verified, paused, resumed, extended. The person is told in the same act.

Must never change what stands there, move a date that has passed, or give more time than the law does.
"""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases import advancing, letters
from portal.cases.dates import days_off_of, due_of, history_of
from portal.cases.events import PERSON, STAFF, Code, note
from portal.cases.laws import ClockEvent, Happened, due_dates
from portal.cases.laws.deadlines import NoExtension, refuse_extension
from portal.cases.laws.model import StopReason
from portal.cases.messages import add_message, checked_words
from portal.cases.model import OPEN_STATES, Author, Case, ClockRow, LongerBecause
from portal.cases.proposal_model import Act
from portal.cases.service import case_by_number
from portal.cases.two_people import check_second, needs_two
from portal.core import clock
from portal.core.errors import PortalError


class ClockCannotStop(PortalError):
    """The law of the case knows no such pause, it stands already, or there is no date left that it could move."""


class ClockRuns(PortalError):
    """There is nothing to resume."""


class VerifiedAlready(PortalError):
    """Who asks was confirmed before, or the case has ended."""


class DateNotNamed(PortalError):
    """The law lets the company name a later date, and none, or one that is not later, was named."""


@dataclass(frozen=True, slots=True)
class Longer:
    """What an extension would do: the date that stands, and the later one."""

    now: date
    then: date


def note_verified(db: Session, number: str, *, actor: str) -> None:
    """Who asks is surely the person: where the law starts there, the clock starts now. Raises `VerifiedAlready`."""
    case = _open_case(db, number, VerifiedAlready)
    if any(event.happened is Happened.VERIFIED for event in history_of(db, case)):
        raise VerifiedAlready("That was noted before.")
    _add(db, case, ClockRow(happened=Happened.VERIFIED, actor=actor[:40]))
    note(db, case, Code.VERIFIED, actor=STAFF)


def pause_clock(db: Session, number: str, *, reason: StopReason, text: str, actor: str) -> None:
    """Ask the person for what the answer needs; where the law lets it, the days until they give it do not count.

    `text` is the question, kept as a message. Raises `ClockCannotStop` or a `MessageRefused`, and then nothing is written.
    """
    case = _open_case(db, number, ClockCannotStop)
    due = due_of(db, case)
    if reason not in due.law.clock.stops:
        raise ClockCannotStop(f"{due.law.title} knows no pause for this reason. Write to the person without one.")
    if due.is_late:
        raise ClockCannotStop("The date has passed; a pause cannot bring it back. Write to the person without one.")
    if reason in open_pauses(db, case):
        raise ClockCannotStop("The clock stands still for this reason already.")
    add_message(db, case, author=Author.STAFF, text=text, actor=actor)
    row = _add(db, case, ClockRow(happened=Happened.PAUSED, reason=reason, actor=actor[:40]))
    note(db, case, Code.PAUSED, actor=STAFF, reason=reason.value)
    letters.send_needs_you(db, case, row.id)


def resume_clock(db: Session, number: str, *, reason: StopReason, actor: str) -> None:
    """What was asked for is there: the clock runs again. Raises `ClockRuns`."""
    case = advancing.lock_case(db, case_by_number(db, number).id)
    if reason not in open_pauses(db, case):
        raise ClockRuns("The clock does not stand still for this reason.")
    _resume(db, case, reason, actor)


def resume_by_answer(db: Session, case: Case) -> None:
    """The person wrote: in doubt that is what was asked for, and the days count again. Staff may pause anew."""
    if open_pauses(db, case):
        case = advancing.lock_case(db, case.id)
        for reason in sorted(open_pauses(db, case)):
            _resume(db, case, reason, PERSON)


def look_at_extension(db: Session, case: Case, *, until: date | None = None) -> Longer:
    """What an extension told today would do, so that it can be shown before it is told.

    Raises `NoExtension`, `ExtensionTooLate` or `DateNotNamed`.
    """
    company, due = registry.company(case.company_id), due_of(db, case)
    if case.state not in OPEN_STATES:
        raise NoExtension("The case has ended.")
    events, now, days_off = history_of(db, case), clock.now(), days_off_of(company)
    refuse_extension(due.law, events, now, company.time_zone, days_off)
    named = due.law.extend is not None and due.law.extend.to_a_named_date
    if named and (until is None or until <= due.day):
        raise DateNotNamed("Name the later date: this law lets the company choose it, and has it told to the person.")
    told = ClockEvent(Happened.EXTENDED, now, until=until if named else None)
    return Longer(due.day, due_dates(due.law, [*events, told], company.time_zone, days_off).due)


def extend_deadline(
    db: Session, number: str, *, because: LongerBecause, words: str, actor: str, until: date | None = None, second: str = ""
) -> Longer:
    """Take the law's longer time, once, and tell the person the new date and the reason in the same act.

    `words` are why in this case, one or two sentences, read on the page. `second` approves where the company asks for two. Raises what
    `look_at_extension` raises, `SecondPersonNeeded` or a `MessageRefused`.
    """
    case = advancing.lock_case(db, case_by_number(db, number).id)
    longer = look_at_extension(db, case, until=until)
    if needs_two(db, case, Act.EXTEND):
        check_second(actor, second)
    said = checked_words(words, empty="The person is told why: write a sentence.")
    _add(db, case, ClockRow(happened=Happened.EXTENDED, until=longer.then, because=because, words=said, actor=actor[:40]))
    note(db, case, Code.EXTENDED, actor=STAFF)
    letters.send_extended(db, case, was=longer.now, now=longer.then, because=because, law=due_of(db, case).law)
    return longer


@dataclass(frozen=True, slots=True)
class Moved:
    """What the person was told with a later date: the first one, and why."""

    first_day: date
    because: LongerBecause | None
    words: str | None = field(repr=False)


def moved_date(db: Session, case: Case) -> Moved | None:
    """What the page says of a date that was extended; None where it was not."""
    row = db.scalar(select(ClockRow).filter_by(case_id=case.id, happened=Happened.EXTENDED).order_by(ClockRow.id).limit(1))
    if row is None:
        return None
    return Moved(due_of(db, case).dates.due_legal, row.because, row.words)


def _open_case(db: Session, number: str, refusal: type[PortalError]) -> Case:
    case = advancing.lock_case(db, case_by_number(db, number).id)
    if case.state not in OPEN_STATES:
        raise refusal("The case has ended, and its clock with it.")
    return case


def open_pauses(db: Session, case: Case) -> set[StopReason]:
    """Why the clock stands still now."""
    found: set[StopReason] = set()
    for event in history_of(db, case):
        if event.reason is not None and event.happened is Happened.PAUSED:
            found.add(event.reason)
        elif event.reason is not None and event.happened is Happened.RESUMED:
            found.discard(event.reason)
    return found


def _resume(db: Session, case: Case, reason: StopReason, actor: str) -> None:
    _add(db, case, ClockRow(happened=Happened.RESUMED, reason=reason, actor=actor[:40]))
    note(db, case, Code.RESUMED, actor=PERSON if actor == PERSON else STAFF)


def _add(db: Session, case: Case, row: ClockRow) -> ClockRow:
    row.case_id, row.at = case.id, clock.now()
    db.add(row)
    db.flush()
    return row
