"""Door 1, on the telephone without a sign-in: a code that staff tell is typed here, then this browser alone says yes or no and sees what is done.

Must never open anything else of the person, act on GET, or tell a wrong code from one that is late.
"""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.cases.phone import codes, words
from portal.cases.phone.asking import Call, NoSuchCall
from portal.core import i18n
from portal.core.i18n import _
from portal.site.forms import CallForm
from portal.web.context import network
from portal.web.guards import public
from portal.web.transactions import db

bp = Blueprint("calls", __name__, url_prefix="/call")
WHY = "the typed code, told on the telephone, is the authority: this browser answers one asking, and opens nothing else"
HELD = "call"
"""What of the cookie proves the browser in which a code was typed."""


@bp.get("")
@public(WHY)
def show() -> ResponseReturnValue:
    """What is asked or goes on in this browser; else the place for a code."""
    here = codes.call_here(db(), _held())
    return _page(here) if here else _ask(CallForm(formdata=None))


@bp.post("")
@public(WHY)
def enter() -> ResponseReturnValue:
    """Take the code, once."""
    form = CallForm()
    if form.validate_on_submit():
        try:
            secret = codes.enter_code(db(), form.code.data or "", network=network())
        except codes.TooManyTries:
            form.code.errors = [_("Too many codes were typed. Wait an hour, or go on without a code: we help on the telephone.")]
            return _ask(form, 429)
        if secret is not None:
            session[HELD] = secret
            return redirect(url_for("calls.show"), 303)
        form.code.errors = [_("This code does not work. It may be mistyped, used, or too old. Ask for a new one.")]
    return _ask(form, 422)


@bp.get("/changed")
@public(WHY)
def changed() -> ResponseReturnValue:
    """For the page that waits: where to go once something happened since."""
    here = codes.call_here(db(), _held())
    return {} if here is None or request.args.get("seen") == here.mark else {"go": url_for("calls.show")}


@bp.post("/yes")
@public(WHY)
def agree() -> ResponseReturnValue:
    """Yes, to exactly what the page asked."""
    try:
        agreed = codes.agree_here(db(), _held(), language=i18n.language())
    except NoSuchCall:
        agreed = False
    if not agreed:
        flash(_("That was over already. Nothing was done."), "")
    return redirect(url_for("calls.show"), 303)


@bp.post("/end")
@public(WHY)
def end() -> ResponseReturnValue:
    """No, or no longer. This browser forgets what it held."""
    try:
        codes.end_here(db(), _held())
    except NoSuchCall:
        flash(_("That was over already. Nothing was done."), "")
    else:
        flash(_("Ended. Nobody can do anything for you by telephone now."), "ok")
    session.pop(HELD, None)
    return redirect(url_for("calls.show"), 303)


def _held() -> str:
    held = session.get(HELD)
    return held if isinstance(held, str) else ""


def _ask(form: CallForm, status: int = 200) -> ResponseReturnValue:
    return render_template("site/call_code.html", form=form), status


def _page(call: Call) -> ResponseReturnValue:
    acts = [{"words": words.in_general(act.what), "at": act.at} for act in call.acts]
    changed_url = url_for("calls.changed", seen=call.mark)
    return render_template("site/call.html", call=call, acts=acts, changed_url=changed_url)
