"""Steps that stand in a queue past the date by which a human has to know: told now, not when the queue moves.

Must never touch a step that can still be tried.
"""

from collections.abc import Mapping

from sqlalchemy import Row, and_, literal, or_, select, true

from portal.core import clock, logs
from portal.core.db import ALL_COMPANIES, Database
from portal.engine.claiming import claim_of, must_wait
from portal.engine.contract import Handler, Park
from portal.engine.model import Step, StepState, SystemState
from portal.engine.waiting import PATIENCE


def park_overdue(database: Database, handlers: Mapping[str, Handler], *, at_most: int = 500) -> int:
    """Park what a silent system or another step of the same person has kept past its date; at most so many a lane; returns how many."""
    parked = 0
    with database.reading(ALL_COMPANIES) as db:
        now = clock.database_now(db)
        past_its_date = or_(Step.not_after <= now, and_(Step.not_after.is_(None), Step.created_at <= now - PATIENCE))
        stuck: list[Row[tuple[int, int, bool]]] = []
        # Lane by lane, since that is how the steps are indexed.
        for lane in db.execute(select(SystemState.company_id, SystemState.system, SystemState.open_until)):
            silent = lane.open_until is not None and lane.open_until > now
            kept_waiting = true() if silent else must_wait(handlers)
            stuck += db.execute(
                select(Step.id, Step.company_id, literal(silent).label("silent"))
                .where(Step.company_id == lane.company_id, Step.system == lane.system)
                .where(Step.state == StepState.WAITING, Step.run_at <= now, Step.act.in_(list(handlers)))
                .where(past_its_date, kept_waiting)
                .limit(at_most)
            ).all()
    for row in stuck:
        reason = "system_does_not_answer" if row.silent else "waits_for_another_step"
        with database.writing(row.company_id) as db:
            step = db.scalar(
                select(Step).where(Step.id == row.id, Step.state == StepState.WAITING).with_for_update(skip_locked=True)
            )
            if step is None:
                continue
            step.state, step.error = StepState.PARKED, reason
            db.flush()
            handlers[step.act].settle(db, claim_of(step), Park(reason))
        parked += 1
        logs.event("engine.parked", level=30, company=row.company_id, step=row.id, reason_code=reason)
    return parked
