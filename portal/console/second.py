"""Door 4, the second half of a sign-in, and the same once more before an act of weight: a passkey, or a recovery code.

Must never go on without one of them, and never say which of a code's letters were wrong.
"""

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from portal.console import places
from portal.console.arriving import go_on
from portal.console.forms import PasskeyForm, RecoveryCodeForm
from portal.core.i18n import _
from portal.identity.passkeys import ask_to_show, passkeys_of, show_passkey
from portal.identity.recovery_codes import use_code
from portal.web.staff_guards import current_staff, staff_arriving
from portal.web.transactions import db

bp = Blueprint("staff_second", __name__, url_prefix="/console/second")


@bp.get("")
@staff_arriving()
def show() -> ResponseReturnValue:
    """Asks for a passkey or a code."""
    return _page(RecoveryCodeForm())


@bp.post("/options")
@staff_arriving()
def options() -> ResponseReturnValue:
    """What the browser needs to show a passkey: JSON, with the server's own challenge."""
    places.refuse_beside_provider()
    return Response(ask_to_show(db(), current_staff(), places.here()), content_type="application/json")


@bp.post("/passkey")
@staff_arriving()
def passkey() -> ResponseReturnValue:
    """The browser showed one."""
    places.refuse_beside_provider()
    form = PasskeyForm()
    answer = form.answer.data if form.validate_on_submit() else None
    token = show_passkey(db(), current_staff(), places.here(), answer or "")
    return _went_on(token) if token else _page(RecoveryCodeForm(formdata=None), failed=True)


@bp.post("/code")
@staff_arriving()
def code() -> ResponseReturnValue:
    """A recovery code was typed; it is good once."""
    places.refuse_beside_provider()
    form = RecoveryCodeForm()
    if form.validate_on_submit():
        token = use_code(db(), current_staff(), form.code.data or "")
        if token:
            return _went_on(token)
        form.code.errors = [_("This is not one of your codes, or it was used. After five tries, wait a quarter of an hour.")]
    return _page(form)


def _went_on(token: str) -> ResponseReturnValue:
    return go_on(token, current_staff(), again=current_staff().whole)


def _page(form: RecoveryCodeForm, *, failed: bool = False) -> ResponseReturnValue:
    current = current_staff()
    page = render_template(
        "console/second.html",
        form=form,
        passkey_form=PasskeyForm(formdata=None),
        current=current,
        failed=failed,
        account=places.account(),
        has_passkey=any(one.host == places.here().host for one in passkeys_of(db(), current.staff.id)),
    )
    return page, 422 if form.errors or failed else 200
