"""Door 4, saying no on a ground of the law, and deciding whether a no of somebody else was right.

Must never offer a ground that the law does not name, one that two people decide, or an appeal to who refused.
"""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.cases.dates import due_of
from portal.cases.desk import mark_of
from portal.cases.laws.citing import in_words
from portal.cases.laws.model import Ground
from portal.cases.messages import MessageRefused
from portal.cases.model import OPEN_STATES, Case, CaseKind
from portal.cases.refusal_words import ground_words
from portal.cases.refusing import (
    CannotRefuse,
    NoAppeal,
    SameReviewer,
    SecondPersonNeeded,
    decide_appeal,
    grounds_for,
    refuse_case,
)
from portal.console.acts import is_overtaken, locked
from portal.console.case import case_to_work_on
from portal.console.forms import DecisionForm, RefusalForm
from portal.core.i18n import _
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_refusals", __name__, url_prefix="/console/cases")


@bp.get("/<number>/refuse")
@staff_may("cases.refuse", fresh=True)
def show(number: str) -> ResponseReturnValue:
    """The grounds that the law of this case names, and what the customer is told with each."""
    return _page(case_to_work_on(number))


@bp.post("/<number>/refuse")
@staff_may("cases.refuse")
def refuse(number: str) -> ResponseReturnValue:
    """Say no; the customer is told why, and where they can turn."""
    case = locked(number)
    form = RefusalForm(_grounds(case))
    if is_overtaken(case) or not form.validate_on_submit():
        return _page(case, form)
    try:
        refuse_case(db(), number, ground=Ground(form.ground.data), words=form.words.data or "", actor=current_staff().staff.actor)
    except (CannotRefuse, SecondPersonNeeded, MessageRefused):
        db().rollback()
        form.ground.errors = [_("This case cannot be refused on this ground any more. Nothing was changed.")]
        return _page(case_to_work_on(number), form)
    flash(_("Refused. The customer is told why, and how to have it looked at again."), "ok")
    return redirect(url_for("staff_case.show", number=number))


@bp.get("/<number>/appeal")
@staff_may("cases.refuse", fresh=True)
def look(number: str) -> ResponseReturnValue:
    """The appeal, and the two ways to decide it."""
    return _decision(case_to_work_on(number))


@bp.post("/<number>/appeal")
@staff_may("cases.refuse")
def decide(number: str) -> ResponseReturnValue:
    """Decide it, with reasons; who refused cannot."""
    case, form = locked(number), DecisionForm()
    if is_overtaken(case) or not form.validate_on_submit():
        return _decision(case, form)
    try:
        decide_appeal(
            db(), number, granted=form.outcome.data == "granted", words=form.words.data or "", actor=current_staff().staff.actor
        )
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
    return [
        (one.ground.value, f"{ground_words(one.ground)} ({in_words(law, one.article)})")
        for one in grounds_for(db(), case)
        if not one.two_people
    ]


def _page(case: Case, form: RefusalForm | None = None) -> ResponseReturnValue:
    stale, grounds = form is not None and is_overtaken(case), _grounds(case) if case.state in OPEN_STATES else []
    page = render_template(
        "console/refuse.html", current=current_staff(), case=case, form=form or RefusalForm(grounds, formdata=None),
        grounds=grounds, two=any(one.two_people for one in grounds_for(db(), case)), mark=mark_of(db(), case), stale=stale,
    )  # fmt: skip
    return page, 409 if stale else 422 if form else 200


def _decision(case: Case, form: DecisionForm | None = None) -> ResponseReturnValue:
    stale, is_open = form is not None and is_overtaken(case), case.kind is CaseKind.APPEAL and case.state in OPEN_STATES
    page = render_template(
        "console/appeal.html", current=current_staff(), case=case, form=form or DecisionForm(formdata=None), is_open=is_open,
        mark=mark_of(db(), case), stale=stale,
    )  # fmt: skip
    return page, 409 if stale else 422 if form else 200
