"""What was just done on the choices page, in words, with what of it can be undone. Must never tell another's acts, nor an act that is not there."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy.orm import Session

from portal.consent import told
from portal.consent.choices import history_of
from portal.consent.events import Choice, Event
from portal.consent.merge import left_standing
from portal.consent.states import states_of
from portal.consent.waiting import OpenQuestion, open_question
from portal.consent.words import Act, Actor
from portal.core import clock
from portal.core.i18n import _, format_date, format_list, pick
from portal.site import waiting_words
from portal.site.reached_words import lines_by_choice
from portal.web.context import current_company

HERE = "site:preferences"
"""The collection point of everything done on this page."""

JUST_NOW = timedelta(minutes=10)
"""How long what was done is told on the page, with its undo."""


AT_ONCE = timedelta(minutes=1)
"""And how long without its time."""


def just_done(db: Session, person_id: int, since: int) -> dict[str, Any] | None:
    """What the person did on this page after the act numbered `since`, in the last minutes: lines, and what can be undone."""
    if since < 0:
        return None
    now = clock.now()
    events = [entry.event for entry in history_of(db, person_id)]
    lately = [
        event
        for event in events
        if event.sequence > since
        and event.actor is Actor.PERSON
        and event.collection_point == HERE
        and now - event.received_at < JUST_NOW
    ]
    # What was taken back since is neither saved nor to be undone: a page that is opened again says what is left.
    left = left_standing(event.deed for event in lately)
    done = [event for event in lately if event.sequence in left]
    asked = _asked(open_question(db, person_id), since, done)
    if not done and not asked:
        return None
    reached, states = lines_by_choice(db, person_id), states_of(db, person_id)
    quiet = {choice: state.paused_until for choice, state in states.items() if now < state.paused_until}
    # Also of an undo: what waits again is no answer that a system could have.
    waiting = {event.choice for event in done if event.act is Act.ASKED or states[event.choice].pending}
    lines = [
        {
            "title": told.title_of(current_company().config, event),
            "words": _words(event, quiet.get(event.choice)),
            "systems": reached.get(event.choice, ()) if event.choice not in waiting else (),
        }
        for event in done
    ]
    return {
        "lines": [*lines, *asked],
        "undo": _to_undo(events, {event.sequence for event in done if event.act is not Act.UNDONE}),
        "undone": bool(done) and all(event.act is Act.UNDONE for event in done),
        "at_once": any(_counts_now(event, quiet) for event in done if event.choice not in waiting),
        "waits": bool(asked or waiting),
        "at": _long_ago(done, now),
    }


def _to_undo(events: Sequence[Event], done: Set[int]) -> list[int]:
    """Which of these acts can still be taken back: those after which nothing else came that stands."""
    by_choice: dict[Choice, list[Event]] = {}
    for event in events:
        by_choice.setdefault(event.choice, []).append(event)
    found: list[int] = []
    for theirs in by_choice.values():
        standing = sorted(left_standing(event.deed for event in theirs), reverse=True)
        found += takewhile(lambda sequence: sequence in done, standing)
    return sorted(found)


def _long_ago(done: Sequence[Event], now: datetime) -> datetime | None:
    """When the last of it was done, where that was not just now."""
    last = max((event.received_at for event in done), default=now)
    return last if now - last >= AT_ONCE else None


def _counts_now(event: Event, quiet: Mapping[Choice, datetime]) -> bool:
    """A yes to what is quiet for a while counts from the day on that its line names."""
    return event.act is Act.PAUSED or event.choice not in quiet


def _words(event: Event, quiet_until: datetime | None) -> str:
    """What was done; a yes with what it is about, how often, and from when on, where it is not all of it at once."""
    purpose = current_company().config.purposes.get(event.choice.purpose)
    if event.act is not Act.GIVEN or purpose is None:
        return told.act_words(event)
    named = [key for key in purpose.topics if key in (event.topics or ())]
    words = (
        _("Yes, only %(topics)s", topics=format_list([pick(purpose.topics[key].title) for key in named])) if named else _("Yes")
    )
    if len(named) == len(purpose.topics) > 0:
        words = _("Yes, to all of it")
    if event.frequency in purpose.frequencies:
        words = _("%(title)s (%(more)s)", title=words, more=pick(purpose.frequencies[event.frequency]))
    return _("%(said)s, from %(day)s on", said=words, day=format_date(quiet_until)) if quiet_until else words


def _asked(question: OpenQuestion | None, since: int, done: Sequence[Event]) -> list[dict[str, Any]]:
    """What was asked of the mailbox with it and is no act yet: more than a yes that stands, or once more what waits already."""
    if question is None or question.collection_point != HERE or clock.now() - question.asked_at >= JUST_NOW:
        return []
    told_already = {event.choice for event in done if event.act is Act.ASKED}
    lines = []
    for one in question.waits:
        choice = one.wanted.change.choice
        # Where acts were written, what was asked with them was asked after them.
        if one.wanted.seen >= since + bool(done) and choice not in told_already:
            [title] = waiting_words.titles_of([choice])
            parts = waiting_words.parts_of(one)
            words = format_list(parts) if parts else _("Yes")
            lines.append({"title": title, "words": _("%(part)s: waits for you to confirm it", part=words), "systems": ()})
    return lines
