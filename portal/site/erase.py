"""Door 1, delete my data: three ways to choose, the plan from every system, and the one confirmation.

Must never ask for proof to stop marketing, nor confirm another plan than the one that was shown.
"""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.cases.erasing.addresses import addresses_in
from portal.cases.erasing.confirming import AddressNotSettled, NothingToErase, PlanHasChanged, open_erasure, open_erasure_case
from portal.cases.erasing.planning import plan_all
from portal.cases.erasing.plans import SystemPlan
from portal.cases.meaning import GROUPS
from portal.cases.model import Case
from portal.consent.stopping import stop_marketing
from portal.core import faultpoints, i18n
from portal.core.i18n import _
from portal.site import erase_words as words
from portal.site import own_data
from portal.site.forms import EraseForm, SomeForm
from portal.web import steps
from portal.web.context import current_company, database
from portal.web.guards import acting_transaction, current_session, person_required
from portal.web.transactions import asks_systems, db

bp = Blueprint("erase", __name__, url_prefix="/erase")


@bp.get("")
@person_required()
@asks_systems
def show() -> ResponseReturnValue:
    """What can be done: a copy first, only no more marketing, some of it, everything; before all that what would be lost."""
    with database().reading(current_company().id) as reading:
        open_one = open_erasure(reading, current_session())
    open_url = url_for("requests.show", number=open_one.number) if open_one else ""
    losses = [] if open_one else _losses(own_data.read())
    return render_template("site/erase.html", open_url=open_url, losses=losses, has_marketing=words.asks_for_marketing())


@bp.post("/only-marketing")
@person_required()
def only_marketing() -> ResponseReturnValue:
    """Stop all marketing, at once and without proof."""
    stopped = stop_marketing(db(), current_session().person_id, collection_point="site:erase", language=i18n.language())
    flash(_("All marketing is stopped. Your data stays.") if stopped.events else _("There was no marketing left to stop."), "ok")
    return redirect(url_for("preferences.show"))


@bp.get("/some")
@person_required(fresh=True)
@asks_systems
def some() -> ResponseReturnValue:
    """Choose kinds of data."""
    return _choose(own_data.read())


@bp.post("/some")
@person_required(fresh=True)
@asks_systems
def choose() -> ResponseReturnValue:
    """On to the plan of these kinds."""
    data = own_data.read()
    form = SomeForm(words.kinds(own_data.page(data)))
    if not form.validate_on_submit():
        return _choose(data, form)
    return redirect(url_for("erase.plan", group=form.categories.data))


@bp.get("/plan")
@person_required(fresh=True)
@asks_systems
def plan() -> ResponseReturnValue:
    """What deleting would do, from every system's own dry run. Nothing is deleted by looking."""
    named = request.args.getlist("group")
    if not set(named) <= set(GROUPS):
        # Kinds that nobody knows are not everything.
        return redirect(url_for("erase.some"))
    return _plan_page(EraseForm(formdata=None), _groups(named))


@bp.post("/plan")
@person_required(fresh=True)
@asks_systems
def confirm() -> ResponseReturnValue:
    """The red button."""
    form, groups, data = EraseForm(), _groups(request.form.getlist("group")), own_data.read()
    if not words.may_erase(data):
        return _detail_first(steps.plan_of(groups))
    if not form.validate_on_submit():
        return _plan_page(form, groups)
    try:
        case = _open_case(data, groups, seen=form.seen.data or "")
    except (PlanHasChanged, NothingToErase):
        flash(_("What would be deleted has changed since you saw it. This is the plan of now; nothing was deleted."), "warn")
        return redirect(url_for("erase.plan", group=groups))
    except AddressNotSettled:
        flash(_("Your address changed a short while ago. For your safety nothing is deleted in the days after that."), "warn")
        return redirect(url_for("erase.show"))
    flash(*words.told_of(case, groups))
    return redirect(url_for("requests.show", number=case.number))


def _open_case(data: own_data.OwnData, groups: list[str], *, seen: str) -> Case:
    """In a transaction of its own, since the systems were asked before; the case may be one that another press has opened."""
    with acting_transaction() as writing:
        case = open_erasure_case(
            writing, current_session(), groups=groups, scope=data.scope, seen=seen,
            addresses=addresses_in(data.reading, data.opened), language=i18n.language(),
        )  # fmt: skip
    faultpoints.point("erasure.confirmed")
    return case


def _groups(named: list[str]) -> list[str]:
    return [group for group in GROUPS if group in named]


def _choose(data: own_data.OwnData, form: SomeForm | None = None) -> ResponseReturnValue:
    if data.closed:
        return _detail_first("erase.some")
    held = own_data.page(data)
    form = form or SomeForm(words.kinds(held), formdata=None)
    counts = {group.key: group.count for group in held.groups}
    page = render_template("site/erase_some.html", form=form, counts=counts, losses=_losses(data))
    return page, 422 if form.errors else 200


def _losses(data: own_data.OwnData) -> list[str]:
    """What would be lost with everything; nothing is told of records that are not open yet."""
    return words.losses(_plans(data, [])) if words.may_erase(data) else []


def _plans(data: own_data.OwnData, groups: list[str]) -> Sequence[SystemPlan]:
    return plan_all(database(), own_data.reader(), data.reading, opened=data.opened, scope=data.scope, groups=groups)


def _plan_page(form: EraseForm, groups: list[str]) -> ResponseReturnValue:
    data = own_data.read()
    if not words.may_erase(data):
        return _detail_first(steps.plan_of(groups))
    page = render_template("site/erase_plan.html", form=form, groups=groups, **words.plan_page(_plans(data, groups), groups))
    return page, 422 if form.errors else 200


def _detail_first(then: str) -> ResponseReturnValue:
    """Deleting weighs more than looking: one detail more, then the very page that was asked for."""
    flash(_("Before anything can be deleted, one detail has to show that the data is yours."), "")
    return redirect(url_for("records.show", next=steps.sign(then)))
