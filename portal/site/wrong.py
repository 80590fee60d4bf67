"""Door 1, this is wrong: names the value beside which it was pressed, and asks a human to put it right.

Must never carry a value in an address, nor ask about another value than the one that was shown.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.cases.filing import TooManyCases
from portal.cases.messages import MessageRefused
from portal.cases.model import CaseKind
from portal.cases.questions import open_question
from portal.cases.rights import Pointer, kinds_of, open_right_case
from portal.cases.showing import clean
from portal.cases.wrong import Pointed, editable_at, pointed_at
from portal.core import crypto, i18n
from portal.core.durations import length_of
from portal.core.i18n import _
from portal.site import own_data
from portal.site.forms import EditForm, WrongForm
from portal.site.messages_words import refused
from portal.web.context import current_company
from portal.web.guards import acting_transaction, current_session, person_required
from portal.web.language import is_only_shown
from portal.web.transactions import asks_systems

bp = Blueprint("wrong", __name__, url_prefix="/data/wrong")


@bp.get("")
@person_required()
@asks_systems
def show() -> ResponseReturnValue:
    """Name the value and ask what is right."""
    data = own_data.read()
    pointed = _pointed(data)
    return redirect(url_for("held.show")) if pointed is None else _page(_form(data), pointed)


@bp.post("")
@person_required()
@asks_systems
def send() -> ResponseReturnValue:
    """Store it as a correction with its date in law, or, where no law gives one, as a question; with the value in it."""
    data = own_data.read()
    form, pointed = _form(data), _pointed(data)
    if pointed is None:
        return redirect(url_for("held.show"))
    # The mark is made of words: in another language it is another one, of the same value.
    if form.seen.data != _mark(pointed) and not is_only_shown():
        flash(_("The list has changed meanwhile. Look whether this is still what you mean."), "warn")
        return _page(form, pointed, 409)
    if not form.validate_on_submit():
        return _page(form, pointed, 422)
    try:
        number = _open(form, pointed, data)
    except (MessageRefused, TooManyCases) as refusal:
        form.message.errors = [refused(refusal)]
        return _page(form, pointed, 422)
    flash(_("Your message has arrived. A person looks at it."), "ok")
    return redirect(url_for("requests.show", number=number))


def _pointed(data: own_data.OwnData) -> Pointed | None:
    row = request.args.get("row", "0")
    number = int(row) if row.isascii() and row.isdigit() and len(row) <= 3 else -1
    return None if data.closed else pointed_at(own_data.page(data), request.args.get("item", "")[:200], number)


def _form(data: own_data.OwnData) -> WrongForm | EditForm:
    """The value itself to type where it can be changed as it stands, else words to a person."""
    return EditForm() if _editable(data) else WrongForm()


def _editable(data: own_data.OwnData) -> tuple[str, str, str] | None:
    if data.closed or CaseKind.CORRECTION not in kinds_of(current_company().config):
        return None
    return editable_at(current_company().config, own_data.page(data), request.args.get("item", "")[:200])


def _pointer(data: own_data.OwnData, pointed: Pointed, new: str) -> Pointer | None:
    found = _editable(data)
    return Pointer(*found, old=pointed.pairs[0][1], new=clean(new).strip()) if found else None


def _open(form: WrongForm | EditForm, pointed: Pointed, data: own_data.OwnData) -> str:
    pointer = _pointer(data, pointed, form.message.data or "")
    with acting_transaction() as db:
        current = current_session()
        text = f"{pointed.words}\n\n{(form.message.data or '').strip()}"
        if CaseKind.CORRECTION in kinds_of(current_company().config):
            return open_right_case(
                db, current.person_id, CaseKind.CORRECTION, text=text, proven=data.scope, session_id=current.id,
                language=i18n.language(), systems=[request.args.get("item", "").partition(".")[0]], correction=pointer,
            ).number  # fmt: skip
        return open_question(
            db, current.person_id, number="", text=text, proven=data.scope, session_id=current.id, language=i18n.language()
        ).number


def _mark(pointed: Pointed) -> str:
    """Tells whether the form was about this very value."""
    return crypto.keyed_hash("wrong", pointed.words).hex()[:32]


def _page(form: WrongForm | EditForm, pointed: Pointed, status: int = 200) -> ResponseReturnValue:
    form.seen.data = _mark(pointed)
    days = length_of(current_company().config.answers_within).days
    return render_template("site/wrong.html", form=form, pointed=pointed, days=days, edits=isinstance(form, EditForm)), status
