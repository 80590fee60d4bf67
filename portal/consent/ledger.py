"""Write down what was chosen. Every door comes through here, so that no act can miss the chain.

Must never write an event without its state, nor a yes without the text that was shown.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.consent import merge
from portal.consent.chains import WRAPPED, KeyIsDestroyed, NoSuchPerson, events_of, hold_person, open_key, read_events
from portal.consent.delivery import queue_delivery
from portal.consent.events import Choice, Event, Evidence, beginning, seal
from portal.consent.lifting import bring_suppressions_along
from portal.consent.lowering import note_lowering
from portal.consent.merge import NothingToUndo, OnlyThePersonMayRaise, State
from portal.consent.model import ConsentChain, ConsentEvent, ConsentState
from portal.consent.notices import notices_by_hash, words_of
from portal.consent.refusals import (
    LONGEST_PAUSE,
    ActInTheFuture,
    NoNoticeShown,
    PauseOutOfRange,
    UnknownChoice,
    refuse_what_cannot_be,
)
from portal.consent.states import read_state, write_state
from portal.consent.words import Act, Actor
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.fixed import Fixed, adding
from portal.outbox.webhooks import SOMEBODY_LISTENS, announce, listeners
from portal.people.model import Person, PersonIdentifier
from portal.people.service import HASHES, hashed_identifiers
from portal.people.suppressions import suppressed_hashes

TOLD = "consent.changed"

_EVENTS, _CHAINS, _STATES, _PERSONS, _THEIRS = (
    cast(Table, one.__table__) for one in (ConsentEvent, ConsentChain, ConsentState, Person, PersonIdentifier)
)
_ADD_EVENT, _BEGIN_CHAIN = adding(_EVENTS), adding(_CHAINS)
_GO_ON = Fixed(update(_CHAINS).where(_CHAINS.c.person_id == bindparam("whose")))
_OF_CHAIN = (_PERSONS.c.wrapped_key, _CHAINS.c.length, _CHAINS.c.tip, _CHAINS.c.received_at)
_OF_STATES = [column for column in _STATES.c if column.name not in ("company_id", "person_id")]
_STANDS = Fixed(
    select(*_OF_CHAIN, SOMEBODY_LISTENS.label("heard"), *HASHES, *_OF_STATES)
    .outerjoin_from(_PERSONS, _CHAINS, (_CHAINS.c.company_id == _PERSONS.c.company_id) & (_CHAINS.c.person_id == _PERSONS.c.id))
    .outerjoin(_STATES, (_STATES.c.company_id == _PERSONS.c.company_id) & (_STATES.c.person_id == _PERSONS.c.id))
    .outerjoin(_THEIRS, (_THEIRS.c.company_id == _PERSONS.c.company_id) & (_THEIRS.c.person_id == _PERSONS.c.id))
    .where(_PERSONS.c.company_id == bindparam("company"), _PERSONS.c.id == bindparam("person"))
)
"""A person's key and where their chain ends, and whether anybody is told of acts, beside every choice that was ever answered and every
identifier of theirs (each with each: there are few).
"""


class Book:
    """One person's chain and choices, held for this transaction: read once, however many acts follow.

    Good in the transaction that opened it only, and while nobody writes the person's choices past it. Two books of one person wait
    for one another. Raises `NoSuchPerson`.
    """

    def __init__(self, db: Session, person_id: int) -> None:
        self.db, self.person_id, self.company_id = db, person_id, company_of(db)
        hold_person(db, person_id)
        stands = _STANDS.run(db, {"company": self.company_id, "person": person_id})
        if not stands:
            raise NoSuchPerson("There is no such person.")
        self._wrapped = None if stands[0].wrapped_key is None else bytes(stands[0].wrapped_key)
        self.length: int = stands[0].length or 0
        self._tip = bytes(stands[0].tip) if self.length else beginning(self.company_id, person_id)
        self._received_at: datetime | None = stands[0].received_at
        self.states = {Choice(row.purpose, row.channel, row.topic): read_state(row) for row in stands if row.purpose is not None}
        self._key: bytes | None = None
        self._stands = stands
        self._identifiers: list[tuple[str, Mapping[str, bytes]]] | None = None
        self._suppressed: Mapping[tuple[str, str], datetime] | None = None
        self._listeners: list[int] | None = None if stands[0].heard else []
        self._purposes: dict[bytes, str] = {}

    def identifiers(self) -> list[tuple[str, Mapping[str, bytes]]]:
        """Kind and keyed hashes of all identifiers of the person: nothing here has to know what they are."""
        if self._identifiers is None:
            self._identifiers = hashed_identifiers(self.db, self.person_id, self._stands)
        return self._identifiers

    def _hashes(self) -> list[bytes]:
        return [hash_ for _kind, hashes in self.identifiers() for hash_ in hashes.values()]

    def suppressed(self) -> Mapping[tuple[str, str], datetime]:
        """The purposes and channels for which an identifier of theirs was suppressed when first asked."""
        if self._suppressed is None:
            self._suppressed = suppressed_hashes(self.db, self._hashes())
        return self._suppressed

    def words_of(self, purpose: str, language: str) -> tuple[bytes, str]:
        """The hash of the text that is shown today, and its language. Raises `NoNotice`."""
        hash_, spoken = words_of(self.db, purpose, language)
        self._purposes[hash_] = purpose
        return hash_, spoken

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
        purpose = registry.company(self.company_id).purposes.get(choice.purpose)
        refuse_what_cannot_be(event, purpose, is_known=choice in self.states, published_for=self._purpose_of)
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
        end = {"length": event.sequence, "tip": row["hash"], "received_at": event.received_at}
        _ADD_EVENT.run(self.db, row)
        if self.length == 0:
            _BEGIN_CHAIN.run(self.db, {"company_id": self.company_id, "person_id": self.person_id, **end})
        else:
            _GO_ON.run(self.db, {"whose": self.person_id, **end})
        self.length, self._tip, self._received_at = event.sequence, row["hash"], event.received_at
        return cast(bytes, row["digest"])

    def _comes_last(self, event: Event) -> bool:
        """Can the event change nothing but what stands now? Otherwise all events of the choice have to be put in order again."""
        tie = self._received_at is not None and event.received_at <= self._received_at
        return event.acted_at is None and event.undoes is None and event.act is not Act.UNDONE and not tie

    def _bring_suppressions_along(self, event: Event) -> None:
        (undone,) = self.events([event.undoes]) if event.act is Act.UNDONE and event.undoes else (None,)
        stopped = self._suppressed is None or (event.choice.purpose, event.choice.channel) in self._suppressed
        if undone is not None or (event.act is Act.GIVEN and stopped):
            bring_suppressions_along(self.db, event, undone, self._hashes())
            self._suppressed = None

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
    "LONGEST_PAUSE",
    "ActInTheFuture",
    "Book",
    "KeyIsDestroyed",
    "NoNoticeShown",
    "NoSuchPerson",
    "NothingToUndo",
    "OnlyThePersonMayRaise",
    "PauseOutOfRange",
    "UnknownChoice",
    "events_of",
]
