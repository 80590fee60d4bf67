"""Door 4, saying no on a ground of the law, and deciding whether a no of somebody else was right.

Must never offer a ground that the law does not name, refuse alone what two people decide, or give an appeal to who refused.
"""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.cases.dates import due_of
from portal.cases.desk import mark_of
from portal.cases.laws.citing import in_words
from portal.cases.laws.model import Ground
from portal.cases.messages import MessageRefused
from portal.cases.model import OPEN_STATES, Case, CaseKind
from portal.cases.proposal_model import Act
from portal.cases.refusal_words import ground_words
from portal.cases.refusing import (
    CannotRefuse,
    NoAppeal,
    SameReviewer,
    decide_appeal,
    grounds_for,
    refuse_case,
)
from portal.cases.two_people import needs_two
from portal.console.acts import WAITS_ALREADY, is_overtaken, locked, propose_it
from portal.console.case import case_to_work_on
from portal.console.forms import DecisionForm, RefusalForm
from portal.core.i18n import _
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_refusals", __name__, url_prefix="/console/cases")


@bp.get("/<number>/refuse")
@staff_may("cases.refuse")
def show(number: str) -> ResponseReturnValue:
    """The grounds that the law of this case names, and what the customer is told with each."""
    return _page(case_to_work_on(number))


@bp.post("/<number>/refuse")
@staff_may("cases.refuse", fresh=True)
def refuse(number: str) -> ResponseReturnValue:
    """Say no; the customer is told why, and where they can turn."""
    case = locked(number)
    form = RefusalForm(_grounds(case))
    if is_overtaken(case) or not form.validate_on_submit():
        return _page(case, form)
    ground, said = Ground(form.ground.data), form.words.data or ""
    if needs_two(db(), case, Act.REFUSE, by_law=ground in _two_by_law(case)):
        if not propose_it(case, Act.REFUSE, {"ground": ground.value, "words": said}):
            form.ground.errors = [_(WAITS_ALREADY)]
            return _page(case, form)
        return redirect(url_for("staff_case.show", number=number))
    try:
        refuse_case(db(), number, ground=ground, words=said, actor=current_staff().staff.actor)
    except (CannotRefuse, MessageRefused):
        db().rollback()
        form.ground.errors = [_("This case cannot be refused on this ground any more. Nothing was changed.")]
        return _page(case_to_work_on(number), form)
    flash(_("Refused. The customer is told why, and how to have it looked at again."), "ok")
    return redirect(url_for("staff_case.show", number=number))


@bp.get("/<number>/appeal")
@staff_may("cases.refuse")
def look(number: str) -> ResponseReturnValue:
    """The appeal, and the two ways to decide it."""
    return _decision(case_to_work_on(number))


@bp.post("/<number>/appeal")
@staff_may("cases.refuse", fresh=True)
def decide(number: str) -> ResponseReturnValue:
    """Decide it, with reasons; who refused cannot."""
    case, form = locked(number), DecisionForm()
    if is_overtaken(case) or not form.validate_on_submit():
        return _decision(case, form)
    granted, said = form.outcome.data == "granted", form.words.data or ""
    if needs_two(db(), case, Act.APPEAL):
        if not propose_it(case, Act.APPEAL, {"granted": granted, "words": said}):
            form.outcome.errors = [_(WAITS_ALREADY)]
            return _decision(case, form)
        return redirect(url_for("staff_case.show", number=number))
    try:
        decide_appeal(db(), number, granted=granted, words=said, actor=current_staff().staff.actor)
    except SameReviewer:
        db().rollback()
        form.outcome.errors = [_("You were part of the refusal. A colleague has to decide this.")]
        return _decision(case_to_work_on(number), form)
    except (NoAppeal, MessageRefused):
        db().rollback()
        form.outcome.errors = [_("This is no open appeal any more. Nothing was changed.")]
        return _decision(case_to_work_on(number), form)
    flash(_("Decided. The customer is told, with your reasons on their page."), "ok")
    return redirect(url_for("staff_case.show", number=number))


def _grounds(case: Case) -> list[tuple[str, str]]:
    law = due_of(db(), case).law
    two = _("two people decide")
    return [
        (one.ground.value, f"{ground_words(one.ground)} ({in_words(law, one.article)}{f'; {two}' if one.two_people else ''})")
        for one in grounds_for(db(), case)
    ]


def _two_by_law(case: Case) -> set[Ground]:
    return {one.ground for one in grounds_for(db(), case) if one.two_people}


def _page(case: Case, form: RefusalForm | None = None) -> ResponseReturnValue:
    stale, grounds = form is not None and is_overtaken(case), _grounds(case) if case.state in OPEN_STATES else []
    page = render_template(
        "console/refuse.html", current=current_staff(), case=case, form=form or RefusalForm(grounds, formdata=None),
        grounds=grounds, two=bool(_two_by_law(case)), always=needs_two(db(), case, Act.REFUSE), mark=mark_of(db(), case), stale=stale,
    )  # fmt: skip
    return page, 409 if stale else 422 if form else 200


def _decision(case: Case, form: DecisionForm | None = None) -> ResponseReturnValue:
    stale, is_open = form is not None and is_overtaken(case), case.kind is CaseKind.APPEAL and case.state in OPEN_STATES
    page = render_template(
        "console/appeal.html", current=current_staff(), case=case, form=form or DecisionForm(formdata=None), is_open=is_open,
        two=needs_two(db(), case, Act.APPEAL), mark=mark_of(db(), case), stale=stale,
    )  # fmt: skip
    return page, 409 if stale else 422 if form else 200
