"""After a restore, what was taken back is taken back again: as an event of its own, with the time of the act.

Must never raise anything: what a restore brings back may only be less.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.consent.chains import KeyIsDestroyed, events_of
from portal.consent.events import Choice
from portal.consent.ledger import Book, OnlyThePersonMayRaise, PauseOutOfRange, UnknownChoice
from portal.consent.merge import UNSET, Level, State
from portal.consent.model import ConsentEvent
from portal.consent.states import read_state, state_of
from portal.consent.words import STOPS, Act, Actor
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.people.model import PersonIdentifier
from portal.people.suppressions import restore_suppression

COLLECTION_POINT = "restore"


def restore_lowering(db: Session, payload: Mapping[str, Any], *, mark: str) -> bool:
    """Lower again what was lowered before a restore, as an event of its own with the time of the act; False where nothing is to do.

    Nothing where the event is still there, where it was done again before, or where the choice opens no more than it did then.
    """
    person_id = _whose(db, payload)
    if person_id is None:
        return _suppress_unknown(db, payload)
    if _is_there(db, person_id, bytes.fromhex(payload["digest"])):
        return False
    choice = Choice(payload["purpose"], payload["channel"], payload["topic"])
    point = f"{COLLECTION_POINT}:{mark[:20]}"
    try:
        if any(event.collection_point == point for event in events_of(db, person_id)):
            return False
    except KeyIsDestroyed:
        return False
    row = state_of(db, person_id, choice)
    deed = _deed(payload, read_state(row) if row else UNSET)
    if deed is None:
        return False
    try:
        with db.begin_nested():
            Book(db, person_id).append(
                choice,
                collection_point=point,
                acted_at=datetime.fromisoformat(payload["at"]),
                evidence={"restored": True},
                **deed,
            )
    except (UnknownChoice, OnlyThePersonMayRaise, PauseOutOfRange):
        return False
    return True


def _suppress_unknown(db: Session, payload: Mapping[str, Any]) -> bool:
    """Who came after the backup is not known any more; that they said no is, by the hash of their address."""
    if payload["said"] not in STOPS or payload["topic"]:
        return False
    noted = {name: payload[name] for name in ("hash_key", "purpose", "channel", "at")}
    changed = [
        restore_suppression(db, {**noted, "hash": hashed, "source": COLLECTION_POINT}) for _kind, hashed in payload["identifiers"]
    ]
    return any(changed)


def _deed(payload: Mapping[str, Any], now: State) -> dict[str, Any] | None:
    """The act that brings the choice down to what was said then; None where it stands as low."""
    said = Act(payload["said"]) if payload["said"] else None
    until = datetime.fromisoformat(payload["paused_until"]) if payload["paused_until"] else None
    if said in STOPS:
        return {"act": said, "actor": Actor(payload["actor"])} if now.spoken is not Level.STOPPED else None
    if said is not Act.GIVEN and now.spoken > Level.OPEN:
        return {"act": Act.EXPIRED, "actor": Actor.COMPANY_SYSTEM}
    if until is not None and until > clock.now() and until > now.paused_until:
        return {"act": Act.PAUSED, "actor": Actor(payload["actor"]), "until": until}
    if payload["topics"] is not None and now.said is Act.GIVEN:
        topics = frozenset(payload["topics"]) & (now.topics if now.topics is not None else frozenset(payload["topics"]))
        return {"act": Act.GIVEN, "actor": Actor.COMPANY_SYSTEM, "topics": topics} if topics != now.topics else None
    return None


def _whose(db: Session, payload: Mapping[str, Any]) -> int | None:
    """The person whose identifier that was, also where it is stored under another hash key by now."""
    company, key_id = registry.key_of(company_of(db)), payload["hash_key"]
    for kind, text in payload["identifiers"]:
        wanted = bytes.fromhex(text)
        rows = select(PersonIdentifier).where(PersonIdentifier.kind == kind)
        found = db.scalar(rows.where(PersonIdentifier.hash == wanted))
        if found is None:
            others = db.scalars(rows.where(PersonIdentifier.hash_key_id != key_id))
            found = next((row for row in others if crypto.identifier_hash(company, kind, row.value, key_id) == wanted), None)
        if found is not None:
            return found.person_id
    return None


def _is_there(db: Session, person_id: int, digest: bytes) -> bool:
    return db.scalar(select(ConsentEvent.id).filter_by(person_id=person_id, digest=digest)) is not None
