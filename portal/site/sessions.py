"""Door 1, where you are signed in: the person's own list, each to be ended, all to be ended, and signing out."""

from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from portal.cases.reading import forget_readings
from portal.consent.effect import forget_counts
from portal.core import i18n
from portal.core.i18n import _
from portal.identity import sessions as rooms
from portal.identity.browsers import browser_words
from portal.web.guards import current_session, person_required
from portal.web.transactions import db

LARGEST_ID = 2**63 - 1

bp = Blueprint("sessions", __name__, url_prefix="/sessions")

FORGET = '"cache", "storage"'
"""What a signed-out browser drops. Never `"cookies"`: that would empty the company's whole domain."""


@bp.get("")
@person_required()
def show() -> ResponseReturnValue:
    """Where the person is signed in."""
    current = current_session()
    idle = _("Each ends by itself at %(time)s at the latest.", time=i18n.format_time(current.ends_at))
    return render_template(
        "site/sessions.html",
        sessions=_lines(current),
        end_all_url=url_for("sessions.end_all"),
        address=current.masked_address,
        idle_words=idle,
    )


@bp.post("/<int:number>/end")
@person_required()
def end(number: int) -> ResponseReturnValue:
    """End one session of the person."""
    current = current_session()
    if number > LARGEST_ID or not rooms.end_session(db(), current.person_id, number):
        abort(404)
    _forget(number)
    return _signed_out() if number == current.id else redirect(url_for("sessions.show"))


@bp.post("/end-all")
@person_required()
def end_all() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    current = current_session()
    for line in rooms.sessions_of(db(), current.person_id):
        _forget(line.id)
    rooms.end_all_sessions(db(), current.person_id)
    return _signed_out()


@bp.post("/sign-out")
@person_required()
def sign_out() -> ResponseReturnValue:
    """End this session."""
    _forget(current_session().id)
    rooms.sign_out(db(), current_session())
    return _signed_out()


def _forget(number: int) -> None:
    """What systems said for the pages of a session goes with it."""
    forget_readings(db(), number)
    forget_counts(db(), number)


def _lines(current: rooms.CurrentSession) -> list[dict[str, Any]]:
    return [
        {
            "id": line.id,
            "browser": browser_words(line.browser),
            "since": line.started_at,
            "last_seen": line.last_seen_at,
            "this": line.id == current.id,
            "end_url": url_for("sessions.end", number=line.id),
        }
        for line in rooms.sessions_of(db(), current.person_id)
    ]


def _signed_out() -> Response:
    """The cookie keeps language and nonce, which opens nothing (`identity.known_browsers`); what the browser had stored of the pages goes."""
    kept = {name: session[name] for name in ("language", "nonce") if name in session}
    session.clear()
    session.update(kept)
    answer = make_response(redirect(url_for("sign_in.show")))
    answer.headers["Clear-Site-Data"] = FORGET
    return answer
