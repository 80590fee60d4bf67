"""Bring what people agreed to before the portal came into an empty ledger, as real events. Must never touch a ledger that has any."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.model import CompanyRow
from portal.consent import merge
from portal.consent.chains import WRAPPED, open_key
from portal.consent.events import Choice, Event, beginning, seal
from portal.consent.ledger import UnknownChoice
from portal.consent.model import ConsentChain, ConsentEvent, ConsentState
from portal.consent.notices import notice_for
from portal.consent.states import columns_of
from portal.consent.words import Act, Actor
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.people.addresses import normal_address
from portal.people.model import Person
from portal.people.service import EMAIL, Identifier, person_for

BEFORE_THE_PORTAL = "import:history"
"""The collection point of everything that is brought in here."""

BATCH = 5000

Rows = dict[type, list[dict[str, Any]]]
Notices = dict[tuple[str, str], tuple[bytes, str]]
"""Hash and language of the text for a purpose and a language, as far as they were looked up."""


class PastAct(Protocol):
    """One act as another system noted it: given, refused, withdrawn, or imported (a yes without proof)."""

    @property
    def email(self) -> str: ...
    @property
    def purpose(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def act(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def language(self) -> str: ...


def import_history(db: Session, acts: Iterable[PastAct]) -> int:
    """Append `acts` of the session's company, in one transaction; returns how many. Nothing, after one query, where it has events.

    The text of an answer is the one published now. `acts` is not even looked at where nothing is imported.
    Raises `UnknownChoice`, `NoNotice`, `AddressRefused`.
    """
    if not _is_empty(db):
        return 0
    # The company's row is the lock: of two starts at once, the second finds the ledger filled.
    db.execute(select(CompanyRow.id).where(CompanyRow.id == company_of(db)).with_for_update(key_share=True))
    if not _is_empty(db):
        return 0
    theirs: dict[str, list[PastAct]] = defaultdict(list)
    for act in acts:
        theirs[act.email].append(act)
    chains: dict[int, list[PastAct]] = defaultdict(list)
    for email, own in theirs.items():
        address = normal_address(email, allow_non_ascii=True)
        newest = max(own, key=lambda act: act.at)
        chains[person_for(db, Identifier(EMAIL, address), language=newest.language).id] += own
    rows: Rows = {ConsentEvent: [], ConsentChain: [], ConsentState: []}
    notices: Notices = {}
    for person_id, key in _keys(db, sorted(chains)).items():
        _add_chain(db, person_id, key, sorted(chains[person_id], key=lambda act: act.at), notices, rows)
    for table, values in rows.items():
        if values:
            db.execute(insert(table), values)
    return len(rows[ConsentEvent])


def _keys(db: Session, person_ids: list[int]) -> dict[int, bytes]:
    """The keys of persons without events, made where they have none; their rows stay locked."""
    found: dict[int, bytes] = {}
    made: list[dict[str, int | bytes]] = []
    for ids in (person_ids[i : i + BATCH] for i in range(0, len(person_ids), BATCH)):
        query = select(Person.id, Person.wrapped_key).where(Person.id.in_(ids)).order_by(Person.id)
        for person_id, wrapped in db.execute(query.with_for_update(key_share=True)):
            found[person_id] = open_key(bytes(wrapped) if wrapped else None, has_events=False)
            if wrapped is None:
                made.append({"id": person_id, "wrapped_key": crypto.encrypt(found[person_id], WRAPPED)})
    if made:
        db.execute(update(Person), made)
    return found


def _is_empty(db: Session) -> bool:
    return db.scalar(select(ConsentEvent.id).limit(1)) is None


def _add_chain(db: Session, person_id: int, key: bytes, acts: list[PastAct], notices: Notices, rows: Rows) -> None:
    company_id, now = company_of(db), clock.now()
    previous = beginning(company_id, person_id)
    choices: dict[Choice, list[Event]] = defaultdict(list)
    for sequence, act in enumerate(acts, 1):
        event = _event(db, person_id, sequence, act, now, notices)
        row = seal(event, key, company_id, previous)
        previous = row["hash"]
        rows[ConsentEvent].append(row)
        choices[event.choice].append(event)
    own = {"company_id": company_id, "person_id": person_id}
    rows[ConsentChain].append({**own, "length": len(acts), "tip": previous, "received_at": now})
    for choice, events in choices.items():
        state = merge.fold(event.deed for event in events)
        place = {"purpose": choice.purpose, "channel": choice.channel, "topic": choice.topic}
        rows[ConsentState].append({**own, **place, **columns_of(state)})


def _event(db: Session, person_id: int, sequence: int, past: PastAct, now: datetime, notices: Notices) -> Event:
    purpose = registry.company(company_of(db)).purposes.get(past.purpose)
    if purpose is None or past.channel not in purpose.channels:
        raise UnknownChoice(f"The history names {past.purpose}.{past.channel}, which portal.yaml does not ask for.")
    act, shown, language = Act(past.act), None, None
    if act is not Act.IMPORTED:
        shown, language = _notice(db, past, notices)
    return Event(
        person_id=person_id,
        sequence=sequence,
        choice=Choice(past.purpose, past.channel),
        act=act,
        actor=Actor.COMPANY_SYSTEM if act is Act.IMPORTED else Actor.PERSON,
        collection_point=BEFORE_THE_PORTAL,
        received_at=now,
        salt=crypto.random_token(),
        notice_hash=shown,
        language=language,
        acted_at=past.at,
    )


def _notice(db: Session, past: PastAct, known: Notices) -> tuple[bytes, str]:
    wanted = past.purpose, past.language
    if wanted not in known:
        notice = notice_for(db, *wanted)
        known[wanted] = notice.hash, notice.language
    return known[wanted]
