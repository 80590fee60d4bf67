"""Door 2, the page behind a link in a mail: the choices of one address, no sign-in. Whoever holds the mail may stop; only its mailbox says yes.

Must never lead from here to data, and never believe a session: the token alone says for whom the page is.
"""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.consent.changes import Answer, Change
from portal.consent.events import Choice
from portal.consent.gpc import sold_choices
from portal.consent.opting_out import tell_of_stop
from portal.consent.readers import Item, Reader
from portal.consent.saving import Saved, undo
from portal.consent.unproven import Stopped, marketing_choices, save_unproven, stop
from portal.core import i18n
from portal.identity.links import ask
from portal.links import signal
from portal.links.page_words import choices, words
from portal.links.reader import (
    choice_of,
    items_of,
    read_undo,
    reader_of,
)
from portal.links.telling import go_on, tell_of, tell_stopped
from portal.links.told import Press, Told, opened
from portal.people.link_tokens import Life
from portal.people.service import EMAIL
from portal.web.context import current_company
from portal.web.guards import current_link, link_required, live_link
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
    reader = reader_of(db(), current_link().link)
    seen = request.form.get("seen", type=int)
    if seen is None or seen < 0:
        return render_template("links/page.html", **choices(reader, token), incomplete=True), 422
    changes = _changes(reader, items_of(db(), reader))
    if not changes:
        return render_template("links/page.html", **choices(reader, token), nothing_new=True)
    off = [change.choice for change in changes if change.answer is Answer.NO]
    return tell_stopped(reader, token, Press.SAVED, _save(reader, changes, seen), off)


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


def _changes(reader: Reader, items: list[Item]) -> list[Change]:
    """What newly differs. A yes only for an address: it has to be confirmed from the mailbox."""
    said = [(item, request.form.get(item.name)) for item in items]
    wanted = [(item, Answer(word)) for item, word in said if word in tuple(Answer) and word != item.said]
    return [
        Change(item.choice.purpose, item.choice.channel, answer)
        for item, answer in wanted
        if answer is Answer.NO or reader.identifier.kind == EMAIL
    ]


def _save(reader: Reader, changes: list[Change], seen: int) -> Stopped:
    return save_unproven(db(), reader.identifier, changes, seen=seen, language=i18n.language(), collection_point=HERE)


def _stop(reader: Reader, choices: Sequence[Choice]) -> Stopped:
    return stop(db(), reader.identifier, choices, language=i18n.language(), collection_point=HERE)


def _tell(reader: Reader, stopped: Stopped) -> None:
    """One mail to the mailbox that the choices belong to, with an undo; none where nothing was stopped or there is no mailbox."""
    if stopped.saved.events and stopped.person_id and reader.identifier.kind == EMAIL:
        tell_of_stop(db(), stopped.person_id, reader.identifier.value, stopped.saved, language=i18n.language())
