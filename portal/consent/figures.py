"""How many say yes to what: counts of the states of a company's choices, never of anybody by name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.consent.model import ConsentState
from portal.consent.words import STOPS, Act


@dataclass(frozen=True, slots=True)
class Rate:
    """One purpose through one channel: who said yes, who said no, who is paused or has not confirmed yet."""

    purpose: str
    channel: str
    yes: int
    no: int
    pending: int

    @property
    def share(self) -> float | None:
        """The share of yes among those who answered; None where nobody did."""
        return self.yes / (self.yes + self.no) if self.yes + self.no else None


def opt_in_rates(db: Session) -> Sequence[Rate]:
    """Every choice that somebody has met, by purpose and channel; topics count with their purpose."""
    said = ConsentState.said
    counts = (
        func.count().filter(said == Act.GIVEN),
        func.count().filter(said.in_([act.value for act in STOPS])),
        func.count().filter(ConsentState.pending.is_(True)),
    )
    rows = db.execute(
        select(ConsentState.purpose, ConsentState.channel, *counts)
        .where(ConsentState.topic == "")
        .group_by(ConsentState.purpose, ConsentState.channel)
        .order_by(ConsentState.purpose, ConsentState.channel)
    )
    return [Rate(purpose, channel, int(yes), int(no), int(pending)) for purpose, channel, yes, no, pending in rows]


def opted_out(db: Session, purposes: Collection[str], *, since: datetime, before: datetime, but: Collection[int] = ()) -> int:
    """How many people said no to one of these purposes between two moments, and have not taken that back; `but` are not counted."""
    if not purposes:
        return 0
    rows = db.scalars(
        select(ConsentState.person_id)
        .where(ConsentState.purpose.in_(purposes), ConsentState.said.in_([act.value for act in STOPS]))
        .where(ConsentState.since >= since, ConsentState.since < before)
        .distinct()
    )
    left_out = set(but)
    return sum(1 for person in rows if person not in left_out)
