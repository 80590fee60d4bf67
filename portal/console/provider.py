"""Door 4, sign-in by the company's own service (OpenID Connect), where `portal.yaml` names one; then it is the only way in.

Must never sign anybody in on GET, nor in a browser that did not begin: the way back is a page with one button, and the cookie that the
beginning left has to be there when it is pressed.
"""

from typing import Any

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature

from portal.console import places
from portal.console.arriving import go_on
from portal.console.forms import RecoveryCodeForm
from portal.core import clock, crypto, logs
from portal.core.errors import PortalError
from portal.core.i18n import _
from portal.identity.oidc import Claims, ProviderAway, ProviderRefused, begin, claims_of
from portal.identity.staff_provider import bind_first, prove_again, sign_in
from portal.identity.staff_sessions import staff_session_of
from portal.settings import settings
from portal.web.context import current_company, database
from portal.web.forgery import csrf
from portal.web.guards import public
from portal.web.strangers import within_asking_limit
from portal.web.transactions import asks_systems, db

bp = Blueprint("staff_provider", __name__, url_prefix="/console/account")
WHY = "who comes this way is vouched for by the company's own service, not by us"
SECONDS = 600
ACCOUNT = "account"
"""In the cookie: an account that the service vouched for and that is nobody's yet; a keyed hash, for ten minutes."""


@bp.get("")
@public(WHY)
def begin_here() -> ResponseReturnValue:
    """On to the service, which shows its own page. Writes nothing; the browser keeps what it has to bring back."""
    provider = places.provider() or abort(404)
    try:
        begun = begin(provider, back=_back(), again=isinstance(session.get("sid"), str))
    except ProviderAway as away:
        return _failed(away, 502)
    answer = make_response(redirect(begun.address))
    kept = crypto.signer("staff-account").dumps(
        {**begun.kept, "company": current_company().key, "until": int(clock.now().timestamp()) + SECONDS}
    )
    # Lax: the service leads back from another site, where a Strict cookie stays behind.
    answer.set_cookie(_cookie(), kept, max_age=SECONDS, path="/", secure=not settings().is_demo, httponly=True, samesite="Lax")
    return answer


@bp.get("/back")
@public("the page is the same for everything that comes back and says only what the button does")
def back() -> ResponseReturnValue:
    """One button. The staff's Strict cookie may be missing on arrival, so this page neither reads nor sets one."""
    provider = places.provider() or abort(404)
    g.secret_link = True
    # RFC 9207: an answer that names another issuer was meant for somebody else; a code of theirs is not carried to ours.
    elsewhere = request.args.get("iss", provider.issuer) != provider.issuer
    if elsewhere or request.args.get("error") or not request.args.get("code"):
        return render_template("console/account_failed.html", away=False), 401
    return render_template("console/account.html", code=request.args["code"][:2048], state=request.args.get("state", "")[:200])


@bp.post("/finish")
@public("the service's signed word is the authority, and the cookie of the browser that began")
@asks_systems
def finish() -> ResponseReturnValue:
    """The button of a person: the code is changed for the service's word, with no transaction open."""
    g.secret_link = True
    provider, kept = places.provider() or abort(404), _kept()
    with database().writing(current_company().id) as writing:
        within = within_asking_limit(writing)
    if kept is None or not within or not crypto.same(kept["state"].encode(), request.form.get("state", "").encode()):
        return render_template("console/account_failed.html", away=False), 429 if not within else 410
    try:
        claims = claims_of(provider, code=request.form.get("code", ""), kept=kept, back=_back())
    except (ProviderAway, ProviderRefused) as failure:
        return _failed(failure, 502 if isinstance(failure, ProviderAway) else 401)
    return _forgotten(_signed_in(claims))


# Its page may not set a cookie, so there is no token of a session; `refuse_foreign_posts` and the cookie of the beginning stand in.
csrf.exempt(finish)


@bp.post("/first")
@public("the service has vouched for the account, and the code that its owner was handed says whose it is")
def first() -> ResponseReturnValue:
    """The first time: the account is bound to whoever was handed the code."""
    places.provider() or abort(404)
    known = session.get(ACCOUNT)
    if not isinstance(known, dict) or known["until"] < clock.now().timestamp():
        return render_template("console/account_failed.html", away=False), 410
    form = RecoveryCodeForm()
    if form.validate_on_submit():
        raised = bind_first(db(), bytes.fromhex(known["subject"]), form.code.data or "", user_agent=request.user_agent.string)
        if raised is not None:
            return go_on(raised, staff_session_of(db(), raised), again=False)
        form.code.errors = [
            _("This code is nobody’s, was used, or too much was tried. Whoever runs the portal can give you a new one.")
        ]
    return render_template("console/account_first.html", form=form), 422


def _signed_in(claims: Claims) -> Response:
    token = session.get("sid")
    with database().writing(current_company().id) as writing:
        current = staff_session_of(writing, token) if isinstance(token, str) else None
        again = current is not None and current.whole
        if current is not None and again:
            raised = prove_again(writing, claims, current)
        else:
            raised = sign_in(writing, claims.subject, user_agent=request.user_agent.string)
        if raised is not None:
            return make_response(go_on(raised, staff_session_of(writing, raised), again=again))
    if again:
        return make_response(render_template("console/account_unknown.html"), 403)
    session[ACCOUNT] = {"subject": claims.subject.hex(), "until": int(clock.now().timestamp()) + SECONDS}
    return make_response(render_template("console/account_first.html", form=RecoveryCodeForm(formdata=None)))


def _kept() -> dict[str, str] | None:
    """What the beginning left in this browser; None where it is missing, forged, late or another company's."""
    try:
        kept: dict[str, Any] = crypto.signer("staff-account").loads(request.cookies.get(_cookie(), ""))
    except BadSignature:
        return None
    return kept if kept["company"] == current_company().key and kept["until"] > clock.now().timestamp() else None


def _forgotten(answer: Response) -> Response:
    answer.delete_cookie(_cookie(), path="/", secure=not settings().is_demo, httponly=True, samesite="Lax")
    return answer


def _failed(failure: PortalError, status: int) -> ResponseReturnValue:
    logs.event("staff.account_failed", level=30, company=current_company().key, error=failure)
    return render_template("console/account_failed.html", away=isinstance(failure, ProviderAway)), status


def _back() -> str:
    """Where the service leads back to: from configuration, never from the Host header. It has to be registered there."""
    return f"{current_company().config.url.rstrip('/')}{url_for('staff_provider.back')}"


def _cookie() -> str:
    return "staff-account" if settings().is_demo else "__Host-staff-account"
