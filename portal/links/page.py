"""Door 2, the page behind a link in a mail: the choices of one address, no sign-in. Whoever holds the mail may stop; only its mailbox says yes.

Must never lead from here to data, and never believe a session: the token alone says for whom the page is.
"""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.choosing.form import plain_version
from portal.choosing.words import day_of
from portal.consent.changes import Answer, Change
from portal.consent.events import Choice
from portal.consent.gpc import sold_choices
from portal.consent.opting_out import tell_of_stop
from portal.consent.readers import Reader
from portal.consent.saving import Saved, undo
from portal.consent.unproven import Stopped, marketing_choices, pause_unproven, save_unproven, stop
from portal.core import i18n
from portal.core.i18n import _
from portal.identity.links import ask
from portal.links import signal, wishes
from portal.links.page_words import choices, words
from portal.links.reader import (
    choice_of,
    read_undo,
    reader_of,
)
from portal.links.telling import go_on, tell_of, tell_stopped
from portal.links.told import Press, Told, opened
from portal.people.link_tokens import Life
from portal.people.service import EMAIL
from portal.web.context import current_company
from portal.web.guards import current_link, link_required, live_link
from portal.web.language import is_only_shown
from portal.web.strangers import within_asking_limit
from portal.web.transactions import db

bp = Blueprint("link_page", __name__, url_prefix="/p/<token>")
HERE = "link:page"


@bp.get("")
@link_required("stop")
def show(token: str) -> ResponseReturnValue:
    """The choices as they stand; from an old or limited link only the buttons that stop."""
    reader = reader_of(db(), current_link().link)
    if not live_link().may_show:
        return render_template("links/only_stop.html", **words(reader, token), unsaved="unsaved" in request.args)
    return render_template("links/page.html", **choices(reader, token))


@bp.get("/done")
@link_required("stop")
def done(token: str) -> ResponseReturnValue:
    """What was just done here: told by GET, so that it can be loaded again and in another language. Afterwards, the choices."""
    reader = reader_of(db(), current_link().link)
    told = opened(reader, request.args.get("told", ""))
    if told is None:
        return redirect(url_for(".show", token=token), 303)
    return tell_of(reader, token, told)


@bp.post("")
@link_required("preferences")
def save(token: str) -> ResponseReturnValue:
    """Save what newly differs. A no acts at once."""
    reader, seen = reader_of(db(), current_link().link), plain_version(request.form)
    if seen is None:
        return render_template("links/page.html", **choices(reader, token), incomplete=True), 422
    purposes = wishes.purposes_of(reader)
    form = wishes.form_of(reader, purposes, typed=True)
    if not wishes.is_whole(form, reader, purposes, seen) or is_only_shown():
        return render_template("links/page.html", **choices(reader, token, form=form)), 422
    changes = wishes.changes_of(form, purposes)
    if not changes:
        return render_template("links/page.html", **choices(reader, token), nothing_new=True)
    off = [change.choice for change in changes if change.answer is Answer.NO]
    return tell_stopped(reader, token, Press.SAVED, _save(reader, changes, seen), off)


@bp.post("/pause")
@link_required("preferences")
def pause(token: str) -> ResponseReturnValue:
    """Quiet until a day; the choices stay as they are. A day sooner than the one that stands waits for the mailbox."""
    reader, typed = reader_of(db(), current_link().link), request.form.get("until", "")
    until, quiet = day_of(typed), wishes.in_use(reader, wishes.purposes_of(reader))
    if until is None:
        wrong = _("Choose a day between tomorrow and one year from now.")
        return render_template("links/page.html", **choices(reader, token, wrong_day=wrong, day=typed[:10])), 422
    changes = [Change(one.purpose.key, one.choice.key, paused_until=until) for one in quiet]
    stopped = pause_unproven(db(), reader.person_id, changes, language=i18n.language(), collection_point=HERE)
    if not stopped.saved.events and not stopped.saved.pending:
        return render_template("links/page.html", **choices(reader, token), nothing_new=True)
    return tell_stopped(reader, token, Press.PAUSED, stopped, [], until=until)


@bp.post("/stop")
@link_required("stop")
def stop_now(token: str) -> ResponseReturnValue:
    """Stop what the mail was about, or all marketing."""
    reader, choice = reader_of(db(), current_link().link), choice_of(current_link().link)
    only = [choice] if choice and request.form.get("what") == "this" else []
    stopped = _stop(reader, only)
    if not (only and live_link().may_show):
        _tell(reader, stopped)
    return tell_stopped(
        reader, token, Press.THIS if only else Press.ALL, stopped, only or marketing_choices(current_company().config)
    )


@bp.post("/undo")
@link_required("preferences")
def take_back(token: str) -> ResponseReturnValue:
    """Take back what was just stopped on this page, where nothing newer was chosen."""
    reader = reader_of(db(), current_link().link)
    sequences = read_undo(reader, request.form.get("undo", ""))
    saved = undo(db(), reader.person_id, sequences, collection_point=HERE) if reader.person_id and sequences else Saved()
    how = Press.NOT_UNDONE if not saved.events else Press.UNDONE_ENDED if saved.ended else Press.UNDONE
    return go_on(reader, token, Told(how))


@bp.post("/data")
@link_required("preferences")
def ask_for_data(token: str) -> ResponseReturnValue:
    """The way to data begins in the mailbox, as for everyone."""
    reader = reader_of(db(), current_link().link)
    if reader.identifier.kind == EMAIL and within_asking_limit():
        ask(
            db(),
            address=reader.identifier.value,
            nonce=None,
            user_agent=request.user_agent.string,
            language=i18n.language(),
        )
    return go_on(reader, token, Told(Press.LINK_SENT if reader.identifier.kind == EMAIL else Press.NO_MAILBOX))


@bp.post("/signal")
@link_required("stop")
def keep_signal(token: str) -> ResponseReturnValue:
    """Keep what the browser asks: not to sell or share."""
    reader = reader_of(db(), current_link().link)
    trusted = current_link().life is not Life.SHUT_OFF
    stopped = signal.keep(db(), reader, trusted=trusted)
    if not trusted:
        _tell(reader, stopped)
    return tell_stopped(reader, token, Press.SIGNAL, Stopped(reader.person_id, Saved()), sold_choices(current_company().config))


def _save(reader: Reader, changes: list[Change], seen: int) -> Stopped:
    return save_unproven(db(), reader.identifier, changes, seen=seen, language=i18n.language(), collection_point=HERE)


def _stop(reader: Reader, choices: Sequence[Choice]) -> Stopped:
    return stop(db(), reader.identifier, choices, language=i18n.language(), collection_point=HERE)


def _tell(reader: Reader, stopped: Stopped) -> None:
    """One mail to the mailbox that the choices belong to, with an undo; none where nothing was stopped or there is no mailbox."""
    if stopped.saved.events and stopped.person_id and reader.identifier.kind == EMAIL:
        tell_of_stop(db(), stopped.person_id, reader.identifier.value, stopped.saved, language=i18n.language())
