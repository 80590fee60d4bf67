"""Door 1, where do you live: asked once, and only where the company has laws of several places. Must never stand in the way of a request."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.cases.places import ELSEWHERE, is_to_be_asked, place_of, say_place
from portal.core.i18n import _, pick
from portal.site.forms import WhereForm
from portal.web.context import current_company, database
from portal.web.guards import current_session, person_required
from portal.web.transactions import db

bp = Blueprint("where", __name__, url_prefix="/where")
SAYS_NOTHING = "elsewhere"


@bp.get("")
@person_required()
def show() -> ResponseReturnValue:
    """The places, and none of them."""
    if not current_company().config.law_places:
        return redirect(url_for("requests.index"))
    said = place_of(db(), current_session().person_id)
    return _page(WhereForm(_places(), data={"place": SAYS_NOTHING if said == ELSEWHERE else said}))


@bp.post("")
@person_required()
def send() -> ResponseReturnValue:
    """Keep it for what is asked from now on."""
    if not current_company().config.law_places:
        return redirect(url_for("requests.index"))
    form = WhereForm(_places())
    if not form.validate_on_submit():
        return _page(form)
    say_place(db(), current_session().person_id, ELSEWHERE if form.place.data == SAYS_NOTHING else form.place.data)
    flash(_("Noted. It counts for what you ask from now on."), "ok")
    return redirect(url_for("requests.index"))


def where_url(reading: Session) -> str:
    """Where the place is asked for; empty where it need not be."""
    return url_for("where.show") if is_to_be_asked(reading, current_session().person_id) else ""


def said_where(reading: Session) -> str:
    """What the person said, in words, for the page that follows it; empty where they were not asked or have not said."""
    said, places = place_of(reading, current_session().person_id), current_company().config.law_places
    if said is None or not places:
        return ""
    return _("another place, or not said") if said == ELSEWHERE else pick(places[said])


def asked_where() -> str:
    """The same for a page that asked systems, with no transaction open."""
    with database().reading(current_company().id) as reading:
        return where_url(reading)


def _places() -> list[tuple[str, str]]:
    named = [(law, pick(title)) for law, title in current_company().config.law_places.items()]
    return [*named, (SAYS_NOTHING, _("Somewhere else, or I would rather not say"))]


def _page(form: WhereForm) -> ResponseReturnValue:
    return render_template("site/where.html", form=form), 422 if form.errors else 200
