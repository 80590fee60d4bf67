"""Door 1, help: how to reach a human, whom to complain to, and what this place is. Open to everyone, says nothing about anyone."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.web import signing
from portal.web.guards import public

bp = Blueprint("help", __name__, url_prefix="/help")


@bp.get("")
@public("help is the same for everyone")
def show() -> ResponseReturnValue:
    """How to reach a human, whom to complain to, often asked."""
    return render_template("site/help.html", signed_in=signing.live_session() is not None)
