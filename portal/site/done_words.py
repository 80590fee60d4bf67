"""What was just done on the choices page, in words, with what of it can be undone. Must never tell another's acts, nor an act that is not there."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.consent import told
from portal.consent.choices import history_of
from portal.consent.events import Event
from portal.consent.waiting import OpenQuestion, open_question
from portal.consent.words import Act, Actor
from portal.core import clock
from portal.core.i18n import _, format_list
from portal.site import waiting_words
from portal.site.reached_words import lines_by_choice
from portal.web.context import current_company

HERE = "site:preferences"
"""The collection point of everything done on this page."""

JUST_NOW = timedelta(minutes=10)
"""How long what was done is told on the page, with its undo."""


def just_done(db: Session, person_id: int, since: int) -> dict[str, Any] | None:
    """What the person did on this page after the act numbered `since`, in the last minutes: lines, and what can be undone."""
    if since < 0:
        return None
    now = clock.now()
    done = [
        entry.event
        for entry in history_of(db, person_id)
        if entry.event.sequence > since
        and entry.event.actor is Actor.PERSON
        and entry.event.collection_point == HERE
        and now - entry.event.received_at < JUST_NOW
    ]
    asked = _asked(open_question(db, person_id), since, done)
    if not done and not asked:
        return None
    reached = lines_by_choice(db, person_id)
    lines = [
        {
            "title": told.title_of(current_company().config, event),
            "words": told.act_words(event),
            "systems": reached.get(event.choice, ()) if event.act is not Act.ASKED else (),
        }
        for event in done
    ]
    return {
        "lines": [*lines, *asked],
        "undo": [event.sequence for event in done if event.act is not Act.UNDONE],
        "undone": bool(done) and all(event.act is Act.UNDONE for event in done),
        "at_once": any(event.act is not Act.ASKED for event in done),
        "waits": bool(asked) or any(event.act is Act.ASKED for event in done),
    }


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
