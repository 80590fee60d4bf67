"""Door 4, sign-in: ask for a link, open it where it was asked for, sign out. Known and unknown addresses get the same page and work.

Must never say whether an address is staff's (K11), nor act on GET: the link's page has one button, and only the asking browser's counts.
"""

from flask import Blueprint, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.companies import record_audit
from portal.console import places
from portal.console.forms import WorkAddressForm
from portal.core import i18n
from portal.core.i18n import _
from portal.identity.staff_links import LIFE, ask_staff_link, use_staff_link
from portal.identity.staff_sessions import end_staff_session
from portal.people.addresses import AddressRefused
from portal.web import signing
from portal.web.context import current_company
from portal.web.forgery import csrf
from portal.web.guards import public
from portal.web.staff_guards import current_staff, staff_arriving
from portal.web.strangers import within_asking_limit
from portal.web.transactions import db

bp = Blueprint("staff_sign_in", __name__, url_prefix="/console")
WHY = "who signs in is nobody yet"
FORGET = '"cache", "storage"'


@bp.get("/sign-in")
@public(WHY)
def show() -> ResponseReturnValue:
    """Ask for the address."""
    return render_template("console/sign_in.html", form=WorkAddressForm(), account=places.account())


@bp.post("/sign-in")
@public(WHY)
def send() -> ResponseReturnValue:
    """Write down that a link was asked for; the worker does the rest."""
    places.refuse_beside_provider()
    form = WorkAddressForm()
    if not form.validate_on_submit():
        return render_template("console/sign_in.html", form=form, account=""), 422
    if not within_asking_limit():
        return render_template("console/sent.html", minutes=0, sender=""), 429
    try:
        ask_staff_link(
            db(),
            address=form.email.data or "",
            nonce=signing.nonce_made(),
            user_agent=request.user_agent.string,
            language=i18n.language(),
        )
    except AddressRefused as refusal:
        form.email.errors = [_(refusal.reason)]
        return render_template("console/sign_in.html", form=form, account=""), 422
    return redirect(url_for("staff_sign_in.sent"))


@bp.get("/sent")
@public(WHY)
def sent() -> ResponseReturnValue:
    """Says where to look, whoever asked."""
    sender = current_company().config.sender.email
    return render_template("console/sent.html", minutes=int(LIFE.total_seconds() // 60), sender=sender)


@bp.get("/in/<token>")
@public("the page is the same for every token and says only what the button does")
def arrive(token: str) -> ResponseReturnValue:
    """One button. The Strict cookie may be missing on arrival from a mail, so this page neither reads nor sets one."""
    g.secret_link = True
    return render_template("console/link.html", token=token[:64])


@bp.post("/in")
@public("the token and the asking browser's own cookie are the authority; it opens only the page for the second half")
def use() -> ResponseReturnValue:
    """The first half: this browser asked for the link and holds it."""
    g.secret_link = True
    places.refuse_beside_provider()
    token = use_staff_link(db(), request.form.get("token", ""), nonce=signing.nonce(), user_agent=request.user_agent.string)
    if token is None:
        return render_template("console/link_ended.html"), 410
    signing.keep(token)
    return redirect(url_for("staff_second.show"))


# Its page may not set a cookie, so there is no token of a session; `refuse_foreign_posts` and the Strict nonce stand in.
csrf.exempt(use)


@bp.post("/sign-out")
@staff_arriving()
def sign_out() -> ResponseReturnValue:
    """End this session, whole or half."""
    current = current_staff()
    record_audit(db(), actor=current.staff.actor, act="staff.signed_out", target=f"staff:{current.staff.public_id}")
    end_staff_session(db(), current)
    kept = {name: session[name] for name in ("language", "nonce") if name in session}
    session.clear()
    session.update(kept)
    answer = make_response(redirect(url_for("staff_sign_in.show")))
    answer.headers["Clear-Site-Data"] = FORGET
    return answer
