"""Door 1, numbers beside your address: a telephone or customer number that a record of yours holds can be taken on, and let go.

Must never say why a number does not fit, nor show one whole.
"""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.cases.numbers import add_number, kinds_of, numbers_of, read_numbers, remove_number
from portal.cases.proof import ValuesNotReadable
from portal.core.i18n import _, pick
from portal.identity.proofs import tries_left
from portal.people.numbers import hint
from portal.site import own_data
from portal.site.forms import ValueForm
from portal.web.context import current_company, database
from portal.web.guards import acting_transaction, current_session, person_required
from portal.web.transactions import asks_systems, db

bp = Blueprint("numbers", __name__, url_prefix="/numbers")

LARGEST_ID = 2**63 - 1


@bp.get("")
@person_required(fresh=True)
def show() -> ResponseReturnValue:
    """The numbers, and the form for one more."""
    return _page(ValueForm(_kinds()))


@bp.post("")
@person_required(fresh=True)
@asks_systems
def add() -> ResponseReturnValue:
    """Compare the number with what the records hold that are open now."""
    form = ValueForm(_kinds())
    if not form.validate_on_submit():
        return _page(form, 422)
    try:
        added = _compare(form)
    except ValuesNotReadable:
        form.value.errors = [
            _("A system did not answer, so nothing could be compared. Try again in a moment; this was not counted.")
        ]
        return _page(form, 503)
    if not added:
        form.value.errors = [_("We cannot take on this number. Check how it is spelt, or ask us.")]
        return _page(form, 422)
    flash(
        _("The number is yours here now. What our systems hold under it is found with the rest, and your choices reach it."), "ok"
    )
    return redirect(url_for("numbers.show"), 303)


@bp.post("/<int:number>/remove")
@person_required(fresh=True)
def remove(number: int) -> ResponseReturnValue:
    """Let a number go."""
    if number > LARGEST_ID or not remove_number(db(), current_session().person_id, number):
        abort(404)
    flash(_("The number is gone from here. What you said no to stays a no for it."), "ok")
    return redirect(url_for("numbers.show"), 303)


def _compare(form: ValueForm) -> bool:
    """With what the records hold that are open now."""
    held = read_numbers(database(), own_data.reader(), own_data.read().opened)
    with acting_transaction() as writing:
        return add_number(writing, current_session(), form.kind.data, form.value.data or "", held)


def _kinds() -> list[tuple[str, str]]:
    company = current_company().config
    return [(kind, pick(company.proof_titles[kind])) for kind in kinds_of(company)]


def _page(form: ValueForm, status: int = 200) -> ResponseReturnValue:
    titles = dict(_kinds())
    with database().reading(current_company().id) as reading:
        numbers = [
            {
                "title": titles.get(one.kind, _("Number")),
                "hint": hint(one.value),
                "since": one.proven_at,
                "remove_url": _remove(one.id),
            }
            for one in numbers_of(reading, current_session().person_id)
        ]
        left = tries_left(reading, current_session())
    page = render_template("site/numbers.html", form=form, numbers=numbers, tries_left=left, may_add=bool(titles))
    return page, status


def _remove(number: int) -> str:
    return url_for("numbers.remove", number=number)
