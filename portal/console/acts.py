"""Door 4, what staff do with a case: take it, hand it over, note, answer, settle a step, let go of texts.

Must never act on a page that somebody has overtaken: who comes second is told, and what they typed stays on the page.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.accounts.staff import Staff, staff_of
from portal.cases import advancing, desk, proposing, reviewing
from portal.cases.answering import CannotBeClosed, answer_case
from portal.cases.desk_steps import step_lines
from portal.cases.messages import MessageRefused
from portal.cases.model import Case
from portal.cases.proposal_model import Act
from portal.cases.service import NothingToSettle, case_by_number, resolve_step
from portal.cases.two_people import SecondPersonNeeded, needs_two
from portal.console.case import case_to_work_on, page
from portal.console.forms import AnswerForm, NoteForm, SettleForm
from portal.core.i18n import N_, _
from portal.engine.service import ReasonMissing, StepHasEnded, StepIsRunning
from portal.web.context import current_company, database
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import asks_systems, db, end

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
def answer(number: str) -> ResponseReturnValue:
    """Write to the customer; the mail says only that something waits."""
    case, form = locked(number), AnswerForm()
    if is_overtaken(case):
        return page(case, stale=True, answer=form)
    if form.validate_on_submit():
        try:
            answer_case(
                db(), number, text=form.answer.data or "", actor=current_staff().staff.actor, closes=bool(form.closes.data)
            )
        except (CannotBeClosed, MessageRefused):
            db().rollback()
            form.answer.errors = [_("This could not be sent. Words alone do not end this request, or nothing was typed.")]
        else:
            write_down(case, "case.answered", closes=bool(form.closes.data))
            flash(_("Sent. The customer gets a mail that says only that something waits."), "ok")
            return redirect(url_for("staff_case.show", number=number, _anchor="talk"))
    return page(case, answer=form)


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


@bp.post("/<number>/texts")
@staff_may("cases.release", fresh=True)
@asks_systems
def texts(number: str) -> ResponseReturnValue:
    """The texts that wait for a look; that this colleague has them before them is written down first."""
    staff, company_id = current_staff().staff, current_company().id
    return _about(number, lambda: _texts(number, reviewing.look_at_texts(database(), company_id, number, actor=staff.actor)))


@bp.post("/<number>/release")
@staff_may("cases.release", fresh=True)
@asks_systems
def release(number: str) -> ResponseReturnValue:
    """Let go of the texts but those that are withheld, each with its reason."""
    return _about(number, lambda: _release(number, current_staff().staff))


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


def _about(number: str, act: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """An act that opens its own transactions, for a case that this colleague may handle."""
    case_to_work_on(number)
    end()
    try:
        return act()
    except reviewing.NothingToRelease:
        flash(_("Nothing of this case waits for a look any more."), "")
    except (reviewing.NotLookedAt, reviewing.NoSuchText, SecondPersonNeeded):
        flash(_("The texts have changed meanwhile. Nothing was let go; look at them once more."), "bad")
    except ReasonMissing:
        flash(_("What is not handed out needs a reason in one sentence. Nothing was let go."), "bad")
    return redirect(url_for("staff_case.show", number=number))


def _texts(number: str, held: tuple[reviewing.HeldText, ...]) -> ResponseReturnValue:
    case = case_to_work_on(number)
    waits = proposing.waiting_of(db(), case)
    waits = waits if waits and waits.act is Act.RELEASE and not waits.stale else None
    return render_template(
        "console/texts.html", current=current_staff(), number=number, held=held, longest=reviewing.LONGEST_REASON, waits=waits,
        two=needs_two(db(), case, Act.RELEASE),
    )  # fmt: skip


def _release(number: str, staff: Staff) -> ResponseReturnValue:
    withhold = {
        int(one): request.form.get(f"reason-{one}", "")
        for one in request.form.getlist("withhold")
        if one.isdecimal() and len(one) < 9
    }
    company_id = current_company().id
    with database().writing(company_id) as writing:
        case = advancing.lock_case(writing, case_by_number(writing, number).id)
        if needs_two(writing, case, Act.RELEASE):
            return _propose_release(writing, case, withhold, staff)
    reviewing.release_texts(database(), company_id, number, actor=staff.actor, withhold=withhold)
    flash(_("Let go. The customer is told when the second part is ready."), "ok")
    return redirect(url_for("staff_case.show", number=number))


def _propose_release(writing: Session, case: Case, withhold: dict[int, str], staff: Staff) -> ResponseReturnValue:
    """What was addressed lately, or where the company asks for two: a colleague reads the texts, too."""
    texts = int(request.form.get("texts", "0")[:6] or 0) if request.form.get("texts", "0").isdecimal() else 0
    if not all(reason.strip() for reason in withhold.values()):
        raise ReasonMissing("What is not handed out needs a reason in one sentence.")
    try:
        params = {"withhold": {str(key): reason.strip() for key, reason in withhold.items()}, "texts": texts}
        proposing.propose(writing, case, Act.RELEASE, params, by=staff)
    except proposing.ProposalWaits:
        flash(_(WAITS_ALREADY), "bad")
    else:
        flash(_(PROPOSED), "ok")
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


def write_down(case: Case, act: str, **detail: str | bool) -> None:
    """The audit entry of an act on a case, in the act's own transaction."""
    record_audit(db(), actor=current_staff().staff.actor, act=act, target=f"case:{case.number}", **detail)
