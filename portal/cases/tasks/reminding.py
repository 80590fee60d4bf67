"""Remind owners of tasks that are still open: three days before the day, on it, then weekly, and at most six times."""

from datetime import timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.cases.advancing import lock_case
from portal.cases.dates import today_of
from portal.cases.tasks.listing import is_open
from portal.cases.tasks.mailing import REMINDED, remind_owner, reminders_due, step_of
from portal.cases.tasks.model import CaseTask, TaskState
from portal.core import clock


def remind_owners(db: Session) -> int:
    """One mail a task whose next day has come; returns how many. Harmless to run twice or in two workers: the day is counted with its mail."""
    today, sent = today_of(db), 0
    # The day of the next reminder is a plain one of the index: who has nothing to be reminded of is not even looked at.
    come = or_(
        *(and_(CaseTask.reminders == n, CaseTask.due_on <= today - timedelta(days=days)) for n, days in enumerate(REMINDED))
    )
    waiting = select(CaseTask.case_id).filter_by(state=TaskState.WAITING).where(CaseTask.expires_at > clock.now(), come)
    for case_id in db.scalars(waiting.distinct().order_by(CaseTask.case_id)).all():
        case = lock_case(db, case_id)
        for task in db.scalars(select(CaseTask).filter_by(case_id=case_id).execution_options(populate_existing=True)).all():
            count = reminders_due(task.due_on, today)
            if task.reminders < count and is_open(task, step_of(db, task)):
                sent += remind_owner(db, case, task, count)
    return sent
