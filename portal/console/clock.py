"""Door 4, the date in law of a case: take the law's longer time, stop the clock with a question, let it run again.

Must never do either without the customer being told in the same act, and shows what they will read before it goes.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.cases.clocks import (
    ClockCannotStop,
    ClockRuns,
    DateNotNamed,
    Longer,
    extend_deadline,
    look_at_extension,
    open_pauses,
    pause_clock,
    resume_clock,
)
from portal.cases.dates import due_of
from portal.cases.desk import mark_of
from portal.cases.laws.deadlines import ExtensionTooLate, NoExtension
from portal.cases.laws.model import StopReason
from portal.cases.messages import MessageRefused
from portal.cases.model import OPEN_STATES, Case, LongerBecause
from portal.cases.proposal_model import Act
from portal.cases.two_people import needs_two
from portal.console.acts import WAITS_ALREADY, is_overtaken, locked, propose_it, write_down
from portal.console.case import case_to_work_on
from portal.console.forms import LongerForm, PauseForm
from portal.console.words import reason_of
from portal.core.i18n import _
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_clock", __name__, url_prefix="/console/cases")


@bp.get("/<number>/date")
@staff_may("cases.work")
def show(number: str) -> ResponseReturnValue:
    """What can be done about the date, and what the customer would be told."""
    return _page(case_to_work_on(number))


@bp.post("/<number>/date/extend")
@staff_may("cases.work")
def extend(number: str) -> ResponseReturnValue:
    """The later date, once; the mail with it and the reason goes in the same act."""
    case, form = locked(number), LongerForm()
    if is_overtaken(case) or not form.validate_on_submit():
        return _page(case, longer=form)
    if needs_two(db(), case, Act.EXTEND):
        return _propose(case, form)
    try:
        told = extend_deadline(
            db(), number, because=LongerBecause(form.because.data), words=form.words.data or "", until=form.until.data,
            actor=current_staff().staff.actor,
        )  # fmt: skip
    except (NoExtension, ExtensionTooLate, DateNotNamed, MessageRefused):
        db().rollback()
        form.words.errors = [_("The law gives no later date here any more, or it was not named. Nothing was changed.")]
        return _page(case_to_work_on(number), longer=form)
    write_down(case, "case.extended", until=told.then.isoformat())
    flash(_("The date is moved, and the customer is told."), "ok")
    return redirect(url_for("staff_case.show", number=number))


@bp.post("/<number>/date/pause")
@staff_may("cases.work")
def pause(number: str) -> ResponseReturnValue:
    """Ask the customer; until they answer, the days do not count where the law says so."""
    case = locked(number)
    form = PauseForm(_reasons(case))
    if is_overtaken(case) or not form.validate_on_submit():
        return _page(case, pausing=form)
    try:
        pause_clock(
            db(), number, reason=StopReason(form.reason.data), text=form.text.data or "", actor=current_staff().staff.actor
        )
    except (ClockCannotStop, MessageRefused):
        db().rollback()
        form.text.errors = [_("The clock cannot stand still here: the date has passed, or it stands already.")]
        return _page(case_to_work_on(number), pausing=form)
    write_down(case, "case.paused", reason=str(form.reason.data))
    flash(_("The customer is asked, and the clock stands still until they answer."), "ok")
    return redirect(url_for("staff_case.show", number=number))


@bp.post("/<number>/date/resume")
@staff_may("cases.work")
def resume(number: str) -> ResponseReturnValue:
    """What was asked for is there: the clock runs again."""
    case, reason = locked(number), request.form.get("reason", "")
    try:
        resume_clock(db(), number, reason=StopReason(reason), actor=current_staff().staff.actor)
    except (ClockRuns, ValueError):
        db().rollback()
        return _page(case_to_work_on(number), late=True)
    write_down(case, "case.resumed", reason=reason)
    flash(_("The clock runs again."), "ok")
    return redirect(url_for("staff_case.show", number=number))


def _propose(case: Case, form: LongerForm) -> ResponseReturnValue:
    """Where the company asks for two people: the later date waits for the second."""
    try:
        told = look_at_extension(db(), case, until=form.until.data)
    except (NoExtension, ExtensionTooLate, DateNotNamed):
        form.words.errors = [_("The law gives no later date here any more, or it was not named. Nothing was changed.")]
        return _page(case, longer=form)
    until = form.until.data.isoformat() if form.until.data else ""
    params = {"because": form.because.data, "words": form.words.data or "", "until": until, "then": told.then.isoformat()}
    if not propose_it(case, Act.EXTEND, params):
        form.words.errors = [_(WAITS_ALREADY)]
        return _page(case, longer=form)
    return redirect(url_for("staff_case.show", number=case.number))


def _reasons(case: Case) -> list[tuple[str, str]]:
    standing = open_pauses(db(), case)
    return [(one.value, reason_of(one)) for one in due_of(db(), case).law.clock.stops if one not in standing]


def _page(
    case: Case, *, longer: LongerForm | None = None, pausing: PauseForm | None = None, late: bool = False
) -> ResponseReturnValue:
    told, names_day = _extension(case)
    reasons, is_open = _reasons(case), case.state in OPEN_STATES
    stale = late or ((longer or pausing) is not None and is_overtaken(case))
    page = render_template(
        "console/date.html",
        current=current_staff(), case=case, due=due_of(db(), case), then=told, names_day=names_day, stale=stale, is_open=is_open,
        longer=longer or LongerForm(formdata=None), pausing=pausing or PauseForm(reasons, formdata=None), reasons=reasons, two=needs_two(db(), case, Act.EXTEND),
        standing=[(one.value, reason_of(one)) for one in sorted(open_pauses(db(), case))], mark=mark_of(db(), case),
    )  # fmt: skip
    return page, 409 if stale else 422 if longer or pausing else 200


def _extension(case: Case) -> tuple[Longer | None, bool]:
    """What an extension would do; and whether the law wants its day named first."""
    try:
        return look_at_extension(db(), case), False
    except DateNotNamed:
        return None, True
    except (NoExtension, ExtensionTooLate):
        return None, False
