"""Door 1, your requests: what was asked, by when the law wants it answered, where it stands, and stopping it."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.cases.attaching import NoSuchFile
from portal.cases.erasing.cancelling import stop_erasure
from portal.cases.erasing.model import Stopper
from portal.cases.hearing import hear_person
from portal.cases.messages import has_unread, mark_read, messages_for, open_file_for
from portal.cases.model import Author, Case, CaseKind
from portal.cases.reading import kept_reading
from portal.cases.scope import may_see
from portal.cases.service import NoSuchCase, cancel_case, case_for_person
from portal.core import clock
from portal.core.i18n import _
from portal.core.uploads import Upload
from portal.identity.sessions import is_fresh
from portal.site import acting_words, own_data
from portal.site import requests_words as words
from portal.site.erase_stop_words import told_of_stop
from portal.site.forms import MessageForm
from portal.site.kept_words import kept_words
from portal.site.sending import send_or_say
from portal.site.where import where_url
from portal.web import steps
from portal.web.context import current_company, database
from portal.web.guards import current_session, person_required
from portal.web.transactions import db
from portal.web.uploads import as_attachment, takes_files

bp = Blueprint("requests", __name__, url_prefix="/requests")


@bp.get("")
@person_required()
def index() -> ResponseReturnValue:
    """All that was asked, and the next date in law."""
    current = current_session()
    kept, more_url = kept_words(db(), current), words.more_url(db(), current, kept_reading(db(), own_data.reader()))
    return render_template(
        "site/requests.html",
        kept=kept,
        more_url=more_url,
        where_url=where_url(db()),
        others=acting_words.waiting(db(), current.person_id),
        **words.overview(db(), words.visible(db(), current)),
    )


@bp.get("/<number>")
@person_required()
def show(number: str) -> ResponseReturnValue:
    """One request: the file, the date in law, where each system stands, what happened."""
    case = _case(number)
    if not may_see(db(), current_session().id, case):
        return _detail_first(number)
    _had_before_them(case)
    return _page(case, MessageForm())


@bp.post("/<number>/stop")
@person_required()
def stop(number: str) -> ResponseReturnValue:
    """The person stops waiting."""
    case = _case(number)
    if not may_see(db(), current_session().id, case):
        return _detail_first(number)
    if case.kind is CaseKind.ERASURE:
        flash(*told_of_stop(stop_erasure(db(), case.id, by=Stopper.PERSON)))
    elif cancel_case(db(), current_session().person_id, number):
        flash(_("Stopped. Nothing more is read for it."), "ok")
    else:
        flash(_("There was nothing left to stop: the answer is here already."), "")
    return redirect(url_for("requests.show", number=number))


@bp.post("/<number>/write")
@person_required()
@takes_files
def write(number: str) -> ResponseReturnValue:
    """Write to a human about a request."""
    case, form, current = _case(number), MessageForm(), current_session()
    if not may_see(db(), current.id, case):
        return _detail_first(number)
    stored = send_or_say(form, lambda files: _stored(case, form, files))
    if stored is not None:
        flash(_("Your message has arrived. A person reads it."), "ok")
        return redirect(url_for("requests.show", number=number, _anchor="talk"))
    return _page(case, form, 422)


@bp.get("/<number>/files/<file>")
@person_required()
def fetch_file(number: str, file: str) -> ResponseReturnValue:
    """A file that went with a message, to who has the message before them."""
    case, current = _case(number), current_session()
    if not may_see(db(), current.id, case):
        return _detail_first(number)
    try:
        opened = open_file_for(db(), case, current.id, file)
    except NoSuchFile:
        abort(404)
    return as_attachment(opened.name, opened.content)


def _stored(case: Case, form: MessageForm, files: list[Upload]) -> str:
    hear_person(db(), case, text=form.message.data or "", session_id=current_session().id, files=files)
    return case.number


def _page(case: Case, form: MessageForm, status: int = 200) -> ResponseReturnValue:
    current = current_session()
    said = words.page(db(), case, fresh=is_fresh(current, clock.now()))
    return render_template("site/request.html", form=form, messages=messages_for(db(), case, current.id), **said), status


def _had_before_them(case: Case) -> None:
    """Note that what staff wrote was shown, in a short transaction of its own: the next message is worth a mail again."""
    shown = [one for one in messages_for(db(), case, current_session().id) if one.author is Author.STAFF]
    if has_unread(db(), case, of=Author.STAFF) and all(one.text is not None for one in shown):
        with database().writing(current_company().id) as writing:
            mark_read(writing, case.id, of=Author.STAFF)


def _detail_first(number: str) -> ResponseReturnValue:
    """What was asked with a detail is shown to who gives it again, and then it is this request that is shown."""
    return redirect(url_for("records.show", next=steps.sign(f"requests.show:{number}")))


def _case(number: str) -> Case:
    try:
        return case_for_person(db(), current_session().person_id, number)
    except NoSuchCase:
        abort(404)
