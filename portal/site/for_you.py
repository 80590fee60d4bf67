"""Door 1, what somebody else asks for this person: who, for what, and the person's own yes or no.

Must never show it to anybody but the person, nor take a press for a yes that was not theirs.
"""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.cases.acting.deciding import NobodyToAsk, NothingToDecide, is_for, request_of, say
from portal.cases.acting_model import ActingRequest, Role, Word
from portal.cases.filing import TooManyCases
from portal.cases.messages import messages_of
from portal.cases.model import OPEN_STATES, Author, Case, CaseKind
from portal.cases.service import NoSuchCase, case_by_number
from portal.core.i18n import _
from portal.people.service import mail_address_of
from portal.site import acting_words
from portal.site.messages_words import too_many_cases
from portal.web.guards import current_session, person_required
from portal.web.transactions import db

bp = Blueprint("for_you", __name__, url_prefix="/for-you/<number>")


@bp.get("")
@person_required()
def show(number: str) -> ResponseReturnValue:
    """Who asks for what, and the two buttons."""
    case, row = _theirs(number)
    words = next((one.text for one in messages_of(db(), case) if one.author is Author.PERSON), None)
    return render_template(
        "site/for_you.html", number=number, named=row.named, address=mail_address_of(db(), case.person_id) or "",
        role=_(acting_words.ROLES[row.role]), wish=acting_words.wish_words(row.wish), asked_at=case.received_at, words=words,
        waits=_waits(case, row), said=row.word.value, alone=row.role is Role.AGENT, erases=row.role is Role.AGENT and row.wish == CaseKind.ERASURE,
    )  # fmt: skip


@bp.post("/yes")
@person_required()
def agree(number: str) -> ResponseReturnValue:
    """The person wants it."""
    case, row = _theirs(number)
    if not _said(case, wants=True):
        return redirect(url_for("for_you.show", number=number))
    if row.role is not Role.AGENT:
        flash(_("Noted. Who decides about it reads what you said."), "ok")
        return redirect(url_for("requests.index"))
    if row.wish == CaseKind.ERASURE:
        flash(_("Nothing is deleted by that. See what would be deleted, and confirm it yourself."), "ok")
        return redirect(url_for("erase.show"))
    flash(_("Noted. The answer comes to you, and to nobody else."), "ok")
    return redirect(url_for("requests.index"))


@bp.post("/no")
@person_required()
def object_(number: str) -> ResponseReturnValue:
    """It was not them, or they do not want it."""
    case, row = _theirs(number)
    if _said(case, wants=False):
        agent = row.role is Role.AGENT
        flash(
            _("Noted. Nothing of yours goes to them.") if agent else _("Noted. Who decides about it reads what you said."), "ok"
        )
    return redirect(url_for("for_you.show", number=number))


def _said(case: Case, *, wants: bool) -> bool:
    try:
        say(db(), case, wants=wants)
    except TooManyCases:
        db().rollback()
        flash(too_many_cases(), "warn")
        return False
    except (NothingToDecide, NobodyToAsk):
        db().rollback()
        flash(_("There is nothing to say about it any more."), "warn")
        return False
    return True


def _waits(case: Case, row: ActingRequest) -> bool:
    return case.state in OPEN_STATES and row.word in (Word.NOT_ASKED, Word.ASKED)


def _theirs(number: str) -> tuple[Case, ActingRequest]:
    """What is asked for this very person; 404 for anything else, as if it were missing."""
    try:
        case = case_by_number(db(), number)
    except NoSuchCase:
        abort(404)
    row = request_of(db(), case)
    if row is None or row.word is Word.NOT_ASKED or not is_for(db(), row, current_session().person_id):
        abort(404)
    return case, row
