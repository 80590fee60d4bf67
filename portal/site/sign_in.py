"""Door 1, sign-in: ask for a link, wait for the mail, type its code. Known and unknown addresses get the same page and the same work.

Must never say or show whether an address is known, and never sign in anyone by asking.
"""

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import i18n
from portal.core.i18n import _, ngettext
from portal.identity.codes import enter_code
from portal.identity.links import ask, asking_of
from portal.identity.outcomes import CodeEnded, CodeMalformed, CodesOff, CodeWrong, EndReason, SignedIn
from portal.people.addresses import AddressRefused, masked
from portal.site.forms import AddressForm, CodeForm
from portal.web import signing, steps
from portal.web.context import current_company, network
from portal.web.guards import public
from portal.web.strangers import within_asking_limit
from portal.web.transactions import db

bp = Blueprint("sign_in", __name__)
WHY = "who signs in is nobody yet"


@bp.get("/sign-in")
@public(WHY)
def show() -> ResponseReturnValue:
    """Ask for the address."""
    return render_template("site/sign_in.html", form=AddressForm())


@bp.post("/sign-in")
@public(WHY)
def send() -> ResponseReturnValue:
    """Write down that a link was asked for; the worker does the rest."""
    form = AddressForm()
    if form.validate_on_submit():
        try:
            return _ask(form.email.data or "", steps.read(request.args.get("next")))
        except AddressRefused as refusal:
            form.email.errors = [_(refusal.reason)]
    return render_template("site/sign_in.html", form=form), 422


@bp.get("/check-mail")
@public(WHY)
def wait() -> ResponseReturnValue:
    """The tab that asked waits here."""
    return _waiting(CodeForm())


@bp.post("/check-mail")
@public(WHY)
def enter() -> ResponseReturnValue:
    """Sign in by the code, in the browser that asked."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _waiting(form, 422)
    outcome = enter_code(
        db(),
        form.code.data or "",
        nonce=signing.nonce() or "",
        user_agent=request.user_agent.string,
        current=signing.live_session(),
        network=network(),
    )
    if isinstance(outcome, SignedIn):
        signing.keep(outcome.token)
        return redirect(steps.url_of(outcome.destination))
    form.code.errors = [_words(outcome)]
    return _waiting(form, 422)


@bp.post("/check-mail/again")
@public(WHY)
def send_again() -> ResponseReturnValue:
    """One more mail to the same address; earlier links stay good."""
    asking = asking_of(db(), signing.nonce() or "")
    if asking is None:
        return redirect(url_for("sign_in.show"))
    return _ask(asking.address, asking.destination)


@bp.get("/check-mail/progress")
@public(WHY)
def progress() -> ResponseReturnValue:
    """For the waiting tab: where to go on, once the link was pressed in this very browser. Gives nothing else away."""
    asking = asking_of(db(), signing.nonce() or "")
    gone_on = asking is not None and asking.signed_in and signing.live_session() is not None
    return jsonify({"go": steps.url_of(asking.destination)} if asking and gone_on else {})


def asked_too_often() -> ResponseReturnValue:
    """So many links were asked for from this network that none is sent now. Says nothing of any address."""
    return render_template("site/asked_too_often.html"), 429


def _ask(address: str, step: str | None) -> ResponseReturnValue:
    if not within_asking_limit():
        return asked_too_often()
    ask(
        db(),
        address=address,
        nonce=signing.nonce_made(),
        user_agent=request.user_agent.string,
        language=i18n.language(),
        destination=step,
        allowed=(step,) if step else (),
        network=network(),
    )
    return redirect(url_for("sign_in.wait"))


def _waiting(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    asking = asking_of(db(), signing.nonce() or "")
    if asking is None:
        return redirect(url_for("sign_in.show"))
    page = render_template(
        "site/check_mail.html",
        form=form,
        address=masked(asking.address),
        valid_until=asking.valid_until,
        sender=current_company().config.sender.email,
        wait_url=url_for("sign_in.progress"),
        codes_off=asking.codes_off,
        code_spent=asking.code_spent,
    )
    return page, status


def _words(outcome: CodeMalformed | CodeWrong | CodeEnded | CodesOff) -> str:
    if isinstance(outcome, CodeMalformed):
        return _("The code has 8 digits.")
    if isinstance(outcome, CodeWrong):
        return ngettext(
            "The code did not match. You have %(num)s try left.",
            "The code did not match. You have %(num)s tries left.",
            outcome.tries_left,
        )
    if isinstance(outcome, CodeEnded) and outcome.reason is EndReason.TOO_MANY_TRIES:
        return _("Too many wrong codes. The button in the mail still works, or send it again.")
    if isinstance(outcome, CodesOff):
        return _("Codes are switched off for a while. The button in the mail works as always.")
    return _("This code has ended. Send the mail again.")
