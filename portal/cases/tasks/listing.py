"""Tasks as staff see them: of one case, and all that are open, the overdue first. Must never name the customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.attaching import Attachment, files_of_tasks
from portal.cases.dates import today_of
from portal.cases.events import system_title
from portal.cases.laws.deadlines import day_of
from portal.cases.model import OPEN_STATES, Case
from portal.cases.tasks.mailing import owner_of, step_of, went_to_owner
from portal.cases.tasks.model import CaseTask, TaskAnswer, TaskState
from portal.cases.workflow import STUCK
from portal.core import clock
from portal.engine.model import Step

PAGE = 50


class Which(StrEnum):
    """Which open tasks are asked for."""

    ALL = ""
    LATE = "late"
    UNOPENED = "unopened"


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task. `owner` is who gets it today, as `portal.yaml` names them; `open`: its owner can still answer, by the
    link that they have or, where it `went_elsewhere` (to who was named before), by one that is still to be sent.
    """

    id: int
    number: str
    case_number: str
    kind: str
    system: str
    title: str
    owner: str
    state: TaskState
    open: bool
    step_waits: bool
    due_on: date
    late: bool
    mailed_at: datetime
    reminders_sent: int
    opened_at: datetime | None
    answered_at: datetime | None
    answer: TaskAnswer | None
    ground: str = field(default="", repr=False)
    words: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    files: tuple[Attachment, ...] = ()
    went_elsewhere: bool = False


def is_open(task: CaseTask, step: Step | None) -> bool:
    """Whether its owner can still answer."""
    return task.state is TaskState.WAITING and step is not None and step.state in STUCK and task.expires_at > clock.now()


def tasks_of(db: Session, case: Case) -> list[TaskLine]:
    """The tasks of one case, in the order of its steps."""
    rows = db.scalars(select(CaseTask).filter_by(case_id=case.id).order_by(CaseTask.id)).all()
    files: Mapping[int, tuple[Attachment, ...]] = files_of_tasks(db, case) if rows else {}
    return [_line(task, case, step_of(db, task), files.get(task.id, ())) for task in rows]


def open_tasks(
    db: Session, which: Which = Which.ALL, system: str = "", *, after: tuple[date, int] | None = None
) -> tuple[list[TaskLine], bool]:
    """One page of open tasks, the earliest day first, and whether more follow."""
    query = (
        select(CaseTask, Case, Step)
        .join(Case, Case.id == CaseTask.case_id)
        .join(Step, Step.id == CaseTask.step_id)
        .where(CaseTask.state == TaskState.WAITING, CaseTask.expires_at > clock.now())
        .where(Step.state.in_(STUCK), Case.state.in_(OPEN_STATES))
        .order_by(CaseTask.due_on, CaseTask.id)
    )
    today = today_of(db)
    if which is Which.LATE:
        query = query.where(CaseTask.due_on < today)
    elif which is Which.UNOPENED:
        query = query.where(CaseTask.opened_at.is_(None))
    if system:
        query = query.where(CaseTask.system == system)
    if after is not None:
        query = query.where(or_(CaseTask.due_on > after[0], and_(CaseTask.due_on == after[0], CaseTask.id > after[1])))
    rows = db.execute(query.limit(PAGE + 1)).all()
    return [_line(task, case, step) for task, case, step in rows[:PAGE]], len(rows) > PAGE


def _line(task: CaseTask, case: Case, step: Step | None, files: tuple[Attachment, ...] = ()) -> TaskLine:
    company = registry.company(case.company_id)
    owner, waits = owner_of(case.company_id, task.system), step is not None and step.state in STUCK
    return TaskLine(
        task.id, task.number, case.number, case.kind, task.system, system_title(company, task.system), owner.name if owner else "",
        task.state, is_open(task, step), waits, task.due_on, task.due_on < day_of(clock.now(), company.time_zone), task.mailed_at,
        task.reminders_sent, task.opened_at, task.answered_at, task.answer, task.ground or "", task.words or "", task.note or "", files,
        owner is not None and not went_to_owner(task),
    )  # fmt: skip
