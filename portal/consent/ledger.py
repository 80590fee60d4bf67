"""Write down what was chosen, and read it back. Every door comes through here, so that no act can miss the chain.

Must never write an event without its state, nor a yes without the text that was shown.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.consent import merge
from portal.consent.delivery import queue_delivery
from portal.consent.events import Choice, Event, Evidence, beginning, seal, unseal
from portal.consent.lowering import note_lowering
from portal.consent.merge import NothingToUndo, OnlyThePersonMayRaise, State
from portal.consent.model import ConsentChain, ConsentEvent
from portal.consent.notices import notices_by_hash
from portal.consent.states import read_state, state_of, write_state
from portal.consent.words import STOPS, Act, Actor
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.outbox.webhooks import announce
from portal.people.model import Person
from portal.people.suppressions import lift_suppressions, renew_suppressions

WRAPPED = "person.wrapped_key"
LONGEST_PAUSE = timedelta(days=366)
SAME_ACT = timedelta(minutes=1)
"""A suppression noted this shortly before a no was noted with it."""


class NoSuchPerson(PortalError):
    """The session's company has no such person."""


class KeyIsDestroyed(PortalError):
    """The person was erased: their chain can be verified, but not read and not continued."""


class UnknownChoice(PortalError):
    """The company asks for no such purpose, channel or topic."""


class NoNoticeShown(PortalError):
    """A yes came without the text that was agreed to, or with one that was never published for it."""


class PauseOutOfRange(PortalError):
    """A pause has to end, after now and within `LONGEST_PAUSE`."""


class ActInTheFuture(PortalError):
    """The act is said to have happened later than now."""


def append_event(
    db: Session,
    person_id: int,
    *,
    purpose: str,
    channel: str,
    act: Act,
    actor: Actor,
    collection_point: str,
    topic: str = "",
    notice_hash: bytes | None = None,
    language: str | None = None,
    evidence: Evidence | None = None,
    acted_at: datetime | None = None,
    until: datetime | None = None,
    undoes: int | None = None,
    frequency: str | None = None,
    topics: Collection[str] | None = None,
) -> Event:
    """Append one act to the person's chain, bring the choice's state up to date and ask for it to be brought to the systems, in the
    caller's transaction.

    `collection_point` is where it came in (`site:choices`, `api:<key>`): act times are compared within one of them only.
    `acted_at` is None where the act happens now, at our own door. `undoes` is the sequence of the event that `undone` takes back.
    Two appends for one person wait for one another. Raises, and then nothing is written: `NoSuchPerson`, `KeyIsDestroyed`,
    `UnknownChoice`, `NoNoticeShown`, `PauseOutOfRange`, `ActInTheFuture`, `OnlyThePersonMayRaise`, `NothingToUndo`.
    """
    wrapped = wrapped_key_of(db, person_id, lock=True)
    chain = chain_of(db, person_id)
    now = clock.now()
    event = Event(
        person_id=person_id,
        sequence=chain.length + 1 if chain else 1,
        choice=Choice(purpose, channel, topic),
        act=act,
        actor=actor,
        collection_point=collection_point,
        received_at=now,
        salt=crypto.random_token(),
        notice_hash=notice_hash,
        language=language,
        evidence=evidence,
        acted_at=acted_at,
        until=until,
        undoes=undoes,
        frequency=frequency,
        topics=None if topics is None else tuple(sorted(topics)),
    )
    row = state_of(db, person_id, event.choice)
    _refuse_what_cannot_be(db, event, known=row is not None)
    key = open_key(wrapped, has_events=chain is not None)
    before = read_state(row) if row else merge.UNSET
    state = merge.after(before, event.deed) if _comes_last(event, chain) else _refold(read_events(db, person_id, key), event)
    if wrapped is None:
        db.execute(update(Person).where(Person.id == person_id).values(wrapped_key=crypto.encrypt(key, WRAPPED)))
    company_id = company_of(db)
    previous = bytes(chain.tip) if chain else beginning(company_id, person_id)
    stored = ConsentEvent(**seal(event, key, company_id, previous))
    db.add(stored)
    if chain is None:
        db.add(ConsentChain(person_id=person_id, length=1, tip=stored.hash, received_at=now))
    else:
        chain.length, chain.tip, chain.received_at = event.sequence, stored.hash, now
    write_state(db, row, person_id, event.choice, state)
    note_lowering(db, event, before, state, digest=stored.digest)
    db.flush()
    if event.actor is Actor.PERSON and not topic:
        _bring_suppressions_along(db, event, key)
    # A question changes nothing that a system acts on.
    if act is not Act.ASKED:
        queue_delivery(db, person_id, event.choice)
    announce(db, "consent.changed", lambda: _told(db, event))
    return event


def _told(db: Session, event: Event) -> dict[str, str]:
    """What the company's systems hear of an act: whose and which choice, by random id and key. They ask for more."""
    person = db.scalar(select(Person.public_id).where(Person.id == event.person_id)) or ""
    return {"person": person, "purpose": event.choice.purpose, "channel": event.choice.channel}


def events_of(db: Session, person_id: int) -> list[Event]:
    """All events of a person, open, in order of receipt. Raises `NoSuchPerson`, `KeyIsDestroyed`, `CannotDecrypt`."""
    wrapped = wrapped_key_of(db, person_id)
    if chain_of(db, person_id) is None:
        return []
    return read_events(db, person_id, open_key(wrapped, has_events=True))


def wrapped_key_of(db: Session, person_id: int, *, lock: bool = False) -> bytes | None:
    """A person's key as it is stored. With `lock`, nobody else appends for them until the transaction ends. Raises `NoSuchPerson`."""
    query = select(Person.wrapped_key).where(Person.id == person_id)
    found = db.execute(query.with_for_update(key_share=True) if lock else query).first()
    if found is None:
        raise NoSuchPerson("There is no such person.")
    return None if found[0] is None else bytes(found[0])


def chain_of(db: Session, person_id: int) -> ConsentChain | None:
    """Length and end of a person's chain, as the database has it now."""
    return db.scalar(select(ConsentChain).filter_by(person_id=person_id).execution_options(populate_existing=True))


def open_key(wrapped: bytes | None, *, has_events: bool) -> bytes:
    """The key of a person, made where they have none and nothing was sealed yet. Raises `KeyIsDestroyed`."""
    if wrapped is not None:
        return crypto.decrypt(wrapped, WRAPPED)
    if has_events:
        raise KeyIsDestroyed("This person was erased. Their history can be verified, but no longer read or continued.")
    return crypto.new_key()


def read_events(db: Session, person_id: int, key: bytes, sequences: Collection[int] | None = None) -> list[Event]:
    """Events of a person under their opened key, in order; only those of `sequences` where it is given."""
    query = select(ConsentEvent).filter_by(person_id=person_id).order_by(ConsentEvent.sequence)
    if sequences is not None:
        query = query.where(ConsentEvent.sequence.in_(sequences))
    return [unseal(row, key) for row in db.scalars(query)]


def _comes_last(event: Event, chain: ConsentChain | None) -> bool:
    """Can the event change nothing but what stands now? Otherwise all events of the choice have to be put in order again."""
    tie = chain is not None and event.received_at <= chain.received_at
    return event.acted_at is None and event.undoes is None and event.act is not Act.UNDONE and not tie


def _refold(events: Sequence[Event], event: Event) -> State:
    deeds = [one.deed for one in events if one.choice == event.choice]
    if event.act is Act.UNDONE and (event.undoes is None or event.undoes != merge.newest_standing(deeds)):
        raise NothingToUndo("Something newer was chosen since. It stands.")
    turns = {turn.deed.sequence: turn for turn in merge.trace([*deeds, event.deed])}
    state = merge.fold([*deeds, event.deed])
    raised = event.actor is not Actor.PERSON and event.act is not Act.IMPORTED and state.is_louder_than(merge.fold(deeds))
    if turns[event.sequence].refused or raised:
        raise OnlyThePersonMayRaise("Only the person can say yes, or take back a no.")
    return state


def _bring_suppressions_along(db: Session, event: Event, key: bytes) -> None:
    """The person's yes lifts what was noted before it; taking it back puts that in force again; taking back a no lifts what came with it."""
    choice, undone = event.choice, None
    if event.act is Act.UNDONE and event.undoes:
        (undone,) = read_events(db, event.person_id, key, [event.undoes])
    if event.act is Act.GIVEN:
        lift_suppressions(
            db, event.person_id, purpose=choice.purpose, channel=choice.channel, until=event.happened_at, at=event.received_at
        )
    elif undone is not None and undone.act is Act.GIVEN:
        renew_suppressions(db, event.person_id, purpose=choice.purpose, channel=choice.channel, lifted_at=undone.received_at)
    elif undone is not None and undone.act in STOPS:
        since = undone.received_at - SAME_ACT
        lift_suppressions(
            db, event.person_id, purpose=choice.purpose, channel=choice.channel, since=since, until=event.received_at,
            at=event.received_at,
        )  # fmt: skip


def _refuse_what_cannot_be(db: Session, event: Event, *, known: bool) -> None:
    choice = event.choice
    purpose = registry.company(company_of(db)).purposes.get(choice.purpose)
    topics = set(event.topics or ()) | ({choice.topic} if choice.topic else set())
    offered = purpose is not None and choice.channel in purpose.channels and topics <= purpose.topics.keys()
    # What a company no longer asks for can still be taken back by those who agreed to it.
    if not offered and (not known or event.act is Act.GIVEN):
        raise UnknownChoice("The company does not ask for this purpose, channel or topic.")
    if event.act is Act.PAUSED and not (event.until and event.received_at < event.until <= event.received_at + LONGEST_PAUSE):
        raise PauseOutOfRange("A pause ends after now, and within a year.")
    if event.acted_at is not None and event.acted_at > event.received_at:
        raise ActInTheFuture("An act cannot have happened later than now.")
    if event.notice_hash is None:
        if event.act is Act.GIVEN and event.actor is Actor.PERSON:
            raise NoNoticeShown("A yes needs the text that was agreed to.")
    else:
        notice = notices_by_hash(db, [event.notice_hash]).get(event.notice_hash)
        if notice is None or notice.purpose != choice.purpose:
            raise NoNoticeShown("This text was never published for this purpose.")


__all__ = [
    "ActInTheFuture",
    "KeyIsDestroyed",
    "NoNoticeShown",
    "NoSuchPerson",
    "NothingToUndo",
    "OnlyThePersonMayRaise",
    "PauseOutOfRange",
    "UnknownChoice",
    "append_event",
    "events_of",
]
