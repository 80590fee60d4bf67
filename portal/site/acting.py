"""Door 1, ask for somebody else: who acts proves their own mailbox, as everybody does, and names the person by one exact identifier.

Must never say, show or take longer for a person who is known than for one who is not.
"""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.cases.acting.asking import (
    AboutThemselves,
    MandateMissing,
    NobodyNamed,
    TooManyToday,
    Wanted,
    ask_for_another,
    is_at_once,
    wishes_of,
)
from portal.cases.acting_model import Role
from portal.core import i18n
from portal.core.i18n import _
from portal.core.uploads import Upload
from portal.site import acting_words
from portal.site.forms import ActingForm
from portal.site.sending import send_or_say
from portal.web.context import current_company
from portal.web.guards import current_session, person_required, public
from portal.web.transactions import db
from portal.web.uploads import takes_files

bp = Blueprint("acting", __name__, url_prefix="/for-somebody-else")


@bp.get("")
@public("says how it works before anybody shows who they are")
def show() -> ResponseReturnValue:
    """Who may act, what it takes, and what the person is told."""
    return render_template("site/acting.html")


@bp.get("/ask")
@person_required()
def ask() -> ResponseReturnValue:
    """The form."""
    return _page(_form())


@bp.post("/ask")
@person_required()
@takes_files
def send() -> ResponseReturnValue:
    """Store it; what only stops something counts with it."""
    form = _form()
    number = send_or_say(form, lambda files: _asked(form, files), empty=_("Say in your words what you ask for."))
    if number:
        said = _("It counts from now on.") if is_at_once(form.wish.data) else _("It has arrived. A person looks at your paper.")
        flash(said, "ok")
        return redirect(url_for("requests.show", number=number))
    return _page(form)


def _asked(form: ActingForm, files: list[Upload]) -> str:
    """The number of the case; empty where it cannot be, and the form says why."""
    current = current_session()
    wanted = Wanted(
        Role(form.role.data), form.wish.data, form.named.data or "", form.whose.data or "", form.message.data or "", files
    )  # fmt: skip
    try:
        # What is refused on the way leaves nothing behind.
        with db().begin_nested():
            return ask_for_another(
                db(), current.person_id, current.address, wanted, session_id=current.id, language=i18n.language()
            ).number  # fmt: skip
    except NobodyNamed:
        form.whose.errors = [_("Type an e-mail address or a customer number, as we have it.")]
    except AboutThemselves:
        form.whose.errors = [_("This is your own address. What you ask for yourself needs no paper: see Your requests.")]
    except MandateMissing:
        form.files.errors = [_("Add the paper that lets you act. Only what stops something needs none.")]
    except TooManyToday:
        form.wish.errors = [_("So many were asked for from your mailbox today that the next one has to wait until tomorrow.")]
    return ""


def _form() -> ActingForm:
    return ActingForm(acting_words.roles(), acting_words.wishes(wishes_of(current_company().config)))


def _page(form: ActingForm) -> ResponseReturnValue:
    return render_template("site/acting_ask.html", form=form), 422 if form.errors else 200
