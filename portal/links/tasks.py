"""Door 2, a task to whoever looks after a system: what is asked, whom it is about (behind a button), and the form for the answer.

Must never act or name anybody on GET, believe a session, or tell an unknown link from one of another company or one that was replaced.
"""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from portal.cases.attaching import FileRefused
from portal.cases.file_words import why_refused
from portal.cases.task_answers import About, Asked, Door, look_at, open_task, take_answer
from portal.cases.tasks.words import act_words
from portal.core.i18n import _
from portal.links.forms import TaskForm
from portal.people.numbers import CUSTOMER_NUMBER, PHONE
from portal.people.service import EMAIL
from portal.web.context import current_company, database
from portal.web.guards import public
from portal.web.transactions import db
from portal.web.uploads import takes_files_by_link

bp = Blueprint("task_page", __name__, url_prefix="/t/<token>")
WHY = "the mailed token is the authority: it shows one task of one system, and takes one answer"


def opens(token: str) -> bool:
    """Whether a link takes an answer now, in a transaction of its own: before a large body is read."""
    with database().reading(current_company().id) as reading:
        return look_at(reading, token)[0] is Door.OPEN


@bp.get("")
@public(WHY)
def show(token: str) -> ResponseReturnValue:
    """What is asked, and a button: programs that open links see nobody."""
    g.secret_link = True
    door, asked = look_at(db(), token)
    if asked is None:
        return elsewhere(door)
    return render_template("links/task_door.html", token=token, asked=asked, act=act_words(asked.kind))


@bp.post("/open")
@public(WHY)
def unfold(token: str) -> ResponseReturnValue:
    """Whom it is about, and the form. That it was seen is written down."""
    g.secret_link = True
    door, asked, about = open_task(db(), token)
    if asked is None or about is None:
        return elsewhere(door)
    return _form(token, asked, about, TaskForm(asked.kind, formdata=None))


@bp.post("/answer")
@public(WHY)
@takes_files_by_link(opens)
def answer(token: str) -> ResponseReturnValue:
    """Take the answer, once."""
    g.secret_link = True
    door, asked = look_at(db(), token)
    if asked is None:
        return elsewhere(door)
    form = TaskForm(asked.kind)
    if form.validate():
        try:
            door = take_answer(db(), token, form.said())
        except FileRefused as refusal:
            form.files.errors = [why_refused(refusal)]
        else:
            return elsewhere(Door.ANSWERED, thanks=True) if door is Door.OPEN else elsewhere(door)
    _door, asked, about = open_task(db(), token)
    return _form(token, asked, about, form) if asked and about else elsewhere(_door)


def _form(token: str, asked: Asked, about: About, form: TaskForm) -> ResponseReturnValue:
    kinds = {EMAIL: _("E-mail address"), PHONE: _("Telephone number"), CUSTOMER_NUMBER: _("Customer number")}
    known = [(kinds.get(one.kind, one.kind), one.value) for one in about.identifiers]
    page = render_template(
        "links/task.html", token=token, asked=asked, act=act_words(asked.kind), known=known, change=about.change, form=form
    )
    return page, 422 if form.errors else 200


def elsewhere(door: Door, *, thanks: bool = False) -> ResponseReturnValue:
    """Where a link leads that asks nothing: answered, not needed any more, or nowhere."""
    status = 200 if thanks else 404 if door is Door.NOWHERE else 410
    return render_template("links/task_over.html", door=door.value, thanks=thanks), status
