"""Door 4, taking in what came by letter, telephone or at the counter. Must never lose what was typed, nor open a second case unasked."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.cases import intake
from portal.cases.attaching import FileRefused
from portal.cases.dates import today_of
from portal.cases.file_words import choose_again, why_refused
from portal.cases.filing import TooManyCases
from portal.cases.messages import MessageRefused
from portal.cases.model import CameBy, Case, CaseKind
from portal.console import words
from portal.console.forms import IntakeForm
from portal.core.i18n import _
from portal.people.addresses import AddressRefused, normal_address
from portal.web.context import current_company
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db
from portal.web.uploads import brought, takes_files

bp = Blueprint("staff_intake", __name__, url_prefix="/console/intake")


@bp.get("")
@staff_may("cases.work")
def show() -> ResponseReturnValue:
    """The form."""
    form = _form(formdata=None)
    form.received_on.data = today_of(db())
    return _page(form)


@bp.post("")
@staff_may("cases.work")
@takes_files
def send() -> ResponseReturnValue:
    """A case of its own, or one message more in a case that is open: where there is such a one, staff say which."""
    form = _form()
    wanted = _wanted(form) if form.validate_on_submit() else None
    if wanted is not None:
        found = intake.alike(db(), wanted)
        if form.is_told_apart([case.number for case in found]):
            case = _taken(form, wanted, next((one for one in found if one.number == form.belongs.data), None))
            if case is not None:
                flash(_("Taken in. The customer gets a mail."), "ok")
                return redirect(url_for("staff_case.show", number=case.number))
    if brought(form.files.data) and not form.files.errors:
        form.files.errors = [choose_again()]
    return _page(form)


def _wanted(form: IntakeForm) -> intake.Request | None:
    """What was typed, or None where the address is none; the form says why."""
    allow = current_company().config.allow_non_ascii_addresses
    try:
        address = normal_address(form.email.data or "", allow_non_ascii=allow)
    except AddressRefused as refusal:
        form.email.errors = [_(refusal.reason)]
        return None
    return intake.Request(
        CaseKind(form.kind.data), CameBy(form.came_by.data), form.received_on.data or date.min, form.language.data or "",
        address, form.text.data or "", brought(form.files.data),
    )  # fmt: skip


def _taken(form: IntakeForm, wanted: intake.Request, joins: Case | None) -> Case | None:
    """The case; None where it cannot be, and the form says why."""
    staff = current_staff().staff
    try:
        if joins is None:
            return intake.take_in(db(), wanted, by=staff)
        intake.join(db(), joins, wanted, by=staff)
    except intake.NotArrivedYet:
        form.received_on.errors = [_("It cannot have arrived after today.")]
    except intake.TooLongAgo:
        form.received_on.errors = [_("That is more than 90 days ago. Ask your privacy officer what to do with it.")]
    except intake.AboutYourself:
        form.email.errors = [_("This is your own address. A colleague has to take this in.")]
    except TooManyCases:
        form.email.errors = [_("So many requests were opened for this customer today that this one has to wait until tomorrow.")]
    except FileRefused as refusal:
        form.files.errors = [why_refused(refusal)]
    except MessageRefused:
        form.text.errors = [_("This could not be kept: it is too long, or too much was written for this customer today.")]
    else:
        return joins
    db().rollback()
    return None


def _form(**given: None) -> IntakeForm:
    kinds = [(kind.value, words.kind_of(kind)) for kind in intake.kinds_to_take_in(db())]
    return IntakeForm(kinds, words.ways(), words.languages(current_company().config), **given)


def _page(form: IntakeForm) -> ResponseReturnValue:
    return render_template("console/intake.html", current=current_staff(), form=form), 422 if form.errors else 200
