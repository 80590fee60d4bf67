"""Door 1, ask for something else: what the company's laws give besides a copy and a deletion, and a complaint.

Must never ask an opt-out for more than one press, nor offer what no law of the company gives.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.cases.model import CaseKind
from portal.cases.right_words import OPT_OUTS, meaning_of_kind, title_of_kind
from portal.cases.rights import kinds_for, open_right_case
from portal.cases.scope import Scope
from portal.core import i18n
from portal.core.i18n import _
from portal.core.uploads import Upload
from portal.site import choices_words, own_data
from portal.site.forms import RightForm
from portal.site.sending import send_or_say
from portal.site.where import said_where, where_url
from portal.web.context import current_company, database
from portal.web.guards import acting_transaction, current_session, person_required
from portal.web.transactions import asks_systems, db
from portal.web.uploads import takes_files

bp = Blueprint("rights", __name__, url_prefix="/rights")


@bp.get("")
@person_required()
def index() -> ResponseReturnValue:
    """What can be asked for, each with what it does."""
    offered = [
        {"title": title_of_kind(kind), "words": meaning_of_kind(kind), "url": url_for("rights.show", kind=kind.value)}
        for kind in kinds_for(db(), current_session().person_id)
    ]
    return render_template("site/rights.html", offered=offered, where_url=where_url(db()), place=said_where(db()))


@bp.get("/<kind>")
@person_required()
def show(kind: str) -> ResponseReturnValue:
    """What it does, and the form, which names the use that the person came from."""
    return _page(_kind(kind), RightForm(data={"message": choices_words.objecting(request.args.get("about", ""))}))


@bp.post("/<kind>")
@person_required()
@takes_files
@asks_systems
def send(kind: str) -> ResponseReturnValue:
    """Store it as a case; what can be stopped at once stops now."""
    wanted, form = _kind(kind), RightForm()
    number = send_or_say(form, lambda files: _open(wanted, form, files), empty=_("Write what it is about."))
    if number is None:
        return _page(wanted, form, 422)
    flash(_("Your request has arrived. A person looks at it."), "ok")
    return redirect(url_for("requests.show", number=number))


def _open(kind: CaseKind, form: RightForm, files: list[Upload]) -> str:
    # Whose records it is about is for staff to see; an opt-out does not even ask.
    proven = Scope() if kind in OPT_OUTS else own_data.read().scope
    with acting_transaction() as writing:
        current = current_session()
        return open_right_case(
            writing, current.person_id, kind, text="" if kind in OPT_OUTS else form.message.data or "", proven=proven,
            session_id=current.id, language=i18n.language(), stops_marketing=bool(form.marketing.data), files=() if kind in OPT_OUTS else files,
        ).number  # fmt: skip


def _kind(name: str) -> CaseKind:
    with database().reading(current_company().id) as reading:
        offered = {kind.value: kind for kind in kinds_for(reading, current_session().person_id)}
    return offered.get(name) or abort(404)


def _page(kind: CaseKind, form: RightForm, status: int = 200) -> ResponseReturnValue:
    said = {"kind": kind.value, "title": title_of_kind(kind), "meaning": meaning_of_kind(kind), "one_press": kind in OPT_OUTS}
    return render_template("site/right.html", form=form, **said), status
