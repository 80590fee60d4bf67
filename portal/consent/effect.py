"""The effect before saving: "with these settings you would have got 4 of the last 30 messages", counted by the systems that sent them.

Must never run with a transaction open, show to one session what another one asked, nor keep longer than ten minutes what a system said.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.asking import ask_all
from portal.adapters.contract import Identifier, Place, SentCount, Subject
from portal.adapters.opening import open_system, place_of
from portal.consent.basis import may_use
from portal.consent.effect_counting import Effect, PurposeEffect, Wish, would_have_come
from portal.consent.effect_model import HeldCount
from portal.consent.events import Choice
from portal.consent.merge import UNSET, State
from portal.consent.model import ConsentState
from portal.consent.states import read_state
from portal.core import clock, logs
from portal.core.db import Database, company_of
from portal.core.documents import DocumentError
from portal.core.inserting import insert_for
from portal.core.limits import Limit, count_once
from portal.identity.address_change import held_back
from portal.identity.model import SessionRow
from portal.identity.sessions import CurrentSession
from portal.people.model import PersonIdentifier
from portal.people.suppressions import suppressed_of

DAYS = 30
KEPT = timedelta(minutes=10)
READS = Limit("sent-counts", 30, timedelta(hours=1))
"""Times that systems are asked for one person; what is kept is weighed as often as one likes."""


def effect_of(database: Database, company_id: int, current: CurrentSession, wanted: Mapping[Choice, Wish]) -> Effect | None:
    """What `wanted`, over the choices as they stand, would have meant for the last `DAYS` days; counted for this session alone.

    None where no system counts what it sends, or none that does has an answer within about three seconds.
    """
    systems = counting_systems(company_id)
    if not systems:
        return None
    with database.reading(company_id) as db:
        subject = subject_of(db, current)
        kept = _kept(db, current)
        standing = _standing(db, company_id, current.person_id)
    unasked = [system for system in systems if system not in kept]
    if unasked and subject.identifiers:
        with database.writing(company_id) as db:
            allowed = count_once(db, READS, str(company_id), str(current.person_id))
        if allowed:
            kept |= _ask(database, company_id, current, unasked, subject)
    if not kept:
        return None
    silent = [system for system in systems if system not in kept]
    return would_have_come((one for system in systems for one in kept.get(system, ())), {**standing, **wanted}, silent=silent)


def prune_counts(db: Session) -> int:
    """Drop what was kept longer than it may be; returns how much."""
    gone = delete(HeldCount).where(HeldCount.expires_at < clock.now()).returning(HeldCount.id)
    return len(db.scalars(gone.execution_options(synchronize_session=False)).all())


def forget_counts(db: Session, *session_ids: int) -> None:
    """Drop what is kept for these sessions; called in the transaction that ends them."""
    db.execute(delete(HeldCount).where(HeldCount.session_id.in_(session_ids)).execution_options(synchronize_session=False))


def counting_systems(company_id: int) -> list[str]:
    """Keys of the company's systems that count what they send."""
    return [key for key in registry.company(company_id).systems if _counts(place_of(company_id, key))]


def _counts(place: Place) -> bool:
    try:
        return open_system(place).can.sent_counts
    except DocumentError:
        return False


def subject_of(db: Session, current: CurrentSession) -> Subject:
    """What the person has proven, and nothing else: how much somebody was sent is told to nobody else.

    Without the address of a change that can still be undone, but for a session that was begun with it.
    """
    proven = select(PersonIdentifier).filter_by(person_id=current.person_id).where(PersonIdentifier.proven_at.is_not(None))
    shut = held_back(db, current.person_id, current.identifier_id)
    rows = db.scalars(proven.order_by(PersonIdentifier.id))
    return Subject(tuple(Identifier(row.kind, row.value) for row in rows if row.value != shut))


def _standing(db: Session, company_id: int, person_id: int) -> dict[Choice, Wish]:
    company, now = registry.company(company_id), clock.now()
    states = {
        Choice(row.purpose, row.channel, row.topic): read_state(row)
        for row in db.scalars(select(ConsentState).filter_by(person_id=person_id))
    }
    suppressed = suppressed_of(db, person_id)
    every = [Choice(key, channel) for key, purpose in company.purposes.items() for channel in purpose.channels]

    def wish(choice: Choice, state: State) -> Wish:
        purpose = company.purposes[choice.purpose]
        zone, legacy = ZoneInfo(company.time_zone), purpose.accept_legacy_until
        stopped = (choice.purpose, choice.channel) in suppressed
        answer = may_use(purpose.basis, state, now, suppressed=stopped, accept_legacy_until=legacy, time_zone=zone)
        return Wish(answer.allowed, state.topics)

    apart = [choice for choice in states if choice.topic and choice.purpose in company.purposes]
    return {choice: wish(choice, states.get(choice, UNSET)) for choice in (*every, *apart)}


def _ask(
    database: Database, company_id: int, current: CurrentSession, systems: Iterable[str], subject: Subject
) -> dict[str, Sequence[SentCount]]:
    """Ask all of them at once; who is late brings the answer when there is one, for the next look."""
    since = clock.now() - timedelta(days=DAYS)
    places = {f"{registry.key_of(company_id)}/{key}": place_of(company_id, key) for key in systems}
    asked = ask_all({name: partial(_count, place, subject, since) for name, place in places.items()})
    found: dict[str, Sequence[SentCount]] = {}
    for name, future in asked.items():
        keep = partial(_keep, database, company_id, current, places[name])
        if future.done():
            counts = keep(future)
            found |= {} if counts is None else {places[name].key: counts}
        else:
            future.add_done_callback(keep)
    return found


def _count(place: Place, subject: Subject, since: datetime) -> Sequence[SentCount]:
    return open_system(place).sent_counts(subject, since=since)


def _keep(
    database: Database, company_id: int, current: CurrentSession, place: Place, future: "Future[Sequence[SentCount]]"
) -> Sequence[SentCount] | None:
    """What the system said, sealed and kept; None where it failed."""
    try:
        counts = future.result()
        with database.writing(company_id) as db:
            _write(db, current, place.key, counts)
    except Exception as error:  # noqa: BLE001  # one system's fault is told by class and place; the others still count
        logs.event("consent.count_failed", level=30, error=error, company=place.company, system=place.key)
        return None
    return counts


def _write(db: Session, current: CurrentSession, system: str, counts: Sequence[SentCount]) -> None:
    """Nothing for a session that has ended meanwhile."""
    session = select(SessionRow.id).where(SessionRow.id == current.id, SessionRow.ended_at.is_(None))
    if db.scalar(session.with_for_update(read=True)) is None:
        return
    plain = json.dumps([[one.purpose, one.channel, one.topic, one.count] for one in counts])
    statement = insert_for(db, HeldCount).values(
        company_id=company_of(db), session_id=current.id, system=system, counts=plain, expires_at=clock.now() + KEPT
    )
    fresh = {"counts": statement.excluded.counts, "expires_at": statement.excluded.expires_at}
    db.execute(statement.on_conflict_do_update(index_elements=["session_id", "system"], set_=fresh))


def _kept(db: Session, current: CurrentSession) -> dict[str, Sequence[SentCount]]:
    rows = db.scalars(select(HeldCount).filter_by(session_id=current.id).where(HeldCount.expires_at > clock.now()))
    return {row.system: [SentCount(*one) for one in json.loads(row.counts)] for row in rows}


__all__ = [
    "DAYS",
    "Effect",
    "PurposeEffect",
    "Wish",
    "counting_systems",
    "effect_of",
    "forget_counts",
    "prune_counts",
    "subject_of",
]
