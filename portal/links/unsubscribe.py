"""Door 2, without any link: a typed address is opted out at once, known or not; and the undo that the mail about it carries.

Must never say, show or take longer for a known address than for an unknown one.
"""

from datetime import timedelta

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from portal.consent.opting_out import UndoUnreadable, opt_out, read_undo, undo_stop
from portal.core import i18n
from portal.core.i18n import _
from portal.core.limits import Limit, count_once
from portal.people.addresses import AddressRefused
from portal.web.context import network
from portal.web.guards import public
from portal.web.language import is_only_shown
from portal.web.said import said_at, say_at
from portal.web.transactions import db

bp = Blueprint("unsubscribe", __name__)
STOPPING = "opting out never asks who is there"
UNDOING = "the signed token of a mail and the address that got it are the authority, and only take back what that mail told of"
TYPING = Limit("opt_out.network", 300, timedelta(hours=1))
"""For whole offices behind one address; links and one-click have none."""


@bp.get("/unsubscribe")
@public(STOPPING)
def show() -> ResponseReturnValue:
    """Asks for the address."""
    if said_at("unsubscribe.show") == "stopped":
        return render_template("links/opted_out.html")
    return render_template("links/unsubscribe.html", typed="", mistake="")


@bp.post("/unsubscribe")
@public(STOPPING)
def stop_address() -> ResponseReturnValue:
    """Opt the address out."""
    typed = request.form.get("email", "")
    if is_only_shown():
        return render_template("links/unsubscribe.html", typed=typed[:400], mistake=""), 422
    if not count_once(db(), TYPING, network()):
        return render_template("links/unsubscribe.html", typed=typed, mistake=_("Wait a few minutes, then try again.")), 429
    try:
        opt_out(db(), typed, language=i18n.language(), collection_point="link:typed_address")
    except AddressRefused as refusal:
        return render_template("links/unsubscribe.html", typed=typed[:400], mistake=_(refusal.reason)), 422
    return say_at("unsubscribe.show", "stopped")


@bp.get("/undo/<token>")
@public(UNDOING)
def show_undo(token: str) -> ResponseReturnValue:
    """Says what the button takes back."""
    g.secret_link = True
    if how := said_at("unsubscribe.show_undo", token=token):
        return render_template("links/undone.html", token="", worked=how != "not_undone", ended=how == "undone_ended")
    try:
        read_undo(db(), token)
    except UndoUnreadable:
        return render_template("links/unreadable.html"), 404
    return render_template("links/undo.html", token=token, typed="", mistake="")


@bp.post("/undo/<token>")
@public(UNDOING)
def take_back(token: str) -> ResponseReturnValue:
    """Take it back, where nothing newer was chosen. Whoever presses types the address: the page does not know who that is (S4)."""
    g.secret_link = True
    typed = request.form.get("email", "")
    if is_only_shown():
        return render_template("links/undo.html", token=token, typed=typed[:400], mistake=""), 422
    try:
        saved = undo_stop(db(), token, typed_address=typed)
    except UndoUnreadable:
        return render_template("links/unreadable.html"), 404
    if saved is None:
        mistake = (
            _("This is not the address that got the mail. The page still works.")
            if typed
            else _("Type the address that got the mail.")
        )
        return render_template("links/undo.html", token=token, typed=typed[:400], mistake=mistake), 422
    how = "not_undone" if not saved.events else "undone_ended" if saved.ended else "undone"
    return say_at("unsubscribe.show_undo", how, token=token)
