"""Cases for staff at the command line: codes, counts and dates, never a value of the person."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.dates import due_of
from portal.cases.erasing.settling import newest_of, step_to_settle
from portal.cases.erasing.stages import erasure_stages
from portal.cases.events import timeline
from portal.cases.messages import messages_of, unanswered, waits_for_staff
from portal.cases.model import OPEN_STATES, Case, CaseKind, CasePart, CaseState, PartState
from portal.cases.service import case_by_number
from portal.cases.stages import stages_of
from portal.cases.workflow import BUILD, EXPORT, RIGHT, STUCK, newest
from portal.config.model import Company
from portal.core.i18n import _, format_date, format_moment, ngettext, pick
from portal.engine.model import Step
from portal.engine.service import steps_of

BY_HAND = "manual"


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One open case. `waits_for`: keys of systems that wait for a human, `copy` for the package, `review` for a look at free text,
    `message` for words of the person that nobody has answered."""

    number: str
    kind: str
    state: CaseState
    due: date
    waits_for: str


def open_cases(db: Session) -> list[CaseLine]:
    """All open cases of the session's company, and those in which the last word is the person's; what is due first first."""
    rows = db.scalars(select(Case).where(or_(Case.state.in_(OPEN_STATES), waits_for_staff())).order_by(Case.id))
    lines = [CaseLine(case.number, case.kind, case.state, due_of(db, case).day, ", ".join(_stuck(db, case))) for case in rows]
    return sorted(lines, key=lambda line: line.due)


def describe_case(db: Session, number: str, *, with_messages: bool = False) -> list[str]:
    """One case as lines of plain text; what was written stands in it only where that is asked for. Raises `NoSuchCase`."""
    case = case_by_number(db, number)
    due, company = due_of(db, case), registry.company(case.company_id)
    lines = [f"{case.number}  {case.kind}  {case.state}", _("Date in law: %(day)s", day=format_date(due.day, weekday=True))]
    if stuck := _stuck(db, case):
        lines.append(_("Waits for: %(names)s", names=", ".join(stuck)))
    steps = _newest(db, case)
    lines.append("")
    if case.kind is CaseKind.ERASURE:
        states = {step.system: step.state for step in steps}
        lines += [
            f"- {stage.title} [{stage.system}] {states.get(stage.system, 'waiting')}: {stage.words}".rstrip(": ")
            for stage in erasure_stages(db, case)
        ]
    else:
        for step, stage in zip(steps, stages_of(company, steps, case_state=case.state), strict=True):
            lines.append(f"- {stage.title} [{step.system or 'copy'}] {step.state}: {stage.words}".rstrip(": "))
    lines += [_("To do in %(system)s: %(task)s", system=title, task=task) for title, task in _tasks(company, stuck)]
    lines.append("")
    lines += [f"{format_moment(event.at)}  {event.title}. {event.words}".rstrip() for event in timeline(db, case)]
    if count := unanswered(db, case):
        lines += ["", ngettext("%(num)s message waits for an answer.", "%(num)s messages wait for an answer.", count)]
    if with_messages:
        lines += [
            line for one in messages_of(db, case) for line in ("", f"{format_moment(one.at)}  {one.author}:", one.text or "")
        ]
    return lines


def waits_for_review(db: Session, case: Case) -> bool:
    """Whether texts of this case wait for a look before they are handed out."""
    return db.scalar(select(CasePart.id).filter_by(case_id=case.id, number=2, state=PartState.REVIEW)) is not None


def _tasks(company: Company, stuck: list[str]) -> list[tuple[str, str]]:
    """What `portal.yaml` tells staff to do in those systems where only a person can do it."""
    systems = {key: company.systems[key] for key in stuck if key in company.systems}
    return [
        (pick(one.title), str(one.settings["task"])) for one in systems.values() if one.kind == BY_HAND and "task" in one.settings
    ]


def _newest(db: Session, case: Case) -> list[Step]:
    if case.kind is CaseKind.ERASURE:
        own = step_to_settle(db, case, "")
        return [*newest_of(db, case), *([own] if own else [])]
    steps = steps_of(db, (EXPORT, RIGHT, BUILD), case.id)
    return [step for act in (EXPORT, RIGHT, BUILD) for step in newest(steps, act).values()]


def _stuck(db: Session, case: Case) -> list[str]:
    waits = [step.system or "copy" for step in _newest(db, case) if step.state in STUCK]
    return [*waits, *(["review"] if waits_for_review(db, case) else []), *(["message"] if unanswered(db, case) else [])]
