"""Where an erasure stands in each system, in words. Must never say deleted of what is not, nor hide that a human is needed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.erasing.model import Erasure, ErasurePlanRow
from portal.cases.erasing.plans import Planned, SystemPlan, load_plan
from portal.cases.erasing.reporting import result_of
from portal.cases.erasing.result import ErasureResult, SystemResult, Went, load_result
from portal.cases.erasing.settling import newest_of
from portal.cases.events import system_title
from portal.cases.model import Case
from portal.cases.stages import Stage
from portal.core.i18n import _, format_moment, format_time, ngettext
from portal.engine.model import Step, StepState


def standing_of(db: Session, case: Case) -> ErasureResult:
    """What the erasure has done by now, or what it did."""
    erasure = db.get_one(Erasure, case.id)
    return load_result(erasure.result) if erasure.result else result_of(db, case, erasure)


def erasure_stages(db: Session, case: Case) -> list[Stage]:
    """A line for each system, in the language in force."""
    erasure, company = db.get_one(Erasure, case.id), registry.company(case.company_id)
    steps = {step.system: step for step in newest_of(db, case)}
    told = {one.key: one for one in standing_of(db, case).systems}
    plans = {row.system: load_plan(row.plan) for row in db.scalars(select(ErasurePlanRow).filter_by(case_id=case.id))}
    stages = []
    for key, result in told.items():
        plan, step = plans.get(key), steps.get(key)
        if result.state in (Went.WAITS, Went.FAILED) and step is not None:
            state, words = _under_way(step, result)
        elif result.state is Went.WAITS:
            state, words = "", _before(plan, format_moment(erasure.starts_at), _waits_for(case, erasure))
        else:
            state, words = _ended(result)
        stages.append(Stage(key, system_title(company, key), state, words))
    return stages


def _waits_for(case: Case, erasure: Erasure) -> str:
    """What a system still waits for once the grace period is over; empty before."""
    if erasure.begun_at is None:
        return ""
    return _("Waits for its turn.") if case.choice else _("Waits until every system has heard what you take back.")


def _before(plan: SystemPlan | None, starts: str, waits_for: str) -> str:
    if plan is None or plan.answer is Planned.NOTHING:
        return _("Nothing about you there.")
    if plan.answer is Planned.SILENT:
        return _("It has not answered yet. When it does, its plan stands here, and you can still cancel for as long again.")
    if plan.answer is Planned.BY_HAND:
        return _("A person deletes here by hand, from %(moment)s.", moment=starts)
    if waits_for:
        return waits_for
    count = sum(one.count for one in plan.items)
    return ngettext("%(num)s entry. Begins on %(moment)s.", "%(num)s entries. Begins on %(moment)s.", count, moment=starts)


def _under_way(step: Step, result: SystemResult) -> tuple[str, str]:
    if step.state == StepState.FAILED:
        return "failed", result.note or _("It was given up.")
    if step.state in (StepState.PARKED, StepState.IN_DOUBT):
        return "parked", why_parked(step.error or "", result.left)
    if step.state == StepState.CLAIMED:
        return "now", _("Being deleted now.")
    if step.tries:
        return "trying", _("No answer yet. We try again at %(time)s. Nothing is lost.", time=format_time(step.run_at))
    return "", _("Waits for its turn, from %(moment)s.", moment=format_moment(step.run_at))


def why_parked(reason: str, left: int = 0) -> str:
    """Why a human looks, in words that do not hide what is still there."""
    if reason == "left_behind":
        return ngettext(
            "%(num)s value is still there. A person looks at it.", "%(num)s values are still there. A person looks at it.", left
        )
    if reason == "in_doubt":
        return _("It broke off while it deleted. We are checking by hand. You need not do anything.")
    if reason in ("by_hand", "manual_task"):
        return _("A person deletes here by hand. You need not do anything.")
    if reason == "plan_grew":
        return _("It holds more than you confirmed. A person looks first, and nothing of it is deleted before.")
    if reason == "person_unclear":
        return _("A person has to see whose data it is. You need not do anything.")
    return _("It does not answer as it should. A person looks at it. You need not do anything.")


def _ended(result: SystemResult) -> tuple[str, str]:
    if result.state is Went.NOTHING:
        return "done", result.note or _("Nothing about you there.")
    if result.state is Went.STOPPED:
        return "stopped", result.note
    if result.state is Went.BY_HAND:
        return "done", _("A person did it by hand: %(reason)s", reason=result.note)
    if result.state is Went.FAILED:
        return "failed", result.note
    kept = sum(one.count for one in result.kept)
    gone = sum(one.count for one in result.items) - kept
    words = [ngettext("%(num)s entry deleted.", "%(num)s entries deleted.", gone)] if gone else []
    words += [ngettext("%(num)s entry has to stay.", "%(num)s entries have to stay.", kept)] if kept else []
    return "done", " ".join([*words, result.note]).strip()
