"""What comes back from the owner of a system by the link of a task, and what staff do with the task.

Must never show the customer before the button, take an answer twice, or settle by an owner's word what needs a decision of staff.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.adapters.contract import Identifier
from portal.adapters.manual import settings_of
from portal.cases import letters
from portal.cases.about import collection_title, field_title
from portal.cases.advancing import lock_case
from portal.cases.attaching import attach_files, checked_files
from portal.cases.events import system_title
from portal.cases.matching import subject_of
from portal.cases.model import OPEN_STATES, Case, CaseCorrection, CaseKind
from portal.cases.service import NothingToSettle, resolve_step
from portal.cases.showing import clean
from portal.cases.tasks.listing import is_open
from portal.cases.tasks.mailing import TOKEN, send_task, step_of, went_to_owner
from portal.cases.tasks.model import CaseTask, TaskAnswer, TaskState
from portal.cases.tasks.words import told_to_customer
from portal.cases.workflow import STUCK
from portal.core import clock, crypto
from portal.core.errors import PortalError
from portal.core.limits import Limit, count_once
from portal.core.uploads import Upload
from portal.engine.service import ByHand, StepHasEnded, StepIsRunning

OWNER = "owner"
LONGEST_TOKEN = 64
LONGEST_WORDS = 300
LONGEST_NOTE = 2000


LOOKS = Limit("case.task_looks", 10, timedelta(hours=1))
"""Looks by one link that are written down: no more of them say anything new, and who presses for ever fills no table (O9)."""


class Door(StrEnum):
    """What a link leads to. `nowhere`: unknown, cut, foreign, replaced by a newer mail; these are alike."""

    OPEN = "open"
    ANSWERED = "answered"
    ENDED = "ended"
    NOWHERE = "nowhere"


class NoSuchTask(PortalError):
    """The case has no task of that number, or it cannot be sent or taken back any more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A task as its owner sees it. `task` is what `portal.yaml` says of where to look."""

    number: str
    kind: CaseKind
    system: str
    title: str
    due_on: date
    task: str
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One value that is to read otherwise."""

    title: str
    old: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class About:
    """By what the customer is found, and what is to be changed."""

    identifiers: tuple[Identifier, ...] = field(repr=False)
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What an owner sends back."""

    answer: TaskAnswer
    ground: str = field(default="", repr=False)
    words: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    files: Sequence[Upload] = ()


def look_at(db: Session, token: str) -> tuple[Door, Asked | None]:
    """Where a link leads, without a word of the customer."""
    task = _task_of(db, token)
    if task is None:
        return Door.NOWHERE, None
    case = db.get_one(Case, task.case_id)
    if task.state is TaskState.ANSWERED:
        return Door.ANSWERED, None
    if not went_to_owner(task) or case.state not in OPEN_STATES or not is_open(task, step_of(db, task)):
        return Door.ENDED, None
    return Door.OPEN, _asked(case, task)


def open_task(db: Session, token: str) -> tuple[Door, Asked | None, About | None]:
    """The same with the customer in it; that the owner has seen them is written down, and the customer reads it."""
    door, asked = look_at(db, token)
    task = _task_of(db, token)
    if asked is None or task is None:
        return door, None, None
    case = db.get_one(Case, task.case_id)
    task.opened_at = task.opened_at or clock.now()
    if count_once(db, LOOKS, str(task.id)):
        record_audit(db, actor=OWNER, act="case.task_opened", target=f"case:{case.number}", system=task.system)
    db.flush()
    return door, asked, _about(db, case, task)


def take_answer(db: Session, token: str, said: Answered) -> Door:
    """Keep what the owner says; `open` where it was taken now. What is done or not there settles the step, all else waits for staff.

    Raises a `FileRefused`, before anything is written.
    """
    files = checked_files(said.files)
    found = _task_of(db, token)
    if found is None:
        return Door.NOWHERE
    case = lock_case(db, found.case_id)
    task = db.get_one(CaseTask, found.id, populate_existing=True, with_for_update=True)
    door, _asked_now = look_at(db, token)
    if door is not Door.OPEN:
        return door
    task.state, task.answer, task.answered_at = TaskState.ANSWERED, said.answer, clock.now()
    task.opened_at = task.opened_at or task.answered_at
    keeps = said.answer is TaskAnswer.EXCEPTION
    task.ground, task.words = (clean(one).strip()[:LONGEST_WORDS] or None if keeps else None for one in (said.ground, said.words))
    task.note = clean(said.note).strip()[:LONGEST_NOTE] or None
    attach_files(db, case, None, files, task_id=task.id)
    record_audit(
        db, actor=OWNER, act="case.task_answered", target=f"case:{case.number}", system=task.system, answer=said.answer.value,
        files=len(files),
    )  # fmt: skip
    if settles(case.kind, said.answer):
        _settle(db, case, task, said.answer)
    db.flush()
    return Door.OPEN


def settles(kind: CaseKind, answer: TaskAnswer) -> bool:
    """Whether an owner's word ends the step. What was found for a copy has to be passed on, which staff do."""
    return answer is TaskAnswer.NOT_FOUND or (answer is TaskAnswer.DONE and kind is not CaseKind.ACCESS)


def send_again(db: Session, case: Case, number: str) -> None:
    """A new link to the owner of today, with all that was answered forgotten; links of before are void. Raises `NoSuchTask` or `NoOwner`."""
    task = _locked_task(db, case, number)
    step = step_of(db, task)
    if case.state not in OPEN_STATES or step is None or step.state not in STUCK:
        raise NoSuchTask("This task has ended: its step waits for nobody any more.")
    send_task(db, case, task)


def take_back(db: Session, case: Case, number: str) -> None:
    """The link ends, and staff see to the step themselves. Raises `NoSuchTask`."""
    task = _locked_task(db, case, number)
    if task.state is not TaskState.WAITING:
        raise NoSuchTask("This task was answered or taken back already.")
    task.state, task.token_before = TaskState.TAKEN_BACK, None
    db.flush()


def _locked_task(db: Session, case: Case, number: str) -> CaseTask:
    lock_case(db, case.id)
    task = db.scalar(select(CaseTask).filter_by(case_id=case.id, number=number[:20]).execution_options(populate_existing=True))
    if task is None:
        raise NoSuchTask("The case has no such task.")
    return task


def _settle(db: Session, case: Case, task: CaseTask, answer: TaskAnswer) -> None:
    with letters.speaking(case):
        words = told_to_customer(answer, case.kind)
    try:
        resolve_step(db, case.number, system=task.system, outcome=ByHand.DONE.value, reason=words, actor=OWNER)
    except (NothingToSettle, StepIsRunning, StepHasEnded):
        # Another round of the same system has begun: staff see what was answered, and that it settled nothing.
        return


def _task_of(db: Session, token: str) -> CaseTask | None:
    if not token or len(token) > LONGEST_TOKEN:
        return None
    hashed = crypto.token_hash(TOKEN, token)
    return db.scalar(select(CaseTask).where(or_(CaseTask.token_hash == hashed, CaseTask.token_before == hashed)))


def _asked(case: Case, task: CaseTask) -> Asked:
    company = registry.company(case.company_id)
    known = company.systems.get(task.system)
    settings = settings_of(known) if known else None
    holds = tuple(collection_title(company, task.system, key) for key in settings.holds) if settings else ()
    return Asked(
        task.number,
        case.kind,
        task.system,
        system_title(company, task.system),
        task.due_on,
        settings.task if settings else "",
        holds,
    )


def _about(db: Session, case: Case, task: CaseTask) -> About:
    """What the person has proven to be theirs: nobody else is to be found by it."""
    identifiers = subject_of(db, case.person_id).identifiers if case.person_id is not None else ()
    row = db.get(CaseCorrection, case.id)
    change = None
    if row is not None and row.system == task.system:
        company = registry.company(case.company_id)
        title = field_title(company, row.system, row.collection, row.field)
        change = Change(f"{collection_title(company, row.system, row.collection)}: {title}", row.old, row.new)
    return About(identifiers, change)
