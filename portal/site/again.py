"""Door 1, once more that it is you: acts of weight need a sign-in under 15 minutes old, asked for at their start."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import i18n
from portal.identity.links import ask
from portal.identity.pressing import GOES_ON
from portal.site.sign_in import asked_too_often
from portal.web import signing, steps
from portal.web.guards import current_session, person_required
from portal.web.strangers import within_asking_limit
from portal.web.transactions import db

bp = Blueprint("again", __name__, url_prefix="/again")


@bp.get("")
@person_required()
def show() -> ResponseReturnValue:
    """Ask for a fresh link before an act of weight."""
    step = steps.read(request.args.get("next"))
    return render_template(
        "site/reauthenticate.html",
        address=current_session().masked_address,
        destination=steps.words_of(step),
        fresh_url=url_for("again.send", next=request.args.get("next", "")),
        back_url=url_for(steps.HOME),
    )


@bp.post("")
@person_required()
def send() -> ResponseReturnValue:
    """Mail a fresh link to the address of this session."""
    step = steps.read(request.args.get("next"))
    if not within_asking_limit():
        return asked_too_often()
    ask(
        db(),
        address=current_session().address,
        nonce=signing.nonce_made(),
        user_agent=request.user_agent.string,
        language=i18n.language(),
        destination=step,
        typed={GOES_ON: str(current_session().id)},
        allowed=(step,) if step else (),
    )
    return redirect(url_for("sign_in.wait"))
