"""Door 1, ask a human: a number under which something may be held, or anything that no other page answers; and say that an agreement which
was given elsewhere is taken back.

Must never search for what was typed nor say whether there is such a number: typing it proves nothing.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.cases.questions import open_question
from portal.core import i18n
from portal.core.durations import length_of
from portal.core.i18n import _
from portal.core.uploads import Upload
from portal.site import choices_words, own_data
from portal.site.forms import QuestionForm
from portal.site.sending import send_or_say
from portal.web.context import current_company
from portal.web.guards import acting_transaction, current_session, person_required
from portal.web.transactions import asks_systems
from portal.web.uploads import takes_files

bp = Blueprint("questions", __name__, url_prefix="/ask")


@bp.get("")
@person_required()
def show() -> ResponseReturnValue:
    """Ask for the number and the words; where an agreement is taken back, the words stand there."""
    return _page(QuestionForm(data={"message": choices_words.taking_back(_taken_back())}))


@bp.post("")
@person_required()
@takes_files
@asks_systems
def send() -> ResponseReturnValue:
    """Store the question as a case."""
    form = QuestionForm()
    number = send_or_say(form, lambda files: _open(form, own_data.read(), files))
    if number is None:
        return _page(form, 422)
    if _taken_back():
        flash(
            _("You have taken back your agreement. It is noted with its time, and a person sees to it that the use ends."), "ok"
        )
    else:
        flash(_("Your question has arrived. A person reads it."), "ok")
    return redirect(url_for("requests.show", number=number))


def _open(form: QuestionForm, data: own_data.OwnData, files: list[Upload]) -> str:
    with acting_transaction() as db:
        current = current_session()
        case = open_question(
            db,
            current.person_id,
            number=form.number.data or "",
            text=form.message.data or choices_words.taking_back(_taken_back()),
            proven=data.scope,
            session_id=current.id,
            language=i18n.language(),
            files=files,
            takes_back=_taken_back(),
        )
        return case.number


def _taken_back() -> str:
    """The purpose whose agreement the person came to take back: one that they give elsewhere. Empty for any other word in the address."""
    key = request.args.get("about", "")
    return key if choices_words.is_agreed_elsewhere(key) else ""


def _page(form: QuestionForm, status: int = 200) -> ResponseReturnValue:
    key = _taken_back()
    if key:
        return render_template("site/take_back.html", form=form, title=choices_words.title_of_stated(key)), status
    days = length_of(current_company().config.answers_within).days
    return render_template("site/ask.html", form=form, days=days), status
