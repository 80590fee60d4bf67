"""Where each system stands in a case, in words. Must never say done of what is not, nor name a fault by anything but what it means."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.cases.events import system_title
from portal.cases.model import OPEN_STATES, CaseState
from portal.cases.workflow import BUILD, EXPORT, RIGHT, newest
from portal.config.model import Company
from portal.core.i18n import _, format_time, ngettext
from portal.engine.model import Step, StepState


@dataclass(frozen=True, slots=True)
class Stage:
    """One line. `state` is `done`, `now`, `trying`, `review`, `parked`, `failed`, `stopped` or empty (waits for its turn)."""

    system: str
    title: str
    state: str
    words: str


def stages_of(
    company: Company, steps: Sequence[Step], *, counted: bool = True, case_state: CaseState = CaseState.OPEN
) -> list[Stage]:
    """A line for each system, and one for the copy itself; of several rounds the newest counts.

    `counted`: say how much a system holds; not where the copy has only some of it, which would read as if the rest were missing.
    `case_state`: in a case that is over nobody looks any more at what still waited, and no line may promise it.
    """
    newest_steps = [step for act in (EXPORT, RIGHT, BUILD) for step in newest(steps, act).values()]
    return [_stage(company, step, counted, case_state) for step in newest_steps]


def _stage(company: Company, step: Step, counted: bool, case_state: CaseState) -> Stage:
    title = _("Your copy") if step.act == BUILD else system_title(company, step.system)
    if case_state not in OPEN_STATES and step.state not in (StepState.DONE, StepState.FAILED):
        by_person = case_state is CaseState.CANCELLED
        words = (
            _("Not asked any more: you stopped this request.")
            if by_person
            else _("Nothing more is done here: this request is over.")
        )
        return Stage(step.system, title, "stopped", words)
    state, words = _state(step, counted)
    if step.hand_reason and step.state != StepState.CANCELLED and step.hand_reason not in words:
        # Who set it going again said why.
        words = f"{words} {step.hand_reason}".strip()
    return Stage(step.system, title, state, words)


def _state(step: Step, counted: bool) -> tuple[str, str]:
    receipt = step.receipt or {}
    if step.state == StepState.DONE:
        if "by_hand" in receipt:
            return "done", step.hand_reason or ""
        count = int(receipt.get("records", 0))
        if step.act in (BUILD, RIGHT):
            return "done", ""
        if not count:
            return "done", _("Nothing about you there.")
        return "done", ngettext("%(num)s entry.", "%(num)s entries.", count) if counted else ""
    if step.state == StepState.FAILED:
        return "failed", step.hand_reason or _("It was left out.")
    if step.state == StepState.CANCELLED:
        return "stopped", _("Not asked any more: you stopped this request.")
    if step.state in (StepState.PARKED, StepState.IN_DOUBT):
        return "parked", _why_parked(step.error or "")
    if step.state == StepState.CLAIMED:
        return "now", _("Being made now.") if step.act == BUILD else _("Being read now.")
    if step.tries:
        return "trying", _("No answer yet. We try again at %(time)s. Nothing is lost.", time=format_time(step.run_at))
    return "", _("Waits for its turn.")


def _why_parked(reason: str) -> str:
    """A fault of ours in words that do not hide whose it is."""
    if reason == "by_hand":
        return _("A person looks here by hand and writes to you. You need not do anything.")
    if reason == "person_unclear":
        return _("A person has to see whose data it is. You need not do anything.")
    return _("It does not answer as it should. A person looks at it. You need not do anything.")
