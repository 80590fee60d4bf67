"""Two people who are one, or one who turns out to be two: what becomes of their choices. Each chain stays whole and where it is.

Must never carry a yes over: a no of either side holds for both, and a yes stays with the addresses it was said for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.consent.chains import KeyIsDestroyed, NoSuchPerson, chain_of, wrapped_key_of
from portal.consent.delivery import queue_delivery
from portal.consent.events import Choice, Evidence
from portal.consent.ledger import Book
from portal.consent.merge import UNSET, State
from portal.consent.states import states_of
from portal.consent.waiting import open_row
from portal.consent.words import STOPS, Act, Actor
from portal.core import clock
from portal.core.errors import PortalError
from portal.people.model import Person, PersonIdentifier
from portal.people.service import is_blank, move_identifier

OF_CONSENT = frozenset({"consent_event", "consent_chain", "consent_state", "consent_delivery", "consent_waiting"})
"""Tables of this room that may still know the one who goes: their chain stays as it is, as the chain of nobody's address."""


class CannotBeJoined(PortalError):
    """The two cannot be made one, or the one not two; the text says why and names nobody."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Which chain an act came from: the person's random id, how long the chain was, and where it ended."""

    person: str
    length: int
    tip: str


def join(db: Session, keep: int, gone: int, *, point: str, told_by: str) -> Trace:
    """Everything that `gone` is known by belongs to `keep` from now on. Their sessions have to be ended by the caller.

    What `gone` had said no to, paused or narrowed is lowered for `keep`, too. Raises `CannotBeJoined`, and then nothing is written.
    """
    for person_id in sorted((keep, gone)):
        _hold(db, person_id)
    if keep == gone:
        raise CannotBeJoined("They are the same person.")
    if not is_blank(db, gone, besides=OF_CONSENT):
        raise CannotBeJoined(
            "The one who would go has requests of their own. Two histories cannot be made one; name them the other way round."
        )
    if open_row(db, gone) is not None:
        raise CannotBeJoined("Something that the one who would go was asked to confirm still waits.")
    trace, theirs = _trace(db, gone), states_of(db, gone)
    for row in db.scalars(select(PersonIdentifier).filter_by(person_id=gone).order_by(PersonIdentifier.id)).all():
        move_identifier(db, row, keep)
    for row in db.scalars(select(PersonIdentifier).filter_by(person_id=keep)):
        row.seen_alone_at = None
    _lower(db, keep, theirs, point=point, evidence={"told_by": told_by, "joined": trace.person, "tip": trace.tip})
    for choice in states_of(db, keep):
        queue_delivery(db, keep, choice)
    return trace


def part(db: Session, row: PersonIdentifier, *, point: str, told_by: str) -> Trace:
    """That identifier belongs to somebody else, of whom nothing is known but what its person had said no to. Raises `CannotBeJoined`.

    A yes that was said while it was on file may have been theirs: it holds for neither until it is said again.
    """
    before = row.person_id
    _hold(db, before)
    others = select(PersonIdentifier.id).where(PersonIdentifier.person_id == before, PersonIdentifier.id != row.id)
    if db.scalar(others.limit(1)) is None:
        raise CannotBeJoined("This is all that the person is known by.")
    trace, states, since = _trace(db, before), states_of(db, before), row.joined_at or row.created_at
    move_identifier(db, row)
    evidence = {"told_by": told_by, "parted": trace.person, "tip": trace.tip}
    _lower(db, row.person_id, states, point=point, evidence=evidence)
    book = Book(db, before)
    for choice, state in states.items():
        if state.said in (Act.GIVEN, Act.IMPORTED) and state.since is not None and state.since >= since:
            book.append(choice, Act.EXPIRED, actor=Actor.COMPANY_SYSTEM, collection_point=point, evidence=evidence)
        else:
            queue_delivery(db, before, choice)
    return trace


def _hold(db: Session, person_id: int) -> None:
    """Lock the person. Who was erased is nobody any more."""
    try:
        wrapped = wrapped_key_of(db, person_id, lock=True)
    except NoSuchPerson:
        raise CannotBeJoined("There is no such person.") from None
    if wrapped is None and chain_of(db, person_id) is not None:
        raise KeyIsDestroyed("This person was erased.")


def _trace(db: Session, person_id: int) -> Trace:
    chain, person = chain_of(db, person_id), db.get_one(Person, person_id)
    return Trace(person.public_id, chain.length if chain else 0, bytes(chain.tip).hex() if chain else "")


def _lower(db: Session, person_id: int, wanted: Mapping[Choice, State], *, point: str, evidence: Evidence) -> None:
    """Bring the person's choices down to where the others stand lower; never up."""
    now, book = clock.now(), Book(db, person_id)
    states = dict(book.states)

    def tell(choice: Choice, act: Act, *, until: datetime | None = None, topics: frozenset[str] | None = None) -> None:
        book.append(
            choice, act, actor=Actor.COMPANY_SYSTEM, collection_point=point, evidence=evidence, until=until, topics=topics
        )

    for choice, state in wanted.items():
        own = states.get(choice, UNSET)
        if state.said in STOPS and state.said is not None:
            if own.said not in STOPS:
                tell(choice, state.said)
            continue
        if state.paused_until > now and state.paused_until > own.paused_until:
            tell(choice, Act.PAUSED, until=state.paused_until)
        if state.said is own.said is Act.GIVEN and state.topics is not None and not _within(own, state):
            tell(choice, Act.GIVEN, topics=state.topics if own.topics is None else own.topics & state.topics)


def _within(own: State, other: State) -> bool:
    return own.topics is not None and other.topics is not None and own.topics <= other.topics
