"""Open a case, look it up, stop it, settle a step by hand. Every door comes through here.

Must never open a second case for a second press, nor answer differently for a case that is somebody else's and one that is not there.
"""

import json
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases import advancing, letters
from portal.cases.dates import choose_law, margin_of
from portal.cases.erasing.settling import settled_by_hand, step_to_settle
from portal.cases.events import PERSON, Code, note
from portal.cases.filing import SAME_PRESS, begin_clock, count_case
from portal.cases.laws import ClockEvent, Happened, end_of_day
from portal.cases.laws.deadlines import day_of
from portal.cases.meaning import GROUPS
from portal.cases.model import OPEN_STATES, Case, CaseKind, CasePart, CaseState, PartState
from portal.cases.places import place_of
from portal.cases.right_words import BY_AGENT
from portal.cases.scope import Scope, dump_scope
from portal.cases.workflow import BUILD, EXPORT, RIGHT, STUCK, newest
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.engine.model import StepState
from portal.engine.service import ByHand, add_step, cancel_step, settle_by_hand, steps_of


class NoSuchCase(PortalError):
    """The company has no case of that number, or it is not this person's."""


LATE_TRY = timedelta(days=7)
"""So long at least a system is tried, however late a request was taken in."""


class NoSuchGroup(PortalError):
    """Something was chosen that is not one of the groups of `cases.meaning`."""


class NothingToSettle(PortalError):
    """The case has no step of that system that waits."""


def open_access_case(
    db: Session, person_id: int, *, categories: Collection[str], proven: Scope, language: str, source: str = "site",
    received_at: datetime | None = None,
) -> Case:  # fmt: skip
    """Ask for a copy of everything (`categories` empty) or of some groups; the same wish while it is open is the same case.
    `received_at`: when it arrived, where that was before now.

    Writes case, clock, timeline, one step a system and the mail, in the caller's transaction. Raises `NoSuchGroup`, `NoLawGivesThis` or `TooManyCases`.
    """
    choice = [group for group in GROUPS if group in categories]
    if len(choice) != len(set(categories)):
        raise NoSuchGroup("A copy can be asked for by the groups that the page shows.")
    same = _same_wish(db, person_id, choice, proven)
    if same is not None:
        return same
    count_case(db, person_id)
    company, now = registry.company(company_of(db)), received_at or clock.now()
    law, dates = choose_law(company, CaseKind.ACCESS, ClockEvent(Happened.RECEIVED, now), place_of(db, person_id))
    case = Case(
        number=crypto.random_public_id(), person_id=person_id, kind=CaseKind.ACCESS, state=CaseState.OPEN, law=law.id, law_version=law.version, language=language,
        source=source, choice=choice, proven=dump_scope(proven), open_key=_wish(person_id, choice, proven), received_at=now,
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(case)
            db.flush()
    except IntegrityError:
        # The other press was a moment faster; theirs is the case.
        same = _same_wish(db, person_id, choice, proven)
        if same is None:
            raise
        return same
    begin_clock(db, case)
    db.add(CasePart(case_id=case.id, number=1, state=PartState.MAKING))
    by_agent = source.startswith(BY_AGENT)
    note(db, case, Code.COPY_BY_AGENT if by_agent else Code.RECEIVED, actor=PERSON)
    last_try = end_of_day(margin_of(dates, day_of(now, company.time_zone)), company.time_zone)
    # What arrived long ago is tried all the same: late is better than never.
    last_try = max(last_try, clock.now() + LATE_TRY)
    for system in company.systems:
        add_step(db, act=EXPORT, subject_id=case.id, system=system, person_id=person_id, not_after=last_try)
    if not company.systems:
        advancing.advance(db, case)
    if by_agent:
        letters.send_acted(db, case, undo="")
    else:
        letters.send_received(db, case, dates.due)
    db.flush()
    return case


def cases_of(db: Session, person_id: int) -> list[Case]:
    """All that the person asked, newest first."""
    return list(db.scalars(select(Case).filter_by(person_id=person_id).order_by(Case.received_at.desc(), Case.id.desc())))


def case_for_person(db: Session, person_id: int, number: str) -> Case:
    """The person's own case of that number. Raises `NoSuchCase`, whether it is missing or somebody else's."""
    found = db.scalar(select(Case).filter_by(person_id=person_id, number=number[:20]))
    if found is None:
        raise NoSuchCase("There is no such request.")
    return found


def case_by_number(db: Session, number: str) -> Case:
    """The company's case of that number, for staff. Raises `NoSuchCase`."""
    found = db.scalar(select(Case).filter_by(number=number[:20]))
    if found is None:
        raise NoSuchCase("There is no such case.")
    return found


def cancel_case(db: Session, person_id: int, number: str) -> bool:
    """The person stops waiting. False where there was nothing left to stop. What was delivered already stays until its date."""
    case = case_for_person(db, person_id, number)
    stopped = db.execute(
        update(Case)
        .where(Case.id == case.id, Case.state.in_(OPEN_STATES))
        .values(state=CaseState.CANCELLED, open_key=None, closed_at=clock.now())
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    ).first()
    if stopped is None:
        return False
    db.refresh(case)
    for step in steps_of(db, (EXPORT, BUILD, RIGHT), case.id):
        cancel_step(db, step.id)
    for part in db.scalars(
        select(CasePart).filter_by(case_id=case.id).where(CasePart.state.in_((PartState.MAKING, PartState.REVIEW)))
    ):
        part.state = PartState.EMPTY
    advancing.drop_spools(db, case)
    note(db, case, Code.CANCELLED, actor=PERSON)
    db.flush()
    return True


def resolve_step(db: Session, number: str, *, system: str, outcome: str, reason: str, actor: str) -> None:
    """Settle by hand what waits for a human: `retry`, `skip` or `done`; `reason` is one sentence that the customer sees.

    An empty `system`, or `copy`, is the making of the package itself: who does that by hand, or gives it up, ends the case. Raises `NoSuchCase`, `NothingToSettle`, or what the engine says.
    """
    case = advancing.lock_case(db, case_by_number(db, number).id)
    erasing = case.kind is CaseKind.ERASURE
    if case.is_over:
        raise NothingToSettle("The case has ended; nothing of it waits.")
    by_hand = bool(steps_of(db, (RIGHT,), case.id))
    act, key = (BUILD, "") if system in ("", "copy") else (RIGHT if by_hand else EXPORT, system)
    step = step_to_settle(db, case, system) if erasing else newest(steps_of(db, (act,), case.id), act).get(key)
    if step is None or step.state not in (StepState.WAITING, *STUCK):
        raise NothingToSettle("No step of that system waits. `portal case show` lists the systems and where they stand.")
    decided = ByHand(outcome)
    settle_by_hand(db, step.id, outcome=decided, reason=reason, actor=actor[:40])
    if act in (EXPORT, RIGHT):
        codes = {ByHand.RETRY: Code.SYSTEM_RETRIED, ByHand.SKIP: Code.SYSTEM_LEFT_OUT, ByHand.DONE: Code.SYSTEM_DONE_BY_HAND}
        note(db, case, codes[decided], actor="staff", system=key)
        db.flush()
        if act == EXPORT and not erasing:
            advancing.advance(db, case)
    if erasing:
        settled_by_hand(db, case, step=step, goes_on=decided is ByHand.RETRY)
    elif act == BUILD and decided is not ByHand.RETRY:
        advancing.close_case(case, CaseState.ANSWERED)
        advancing.drop_spools(db, case)
        note(db, case, Code.ANSWERED_BY_HAND, actor="staff")


def _same_wish(db: Session, person_id: int, choice: list[str], proven: Scope) -> Case | None:
    """The open case of this wish, or the one that the last minute brought and already answered."""
    found = db.scalar(select(Case).filter_by(open_key=_wish(person_id, choice, proven)))
    if found is not None:
        return found
    recent = db.scalars(
        select(Case)
        .filter_by(person_id=person_id, kind=CaseKind.ACCESS)
        .where(Case.received_at > clock.now() - SAME_PRESS, Case.state != CaseState.CANCELLED)
        .order_by(Case.id.desc())
    )
    return next((case for case in recent if case.choice == choice and case.proven == dump_scope(proven)), None)


def _wish(person_id: int, choice: list[str], proven: Scope) -> bytes:
    return crypto.keyed_hash("case", json.dumps([person_id, CaseKind.ACCESS, choice, dump_scope(proven)]))
