"""Door 1, what you agreed to: each choice as the ledger has it, with the words that were shown."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.site import choices_words
from portal.web.guards import current_session, person_required
from portal.web.transactions import db

bp = Blueprint("preferences", __name__, url_prefix="/preferences")


@bp.get("")
@person_required()
def show() -> ResponseReturnValue:
    """Each choice with its state and the words that were shown."""
    return render_template(
        "site/preferences.html", choices=choices_words.summary(db(), current_session().person_id), stated=choices_words.stated()
    )
