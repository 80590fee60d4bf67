"""After a press on the page of a link: on to an address that tells of it by GET, so that nothing is sent twice and no language loses it.

Must never tell of more than the link may still show.
"""

from collections.abc import Sequence

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.consent.events import Choice
from portal.consent.readers import Reader
from portal.consent.unproven import Stopped
from portal.consent.words import STOPS
from portal.links.page_words import words
from portal.links.reader import choice_of, name_of, sign_undo, title_of, titles_of
from portal.links.told import Press, Told, seal
from portal.web import language
from portal.web.context import current_company
from portal.web.guards import current_link, live_link


def tell_stopped(reader: Reader, token: str, press: Press, stopped: Stopped, asked: Sequence[Choice]) -> ResponseReturnValue:
    """On to the page that tells of it; what was left alone, since something newer stands, is told at once.

    `asked`: what was to be stopped; it counts as a no since, whether or not that took an act.
    """
    saved, shows = stopped.saved, live_link().may_show
    stops = [event for event in saved.events if event.act in STOPS]
    off = dict.fromkeys([*(event.choice for event in stops), *(one for one in asked if one not in saved.stale)])
    told = Told(
        press,
        tuple(name_of(choice) for choice in off),
        tuple(name_of(change.choice) for change in saved.pending) if shows else (),
        sign_undo(reader, stops) if shows else "",
    )
    if not saved.stale:
        return go_on(reader, token, told)
    if told.off or told.waits:
        language.can_be_read_at(_address_of(reader, token, told))
    return tell_of(reader, token, told, saved.stale), 409


def lines_of(names: Sequence[str], press: Press) -> list[str]:
    """What counts as no since; nothing where the link is about one choice that may not be named: the page says "these messages"."""
    if press is Press.THIS and not title_of(current_company().config, choice_of(current_link().link)):
        return []
    return titles_of(names, with_channel=press is not Press.ALL)


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
        pending=titles_of(told.waits),
        stale=titles_of([name_of(choice) for choice in stale]),
        undo=told.undo if shows else "",
    )
