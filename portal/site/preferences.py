"""Door 1, what you agreed to: the person sees and changes their own choices. One Save; stopping, a break and undo are one press each."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.choosing.form import answers_of, plain_version
from portal.choosing.words import day_of
from portal.consent.desk import Saved, newer_than
from portal.consent.events import Choice, Evidence
from portal.consent.gpc import conflict_shown
from portal.consent.ledger import Book
from portal.consent.saving import Change, save_choices, undo
from portal.consent.stopping import stop_marketing
from portal.core import i18n
from portal.core.i18n import _
from portal.site import preferences_words as words
from portal.site import signal, typed_before
from portal.site.done_words import HERE, just_done
from portal.site.waiting_words import titles_of
from portal.web.context import current_company
from portal.web.guards import current_session, person_required
from portal.web.transactions import db

bp = Blueprint("preferences", __name__, url_prefix="/preferences")

LONGEST_LIST = 4000


@bp.get("")
@person_required()
def show() -> ResponseReturnValue:
    """Every choice as it stands, to be changed, and what was just done."""
    stand = words.stand_of(db(), current_session().person_id)
    told = just_done(db(), current_session().person_id, request.args.get("since", -1, type=int))
    form, differing = typed_before.form_of(db(), stand)
    page = words.page(db(), stand, form=form, told=told)
    return render_template("site/preferences.html", **typed_before.opened(page, differing))


@bp.post("")
@person_required(keeps=typed_before.sent)
def save() -> ResponseReturnValue:
    """Save what is wanted of all choices: what newly differs becomes an act, nothing else."""
    book = Book(db(), current_session().person_id)
    before, sent = book.length, words.sent_of(book, request.form)
    if sent is None:
        return _show_mistakes(book)
    _say_what_is_gone()
    return _saved(before, _save(sent.changes, seen=sent.seen, book=book))


@bp.post("/stop")
@person_required()
def stop() -> ResponseReturnValue:
    """No to every advert, in every channel."""
    person_id = current_session().person_id
    before = words.stand_of(db(), person_id).seen
    return _saved(before, stop_marketing(db(), person_id, language=i18n.language(), collection_point=HERE))


@bp.post("/pause")
@person_required()
def pause() -> ResponseReturnValue:
    """Quiet until a day; the choices stay as they are."""
    stand = words.stand_of(db(), current_session().person_id)
    typed = request.form.get("until", "")
    until = day_of(typed)
    if until is None:
        wrong = _("Choose a day between tomorrow and one year from now.")
        page = words.page(db(), stand, form=stand.untouched(), wrong_day=wrong, day=typed[:10])
        return render_template("site/preferences.html", **page), 422
    changes = [Change(one.purpose.key, one.choice.key, paused_until=until) for one in stand.in_use()]
    return _saved(stand.seen, _save(changes, seen=stand.seen))


@bp.post("/resume")
@person_required()
def resume() -> ResponseReturnValue:
    """End the break."""
    stand = words.stand_of(db(), current_session().person_id)
    changes = [Change(one.purpose.key, one.choice.key, resume=True) for one in stand.paused()]
    return _saved(stand.seen, _save(changes, seen=stand.seen))


@bp.post("/undo")
@person_required()
def take_back() -> ResponseReturnValue:
    """Take back what was just done on this page."""
    person_id = current_session().person_id
    before = words.stand_of(db(), person_id).seen
    asked = [int(one) for one in request.form.get("acts", "")[:LONGEST_LIST].split() if one.isascii() and one.isdigit()]
    told = just_done(db(), person_id, min(asked, default=before + 1) - 1)
    known = [sequence for sequence in asked if told and sequence in told["undo"]]
    saved = undo(db(), person_id, known, collection_point=HERE)
    if not saved.events:
        flash(_("There is nothing to undo any more. Your choices stand as you see them."), "")
        return redirect(url_for("preferences.show"), 303)
    return _saved(before, saved)


def _show_mistakes(book: Book) -> ResponseReturnValue:
    """The page with what was typed, and what is wrong with it."""
    stand, seen = words.stand_of(db(), book.person_id), plain_version(request.form)
    form = stand.form()
    form.is_whole(stand.purposes, newer=newer_than(book, seen) if seen is not None else ())
    return render_template("site/preferences.html", **words.page(db(), stand, form=form)), 422


def _save(changes: Sequence[Change], *, seen: int, book: Book | None = None) -> Saved:
    book = book or Book(db(), current_session().person_id)
    return save_choices(
        book.db,
        book.person_id,
        changes,
        seen=seen,
        language=i18n.language(),
        collection_point=HERE,
        confirmed=True,
        evidence=_signal_shown(),
        book=book,
    )


def _signal_shown() -> Evidence | None:
    """That the page said what the browser asks, where it did: a yes all the same then counts in this session."""
    shown = request.form.get("signal") == "shown" and signal.is_sent()
    return conflict_shown(current_session().id) if shown else None


def _saved(before: int, saved: Saved) -> ResponseReturnValue:
    """On to the page as it stands now, which tells what changed since `before`. What was not touched is named at once."""
    if saved.stale:
        return _left_alone(before, saved.stale)
    if not saved.events and not saved.pending:
        flash(_("Nothing had to be changed. Your choices stand as you see them."), "")
        return redirect(url_for("preferences.show"), 303)
    if saved.ended:
        flash(
            _("The mail that asked for your yes has ended, so that yes does not wait any more. Say yes again to get a new mail."),
            "",
        )
    return redirect(f"{url_for('preferences.show')}?since={before}#told", 303)


def _left_alone(before: int, stale: Sequence[Choice]) -> ResponseReturnValue:
    """The page at once, since the cookie may not hold which choices they were."""
    stand = words.stand_of(db(), current_session().person_id)
    told = just_done(db(), current_session().person_id, before) or {"lines": [], "undo": [], "undone": False}
    told["stale"] = titles_of(stale)
    return render_template("site/preferences.html", **words.page(db(), stand, form=stand.untouched(), told=told)), 409


def _say_what_is_gone() -> None:
    """Answers to something that is no longer asked for change nothing, and that is said."""
    known = answers_of(current_company().config)
    if any(name.startswith("say-") and name not in known for name in request.form):
        flash(_("Something on the page is no longer asked for. It was left as it was."), "")
