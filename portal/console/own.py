"""Door 4, your own sign-in: passkeys, recovery codes, where you are signed in. Each change needs a fresh passkey or code.

Must never touch what is somebody else's, and never show a code twice.
"""

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.companies import record_audit
from portal.console import places
from portal.console.forms import PasskeyForm
from portal.core.i18n import _
from portal.identity.browsers import browser_words
from portal.identity.passkeys import NoSuchPasskey, ask_to_make, make_passkey, passkeys_of, remove_passkey
from portal.identity.recovery_codes import codes_left, make_codes
from portal.identity.staff_sessions import end_staff_sessions, sessions_of_staff
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_own", __name__, url_prefix="/console/own")
LARGEST_ID = 2**63 - 1


@bp.get("")
@staff_may("own")
def show() -> ResponseReturnValue:
    """What this member of staff signs in with."""
    current = current_staff()
    return render_template(
        "console/own.html",
        current=current,
        account=places.account(),
        form=PasskeyForm(),
        passkeys=[{"line": line, "browser": browser_words(line.browser)} for line in passkeys_of(db(), current.staff.id)],
        can=places.can_have_passkeys(),
        codes=codes_left(db(), current.staff.id),
        sessions=sessions_of_staff(db(), current.staff.id),
    )


@bp.post("/options")
@staff_may("own", fresh=True)
def options() -> ResponseReturnValue:
    """What the browser needs to make a passkey: JSON, with the server's own challenge."""
    return Response(ask_to_make(db(), current_staff(), places.here()), content_type="application/json")


@bp.post("/passkey")
@staff_may("own", fresh=True)
def make() -> ResponseReturnValue:
    """The browser made one; it is kept for who is signed in here, whatever the answer says."""
    form = PasskeyForm()
    answer = form.answer.data if form.validate_on_submit() else None
    if make_passkey(db(), current_staff(), places.here(), answer or ""):
        flash(_("The passkey is kept. Next time it signs you in after the mail."), "ok")
    else:
        flash(_("The passkey could not be kept. Nothing was changed; try again."), "bad")
    return redirect(url_for("staff_own.show"))


@bp.post("/passkey/<int:number>/remove")
@staff_may("own", fresh=True)
def remove(number: int) -> ResponseReturnValue:
    """That passkey opens nothing any more."""
    if number > LARGEST_ID:
        abort(404)
    try:
        remove_passkey(db(), current_staff(), number)
    except NoSuchPasskey:
        abort(404)
    flash(_("The passkey is removed. It opens nothing any more."), "ok")
    return redirect(url_for("staff_own.show"))


@bp.post("/codes")
@staff_may("own", fresh=True)
def codes() -> ResponseReturnValue:
    """New codes, shown on this page and never again."""
    current = current_staff()
    return render_template("console/codes.html", current=current, codes=make_codes(db(), current.staff, by=current.staff.actor))


@bp.post("/sessions/end")
@staff_may("own")
def end_others() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    current = current_staff()
    ended = end_staff_sessions(db(), current.staff.id, but=current.id)
    record_audit(
        db(), actor=current.staff.actor, act="staff.sessions_ended", target=f"staff:{current.staff.public_id}", count=ended
    )
    flash(_("Every other browser is signed out."), "ok")
    return redirect(url_for("staff_own.show"))
