"""Door 1, what we hold: read live, grouped by meaning, each value with where it came from, why, who gets it and until when."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.site import own_data
from portal.site.kept_words import kept_words
from portal.web.context import current_company, database
from portal.web.guards import current_session, person_required
from portal.web.transactions import asks_systems

bp = Blueprint("held", __name__, url_prefix="/data")


@bp.get("")
@person_required()
@asks_systems
def show() -> ResponseReturnValue:
    """Everything held, live, grouped by meaning; or where we looked and found nothing."""
    data = own_data.read()
    if data.closed:
        return redirect(url_for("records.show"))
    held = own_data.page(data, open_group=request.args.get("group", "")[:40])
    with database().reading(current_company().id) as db:
        kept = kept_words(db, current_session())
    if data.reading.found_nothing:
        return render_template(
            "site/nothing_found.html",
            address=current_session().masked_address,
            searched=held.searched, waiting=(*held.waiting, *held.closed), by_hand=held.by_hand, read_at=held.read_at, kept=kept,
            number_url=url_for("questions.show"),
            other_url=url_for("sign_in.show"),
        )  # fmt: skip
    return render_template("site/held.html", held=held, kept=kept)


@bp.post("/look-again")
@person_required()
@asks_systems
def look_again() -> ResponseReturnValue:
    """Ask those systems once more that did not answer."""
    own_data.read(again=True)
    return redirect(url_for("held.show"))
