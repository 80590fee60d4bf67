"""Door 4, what a deletion had to keep, by item with its ground and its day; a hold beyond it is proposed here, and lifted.

Must never hold anything without an article and an end (K9), nor on one person's word.
"""

from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from portal.cases.dates import due_of, today_of
from portal.cases.desk import mark_of
from portal.cases.events import system_title
from portal.cases.kept import kept_of
from portal.cases.kept_holds import NoSuchHold, lift_hold
from portal.cases.kept_model import KeptHold
from portal.cases.laws.citing import in_words
from portal.cases.laws.model import Right
from portal.cases.model import Case
from portal.cases.proposal_model import Act
from portal.cases.refusal_words import ground_words
from portal.console.acts import WAITS_ALREADY, is_overtaken, locked, propose_it
from portal.console.case import case_to_work_on
from portal.console.forms import HoldForm
from portal.console.kept_items import items_kept
from portal.core.i18n import N_, _
from portal.web.context import current_company
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_holds", __name__, url_prefix="/console/cases")
PROPOSED = N_("Proposed. Nothing is held before a colleague has approved it.")
LARGEST_ID = 2**63 - 1
ALL = "every system"
"""No key of a system: keys hold no blank."""


@bp.get("/<number>/kept")
@staff_may("cases.read")
def show(number: str) -> ResponseReturnValue:
    """What this case kept, and the form that proposes a hold."""
    return _page(case_to_work_on(number))


@bp.post("/<number>/kept/hold")
@staff_may("cases.hold", fresh=True)
def hold(number: str) -> ResponseReturnValue:
    """Propose a hold; a colleague has to approve it before anything is held."""
    case = locked(number)
    form = HoldForm(_systems(case), _laws(case))
    if is_overtaken(case) or not form.validate_on_submit():
        return _page(case, form)
    until = form.until.data
    if until is None or until <= today_of(db()):
        form.until.errors = [_("Choose the day on which the hold ends: it lies in the future.")]
        return _page(case, form)
    params = {
        "system": "" if form.system.data == ALL else form.system.data, "law": form.law.data, "reason": (form.reason.data or "").strip(), "until": until.isoformat(),
    }  # fmt: skip
    if not propose_it(case, Act.HOLD, params, said=PROPOSED):
        form.system.errors = [_(WAITS_ALREADY)]
        return _page(case, form)
    return redirect(url_for("staff_case.show", number=number))


@bp.post("/<number>/kept/<int:hold>/lift")
@staff_may("cases.hold", fresh=True)
def lift(number: str, hold: int) -> ResponseReturnValue:
    """End a hold of this case; what is past its day goes with the next clean-up."""
    case = locked(number)
    if hold > LARGEST_ID or db().scalar(select(KeptHold.id).filter_by(id=hold, case_number=case.number)) is None:
        abort(404)
    try:
        lift_hold(db(), hold, actor=current_staff().staff.actor)
    except NoSuchHold:
        db().rollback()
        return _page(case_to_work_on(number), late=True)
    flash(_("The hold is lifted. What is past its day goes within the hour."), "ok")
    return redirect(url_for("staff_holds.show", number=number))


def _systems(case: Case) -> list[tuple[str, str]]:
    keys = sorted({one.system for one in kept_of(db(), case)})
    return [(ALL, _("Every system"))] * (len(keys) > 1) + [(key, system_title(current_company().config, key)) for key in keys]


def _laws(case: Case) -> list[tuple[str, str]]:
    """The articles on which the law of the case lets a deletion wait."""
    law = due_of(db(), case).law
    named = [one for one in law.refusals if not one.two_people and (not one.kinds or Right.ERASURE in one.kinds)]
    return [(one.article, f"{in_words(law, one.article)}: {ground_words(one.ground)}") for one in named]


def _page(case: Case, form: HoldForm | None = None, *, late: bool = False) -> ResponseReturnValue:
    kept, systems, laws = kept_of(db(), case), _systems(case), _laws(case)
    stale = late or (form is not None and is_overtaken(case))
    page = render_template(
        "console/kept.html", current=current_staff(), case=case, items=items_kept(kept), form=form or HoldForm(systems, laws, formdata=None),
        may=current_staff().staff.may("cases.hold") and bool(systems) and bool(laws), mark=mark_of(db(), case), stale=stale,
        tomorrow=today_of(db()) + timedelta(days=1),
    )  # fmt: skip
    return page, 409 if stale else 422 if form else 200
