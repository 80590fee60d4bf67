"""The steps of a case as staff see them: where each stands in the customer's words, how often it was tried, what kept it."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.erasing.settling import newest_of, step_to_settle
from portal.cases.erasing.stages import erasure_stages
from portal.cases.model import Case, CaseKind
from portal.cases.stages import stages_of
from portal.cases.workflow import BUILD, EXPORT, RIGHT, STUCK, newest
from portal.core.i18n import _
from portal.engine.model import Attempt, Step, StepState
from portal.engine.service import steps_of

COPY = "copy"
SETTLED = (StepState.DONE, StepState.FAILED, StepState.CANCELLED, StepState.CLAIMED)


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step. `key` is what settling it names; `error` is a class of failure and never words of a system."""

    key: str
    title: str
    state: str
    words: str
    tries: int
    error: str
    stuck: bool
    in_doubt: bool
    can_be_settled: bool


def step_lines(db: Session, case: Case) -> list[StepLine]:
    """The newest step of each system, and the portal's own part."""
    company = registry.company(case.company_id)
    if case.kind is CaseKind.ERASURE:
        steps = {step.system: step for step in newest_of(db, case)}
        own = step_to_settle(db, case, "")
        told = [
            (stage.system, stage.title, stage.state, stage.words, steps.get(stage.system)) for stage in erasure_stages(db, case)
        ]
        if own is not None:
            told.append(("", _("This portal itself"), "parked" if own.state in STUCK else "now", "", own))
    else:
        rows = steps_of(db, (EXPORT, RIGHT, BUILD), case.id)
        by_system = [step for act in (EXPORT, RIGHT, BUILD) for step in newest(rows, act).values()]
        stages = stages_of(company, rows, case_state=case.state)
        told = [(one.system, one.title, one.state, one.words, step) for one, step in zip(stages, by_system, strict=True)]
    tries = _tries(db, [step.id for *_rest, step in told if step is not None])
    return [_line(case, *one, tries) for one in told]


def _line(case: Case, key: str, title: str, state: str, words: str, step: Step | None, tries: dict[int, int]) -> StepLine:
    # A deletion ends only when every step has; any other case may be refused or answered while one still waits, and then it waits for nobody.
    over = case.is_over
    stuck = step is not None and step.state in STUCK and not over
    return StepLine(
        key or COPY, title, state, words, tries.get(step.id, 0) if step else 0, (step.error or "") if step and stuck else "", stuck,
        stuck and step is not None and step.state == StepState.IN_DOUBT, step is not None and step.state not in SETTLED and not over,
    )  # fmt: skip


def _tries(db: Session, ids: list[int]) -> dict[int, int]:
    if not ids:
        return {}
    rows = db.execute(select(Attempt.step_id, func.count()).where(Attempt.step_id.in_(ids)).group_by(Attempt.step_id))
    return {int(step_id): int(count) for step_id, count in rows}
