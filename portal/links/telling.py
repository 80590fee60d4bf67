"""After a press on the page of a link: on to an address that tells of it by GET, so that nothing is sent twice and no language loses it.

Must never tell of more than the link may still show.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.choosing.form import asked_in
from portal.consent.choices import Standing, choices_of
from portal.consent.events import Choice
from portal.consent.readers import Reader
from portal.consent.unproven import Stopped
from portal.consent.words import STOPS, Act
from portal.links.page_words import words
from portal.links.reader import choice_of, name_of, sign_undo, title_of, titles_of
from portal.links.told import Press, Told, seal
from portal.web import language
from portal.web.context import current_company
from portal.web.guards import current_link, live_link
from portal.web.transactions import db

LOWERED = STOPS | {Act.GIVEN, Act.PAUSED}


def tell_stopped(
    reader: Reader, token: str, press: Press, stopped: Stopped, asked: Sequence[Choice], *, until: datetime | None = None
) -> ResponseReturnValue:
    """On to the page that tells of it; what was left alone, since something newer stands, is told at once.

    `asked`: what was to be stopped; it counts as a no since, whether or not that took an act.
    """
    saved, shows = stopped.saved, live_link().may_show
    # All that was done at once by an unproven hand lowers, also a yes: it is one with less in it.
    done = [event for event in saved.events if event.act in LOWERED]
    asked_for = [change.choice for change in saved.pending]
    waits = _waiting(stopped.person_id) & set(asked_for) if asked_for else set()
    off = _names([*(event.choice for event in done if event.act in STOPS), *(one for one in asked if one not in saved.stale)])
    told = (
        Told(press, off)
        if not shows
        else Told(
            press,
            off,
            less=_names(event.choice for event in done if event.act is Act.GIVEN),
            quiet=_names(event.choice for event in done if event.act is Act.PAUSED),
            until=until.isoformat() if until else "",
            more=_names(choice for choice in asked_for if choice not in waits),
            waits=_names(waits),
            undo=sign_undo(reader, done),
        )
    )
    if not saved.stale:
        return go_on(reader, token, told)
    if told != Told(press):
        language.can_be_read_at(_address_of(reader, token, told))
    return tell_of(reader, token, told, saved.stale), 409


def lines_of(names: Sequence[str], press: Press) -> list[str]:
    """What counts as no since; nothing where the link is about one choice that may not be named: the page says "these messages"."""
    if press is Press.THIS and not title_of(current_company().config, choice_of(current_link().link)):
        return []
    return titles_of(names, with_channel=press is not Press.ALL)


def _waiting(person_id: int | None) -> set[Choice]:
    """The choices that count as no until the mailbox has said yes."""
    purposes = choices_of(db(), current_company().config, person_id) if person_id is not None else []
    return {one.of for one in asked_in(purposes) if one.choice.standing is Standing.PENDING}


def _names(choices: Iterable[Choice]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name_of(choice) for choice in choices))


def go_on(reader: Reader, token: str, told: Told) -> ResponseReturnValue:
    """On to the page that tells of the press."""
    return redirect(_address_of(reader, token, told), 303)


def _address_of(reader: Reader, token: str, told: Told) -> str:
    return url_for(".done", token=token, told=seal(reader, told))


def tell_of(reader: Reader, token: str, told: Told, stale: Sequence[Choice] = ()) -> str:
    """The page that tells of the press, as a link shows it now."""
    if told.press in (Press.UNDONE, Press.UNDONE_ENDED, Press.NOT_UNDONE):
        how = {"worked": told.press is not Press.NOT_UNDONE, "ended": told.press is Press.UNDONE_ENDED}
        return render_template("links/undone.html", **words(reader, token), **how)
    if told.press in (Press.LINK_SENT, Press.NO_MAILBOX):
        return render_template("links/data.html", **words(reader, token), sent=told.press is Press.LINK_SENT)
    shows = live_link().may_show
    return render_template(
        "links/done.html",
        **words(reader, token),
        shows=shows,
        lines=lines_of(told.off, told.press),
        less=titles_of(told.less),
        quiet=titles_of(told.quiet),
        until=datetime.fromisoformat(told.until) if told.until else None,
        more=titles_of(told.more),
        pending=titles_of(told.waits),
        stale=titles_of([name_of(choice) for choice in stale]),
        undo=told.undo if shows else "",
    )
