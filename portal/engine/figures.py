"""How each system fared lately: tries, how many of them failed, what waits for a human, whether it is left alone for now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.engine.model import Attempt, AttemptOutcome, Step, StepState, SystemState

FAILED = (AttemptOutcome.RAISED, AttemptOutcome.LATER, AttemptOutcome.UNREPORTED, AttemptOutcome.IN_DOUBT)
"""Ends of a try that are a fault of the system, or of the way to it. A parked try is a decision that waits, and no fault."""


@dataclass(frozen=True, slots=True)
class SystemFigures:
    """One system. `failing_since` is empty while it answers; `rests_until`: no call before that moment."""

    tries: int = 0
    failed: int = 0
    stuck: int = 0
    failing_since: datetime | None = None
    rests_until: datetime | None = None


def system_figures(db: Session, *, since: datetime) -> Mapping[str, SystemFigures]:
    """By system (empty: the portal's own work), of tries that began since then."""
    attempts, steps = cast(Table, Attempt.__table__).c, cast(Table, Step.__table__).c
    tries = {
        system: (int(all_of_them), int(failed))
        for system, all_of_them, failed in db.execute(
            select(steps.system, func.count(), func.count().filter(attempts.outcome.in_(FAILED)))
            .select_from(Attempt)
            .join(Step, Step.id == Attempt.step_id)
            .where(Attempt.started_at >= since)
            .group_by(steps.system)
        )
    }
    stuck = {
        system: int(count)
        for system, count in db.execute(
            select(Step.system, func.count()).where(Step.state.in_((StepState.PARKED, StepState.IN_DOUBT))).group_by(Step.system)
        )
    }
    states = {row.system: row for row in db.scalars(select(SystemState))}
    now = clock.now()
    found = {}
    for system in {*tries, *stuck, *states}:
        state = states.get(system)
        resting = state.open_until if state is not None and state.open_until is not None and state.open_until > now else None
        since_when = state.since if state is not None and state.failures else None
        found[system] = SystemFigures(*tries.get(system, (0, 0)), stuck.get(system, 0), since_when, resting)
    return found
