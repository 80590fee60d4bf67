"""Door 1, get a copy: choose what goes in, check, ask. Needs a sign-in under 15 minutes old from its first page on."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.cases.dates import choose_law
from portal.cases.filing import TooManyCases
from portal.cases.held import Held, review_groups
from portal.cases.laws import ClockEvent, Happened
from portal.cases.laws.citing import in_words
from portal.cases.meaning import CHOICES, title_of
from portal.cases.model import CaseKind
from portal.cases.places import place_of
from portal.cases.service import open_access_case
from portal.core import clock, i18n
from portal.core.durations import length_of
from portal.core.i18n import _
from portal.site import own_data
from portal.site.forms import CopyForm
from portal.site.messages_words import too_many_cases
from portal.site.where import asked_where
from portal.web.context import current_company, database
from portal.web.guards import acting_transaction, current_session, person_required
from portal.web.transactions import asks_systems

bp = Blueprint("copies", __name__, url_prefix="/get-a-copy")


@bp.get("")
@person_required(fresh=True)
@asks_systems
def show() -> ResponseReturnValue:
    """Choose what goes in."""
    data = own_data.read()
    return redirect(url_for("records.show")) if _shut(data) else _choose(data, request.args.getlist("group"))


@bp.post("")
@person_required(fresh=True)
@asks_systems
def check() -> ResponseReturnValue:
    """Check the answers; nothing is asked yet."""
    data = own_data.read()
    form = _form(data)
    if not form.validate_on_submit() or not _consistent(form):
        return _choose(data, [], form)
    return _check_page(form, own_data.page(data))


@bp.post("/ask")
@person_required(fresh=True)
@asks_systems
def ask() -> ResponseReturnValue:
    """Open the case."""
    data = own_data.read()
    form = _form(data)
    if _shut(data):
        return redirect(url_for("records.show"))
    if not form.validate_on_submit() or not _consistent(form):
        return _choose(data, [], form)
    with acting_transaction() as db:
        person_id = current_session().person_id
        try:
            case = open_access_case(db, person_id, categories=form.chosen, proven=data.scope, language=i18n.language())
        except TooManyCases:
            flash(too_many_cases(), "warn")
            return redirect(url_for("requests.index"))
        number = case.number
    flash(_("Your request has arrived. We write to you when the copy is ready."), "ok")
    return redirect(url_for("requests.show", number=number))


def _check_page(form: CopyForm, held: Held) -> ResponseReturnValue:
    company = current_company().config
    with database().reading(current_company().id) as reading:
        place = place_of(reading, current_session().person_id)
    law, dates = choose_law(company, CaseKind.ACCESS, ClockEvent(Happened.RECEIVED, clock.now()), place)
    later = review_groups(held) & set(form.chosen or [group.key for group in held.groups])
    return render_template(
        "site/get_copy_check.html",
        everything=not form.chosen,
        categories=[title_of(key) for key in form.chosen],
        later=[title_of(key) for key in sorted(later)],
        due=dates.due,
        law=in_words(law, law.respond.article),
        where_url=asked_where(),
        usual=_("a few minutes"),
        keep_days=length_of(company.retention.downloads).days,
        fields=[("scope", form.scope.data), *(("categories", key) for key in form.chosen)],
        ask_url=url_for("copies.ask"),
        back_url=url_for("copies.show", group=form.chosen),
    )


def _shut(data: own_data.OwnData) -> bool:
    """Whether it has to be shown first whose data it is. A silent system is no reason: the request waits for it."""
    return data.closed and not data.unsure


def _form(data: own_data.OwnData) -> CopyForm:
    # What was agreed to lies in the portal itself and in no system.
    groups = [(group.key, group.title) for group in own_data.page(data).groups if group.shut is None]
    return CopyForm([*groups, (CHOICES, title_of(CHOICES))])


def _consistent(form: CopyForm) -> bool:
    if form.scope.data == "some" and not form.chosen:
        form.categories.errors = [_("Choose at least one kind, or all of it.")]
        return False
    return True


def _choose(data: own_data.OwnData, chosen: list[str], form: CopyForm | None = None) -> ResponseReturnValue:
    held = own_data.page(data)
    if form is None:
        # Nothing is chosen for anyone; who comes back from the check finds their own choice.
        form = _form(data)
        if chosen:
            form.scope.data, form.categories.data = "some", chosen
    page = render_template(
        "site/get_copy.html",
        form=form,
        counts={group.key: group.count for group in held.groups},
        review=dict.fromkeys(review_groups(held), True),
        shut={group.key: True for group in held.groups if group.shut},
        silent=data.silent,
    )
    return page, 422 if form.errors else 200
