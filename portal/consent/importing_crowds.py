"""The common case of an import in few statements: an old yes of someone who never answered, thousands at once.

Must never decide anything that `importing.import_one` would decide otherwise: what is not the plain case is left to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from portal.consent import merge
from portal.consent.chains import WRAPPED
from portal.consent.delivery import queue_delivery, queue_first_deliveries
from portal.consent.events import Choice, Event, beginning, seal
from portal.consent.model import ConsentChain, ConsentEvent, ConsentState
from portal.consent.states import columns_of
from portal.consent.telling import Source
from portal.consent.words import Act, Actor
from portal.core import clock, crypto
from portal.core.bulk import add_rows
from portal.core.db import company_of
from portal.outbox.webhooks import announce, endpoints
from portal.people.crowds import Crowd, add_people
from portal.people.model import Person
from portal.people.service import Identifier

EVENT, CHAIN, STATE, PERSON = (
    cast(Table, model.__table__) for model in (ConsentEvent, ConsentChain, ConsentState, Person)
)  # fmt: skip

TOLD = "consent.changed"
YES = frozenset({Act.GIVEN, Act.IMPORTED})


@dataclass(frozen=True, slots=True)
class OldYes:
    """One old yes: whose, to what, and when it was said, as far as the list knows."""

    identifier: Identifier
    choice: Choice
    at: datetime | None


@dataclass(slots=True)
class _Chain:
    """Where a person's chain ends, and what was added to it here."""

    person_id: int
    public_id: str
    key: bytes
    length: int
    tip: bytes
    is_new: bool
    answered: Mapping[Choice, Act | None]


def add_crowd(db: Session, lines: Iterable[tuple[int, OldYes]], crowd: Crowd, *, source: Source) -> dict[int, bool]:
    """Append the old yeses of people who never answered, in the caller's transaction: for each line that was settled here whether it
    was stored (else it is there). Lines that need a closer look are not among them.

    The caller made sure that each may be taken in. Raises `IntegrityError` where somebody else made one of the people meanwhile.
    """
    plain = list(lines)
    known = _known_chains(db, {crowd.people[one.identifier] for _, one in plain if one.identifier in crowd.people})
    fresh = _new_chains(db, list(dict.fromkeys(one.identifier for _, one in plain if one.identifier not in crowd.people)))
    settled: dict[int, bool] = {}
    added: list[tuple[_Chain, dict[str, Any], Choice, dict[str, Any]]] = []
    # One transaction, one moment: what is made of it (its text, a state) is made once for all lines that are alike.
    now = clock.now()
    here: set[tuple[int, Choice]] = set()
    for number, one in plain:
        chain = fresh.get(one.identifier) or known.get(crowd.people.get(one.identifier, -1))
        if chain is None:
            continue
        if (chain.person_id, one.choice) in here or chain.answered.get(one.choice) in YES:
            settled[number] = False
        elif one.choice not in chain.answered:
            here.add((chain.person_id, one.choice))
            added.append(_appended(company_of(db), chain, one, source, now))
            settled[number] = True
    _write(db, added, [*known.values(), *fresh.values()])
    return settled


def evidence_of(at: datetime | None, source: Source) -> dict[str, str | int | bool | None]:
    """What an imported line leaves as evidence: who told it, and when it is said to have happened."""
    return {"told_by": source.key_id, "claimed_at": at.isoformat() if at else None}


def _known_chains(db: Session, person_ids: set[int]) -> dict[int, _Chain]:
    """Of people who are known, locked; without those whose key is gone or was never made."""
    if not person_ids:
        return {}
    people = (
        select(PERSON.c.id, PERSON.c.public_id, PERSON.c.wrapped_key).where(PERSON.c.id.in_(person_ids)).order_by(PERSON.c.id)
    )
    rows = db.execute(people.with_for_update(key_share=True)).all()
    ends = {row.person_id: row for row in db.execute(select(CHAIN).where(CHAIN.c.person_id.in_(person_ids)))}
    answered: dict[int, dict[Choice, Act | None]] = {}
    for row in db.execute(
        select(STATE.c.person_id, STATE.c.purpose, STATE.c.channel, STATE.c.topic, STATE.c.said).where(
            STATE.c.person_id.in_(person_ids)
        )
    ):
        said = Act(row.said) if row.said else None
        answered.setdefault(row.person_id, {})[Choice(row.purpose, row.channel, row.topic)] = said
    return {
        row.id: _Chain(
            row.id, row.public_id, crypto.decrypt(bytes(row.wrapped_key), WRAPPED), ends[row.id].length, bytes(ends[row.id].tip),
            False, answered.get(row.id, {}),
        )
        for row in rows
        if row.wrapped_key and row.id in ends
    }  # fmt: skip


def _new_chains(db: Session, identifiers: Sequence[Identifier]) -> dict[Identifier, _Chain]:
    keys = {one: crypto.new_key() for one in identifiers}
    wrapped = crypto.encrypter(WRAPPED)
    made = add_people(db, {one: wrapped(key) for one, key in keys.items()})
    company_id = company_of(db)
    return {
        one: _Chain(new.id, new.public_id, keys[one], 0, beginning(company_id, new.id), True, {}) for one, new in made.items()
    }


def _appended(
    company_id: int, chain: _Chain, one: OldYes, source: Source, now: datetime
) -> tuple[_Chain, dict[str, Any], Choice, dict[str, Any]]:
    event = Event(
        person_id=chain.person_id,
        sequence=chain.length + 1,
        choice=one.choice,
        act=Act.IMPORTED,
        actor=Actor.COMPANY_SYSTEM,
        collection_point=source.point,
        received_at=now,
        salt=crypto.random_token(),
        evidence=evidence_of(one.at, source),
    )
    row = seal(event, chain.key, company_id, chain.tip)
    chain.length, chain.tip = event.sequence, row["hash"]
    return chain, row, one.choice, _first_state(event.deed)


@lru_cache(maxsize=64)
def _first_state(deed: merge.Deed) -> dict[str, Any]:
    """The columns of a choice of which this is all that was ever said; not to be changed."""
    return columns_of(merge.after(merge.UNSET, deed))


def _write(db: Session, added: Sequence[tuple[_Chain, dict[str, Any], Choice, dict[str, Any]]], chains: Sequence[_Chain]) -> None:
    if not added:
        return
    company_id = company_of(db)
    rows = [row for _, row, _, _ in added]
    add_rows(db, EVENT, tuple(rows[0]), [tuple(row.values()) for row in rows])
    newest = {chain.person_id: row["received_at"] for chain, row, _, _ in added}
    ends = [
        {"whose": chain.person_id, "length": chain.length, "tip": chain.tip, "received_at": newest[chain.person_id]}
        for chain in chains
        if chain.person_id in newest and not chain.is_new
    ]
    if ends:
        db.connection().execute(update(CHAIN).where(CHAIN.c.person_id == bindparam("whose")), ends)
    begun = [(company_id, chain.person_id, chain.length, chain.tip, newest[chain.person_id]) for chain in chains if chain.is_new]
    add_rows(db, CHAIN, ("company_id", "person_id", "length", "tip", "received_at"), begun)
    places = [
        (company_id, chain.person_id, choice.purpose, choice.channel, choice.topic, *said.values())
        for chain, _, choice, said in added
    ]
    add_rows(db, STATE, ("company_id", "person_id", "purpose", "channel", "topic", *added[0][3]), places)
    queue_first_deliveries(db, [(chain.person_id, choice) for chain, _, choice, _ in added if chain.is_new])
    for chain, _, choice, _ in added:
        if not chain.is_new:
            queue_delivery(db, chain.person_id, choice)
    _tell(db, added)


def _tell(db: Session, added: Sequence[tuple[_Chain, dict[str, Any], Choice, dict[str, Any]]]) -> None:
    """Who wants to hear of each act does. Where nobody listens, nobody is asked for once an act."""
    if not any(TOLD in one.kinds for one in endpoints(db) if one.disabled_at is None):
        return
    for chain, _, choice, _ in added:
        announce(db, TOLD, partial(dict, person=chain.public_id, purpose=choice.purpose, channel=choice.channel))
