"""What may be abuse of a right: signs that staff are shown, and the mark that they set and lift.

Must never refuse, delay or tell the customer anything by itself: a mark asks for a second person, and the burden of proof stays the company's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import cast

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.accounts.staff import Staff
from portal.cases.desk import add_note
from portal.cases.laws.model import Law
from portal.cases.model import OPEN_STATES, Case, CaseKind, CaseState
from portal.cases.right_words import OPT_OUTS
from portal.cases.showing import clean
from portal.cases.two_people import has_new_address
from portal.core import clock
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.identity.model import RequestState, SignInRequest
from portal.people.service import EMAIL, hashes_of, identifiers_of

_CASES = cast(Table, Case.__table__).c
"""Of people who were found within their company: one more condition, of the company, would lead SQLite to all its cases."""

YEAR, MONTH, DAY = timedelta(days=365), timedelta(days=30), timedelta(days=1)
MANY_A_DAY = 3
MANY_FOR_OTHERS = 5
LONGEST_REASON = 300
NEVER_MARKED = frozenset({*OPT_OUTS, CaseKind.OBJECTION, CaseKind.APPEAL, CaseKind.COMPLAINT})
"""What only stops something, and what asks for a second look at us, is nobody's abuse."""


class Sign(StrEnum):
    """What may speak for abuse, none of which proves it.

    `repeated`: the same was asked for in the 12 months before. `many`: several cases within a day. `for_others`: the same mailbox asks for many
    people. `new_address`: an address came to the person lately. `not_them`: "this was not me" was pressed for a sign-in of theirs.
    """

    REPEATED = "repeated"
    MANY = "many"
    FOR_OTHERS = "for_others"
    NEW_ADDRESS = "new_address"
    NOT_THEM = "not_them"


class CannotBeMarked(PortalError):
    """The case has ended, is marked or not marked already, or is of a kind that nobody marks."""


class ReasonMissing(PortalError):
    """Who marks a case says why, in a sentence for colleagues."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One sign: how often (`repeated`: before this one), and how many in 12 months the law lets be free (None: it names no number), with
    its article.
    """

    sign: Sign
    count: int = 1
    free: int | None = None
    article: str = ""


def can_be_marked(case: Case) -> bool:
    """Whether it is open, and of a kind that could be abused."""
    return case.state in OPEN_STATES and case.kind not in NEVER_MARKED


def signs_of(db: Session, case: Case, law: Law) -> list[Seen]:
    """What is known already and may speak for abuse, with what the law of the case says of it. It asks no system, and keeps nothing."""
    if case.person_id is None or not can_be_marked(case):
        return []
    found = [_repeated(db, case, case.person_id, law), *(look(db, case, case.person_id) for look in _LOOKS)]
    return [one for one in found if one is not None]


def mark(db: Session, case: Case, *, reason: str, by: Staff) -> None:
    """Take a case for possible abuse, with the reason as a note for colleagues. The caller holds the case.

    Raises `CannotBeMarked` or `ReasonMissing`, and then nothing is written.
    """
    said = clean(reason).strip()[:LONGEST_REASON]
    if not can_be_marked(case) or case.suspected_at is not None:
        raise CannotBeMarked("This case cannot be marked.")
    if not said:
        raise ReasonMissing("Say why.")
    case.suspected_at = clock.now()
    add_note(db, case, text=said, by=by)
    record_audit(db, actor=by.actor, act="case.marked", target=f"case:{case.number}")
    db.flush()


def lift(db: Session, case: Case, *, by: Staff) -> None:
    """The case is as any other again. Raises `CannotBeMarked` where it bears no mark."""
    if case.suspected_at is None:
        raise CannotBeMarked("This case bears no mark.")
    case.suspected_at = None
    record_audit(db, actor=by.actor, act="case.unmarked", target=f"case:{case.number}")
    db.flush()


def _count(db: Session, case: Case, person_id: int, kind: CaseKind, within: timedelta) -> int:
    before = select(func.count()).where(_CASES.person_id == person_id, _CASES.id != case.id, _CASES.kind == kind)
    return db.scalar(before.where(_CASES.received_at.between(case.received_at - within, case.received_at))) or 0


def _repeated(db: Session, case: Case, person_id: int, law: Law) -> Seen | None:
    if case.kind in (CaseKind.QUESTION, CaseKind.ON_BEHALF):
        return None
    before = _count(db, case, person_id, case.kind, YEAR)
    free = None if law.free is None or law.free.per_12_months == "unlimited" else law.free.per_12_months
    return Seen(Sign.REPEATED, before, free, law.free.article if law.free else "") if before else None


def _many(db: Session, case: Case, person_id: int) -> Seen | None:
    near = _CASES.received_at.between(case.received_at - DAY, case.received_at + DAY)
    theirs = select(_CASES.received_at).where(_CASES.person_id == person_id, _CASES.state != CaseState.CANCELLED, near)
    moments = db.scalars(theirs).all()
    # Of all the days that this case falls into, the one with most.
    count = max(
        (sum(first <= at <= first + DAY for at in moments) for first in moments if first <= case.received_at),
        default=0,
    )
    return Seen(Sign.MANY, count) if count >= MANY_A_DAY else None


def _for_others(db: Session, case: Case, person_id: int) -> Seen | None:
    if case.kind is not CaseKind.ON_BEHALF:
        return None
    count = 1 + _count(db, case, person_id, CaseKind.ON_BEHALF, MONTH)
    return Seen(Sign.FOR_OTHERS, count) if count >= MANY_FOR_OTHERS else None


def _new_address(db: Session, case: Case, _person_id: int) -> Seen | None:
    return Seen(Sign.NEW_ADDRESS) if has_new_address(db, case) else None


def _not_them(db: Session, _case: Case, person_id: int) -> Seen | None:
    mailboxes = [one for one in identifiers_of(db, person_id) if one.kind == EMAIL]
    hashes = [hashed for one in mailboxes for hashed in hashes_of(company_of(db), one).values()]
    stopped = select(func.count()).select_from(SignInRequest).where(SignInRequest.identifier_hash.in_(hashes))
    # As long as they are kept (`retention.sign_in_rows`).
    count = db.scalar(stopped.where(SignInRequest.state == RequestState.STOPPED)) or 0
    return Seen(Sign.NOT_THEM, count) if count else None


_LOOKS: tuple[Callable[[Session, Case, int], Seen | None], ...] = (_many, _for_others, _new_address, _not_them)
