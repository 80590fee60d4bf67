"""Door 4, one case: the customer's own words for what happened, the steps, the clock, what was written, what colleagues noted.

Must never show a case without noting who looked, nor one that is about the colleague who looks; another company's is as if missing.
"""

from typing import Any

from flask import Blueprint, abort, make_response, render_template
from flask.typing import ResponseReturnValue

from portal.accounts.companies import record_audit
from portal.accounts.staff import names_of, staff_of
from portal.cases import desk, proposing
from portal.cases.answering import ENDS_BY_ITSELF
from portal.cases.attaching import NoSuchFile, open_file
from portal.cases.clocks import moved_date
from portal.cases.dates import due_of
from portal.cases.desk_steps import step_lines
from portal.cases.events import timeline
from portal.cases.kept import kept_of
from portal.cases.laws.citing import in_words
from portal.cases.laws.promise import NO_LAW
from portal.cases.meaning import title_of
from portal.cases.messages import messages_of
from portal.cases.model import OPEN_STATES, Case, CaseKind
from portal.cases.overview import waits_for_review
from portal.cases.ready_answers import templates_for
from portal.cases.service import NoSuchCase, case_by_number
from portal.cases.tasks.listing import tasks_of
from portal.console import abuse_words, acting_words, proposed, task_words, words
from portal.console.forms import AbuseForm, AnswerForm, MandateForm, NoteForm, SettleForm
from portal.console.kept_items import items_kept
from portal.web.context import current_company, database
from portal.web.staff_guards import current_staff, staff_may
from portal.web.steps import NUMBER
from portal.web.transactions import db
from portal.web.uploads import as_attachment

bp = Blueprint("staff_case", __name__, url_prefix="/console/cases")


@bp.get("/<number>")
@staff_may("cases.read")
def show(number: str) -> ResponseReturnValue:
    """One case."""
    write_down_look(number)
    return page(case_to_work_on(number))


def write_down_look(number: str, act: str = "case.read") -> None:
    """That a case was opened, or asked for in vain, in a transaction of its own: for views that read."""
    staff, company_id = current_staff().staff, current_company().id
    known = _is_there(number)
    with database().writing(company_id) as writing:
        # What is no number may be anything that somebody typed, an address too: it is not kept.
        target = f"case:{number}" if NUMBER.fullmatch(number) else "case:no-number"
        record_audit(writing, actor=staff.actor, act=act if known else "case.missing", target=target)


@bp.get("/<number>/files/<file>")
@staff_may("cases.read")
def fetch_file(number: str, file: str) -> ResponseReturnValue:
    """A file that went with a message. That it was opened, or asked for in vain, is written down like a look at the case."""
    try:
        opened = open_file(db(), case_by_number(db(), number), file)
    except (NoSuchCase, NoSuchFile):
        opened = None
    write_down_look(number, "case.file" if opened else "case.missing")
    case_to_work_on(number)
    if opened is None:
        abort(404)
    return as_attachment(opened.name, opened.content)


def case_to_work_on(number: str) -> Case:
    """The company's case of that number; 404 where it is missing or another's, 403 where it is about this colleague."""
    try:
        case = case_by_number(db(), number)
    except NoSuchCase:
        abort(404)
    if desk.is_about(db(), case, current_staff().staff):
        abort(make_response(render_template("console/yours.html", current=current_staff()), 403))
    return case


def page(case: Case, *, stale: bool = False, **forms: Any) -> ResponseReturnValue:
    """The page of a case, with whatever was typed into it. `stale`: somebody else was faster, and nothing was done."""
    current, names = current_staff(), names_of(db())
    due, steps = due_of(db(), case), step_lines(db(), case)
    (line,) = desk.lines_of(db(), [case]) or (None,)
    systems = [(step.key, step.title) for step in steps if step.can_be_settled]
    wrong = stale or any(form.errors for form in forms.values())
    answer_form = forms.get("answer") or AnswerForm(formdata=None)
    answer_form.offer(templates_for(case))
    told = {
        "line": words.lines([line], names, current.staff)[0] if line else None,
        "law": "" if due.law.id == NO_LAW else in_words(due.law, f"{due.law.title}, {due.law.respond.article}"),
        "moved": moved_date(db(), case),
        "messages": messages_of(db(), case),
        "notes": [{"who": words.owner_of(one.actor, names, current.staff), "note": one} for one in desk.notes_of(db(), case)],
        "colleagues": [one for one in staff_of(db()) if one.may("cases.work")],
        "choice": [] if case.kind in (CaseKind.ON_BEHALF, CaseKind.QUESTION) else [title_of(key) for key in case.choice],
        "why_law": words.why_law(current_company().config, case),
        "acting": acting_words.acting(db(), case),
        "abuse": abuse_words.abuse(db(), case, due.law),
        "abuse_form": forms.get("abuse") or AbuseForm(formdata=None),
        "mandate_form": forms.get("mandate") or MandateForm(formdata=None),
        "can_close": case.kind not in ENDS_BY_ITSELF and case.state in OPEN_STATES,
        "review": waits_for_review(db(), case),
        "kept": items_kept(kept_of(db(), case)),
        "proposal": proposed.line(waits, names, current.staff) if (waits := proposing.waiting_of(db(), case)) else None,
        "tasks": task_words.lines(tasks_of(db(), case)),
        "declined": proposing.last_declined(db(), case),
    }
    html = render_template(
        "console/case.html",
        current=current, case=case, due=due, steps=steps, events=timeline(db(), case), mark=desk.mark_of(db(), case), stale=stale,
        works=current.staff.may("cases.work"), releases=current.staff.may("cases.release"), refuses=current.staff.may("cases.refuse"), is_open=case.state in OPEN_STATES,
        note_form=forms.get("note") or NoteForm(formdata=None), answer_form=answer_form,
        settle_form=forms.get("settle") or SettleForm(systems, formdata=None), kind=words.kind_of(case.kind, case.takes_back), came_by=words.came_by(case.source), **told,
    )  # fmt: skip
    return html, (409 if stale else 422) if wrong else 200


def _is_there(number: str) -> bool:
    try:
        case_by_number(db(), number)
    except NoSuchCase:
        return False
    return True
