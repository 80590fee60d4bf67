"""Door 1, a yes that waits for its mail: have the mail sent again, or let the yes go."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.consent.asking import resend
from portal.consent.confirming import cancel
from portal.core.i18n import _
from portal.site.done_words import HERE
from portal.web.guards import current_session, person_required
from portal.web.transactions import db

bp = Blueprint("pending", __name__, url_prefix="/preferences/pending")


@bp.post("/resend")
@person_required()
def send_again() -> ResponseReturnValue:
    """The mail once more; the link in the earlier one ends."""
    if resend(db(), current_session().person_id):
        flash(_("Sent again. The button in the newest mail is the one that counts."), "ok")
    else:
        flash(
            _("No further mail was sent: nothing waits any more, or you got several of them today. The newest one still works."),
            "",
        )
    return redirect(url_for("preferences.show"), 303)


@bp.post("/cancel")
@person_required()
def stop_waiting() -> ResponseReturnValue:
    """The yes is not wanted any more."""
    if cancel(db(), current_session().person_id, collection_point=HERE):
        flash(_("Cancelled. The button in the mail does nothing any more, and your choices stand as you see them."), "ok")
    else:
        flash(_("There was nothing left to cancel."), "")
    return redirect(url_for("preferences.show"), 303)
