"""Make a task of a step that waits for a person, and mail its owner a link: both in the transaction in which the step was parked.

Must never put anything of the customer into a mail, nor keep a token but by its hash.
"""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.manual import Owner, settings_of
from portal.cases.dates import due_of
from portal.cases.laws.deadlines import day_of
from portal.cases.model import OPEN_STATES, Case
from portal.cases.tasks.model import CaseTask, TaskState
from portal.cases.tasks.words import act_words
from portal.core import clock, crypto, i18n, urls
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.engine.contract import Claim
from portal.engine.model import Step
from portal.outbox.service import key_of, queue_mail

BEFORE_THE_CASE = timedelta(days=7)
"""So long before the case is due its tasks are."""
LONGEST_LIFE = timedelta(days=90)
REMINDED = (-3, 0, 7, 14, 21, 28)
"""Days after the due day on which an owner is reminded: then staff have to ask in another way."""
BY_HAND = frozenset({"by_hand", "manual_task"})
TOKEN = "case.task"  # noqa: S105  # what the hash is for, not a token


class NoOwner(PortalError):
    """`portal.yaml` names nobody who looks after that system (any more)."""


def owner_of(company_id: int, system: str) -> Owner | None:
    """Who looks after a system, as `portal.yaml` says today."""
    known = registry.company(company_id).systems.get(system)
    settings = settings_of(known) if known else None
    return settings.owner if settings else None


def went_to_owner(task: CaseTask) -> bool:
    """Whether the mailbox that has the link is still that of who looks after the system."""
    owner = owner_of(task.company_id, task.system)
    return owner is not None and task.mailed_to in (None, owner.email)


def ask_owner(db: Session, case: Case, claim: Claim, reason: str) -> bool:
    """The step was parked for `reason`: where that is a person's work and the system has an owner, they get the task. Whether they did."""
    if reason not in BY_HAND or case.state not in OPEN_STATES or owner_of(case.company_id, claim.system) is None:
        return False
    task = db.scalar(select(CaseTask).filter_by(step_id=claim.step_id)) or _new_task(case, claim)
    send_task(db, case, task)
    return True


def send_task(db: Session, case: Case, task: CaseTask) -> None:
    """Mail the task, as if for the first time: every link of before is void. Raises `NoOwner`."""
    owner = owner_of(task.company_id or company_of(db), task.system)
    if owner is None:
        raise NoOwner("Nobody is named in portal.yaml who looks after this system.")
    now = clock.now()
    task.state, task.answer, task.opened_at, task.answered_at = TaskState.WAITING, None, None, None
    task.ground = task.words = task.note = None
    task.due_on, task.mailed_at, task.expires_at = _due_day(db, case), now, now + LONGEST_LIFE
    task.sent, task.token_before = (task.sent or 0) + 1, None
    # What was due before this mail left is no reminder of it.
    task.reminders = reminders_due(task.due_on, _today(case))
    task.reminders_sent, task.mailed_to, link = 0, owner.email, _new_link(task)
    db.add(task)
    db.flush()
    _mail(db, case, task, owner, "task", f"{key_of('task', task.id, task.created_at)}:{task.sent}", link)


def remind_owner(db: Session, case: Case, task: CaseTask, count: int) -> bool:
    """Mail the same task once more, as the reminder of that number. The link of the mail before goes on, where it went to the same. False where nobody is named."""
    owner = owner_of(task.company_id, task.system)
    if owner is None:
        return False
    # What went to somebody who was named before ends with it.
    before = task.token_hash if went_to_owner(task) else None
    task.reminders, task.reminders_sent, task.token_before = count, task.reminders_sent + 1, before
    task.mailed_to, link = owner.email, _new_link(task)
    key = f"{key_of('task', task.id, task.created_at)}:{task.sent}:{count}"
    _mail(db, case, task, owner, "task_reminder", key, link)
    db.flush()
    return True


def reminders_due(due_on: date, today: date) -> int:
    """How many days of reminding have come by today."""
    return sum(today >= due_on + timedelta(days=days) for days in REMINDED)


def step_of(db: Session, task: CaseTask) -> Step | None:
    """The step that a task is about; None once it was deleted with its case."""
    return db.scalar(select(Step).where(Step.id == task.step_id))


def _new_task(case: Case, claim: Claim) -> CaseTask:
    return CaseTask(
        case_id=case.id, step_id=claim.step_id, number=crypto.random_public_id(), system=claim.system, created_at=clock.now()
    )


def _new_link(task: CaseTask) -> str:
    token = crypto.random_token()
    task.token_hash = crypto.token_hash(TOKEN, token)
    return token


def _due_day(db: Session, case: Case) -> date:
    """A week before the case is; where that week has begun, the day of the case itself."""
    due = due_of(db, case).day
    return due - BEFORE_THE_CASE if due - BEFORE_THE_CASE > _today(case) else due


def _today(case: Case) -> date:
    return day_of(clock.now(), registry.company(case.company_id).time_zone)


def _mail(db: Session, case: Case, task: CaseTask, owner: Owner, template: str, key: str, token: str) -> None:
    company = registry.company(case.company_id)
    # No cookie remembers a language at this door.
    link = f"{urls.address(company.url, urls.TASK, token=token)}?lang={owner.language}"
    with i18n.speaking(owner.language, company.time_zone):
        context = {
            "task_number": task.number,
            "act_words": act_words(case.kind),
            "system_title": i18n.pick(company.systems[task.system].title),
            "due_date_words": i18n.format_date(task.due_on, weekday=True),
            "late": task.due_on < _today(case),
            "link": link,
        }
    queue_mail(
        db, template=template, to=owner.email, language=owner.language, key=key, context=context, thread=f"task:{task.number}",
        not_after=task.expires_at,
    )  # fmt: skip
