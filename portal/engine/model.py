"""Tables of steps and attempts. Must never hold personal data: ids, states, error classes and receipts only."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class StepState(StrEnum):
    """Where a step is. `in_doubt`: an attempt never reported and the system cannot tell. `parked`: waits for a human.

    `failed`: a human gave it up, with a reason. `cancelled`: taken back before it began.
    """

    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    PARKED = "parked"
    CANCELLED = "cancelled"


OPEN = (StepState.WAITING, StepState.CLAIMED, StepState.IN_DOUBT, StepState.PARKED)
"""States in which a step still has something to do, or someone has."""


class AttemptOutcome(StrEnum):
    """How a try ended. `unreported`: its worker died or was too slow; `late`: it reported after another had taken over."""

    DONE = "done"
    LATER = "later"
    PARKED = "parked"
    RAISED = "raised"
    IN_DOUBT = "in_doubt"
    UNREPORTED = "unreported"
    LATE = "late"


class Step(CompanyOwned, Base):
    """One call to one system for one case or one consent write. `act` names its handler; `subject_id` is the case or event.

    `probe_first` says that a try may have gone through unreported: the system is asked before anything is done again.
    """

    __tablename__ = "step"
    __table_args__ = (
        Index("ix_step_due", "company_id", "system", "state", "run_at"),
        UniqueConstraint("company_id", "act", "subject_id", "system", "part"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    act: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(index=True)
    system: Mapped[str] = mapped_column(String(60), default="")
    part: Mapped[int] = mapped_column(default=1)
    irreversible: Mapped[bool] = mapped_column(default=False)
    state: Mapped[StepState] = mapped_column(String(12), default=StepState.WAITING)
    run_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(60))
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    probe_first: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str | None] = mapped_column(String(120))
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    hand_reason: Mapped[str | None] = mapped_column(Encrypted("step.hand_reason"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Attempt(CompanyOwned, Base):
    """One try of a step: committed before the system is called, completed afterwards under the same fence."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("step_id", "fence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("step.id", ondelete="CASCADE"))
    fence: Mapped[int]
    idempotency_key: Mapped[str] = mapped_column(String(80))
    owner: Mapped[str] = mapped_column(String(60))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[AttemptOutcome | None] = mapped_column(String(20))
    error: Mapped[str | None] = mapped_column(String(120))
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class SystemState(CompanyOwned, Base):
    """One lane: a company's system (empty: the portal's own work), how it has been answering and when it last had its turn.

    `failures` in a row open the breaker until `open_until`; `since` is when the first of them was. `served_at` keeps turns fair.
    """

    __tablename__ = "system_state"
    __table_args__ = (UniqueConstraint("company_id", "system"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(String(60))
    failures: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None]
    since: Mapped[datetime | None]
    served_at: Mapped[datetime | None]
