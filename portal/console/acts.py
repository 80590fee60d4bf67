"""Door 4, what staff do with a case: take it, hand it over, note, answer, settle a step.

Must never act on a page that somebody has overtaken: who comes second is told, and what they typed stays on the page.
"""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.companies import record_audit
from portal.accounts.staff import staff_of
from portal.cases import advancing, desk, proposing
from portal.cases.answering import CannotBeClosed, answer_case
from portal.cases.attaching import FileRefused
from portal.cases.desk_steps import step_lines
from portal.cases.file_words import choose_again, why_refused
from portal.cases.messages import MessageRefused
from portal.cases.model import Case
from portal.cases.proposal_model import Act
from portal.cases.service import NothingToSettle, resolve_step
from portal.console.case import case_to_work_on, page
from portal.console.forms import AnswerForm, NoteForm, SettleForm
from portal.core.i18n import N_, _
from portal.core.uploads import Upload
from portal.engine.service import ReasonMissing, StepHasEnded, StepIsRunning
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db
from portal.web.uploads import brought, takes_files

PROPOSED = N_("Proposed. Nothing is done before a colleague has approved it.")
WAITS_ALREADY = N_("Something of this case waits for a second person already. That is decided first.")

bp = Blueprint("staff_acts", __name__, url_prefix="/console/cases")


@bp.post("/<number>/owner")
@staff_may("cases.work")
def hand_over(number: str) -> ResponseReturnValue:
    """Take the case, give it to a colleague, or give it back to all."""
    case = locked(number)
    if is_overtaken(case):
        return page(case, stale=True)
    wanted = request.form.get("owner", "")
    colleague = next((one for one in staff_of(db()) if one.public_id == wanted), None)
    if (wanted and colleague is None) or not desk.hand_over(db(), case, colleague, by=current_staff().staff):
        flash(_("This case cannot be theirs. Choose somebody else."), "bad")
        return page(case)
    flash(_("Handed over."), "ok")
    return redirect(url_for("staff_case.show", number=number))


@bp.post("/<number>/note")
@staff_may("cases.work")
def note(number: str) -> ResponseReturnValue:
    """Keep a note that the customer never reads. Two may note at once: nothing of it overwrites anything."""
    case, form = locked(number), NoteForm()
    if not form.validate_on_submit():
        return page(case, note=form)
    write_down(case, "case.noted")
    desk.add_note(db(), case, text=form.note.data or "", by=current_staff().staff)
    flash(_("The note is kept. Only staff read it."), "ok")
    return redirect(url_for("staff_case.show", number=number, _anchor="notes"))


@bp.post("/<number>/answer")
@staff_may("cases.work")
@takes_files
def answer(number: str) -> ResponseReturnValue:
    """Write to the customer; the mail says only that something waits."""
    case, form = locked(number), AnswerForm()
    files, stale = brought(form.files.data), is_overtaken(case)
    if not stale and form.validate_on_submit() and _sent(case, form, files):
        flash(_("Sent. The customer gets a mail that says only that something waits."), "ok")
        return redirect(url_for("staff_case.show", number=number, _anchor="talk"))
    if files and not form.files.errors:
        form.files.errors = [choose_again()]
    return page(case, stale=stale, answer=form)


def _sent(case: Case, form: AnswerForm, files: list[Upload]) -> bool:
    """Whether the answer is on its way; else the form says why."""
    text, closes, actor = form.answer.data or "", bool(form.closes.data), current_staff().staff.actor
    try:
        answer_case(db(), case.number, text=text, actor=actor, closes=closes, files=files)
    except (CannotBeClosed, MessageRefused):
        db().rollback()
        form.answer.errors = [_("This could not be sent. Words alone do not end this request, or nothing was typed.")]
    except FileRefused as refusal:
        db().rollback()
        form.files.errors = [why_refused(refusal)]
    else:
        write_down(case, "case.answered", closes=closes, files=len(files))
        return True
    return False


@bp.post("/<number>/settle")
@staff_may("cases.work")
def settle(number: str) -> ResponseReturnValue:
    """A step that waits is tried again, called done, or left out, with a reason that the customer sees."""
    case = locked(number)
    form = SettleForm([(step.key, step.title) for step in step_lines(db(), case) if step.can_be_settled])
    if is_overtaken(case):
        return page(case, stale=True, settle=form)
    if form.validate_on_submit():
        return _settle(case, form)
    return page(case, settle=form)


def _settle(case: Case, form: SettleForm) -> ResponseReturnValue:
    system, outcome, reason = form.system.data, form.outcome.data, form.reason.data or ""
    try:
        resolve_step(db(), case.number, system=system, outcome=outcome, reason=reason, actor=current_staff().staff.actor)
    except (NothingToSettle, StepIsRunning, StepHasEnded, ReasonMissing):
        db().rollback()
        form.system.errors = [_("This step does not wait any more, or a worker is on it. Look at the page again.")]
        return page(case, settle=form)
    write_down(case, "case.settled", system=system, outcome=outcome)
    flash(_("Settled. What you wrote stands on the customer’s page."), "ok")
    return redirect(url_for("staff_case.show", number=case.number))


def propose_it(case: Case, act: Act, params: dict[str, Any], *, said: str = PROPOSED) -> bool:
    """Have a colleague look at it, and say so (`said`, marked for translation); False where something of this case waits for one already."""
    try:
        proposing.propose(db(), case, act, params, by=current_staff().staff)
    except proposing.ProposalWaits:
        return False
    flash(_(said), "ok")
    return True


def locked(number: str) -> Case:
    """The case, held until this act is over."""
    return advancing.lock_case(db(), case_to_work_on(number).id)


def is_overtaken(case: Case) -> bool:
    """Whether the page that this act came from is not the case as it is now."""
    return request.form.get("seen", "") != desk.mark_of(db(), case)


def write_down(case: Case, act: str, **detail: str | bool | int) -> None:
    """The audit entry of an act on a case, in the act's own transaction."""
    record_audit(db(), actor=current_staff().staff.actor, act=act, target=f"case:{case.number}", **detail)
