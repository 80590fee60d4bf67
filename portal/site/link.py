"""Door 1, the mailed link: a page with one button, opened as often as anyone likes; only the button signs in, and only here.

Must never act on GET or HEAD, and never put the token into any address but its own link.
"""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import i18n
from portal.core.i18n import N_, _
from portal.identity.browsers import browser_words
from portal.identity.links import ask_fresh, asking_of
from portal.identity.outcomes import (
    AddressWanted,
    AddressWrong,
    EndReason,
    LinkEnded,
    LinkReady,
    LinkStopped,
    LinkUnknown,
    SignedIn,
)
from portal.identity.pressing import press_link, show_link, stop_link
from portal.site.forms import LinkForm
from portal.site.sign_in import asked_too_often
from portal.web import signing, steps
from portal.web.guards import public
from portal.web.said import said_at, say_at
from portal.web.strangers import within_asking_limit
from portal.web.transactions import db

bp = Blueprint("link", __name__)
WHY = "the token of the link is the authority; the press signs in this browser only"
NOT_ME = "stopped"
MISTAKES = {
    AddressWanted: N_("Type the address that got the mail."),
    AddressWrong: N_("This is not the address that got the mail. The link still works."),
}


@bp.get("/in/<token>")
@public(WHY)
def show(token: str) -> ResponseReturnValue:
    """Says what the button will do, and once "this was not me" was pressed that the link is dead."""
    if said_at("link.show", token=token) == NOT_ME:
        g.secret_link = True
        return render_template("site/not_me.html")
    outcome = show_link(db(), token, nonce=signing.nonce(), current=signing.live_session())
    return _ready(outcome, token) if isinstance(outcome, LinkReady) else _ended(outcome, token)


@bp.post("/in")
@public(WHY)
def press() -> ResponseReturnValue:
    """Sign this browser in."""
    form, token = LinkForm(), request.form.get("token", "")
    if not form.validate_on_submit():
        return show(token)
    outcome = press_link(
        db(),
        token,
        nonce=signing.nonce(),
        user_agent=request.user_agent.string,
        typed_address=form.email.data,
        current=signing.live_session(),
    )
    if isinstance(outcome, SignedIn):
        signing.keep(outcome.token)
        return redirect(steps.url_of(outcome.destination))
    if isinstance(outcome, AddressWanted | AddressWrong):
        return _ready(outcome.link, token, _(MISTAKES[type(outcome)]))
    return _ended(outcome, token)


@bp.post("/in/not-me")
@public(WHY)
def not_me() -> ResponseReturnValue:
    """This was not me: link and code die."""
    form, token = LinkForm(), request.form.get("token", "")
    typed = form.email.data if form.validate_on_submit() else None
    outcome = stop_link(db(), token, nonce=signing.nonce(), typed_address=typed)
    if isinstance(outcome, LinkStopped):
        return say_at("link.show", NOT_ME, token=token)
    if isinstance(outcome, AddressWanted | AddressWrong):
        return _check_not_me(form, outcome, token)
    return _ended(outcome, token)


@bp.post("/in/fresh")
@public(WHY)
def fresh() -> ResponseReturnValue:
    """Another link to the same address, in one press."""
    if not within_asking_limit():
        return asked_too_often()
    outcome = ask_fresh(
        db(),
        request.form.get("token", ""),
        nonce=signing.nonce_made(),
        user_agent=request.user_agent.string,
        language=i18n.language(),
    )
    if isinstance(outcome, LinkUnknown):
        return redirect(url_for("sign_in.show"))
    waiting = asking_of(db(), signing.nonce() or "")
    if waiting is None or waiting.address != outcome.address:
        # This browser never typed the address: it learns nothing of it and waits for nothing.
        flash(_("A new link is on its way. Open it, and type your address there."), "ok")
        return redirect(url_for("sign_in.show"))
    return redirect(url_for("sign_in.wait"))


def _check_not_me(form: LinkForm, outcome: AddressWanted | AddressWrong, token: str) -> ResponseReturnValue:
    g.secret_link = True
    # The page before had no field for it: who comes from there has made no mistake yet.
    if isinstance(outcome, AddressWrong) or form.again.data:
        form.email.errors = form.email.errors or [_(MISTAKES[type(outcome)])]
    form.again.data = "yes"
    page = render_template(
        "site/not_me_check.html",
        form=form,
        token=token,
        hint=outcome.link.masked_address,
        not_me_url=url_for("link.not_me"),
    )
    return page, 422 if form.errors else 200


def _ready(link: LinkReady, token: str, mistake: str = "") -> ResponseReturnValue:
    g.secret_link = True
    form = LinkForm(formdata=request.form if mistake else None, data={"token": token})
    if mistake:
        form.email.errors = [mistake]
    page = render_template(
        "site/link.html" if link.in_asking_browser else "site/link_elsewhere.html",
        form=form,
        token=token,
        address=link.masked_address,
        hint=link.masked_address,
        asked_at=link.asked_at,
        valid_until=link.valid_until,
        browser=browser_words(link.browser),
        destination=steps.words_of(link.destination),
        other_session=link.other_session,
        asked_nowhere=link.asked_nowhere,
        has_code=link.has_code,
        use_url=url_for("link.press"),
        not_me_url=url_for("link.not_me"),
    )
    return page, 422 if mistake else 200


def _ended(outcome: LinkEnded | LinkUnknown, token: str) -> ResponseReturnValue:
    g.secret_link = True
    known = isinstance(outcome, LinkEnded)
    page = render_template(
        "site/link_ended.html",
        token=token if known else "",
        hint=outcome.masked_address if isinstance(outcome, LinkEnded) else "",
        stopped=isinstance(outcome, LinkEnded) and outcome.reason is EndReason.STOPPED,
        destination=steps.words_of(outcome.destination) if isinstance(outcome, LinkEnded) and outcome.destination else "",
        fresh_url=url_for("link.fresh"),
        signed_in=signing.live_session() is not None,
    )
    return page, 410
