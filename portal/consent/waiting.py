"""What waits for a mailbox, read: the open row of a person, and what of it a yes would still give.

Must never count a wish among what waits whose choice was changed since it was asked for.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Purpose
from portal.consent.asking_model import Waiting
from portal.consent.basis import NO_CHOICE
from portal.consent.chains import chain_of, open_key, read_events, wrapped_key_of
from portal.consent.changes import Change, dump_change, load_change, wish_of
from portal.consent.events import Choice, Event
from portal.consent.merge import UNSET, left_standing
from portal.consent.states import states_of
from portal.consent.steps import Opening, opening
from portal.core import clock
from portal.people.suppressions import suppressed_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """One change that waits, and how long the chain was when it was asked for."""

    change: Change
    seen: int


@dataclass(frozen=True, slots=True)
class Waits:
    """One wish that a yes from the mailbox would still give, and what it opens beyond what stands."""

    wanted: Wanted
    opens: Opening


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """What a person was asked by mail and has not answered: what of it still waits (never nothing), when and where it was asked last, and
    until when it can be answered.
    """

    waits: tuple[Waits, ...]
    asked_at: datetime
    collection_point: str
    expires_at: datetime


def open_question(db: Session, person_id: int) -> OpenQuestion | None:
    """What still waits for the person's mailbox; None where nothing does."""
    row = open_row(db, person_id)
    waits = still_waits(db, row) if row else ()
    return OpenQuestion(waits, row.asked_at, row.collection_point, row.expires_at) if row and waits else None


def open_row(db: Session, person_id: int) -> Waiting | None:
    """The person's newest question that has not ended; some of its wishes may be answered otherwise by now (`still_waits` leaves those out)."""
    query = select(Waiting).filter_by(person_id=person_id, ended_at=None).where(Waiting.expires_at > clock.now())
    return db.scalars(query.order_by(Waiting.id.desc()).execution_options(populate_existing=True)).first()


def still_waits(db: Session, row: Waiting) -> tuple[Waits, ...]:
    """The wishes of a row whose choices stand as they did when they were asked for: what a yes gives."""
    wanted = wanted_of(row)
    if not wanted:
        return ()
    events = _events_after(db, row.person_id, min(one.seen for one in wanted))
    purposes, states, suppressed = (
        registry.company(row.company_id).purposes,
        states_of(db, row.person_id),
        suppressed_of(db, row.person_id),
    )
    found = []
    for one in wanted:
        choice = one.change.choice
        counts = left_standing(event.deed for event in events if event.sequence > one.seen)
        if any(event.sequence in counts and event.choice._replace(topic="") == choice for event in events):
            continue
        wish = wish_of(one.change, suppressed=(choice.purpose, choice.channel) in suppressed)
        found.append(Waits(one, opening(purposes[choice.purpose], states.get(choice, UNSET), wish)))
    return tuple(one for one in found if one.opens.is_something)


def wanted_of(row: Waiting) -> list[Wanted]:
    """Everything that was asked for in a row, as far as the company still asks for it."""
    purposes = registry.company(row.company_id).purposes
    told = [Wanted(load_change(one["change"]), one["seen"]) for one in json.loads(row.wanted)]
    asked = ((one, _still_asked(one.change, purposes.get(one.change.purpose))) for one in told)
    return [replace(one, change=change) for one, change in asked if change is not None]


def choices_of_row(row: Waiting) -> list[Choice]:
    """Every choice that was asked for in a row, also of what can no longer be said."""
    return [load_change(one["change"]).choice for one in json.loads(row.wanted)]


def dump_wanted(wanted: Sequence[Wanted]) -> str:
    """The wishes as a row keeps them."""
    return json.dumps([{"change": dump_change(one.change), "seen": one.seen} for one in wanted])


def _events_after(db: Session, person_id: int, seen: int) -> list[Event]:
    chain = chain_of(db, person_id)
    if chain is None or chain.length <= seen:
        return []
    return read_events(db, person_id, open_key(wrapped_key_of(db, person_id), has_events=True), range(seen + 1, chain.length + 1))


def _still_asked(change: Change, purpose: Purpose | None) -> Change | None:
    """The change as far as it can be said today: topics and rhythms that are gone fall away, and nothing is left of a yes to them alone."""
    if purpose is None or purpose.basis in NO_CHOICE or change.channel not in purpose.channels:
        return None
    topics = None if change.topics is None else [one for one in change.topics if one in purpose.topics]
    if change.topics and not topics:
        return None
    return replace(change, topics=topics, frequency=change.frequency if change.frequency in purpose.frequencies else None)
