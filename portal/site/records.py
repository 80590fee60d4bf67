"""Door 1, one detail more: opens a record where several people use one address, or what is sensitive.

Must never say why a detail was not enough, nor show anything of a record that it did not open.
"""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.cases.proof import NotEnough, Opened, ValuesNotReadable, prove, read_values
from portal.core.i18n import _
from portal.identity.proofs import tries_left
from portal.site import own_data
from portal.site.forms import ValueForm
from portal.web import steps
from portal.web.context import current_company, database
from portal.web.guards import current_session, person_required
from portal.web.transactions import asks_systems

bp = Blueprint("records", __name__, url_prefix="/data/open")


@bp.get("")
@person_required()
@asks_systems
def show() -> ResponseReturnValue:
    """Ask for the detail."""
    return _page(ValueForm(own_data.kinds()), own_data.read())


@bp.post("")
@person_required()
@asks_systems
def give() -> ResponseReturnValue:
    """Compare the detail with what the systems hold."""
    form, data = ValueForm(own_data.kinds()), own_data.read()
    if not form.validate_on_submit():
        return _page(form, data, 422)
    if data.cannot_compare(form.kind.data):
        return _not_compared(form, data)
    try:
        outcome = _compare(data, {form.kind.data: form.value.data or ""})
    except ValuesNotReadable:
        return _not_compared(form, data)
    if isinstance(outcome, Opened):
        session["sid"] = outcome.token
        # The act that needed the detail goes on; it looks by itself at what is open now.
        return redirect(steps.url_of(steps.read(request.args.get("next")) or "held.show"))
    form.value.errors = [_("This does not open your data. Check how it is spelt, or give another detail.")]
    return _page(form, data, 422)


def _compare(data: own_data.OwnData, typed: dict[str, str]) -> Opened | NotEnough:
    company_id = current_company().id
    kinds = frozenset(key for key, _title in own_data.kinds())
    held = read_values(database(), own_data.reader(), data.reading, kinds)
    with database().writing(company_id) as db:
        return prove(db, current_session(), typed, held)


def _not_compared(form: ValueForm, data: own_data.OwnData) -> ResponseReturnValue:
    form.value.errors = [_("A system did not answer, so nothing could be compared. Try again in a moment; this was not counted.")]
    return _page(form, data, 503)


def _page(form: ValueForm, data: own_data.OwnData, status: int = 200) -> ResponseReturnValue:
    with database().reading(current_company().id) as db:
        left = tries_left(db, current_session())
    back = url_for("home.show") if data.closed else url_for("held.show")
    page = render_template(
        "site/open_record.html",
        reason="silent" if data.unsure else "several" if data.closed else "sensitive",
        form=form,
        needs="",
        silent=data.silent,
        tries_left=left,
        back_url=back,
    )
    return page, status
