"""What staff work through: open cases, what is due first by the law's clock, page by page; who has which in hand.

Must never show whose case it is (that is read one case at a time, and logged), nor give anybody a case about themselves.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, exists, func, or_, select, text, true, update
from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.accounts.staff import Staff
from portal.cases.acting_model import ActingRequest
from portal.cases.dates import due_of, today_of
from portal.cases.messages import waits_for_staff
from portal.cases.model import (
    OPEN_STATES,
    STILL_OPEN,
    Case,
    CaseKind,
    CaseMessage,
    CaseNote,
    CasePart,
    CaseState,
    ClockRow,
    PartState,
)
from portal.cases.model import CaseEvent as Event
from portal.cases.proposal_model import WAITING, Proposal
from portal.cases.tasks.model import CaseTask, TaskState
from portal.cases.workflow import BUILD, ERASING, EXPORT, RIGHT, STUCK
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.engine.model import Step
from portal.people.model import PersonIdentifier
from portal.people.service import EMAIL, Identifier, hashes_of

PAGE = 50
SOON = 7
"""Days before the date from which on a case is marked."""

FILL_AT_ONCE = 500
_ACTS = (EXPORT, RIGHT, BUILD, *ERASING)
_STEPS, _PARTS, _CLOCKS, _PROPOSALS, _TASKS = (
    cast(Table, one.__table__).c for one in (Step, CasePart, ClockRow, Proposal, CaseTask)
)
"""Of cases that were asked for within their company. One more condition, of the company, would lead SQLite to all rows of the company."""

_OPEN = text(f'"case".{STILL_OPEN}')


class Whose(StrEnum):
    """Whose cases are asked for."""

    ALL = ""
    MINE = "mine"
    NOBODYS = "nobody"


class Stage(StrEnum):
    """Where the cases that are asked for stand. `decision`: something waits for a human of ours. `marked`: it may be abuse."""

    ALL = ""
    LATE = "late"
    DECISION = "decision"
    MARKED = "marked"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address of the queue says."""

    kind: str = ""
    stage: Stage = Stage.ALL
    whose: Whose = Whose.ALL


@dataclass(frozen=True, slots=True)
class Line:
    """One open case in the queue. `days` until its date (below 0: late); `waits`: `step`, `review`, `message` and `proposal`,
    for a human of ours, `owner`, for whoever looks after a system, and `marked`, where it may be abuse. `takes_back`: as of a case.
    """

    id: int
    number: str
    kind: str
    state: CaseState
    due: date
    days: int
    stopped: bool
    owner: str | None
    waits: tuple[str, ...]
    takes_back: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is."""

    late: int
    soon: int
    open: int


def queue(db: Session, filters: Filters, staff: Staff, *, after: tuple[date, int] | None = None) -> tuple[list[Line], bool]:
    """One page of open cases after a place in the order, and whether more follow. Two statements and five look-ups, however many there are."""
    query = select(Case).where(_OPEN, Case.due_on.is_not(None), *_wanted(db, filters, staff)).order_by(Case.due_on, Case.id)
    if after is not None:
        query = query.where(or_(Case.due_on > after[0], and_(Case.due_on == after[0], Case.id > after[1])))
    rows = db.scalars(query.limit(PAGE + 1)).all()
    return _lines(db, rows[:PAGE]), len(rows) > PAGE


def counts(db: Session) -> Counts:
    """Late, due within seven days, open."""
    today = today_of(db)
    ranges = Case.due_on < today, and_(Case.due_on >= today, Case.due_on <= today + timedelta(days=SOON)), true()
    # Each a range of an index: one pass that looks at every open case takes three times as long.
    counts = [select(func.count()).select_from(Case).where(_OPEN, one).scalar_subquery() for one in ranges]
    row = db.execute(select(*counts)).one()
    return Counts(int(row[0]), int(row[1]), int(row[2]))


def lines_of(db: Session, cases: Sequence[Case]) -> list[Line]:
    """The same lines for some cases, ended ones too."""
    return _lines(db, [case for case in cases if case.due_on is not None])


def take_next(db: Session, staff: Staff) -> str | None:
    """Put the first case that nobody has, and that is not about this colleague, into their hands. None where there is none."""
    about = exists().where(PersonIdentifier.person_id == Case.person_id, *_theirs(db, staff))
    acting = exists().where(
        ActingRequest.case_id == Case.id, PersonIdentifier.person_id == ActingRequest.person_id, *_theirs(db, staff)
    )
    query = (
        select(Case).where(_OPEN, Case.due_on.is_not(None), Case.owner.is_(None), ~about, ~acting).order_by(Case.due_on, Case.id)
    )
    case = db.scalar(query.limit(1).with_for_update(skip_locked=True))
    if case is None:
        return None
    case.owner = staff.actor
    record_audit(db, actor=staff.actor, act="case.taken", target=f"case:{case.number}")
    db.flush()
    return case.number


def hand_over(db: Session, case: Case, to: Staff | None, *, by: Staff) -> bool:
    """Give the case to a colleague (None: back to all). False where it is about them, or they may not work on cases."""
    if to is not None and (not to.may("cases.work") or is_about(db, case, to)):
        return False
    case.owner = to.actor if to else None
    record_audit(db, actor=by.actor, act="case.handed", target=f"case:{case.number}", to=case.owner)
    db.flush()
    return True


def is_about(db: Session, case: Case, staff: Staff) -> bool:
    """Whether the case is of, or for, somebody with this colleague's own address: nobody handles what concerns themselves."""
    acting = db.get(ActingRequest, case.id) if case.kind == CaseKind.ON_BEHALF else None
    if acting is not None and acting.identifier == staff.address:
        return True
    whose = [one for one in (case.person_id, acting.person_id if acting else None) if one is not None]
    if not whose:
        return False
    mine = select(PersonIdentifier.id).where(PersonIdentifier.person_id.in_(whose), *_theirs(db, staff))
    return db.scalar(mine.limit(1)) is not None


def add_note(db: Session, case: Case, *, text: str, by: Staff) -> None:
    """Keep a note for colleagues."""
    db.add(CaseNote(case_id=case.id, actor=by.actor, text=text, at=clock.now()))
    db.flush()


def notes_of(db: Session, case: Case) -> Sequence[CaseNote]:
    """What colleagues noted, oldest first."""
    return db.scalars(select(CaseNote).filter_by(case_id=case.id).order_by(CaseNote.id)).all()


def mark_of(db: Session, case: Case) -> str:
    """What a page of this case shows, as one short mark: another one as soon as anything of it has changed."""
    newest = [
        db.scalar(select(func.max(table.c.id)).where(table.c.case_id == case.id)) or 0
        # The case was asked for within its company; one more condition would lead SQLite to all rows of the company.
        for table in (cast(Table, kind.__table__) for kind in (Event, ClockRow, CaseMessage, CaseNote))
    ]
    tasks = db.execute(select(CaseTask.id, CaseTask.state, CaseTask.sent).filter_by(case_id=case.id).order_by(CaseTask.id)).all()
    with_tasks = f" {[(one, str(state), sent) for one, state, sent in tasks]}" if tasks else ""
    return crypto.keyed_hash("case.mark", f"{case.id} {case.state} {case.owner} {newest}{with_tasks}").hex()[:24]


def fill_due(db: Session) -> int:
    """Give open cases of before their place in the queue; returns how many got one."""
    rows = db.scalars(select(Case).where(Case.state.in_(OPEN_STATES), Case.due_on.is_(None)).limit(FILL_AT_ONCE)).all()
    for case in rows:
        case.due_on = due_of(db, case).day
    db.flush()
    return len(rows)


def let_go(db: Session, staff: Staff) -> int:
    """What somebody who leaves had in hand is nobody's again; returns how many cases."""
    mine = update(Case).where(Case.owner == staff.actor).values(owner=None).returning(Case.id)
    return len(db.scalars(mine.execution_options(synchronize_session=False)).all())


def _theirs(db: Session, staff: Staff) -> tuple[ColumnElement[bool], ...]:
    hashes = hashes_of(company_of(db), Identifier(EMAIL, staff.address)).values()
    return PersonIdentifier.kind == EMAIL, PersonIdentifier.hash.in_(hashes)


def _wanted(db: Session, filters: Filters, staff: Staff) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.kind:
        wanted.append(Case.kind == filters.kind)
    if filters.whose is Whose.MINE:
        wanted.append(Case.owner == staff.actor)
    elif filters.whose is Whose.NOBODYS:
        wanted.append(Case.owner.is_(None))
    if filters.stage is Stage.LATE:
        wanted.append(Case.due_on < today_of(db))
    elif filters.stage is Stage.DECISION:
        wanted.append(or_(_stuck_step(db), _review(), waits_for_staff(), _proposed()))
    elif filters.stage is Stage.MARKED:
        wanted.append(Case.suspected_at.is_not(None))
    return wanted


def _stuck_step(db: Session) -> ColumnElement[bool]:
    """A step waits for staff: not while the owner of its system has the task, and has time for it."""
    return exists().where(_STEPS.subject_id == Case.id, _STEPS.act.in_(_ACTS), _STEPS.state.in_(STUCK), ~_with_owner(db))


def _waits_for_owner(db: Session) -> ColumnElement[bool]:
    return exists().where(_STEPS.subject_id == Case.id, _STEPS.act.in_(_ACTS), _STEPS.state.in_(STUCK), _with_owner(db))


def _with_owner(db: Session) -> ColumnElement[bool]:
    in_time = (_TASKS.due_on >= today_of(db), _TASKS.expires_at > clock.now())
    # By the step's own word for its case: named itself, the case would be looked for anew among all of the company.
    return exists().where(
        _TASKS.case_id == _STEPS.subject_id, _TASKS.step_id == _STEPS.id, _TASKS.state == TaskState.WAITING, *in_time
    )


def _proposed() -> ColumnElement[bool]:
    return exists().where(_PROPOSALS.case_id == Case.id, text(f"proposal.{WAITING}"))


def _review() -> ColumnElement[bool]:
    return exists().where(_PARTS.case_id == Case.id, _PARTS.state == PartState.REVIEW)


def _lines(db: Session, cases: Sequence[Case]) -> list[Line]:
    ids, today = [case.id for case in cases], today_of(db)
    waits = _waits(db, ids)
    stopped = _stopped(db, ids)
    return [
        Line(
            case.id, case.number, case.kind, case.state, case.due_on, (case.due_on - today).days, case.id in stopped, case.owner,
            waits.get(case.id, ()), case.takes_back,
        )
        for case in cases
        if case.due_on is not None
    ]  # fmt: skip


def _waits(db: Session, ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    if not ids:
        return {}
    found: dict[int, list[str]] = {}
    # What still waited when a case was refused or answered waits for nobody; a deletion ends only when nothing waits.
    goes_on = or_(Case.state.in_(OPEN_STATES), Case.kind == CaseKind.ERASURE)
    kinds = {
        "step": and_(goes_on, _stuck_step(db)), "owner": and_(goes_on, _waits_for_owner(db)), "review": and_(goes_on, _review()),
        "message": waits_for_staff(), "proposal": _proposed(), "marked": Case.suspected_at.is_not(None),
    }  # fmt: skip
    for kind, condition in kinds.items():
        for case_id in db.scalars(select(Case.id).where(Case.id.in_(ids), condition)):
            found.setdefault(case_id, []).append(kind)
    return {case_id: tuple(kinds) for case_id, kinds in found.items()}


def _stopped(db: Session, ids: Collection[int]) -> set[int]:
    """Cases whose clock stands still: paused more often than resumed."""
    if not ids:
        return set()
    paused, resumed = (func.count().filter(_CLOCKS.happened == one) for one in ("paused", "resumed"))
    rows = select(_CLOCKS.case_id).where(_CLOCKS.case_id.in_(ids)).group_by(_CLOCKS.case_id)
    return set(db.scalars(rows.having(paused > resumed)))
