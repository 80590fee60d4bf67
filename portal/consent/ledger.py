"""Write down what was chosen. Every door comes through here, so that no act can miss the chain.

Must never write an event without its state, nor a yes without the text that was shown.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.consent import merge
from portal.consent.chains import WRAPPED, KeyIsDestroyed, NoSuchPerson, events_of, open_key, read_events, wrapped_key_of
from portal.consent.delivery import queue_delivery
from portal.consent.events import Choice, Event, Evidence, beginning, seal
from portal.consent.lowering import note_lowering
from portal.consent.merge import NothingToUndo, OnlyThePersonMayRaise, State
from portal.consent.model import ConsentChain, ConsentEvent, Notice
from portal.consent.notices import notice_for, notices_by_hash
from portal.consent.states import states_of, write_state
from portal.consent.words import STOPS, Act, Actor
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.outbox.webhooks import announce, listeners
from portal.people.model import Person
from portal.people.service import Identifier, identifiers_of
from portal.people.suppressions import lift_suppressions, renew_suppressions, suppressed_choices

LONGEST_PAUSE = timedelta(days=366)
SAME_ACT = timedelta(minutes=1)
"""A suppression noted this shortly before a no was noted with it."""

TOLD = "consent.changed"

_EVENTS, _CHAINS = cast(Table, ConsentEvent.__table__), cast(Table, ConsentChain.__table__)
_ADD_EVENT, _BEGIN_CHAIN = insert(_EVENTS), insert(_CHAINS)
_GO_ON = update(_CHAINS).where(_CHAINS.c.person_id == bindparam("whose"))
_ENDS = select(_CHAINS.c.length, _CHAINS.c.tip, _CHAINS.c.received_at).where(
    _CHAINS.c.company_id == bindparam("company"), _CHAINS.c.person_id == bindparam("person")
)


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
    """Append one act to the person's chain: `Book.append` of a book opened for it. Raises also `NoSuchPerson`."""
    return Book(db, person_id).append(
        Choice(purpose, channel, topic),
        act,
        actor=actor,
        collection_point=collection_point,
        notice_hash=notice_hash,
        language=language,
        evidence=evidence,
        acted_at=acted_at,
        until=until,
        undoes=undoes,
        frequency=frequency,
        topics=topics,
    )


class Book:
    """One person's chain and choices, held for this transaction: read once, however many acts follow.

    Good in the transaction that opened it only, and while nobody writes the person's choices past it. Two books of one person wait
    for one another. Raises `NoSuchPerson`.
    """

    def __init__(self, db: Session, person_id: int) -> None:
        self.db, self.person_id, self.company_id = db, person_id, company_of(db)
        self._wrapped = wrapped_key_of(db, person_id, lock=True)
        chain = db.connection().execute(_ENDS, {"company": self.company_id, "person": person_id}).one_or_none()
        self.length: int = chain.length if chain else 0
        self._tip = bytes(chain.tip) if chain else beginning(self.company_id, person_id)
        self._received_at: datetime | None = chain.received_at if chain else None
        self.states = states_of(db, person_id)
        self._key: bytes | None = None
        self._identifiers: list[Identifier] | None = None
        self._suppressed: Mapping[tuple[str, str], datetime] | None = None
        self._listeners: list[int] | None = None
        self._purposes: dict[bytes, str] = {}

    def identifiers(self) -> list[Identifier]:
        """All identifiers of the person."""
        if self._identifiers is None:
            self._identifiers = identifiers_of(self.db, self.person_id)
        return self._identifiers

    def suppressed(self) -> Mapping[tuple[str, str], datetime]:
        """The purposes and channels for which an identifier of theirs was suppressed when first asked."""
        if self._suppressed is None:
            self._suppressed = suppressed_choices(self.db, self.identifiers())
        return self._suppressed

    def notice(self, purpose: str, language: str) -> Notice:
        """The text that is shown today. Raises `NoNotice`."""
        notice = notice_for(self.db, purpose, language)
        self._purposes[notice.hash] = notice.purpose
        return notice

    def events(self, sequences: Collection[int] | None = None) -> list[Event]:
        """What was written, open; only those of `sequences` where it is given. Raises `KeyIsDestroyed`."""
        if not self.length or (sequences is not None and not sequences):
            return []
        return read_events(self.db, self.person_id, self.key, sequences)

    @property
    def key(self) -> bytes:
        """The person's key, made and kept where they have none yet. Raises `KeyIsDestroyed`."""
        if self._key is None:
            self._key = open_key(self._wrapped, has_events=self.length > 0)
        return self._key

    def append(
        self,
        choice: Choice,
        act: Act,
        *,
        actor: Actor,
        collection_point: str,
        notice_hash: bytes | None = None,
        language: str | None = None,
        evidence: Evidence | None = None,
        acted_at: datetime | None = None,
        until: datetime | None = None,
        undoes: int | None = None,
        frequency: str | None = None,
        topics: Collection[str] | None = None,
    ) -> Event:
        """Append one act to the chain, bring the choice's state up to date and ask for it to be brought to the systems, in the
        caller's transaction.

        `collection_point` is where it came in (`site:choices`, `api:<key>`): act times are compared within one of them only.
        `acted_at` is None where the act happens now, at our own door. `undoes` is the sequence of the event that `undone` takes back.
        Raises, and then nothing is written: `KeyIsDestroyed`, `UnknownChoice`, `NoNoticeShown`, `PauseOutOfRange`, `ActInTheFuture`,
        `OnlyThePersonMayRaise`, `NothingToUndo`.
        """
        event = Event(
            person_id=self.person_id,
            sequence=self.length + 1,
            choice=choice,
            act=act,
            actor=actor,
            collection_point=collection_point,
            received_at=clock.now(),
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
        self._refuse_what_cannot_be(event)
        before = self.states.get(choice, merge.UNSET)
        state = merge.after(before, event.deed) if self._comes_last(event) else _refold(self.events(), event)
        digest = self._write(event)
        write_state(self.db, self.person_id, choice, state, is_new=choice not in self.states)
        self.states[choice] = state
        note_lowering(self.db, event, before, state, digest=digest, whose=self.identifiers)
        if event.actor is Actor.PERSON and not choice.topic:
            self._bring_suppressions_along(event)
        # A question changes nothing that a system acts on.
        if act is not Act.ASKED:
            queue_delivery(self.db, self.person_id, choice)
        if self._listeners is None:
            self._listeners = listeners(self.db, TOLD)
        announce(self.db, TOLD, lambda: _told(self.db, event), to=self._listeners)
        return event

    def _write(self, event: Event) -> bytes:
        """The row of the ledger and the new end of the chain; returns the event's digest."""
        if self._wrapped is None:
            self._wrapped = crypto.encrypt(self.key, WRAPPED)
            kept = update(Person).where(Person.id == self.person_id).values(wrapped_key=self._wrapped)
            self.db.execute(kept)
        row = seal(event, self.key, self.company_id, self._tip)
        connection, end = self.db.connection(), {"length": event.sequence, "tip": row["hash"], "received_at": event.received_at}
        connection.execute(_ADD_EVENT, row)
        if self.length == 0:
            connection.execute(_BEGIN_CHAIN, {"company_id": self.company_id, "person_id": self.person_id, **end})
        else:
            connection.execute(_GO_ON, {"whose": self.person_id, **end})
        self.length, self._tip, self._received_at = event.sequence, row["hash"], event.received_at
        return cast(bytes, row["digest"])

    def _comes_last(self, event: Event) -> bool:
        """Can the event change nothing but what stands now? Otherwise all events of the choice have to be put in order again."""
        tie = self._received_at is not None and event.received_at <= self._received_at
        return event.acted_at is None and event.undoes is None and event.act is not Act.UNDONE and not tie

    def _bring_suppressions_along(self, event: Event) -> None:
        """The person's yes lifts what was noted before it; taking it back puts that in force again; taking back a no lifts what came with it."""
        choice, undone, at = event.choice, None, event.received_at
        purpose, channel = choice.purpose, choice.channel
        if event.act is Act.UNDONE and event.undoes:
            (undone,) = self.events([event.undoes])
        if event.act is Act.GIVEN:
            lift_suppressions(self.db, self.identifiers(), purpose=purpose, channel=channel, until=event.happened_at, at=at)
        elif undone is not None and undone.act is Act.GIVEN:
            renew_suppressions(self.db, self.identifiers(), purpose=purpose, channel=channel, lifted_at=undone.received_at)
        elif undone is not None and undone.act in STOPS:
            lift_suppressions(
                self.db,
                self.identifiers(),
                purpose=purpose,
                channel=channel,
                since=undone.received_at - SAME_ACT,
                until=at,
                at=at,
            )
        else:
            return
        self._suppressed = None

    def _refuse_what_cannot_be(self, event: Event) -> None:
        choice = event.choice
        purpose = registry.company(self.company_id).purposes.get(choice.purpose)
        topics = set(event.topics or ()) | ({choice.topic} if choice.topic else set())
        offered = purpose is not None and choice.channel in purpose.channels and topics <= purpose.topics.keys()
        # What a company no longer asks for can still be taken back by those who agreed to it.
        if not offered and (choice not in self.states or event.act is Act.GIVEN):
            raise UnknownChoice("The company does not ask for this purpose, channel or topic.")
        if event.act is Act.PAUSED and not (event.until and event.received_at < event.until <= event.received_at + LONGEST_PAUSE):
            raise PauseOutOfRange("A pause ends after now, and within a year.")
        if event.acted_at is not None and event.acted_at > event.received_at:
            raise ActInTheFuture("An act cannot have happened later than now.")
        if event.notice_hash is None:
            if event.act is Act.GIVEN and event.actor is Actor.PERSON:
                raise NoNoticeShown("A yes needs the text that was agreed to.")
        elif self._purpose_of(event.notice_hash) != choice.purpose:
            raise NoNoticeShown("This text was never published for this purpose.")

    def _purpose_of(self, hash_: bytes) -> str | None:
        """What a published text is for."""
        if hash_ not in self._purposes:
            self._purposes.update({one.hash: one.purpose for one in notices_by_hash(self.db, [hash_]).values()})
        return self._purposes.get(hash_)


def _told(db: Session, event: Event) -> dict[str, str]:
    """What the company's systems hear of an act: whose and which choice, by random id and key. They ask for more."""
    person = db.scalar(select(Person.public_id).where(Person.id == event.person_id)) or ""
    return {"person": person, "purpose": event.choice.purpose, "channel": event.choice.channel}


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


__all__ = [
    "ActInTheFuture",
    "Book",
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
