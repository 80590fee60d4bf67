"""Door 4, the phone desk: ask a customer for a yes on their own page, and do what it allows while it holds.

Must never offer a copy, a deletion or a change of address.
"""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.cases.filing import TooManyCases
from portal.cases.intake import AboutYourself
from portal.cases.messages import MessageRefused
from portal.cases.phone import acting, asking, codes
from portal.cases.phone.words import exactly
from portal.cases.rights import NotOffered
from portal.cases.searching import NoSuchSearch
from portal.console import words
from portal.console.forms import PhoneForm
from portal.core import urls
from portal.core.i18n import _
from portal.web.context import current_company
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_phone", __name__, url_prefix="/console")

OVER = 409


@bp.post("/found/<search>/phone")
@staff_may("cases.work")
def ask(search: str) -> ResponseReturnValue:
    """Ask whom this search found, and wait for the answer."""
    try:
        token = asking.ask(db(), search, by=current_staff().staff)
    except (NoSuchSearch, asking.NobodyToAsk):
        abort(404)
    except asking.AskedTooOften:
        return _refused(_("This customer was asked too often today."))
    except asking.SomebodyElseAsks:
        return _refused(_("A colleague is on the telephone with this customer."))
    return redirect(url_for("staff_phone.show", token=token), 303)


@bp.get("/phone/<token>")
@staff_may("cases.work")
def show(token: str) -> ResponseReturnValue:
    """Whether there is a yes, and what it allows."""
    return _page(token, _form(token, formdata=None))


@bp.post("/phone/<token>/code")
@staff_may("cases.work")
def give_code(token: str) -> ResponseReturnValue:
    """A code for a customer who is not signed in, shown this once."""
    try:
        code = codes.give_code(db(), token, by=current_staff().staff)
    except asking.NoSuchCall:
        abort(404)
    except codes.CannotGiveCode:
        return _page(token, _form(token, formdata=None), OVER)
    return _page(token, _form(token, formdata=None), code=code)


@bp.post("/phone/<token>/case")
@staff_may("cases.work")
def open_case(token: str) -> ResponseReturnValue:
    """Open a case in the customer's name."""
    form = _form(token)
    if not form.validate_on_submit():
        return _page(token, form)
    try:
        acting.open_case(db(), token, form.kind.data or "", form.text.data or "", by=current_staff().staff)
    except asking.NoSuchCall:
        abort(404)
    except acting.NoYes:
        return _page(token, form, OVER)
    except NotOffered:
        form.kind.errors = [_("This cannot be begun by telephone.")]
    except (TooManyCases, AboutYourself):
        form.kind.errors = [_("This cannot be opened today, or not by you. A colleague has to take it in.")]
    except MessageRefused:
        form.text.errors = [_("This needs words, and not too many.")]
    else:
        flash(_("Opened. The customer sees it now and gets a mail."), "ok")
        return redirect(url_for("staff_phone.show", token=token), 303)
    db().rollback()
    return _page(token, form)


@bp.post("/phone/<token>/stop")
@staff_may("cases.work")
def stop(token: str) -> ResponseReturnValue:
    """Stop all advertising."""
    try:
        acting.stop_adverts(db(), token, by=current_staff().staff)
    except asking.NoSuchCall:
        abort(404)
    except acting.NoYes:
        return _page(token, _form(token, formdata=None), OVER)
    flash(_("Stopped. The customer sees it now and gets a mail."), "ok")
    return redirect(url_for("staff_phone.show", token=token), 303)


@bp.post("/phone/<token>/end")
@staff_may("cases.work")
def end(token: str) -> ResponseReturnValue:
    """The call is over."""
    try:
        asking.hang_up(db(), token, by=current_staff().staff)
    except asking.NoSuchCall:
        abort(404)
    return redirect(url_for("staff_phone.show", token=token), 303)


def _form(token: str, **given: None) -> PhoneForm:
    try:
        kinds = acting.kinds_by_phone(db(), token, by=current_staff().staff)
    except asking.NoSuchCall:
        abort(404)
    return PhoneForm([(kind.value, words.kind_of(kind)) for kind in kinds], **given)


def _page(token: str, form: PhoneForm, status: int = 200, *, code: str = "") -> ResponseReturnValue:
    call = asking.call_of_staff(db(), token, by=current_staff().staff)
    page = render_template(
        "console/phone.html", current=current_staff(), form=form, call=call, acts=[{"words": exactly(act.what), "at": act.at} for act in call.acts],
        code=code, whose=call.whose if call.by_code else "", call_url=urls.address(current_company().config.url, urls.CALL),
    )  # fmt: skip
    return page, 422 if form.errors else status


def _refused(why: str) -> ResponseReturnValue:
    return render_template("console/phone_refused.html", current=current_staff(), why=why), OVER
