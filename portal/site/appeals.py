"""Door 1, have a refusal looked at again: by somebody else, without new proof.

Must never lead to a refusal that this session may not see.
"""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.cases.model import Case
from portal.cases.refusing import may_appeal, open_appeal
from portal.cases.scope import may_see
from portal.cases.service import NoSuchCase, case_for_person
from portal.core import i18n
from portal.core.i18n import _
from portal.core.uploads import Upload
from portal.site.forms import AppealForm
from portal.site.sending import send_or_say
from portal.web.guards import current_session, person_required
from portal.web.transactions import db
from portal.web.uploads import takes_files

bp = Blueprint("appeals", __name__, url_prefix="/requests/<number>/appeal")


@bp.get("")
@person_required()
def show(number: str) -> ResponseReturnValue:
    """Ask why."""
    case = _case(number)
    return _page(case, AppealForm()) if may_appeal(db(), case) else redirect(url_for("requests.show", number=number))


@bp.post("")
@person_required()
@takes_files
def send(number: str) -> ResponseReturnValue:
    """Store it as a case of its own, with its own clock."""
    case, form = _case(number), AppealForm()
    if not may_appeal(db(), case):
        return redirect(url_for("requests.show", number=number))
    appeal = send_or_say(form, lambda files: _open(case, form, files), empty=_("Write why we should look again."))
    if appeal is None:
        return _page(case, form, 422)
    flash(_("It has arrived. Somebody else looks at it again."), "ok")
    return redirect(url_for("requests.show", number=appeal))


def _open(case: Case, form: AppealForm, files: list[Upload]) -> str:
    current, text = current_session(), form.message.data or ""
    # What a file is refused for leaves nothing behind.
    with db().begin_nested():
        return open_appeal(
            db(), current.person_id, case.number, text=text, session_id=current.id, language=i18n.language(), files=files
        ).number


def _case(number: str) -> Case:
    try:
        case = case_for_person(db(), current_session().person_id, number)
    except NoSuchCase:
        abort(404)
    return case if may_see(db(), current_session().id, case) else abort(404)


def _page(case: Case, form: AppealForm, status: int = 200) -> ResponseReturnValue:
    return render_template("site/appeal.html", form=form, number=case.number), status
