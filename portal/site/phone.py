"""Door 1, on the telephone with us: who asks and for what, yes or no, what was done meanwhile, and ending it.

Must never let anything but a press on this page say yes.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.cases.phone import asking, words
from portal.core import i18n
from portal.core.i18n import _
from portal.web.guards import current_session, person_required
from portal.web.transactions import db

bp = Blueprint("phone", __name__, url_prefix="/phone")

NOTHING = "none"
"""The mark of a page on which nobody asks."""


@bp.get("")
@person_required()
def show() -> ResponseReturnValue:
    """What is asked, or goes on, and what was done before."""
    person_id = current_session().person_id
    call = asking.call_for(db(), person_id)
    acts = [{"words": words.exactly(act.what), "at": act.at} for act in asking.acts_for(db(), person_id)]
    changed_url = url_for("phone.changed", seen=call.mark if call else NOTHING)
    return render_template("site/phone.html", call=call, acts=acts, changed_url=changed_url)


@bp.get("/changed")
@person_required()
def changed() -> ResponseReturnValue:
    """For the page that waits: where to go once something happened since."""
    call = asking.call_for(db(), current_session().person_id)
    mark = call.mark if call else NOTHING
    return {} if request.args.get("seen") == mark else {"go": url_for("phone.show")}


@bp.post("/<token>/yes")
@person_required()
def agree(token: str) -> ResponseReturnValue:
    """Yes, to exactly what the page asked."""
    try:
        agreed = asking.agree(db(), current_session().person_id, token, language=i18n.language())
    except asking.NoSuchCall:
        abort(404)
    if not agreed:
        flash(_("That was over already. Nothing was done."), "")
    return redirect(url_for("phone.show"), 303)


@bp.post("/<token>/end")
@person_required()
def end(token: str) -> ResponseReturnValue:
    """No, or no longer."""
    try:
        asking.end(db(), current_session().person_id, token)
    except asking.NoSuchCall:
        abort(404)
    flash(_("Ended. Nobody can do anything for you by telephone now."), "ok")
    return redirect(url_for("phone.show"), 303)
