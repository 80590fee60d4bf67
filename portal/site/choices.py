"""Door 1, the address where choices stood before they could be changed: leads on, for links in old mails and bookmarks."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.web.guards import public

bp = Blueprint("choices", __name__, url_prefix="/choices")


@bp.get("")
@public("says only where the page is now")
def show() -> ResponseReturnValue:
    """Leads on to the choices."""
    return redirect(url_for("preferences.show"), 301)
