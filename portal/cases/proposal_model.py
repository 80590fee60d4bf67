"""The table of acts that one colleague proposed and another decides. What a customer may read of it lies sealed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases.model import word_of
from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned

WAITING = "state = 'open'"
"""What still waits for a second person, spelled as an index and a query have to spell it alike."""


class Act(StrEnum):
    """What two people decide: always, under some conditions, or where the company asks (`two_people` in portal.yaml)."""

    REFUSE = "refuse"
    RELEASE = "release"
    HOLD = "hold"
    EXTEND = "extend"
    APPEAL = "appeal"


class ProposalState(StrEnum):
    """Where a proposal is. `stale`: the case went on, so it was never carried out."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    STALE = "stale"


class Proposal(CompanyOwned, Base):
    """One act that waits for a second person, or was decided. `params` are its words and choices as JSON, `mark` is the case as the first
    person had it before them; `reason` is why it was declined, for colleagues alone.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("token"),
        # One at a time for a case: what waits for two people must not be overtaken by its own twin.
        Index("ix_proposal_waits", "case_id", unique=True, sqlite_where=text(WAITING), postgresql_where=text(WAITING)),
        Index("ix_proposal_case", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(20))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    act: Mapped[Act] = mapped_column(word_of(Act, 10))
    params: Mapped[str] = mapped_column(Encrypted("proposal.params"))
    mark: Mapped[str] = mapped_column(String(24))
    state: Mapped[ProposalState] = mapped_column(word_of(ProposalState, 10), default=ProposalState.OPEN)
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(40))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Encrypted("proposal.reason"))
