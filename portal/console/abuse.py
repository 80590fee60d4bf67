"""Door 4, marking a case that may be abuse, with the reason for colleagues, and lifting the mark. The customer never reads of it.

Must never act on a page that somebody has overtaken, nor keep a mark without its reason.
"""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.cases import abuse
from portal.console.acts import is_overtaken, locked
from portal.console.case import page
from portal.console.forms import AbuseForm
from portal.core.i18n import _
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_abuse", __name__, url_prefix="/console/cases")


@bp.post("/<number>/abuse")
@staff_may("cases.work")
def mark(number: str) -> ResponseReturnValue:
    """From now on two people let go of its texts, or refuse it."""
    case, form = locked(number), AbuseForm()
    if is_overtaken(case):
        return page(case, stale=True, abuse=form)
    if not form.validate_on_submit():
        return page(case, abuse=form)
    try:
        abuse.mark(db(), case, reason=form.suspicion.data or "", by=current_staff().staff)
    except (abuse.CannotBeMarked, abuse.ReasonMissing):
        db().rollback()
        form.suspicion.errors = [_("This case cannot be marked any more, or no reason was typed.")]
        return page(case, abuse=form)
    flash(_("Marked. Only staff see it; your reason stands among the notes."), "ok")
    return redirect(url_for("staff_case.show", number=number, _anchor="abuse"))


@bp.post("/<number>/abuse/lift")
@staff_may("cases.work")
def lift(number: str) -> ResponseReturnValue:
    """The case is as any other again."""
    case = locked(number)
    if is_overtaken(case):
        return page(case, stale=True)
    try:
        abuse.lift(db(), case, by=current_staff().staff)
    except abuse.CannotBeMarked:
        db().rollback()
        flash(_("This case bears no mark any more."), "")
        return page(case, stale=True)
    flash(_("The mark is lifted."), "ok")
    return redirect(url_for("staff_case.show", number=number, _anchor="abuse"))
