"""The table of tasks to owners of systems. Must never hold a token, an address or anything of the customer in clear."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases.model import word_of
from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class TaskState(StrEnum):
    """Where a task is. `answered`: by its owner; what it could not settle by itself waits for staff. `taken_back`: by staff.

    A task is open only as long as it is `waiting` and its step waits for a person; that is looked at each time.
    """

    WAITING = "waiting"
    ANSWERED = "answered"
    TAKEN_BACK = "taken_back"


class TaskAnswer(StrEnum):
    """What an owner says."""

    DONE = "done"
    NOT_FOUND = "not_found"
    EXCEPTION = "exception"
    CANNOT_SAY = "cannot_say"


class CaseTask(CompanyOwned, Base):
    """One step of one system, to be done by its owner. `token_hash` is of the newest mail's link, `token_before` of the one before it, so
    that a page that is open while a reminder leaves can still be sent. `sent` counts mails with which it began anew; `reminders` are the
    days of reminding that have come, `reminders_sent` the mails that left for them. `mailed_to` is the mailbox that the newest link went to:
    once `portal.yaml` names another, no link of before leads anywhere.

    `ground` and `words` are for the customer where something is kept; `note` is for staff.
    """

    __tablename__ = "case_task"
    __table_args__ = (
        UniqueConstraint("company_id", "step_id"),
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("token_hash"),
        Index("ix_case_task_due", "company_id", "state", "due_on", "id"),
        Index("ix_case_task_token_before", "token_before"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    step_id: Mapped[int]
    number: Mapped[str] = mapped_column(String(20))
    system: Mapped[str] = mapped_column(String(60))
    state: Mapped[TaskState] = mapped_column(word_of(TaskState, 12), default=TaskState.WAITING)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    token_before: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    due_on: Mapped[date]
    created_at: Mapped[datetime]
    mailed_at: Mapped[datetime]
    mailed_to: Mapped[str | None] = mapped_column(Encrypted("case_task.mailed_to"))
    expires_at: Mapped[datetime]
    sent: Mapped[int] = mapped_column(default=0)
    reminders: Mapped[int] = mapped_column(default=0)
    reminders_sent: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[TaskAnswer | None] = mapped_column(word_of(TaskAnswer, 12))
    ground: Mapped[str | None] = mapped_column(Encrypted("case_task.ground"))
    words: Mapped[str | None] = mapped_column(Encrypted("case_task.words"))
    note: Mapped[str | None] = mapped_column(Encrypted("case_task.note"))
