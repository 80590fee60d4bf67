"""Door 4, requests for somebody else: the mandate is good, or a better one is needed. A refusal goes the way of every refusal.

Must never let a colleague decide over what concerns themselves, nor act on a page that somebody has overtaken.
"""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.cases.acting import deciding
from portal.cases.filing import TooManyCases
from portal.cases.messages import MessageRefused
from portal.cases.model import Case
from portal.console.acts import is_overtaken, locked
from portal.console.case import page
from portal.console.forms import MandateForm
from portal.core.i18n import _
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_mandates", __name__, url_prefix="/console/cases")


@bp.post("/<number>/mandate")
@staff_may("cases.work")
def decide(number: str) -> ResponseReturnValue:
    """Accept the paper, or say what is missing."""
    case, form = locked(number), MandateForm()
    if is_overtaken(case):
        return page(case, stale=True, mandate=form)
    if not form.validate_on_submit():
        return page(case, mandate=form)
    if not (_accepted(case, form) if form.mandate.data == "accept" else _asked_for_better(case, form)):
        return page(case, mandate=form)
    return redirect(url_for("staff_case.show", number=number))


def _accepted(case: Case, form: MandateForm) -> bool:
    try:
        deciding.accept_mandate(db(), case, by=current_staff().staff)
    except deciding.PersonObjects:
        form.mandate.errors = [_("The person says that they do not want this. Refuse it, on a ground of the law.")]
    except deciding.NobodyToAsk:
        form.mandate.errors = [_("We cannot ask the person: no mailbox of theirs is known here. Ask for their e-mail address.")]
    except TooManyCases:
        form.mandate.errors = [
            _("So many requests were opened for this customer today that this one has to wait until tomorrow.")
        ]
    except deciding.NothingToDecide:
        form.mandate.errors = [_("There is nothing to decide about a paper here any more.")]
    else:
        flash(_("Accepted. What follows stands in the case."), "ok")
        return True
    db().rollback()
    return False


def _asked_for_better(case: Case, form: MandateForm) -> bool:
    try:
        deciding.ask_for_better(db(), case, text=form.missing.data or "", by=current_staff().staff)
    except deciding.NothingToDecide:
        form.mandate.errors = [_("There is nothing to decide about a paper here any more.")]
    except MessageRefused:
        form.missing.errors = [_("Say what is missing: who acts reads it.")]
    else:
        flash(_("Sent. Who acts gets a mail that says only that something waits."), "ok")
        return True
    db().rollback()
    return False
