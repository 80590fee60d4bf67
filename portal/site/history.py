"""Door 1, the history of choices: everything that was ever done to them, with the text as it was shown. Read only."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.site import history_words, requests_words
from portal.web.guards import current_session, person_required
from portal.web.transactions import db

bp = Blueprint("history", __name__, url_prefix="/preferences/history")


@bp.get("")
@person_required()
def show() -> ResponseReturnValue:
    """What, when and from where, newest first, a page of it at a time."""
    before = request.args.get("before", 0, type=int)
    page = history_words.page(db(), current_session().person_id, before=before)
    return render_template("site/history.html", erasures=requests_words.erasures(db(), current_session()), **page)
