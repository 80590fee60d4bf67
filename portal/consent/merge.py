"""What a choice says after one more act, and after all of them. Pure: no database, no clock.

Must never let anyone but the person raise a choice (GDPR Art. 7(1): consent is proven, not inferred).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import IntEnum

from portal.consent.words import STOPS, Act, Actor
from portal.core.errors import PortalError

NEVER = datetime.min.replace(tzinfo=UTC)


class OnlyThePersonMayRaise(PortalError):
    """Someone else tried to record more than the person agreed to."""


class NothingToUndo(PortalError):
    """The event to take back is not one of this choice, or came later."""


class Level(IntEnum):
    """How much a choice lets a company do, in order. `open`: nobody said anything; enough only where no consent is needed."""

    STOPPED = 0
    OPEN = 1
    IMPORTED = 2
    GIVEN = 3


@dataclass(frozen=True, slots=True)
class Deed:
    """One act on one choice, as far as the rule looks at it.

    `source` is where it came in; `acted_at` is its moment by that source's word, None where it happened as it was received.
    """

    sequence: int
    act: Act
    actor: Actor
    source: str
    received_at: datetime
    acted_at: datetime | None = None
    until: datetime | None = None
    undoes: int | None = None
    frequency: str | None = None
    topics: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class State:
    """One choice as it stands. `said` is None while nobody answered; `pending`: a yes waits for its confirmation.

    `sequence` and `since` name the event that said it. `topics` is None where none was left out.
    """

    said: Act | None = None
    pending: bool = False
    paused_until: datetime = NEVER
    frequency: str | None = None
    topics: frozenset[str] | None = None
    sequence: int | None = None
    since: datetime | None = None

    @property
    def spoken(self) -> Level:
        """The level of what was said, whether or not a pause hides it."""
        if self.said in STOPS:
            return Level.STOPPED
        return {Act.GIVEN: Level.GIVEN, Act.IMPORTED: Level.IMPORTED}.get(self.said or Act.EXPIRED, Level.OPEN)

    def level(self, at: datetime) -> Level:
        """The level at that moment. Paused is stopped."""
        return Level.STOPPED if at < self.paused_until else self.spoken

    def allows(self, at: datetime) -> bool:
        """Was it agreed to, and does it hold at `at`? Silence is no."""
        return self.level(at) is Level.GIVEN

    def is_louder_than(self, other: "State") -> bool:
        """Is there a moment or a topic that this state opens further than `other`?"""
        if self.spoken is Level.STOPPED:
            return False
        narrower = other.topics is None or (self.topics is not None and self.topics <= other.topics)
        return self.spoken > other.spoken or self.paused_until < other.paused_until or not narrower


UNSET = State()


@dataclass(frozen=True, slots=True)
class Turn:
    """One deed in its place: the state before and after it. `refused`: it would have raised, and changed nothing."""

    deed: Deed
    before: State
    after: State
    refused: bool


def after(state: State, deed: Deed, *, restored: State | None = None) -> State:
    """The state once `deed` is done. `restored` is the state before the event that an `undone` names.

    Raises `OnlyThePersonMayRaise` or `NothingToUndo`.
    """
    new = _done(state, deed, restored)
    # An old list says less than any answer and opens nothing that asks for one: see `Level`.
    if deed.actor is not Actor.PERSON and deed.act is not Act.IMPORTED and new.is_louder_than(state):
        raise OnlyThePersonMayRaise("Only the person can say yes, or take back a no.")
    return new


def _done(state: State, deed: Deed, restored: State | None) -> State:
    match deed.act:
        case Act.ASKED:
            return replace(state, pending=state.said is not Act.GIVEN)
        case Act.IMPORTED:
            return _saying(deed, state) if state.said is None else state
        case Act.EXPIRED if state.pending and state.said is not Act.GIVEN:
            # What ended is the wait for a confirmation; what was said before stands.
            return replace(state, pending=False)
        case Act.EXPIRED:
            return _saying(deed, state) if state.spoken > Level.OPEN else state
        case Act.PAUSED:
            return replace(state, paused_until=deed.until or NEVER)
        case Act.RESUMED:
            return replace(state, paused_until=NEVER)
        case Act.UNDONE:
            if restored is None:
                raise NothingToUndo("There is nothing to take back.")
            return restored
    if deed.actor is Actor.PERSON:
        # A yes said again does not end a pause: that is an act of its own.
        paused_until = state.paused_until if deed.act is state.said is Act.GIVEN else NEVER
        return State(deed.act, False, paused_until, deed.frequency, deed.topics, deed.sequence, deed.acted_at or deed.received_at)
    narrowed = state if deed.topics is None else replace(state, topics=deed.topics)
    return narrowed if deed.act is state.said else _saying(deed, replace(narrowed, pending=False))


def _saying(deed: Deed, state: State) -> State:
    return replace(state, said=deed.act, sequence=deed.sequence, since=deed.acted_at or deed.received_at)


def trace(deeds: Iterable[Deed]) -> Iterator[Turn]:
    """All deeds of one choice in the order that counts, each with the state before and after. Never raises."""
    state, before = UNSET, dict[int, State]()
    for deed in in_order(deeds):
        before[deed.sequence] = state
        try:
            new, refused = after(state, deed, restored=before.get(deed.undoes or 0)), False
        except (OnlyThePersonMayRaise, NothingToUndo):
            new, refused = state, True
        yield Turn(deed, state, new, refused)
        state = new


def fold(deeds: Iterable[Deed]) -> State:
    """What a choice says after all its deeds."""
    state = UNSET
    for turn in trace(deeds):
        state = turn.after
    return state


def newest_standing(deeds: Iterable[Deed]) -> int | None:
    """The newest deed of one choice that was not taken back, by its sequence: the only one that can be."""
    standing: list[int] = []
    for deed in sorted(deeds, key=lambda one: one.sequence):
        if deed.act is not Act.UNDONE:
            standing.append(deed.sequence)
        elif standing and standing[-1] == deed.undoes:
            standing.pop()
    return standing[-1] if standing else None


def left_standing(deeds: Iterable[Deed]) -> set[int]:
    """Which of some deeds of a chain, in their order, still count, by sequence: not those that were taken back among them, nor the taking
    back of such.
    """
    standing: set[int] = set()
    for deed in deeds:
        if deed.act is Act.UNDONE and deed.undoes in standing:
            standing.remove(deed.undoes)
        else:
            standing.add(deed.sequence)
    return standing


def in_order(deeds: Iterable[Deed]) -> list[Deed]:
    """In order of receipt; but what one source tells late goes before the first later act that it told. In a tie, no comes last."""
    ordered: list[Deed] = []
    for deed in sorted(deeds, key=lambda one: one.sequence):
        place = next((i for i, other in enumerate(ordered) if _comes_before(deed, other)), len(ordered))
        ordered.insert(place, deed)
    return ordered


def _comes_before(deed: Deed, other: Deed) -> bool:
    """Does `deed`, received after `other`, count as earlier?"""
    if deed.source == other.source and deed.acted_at is not None and other.acted_at is not None:
        return (deed.acted_at, _quietness(deed)) < (other.acted_at, _quietness(other))
    return deed.received_at == other.received_at and _quietness(deed) < _quietness(other)


def _quietness(deed: Deed) -> tuple[int, datetime]:
    """Louder acts first: whoever comes last has the word."""
    if deed.act in STOPS:
        return 3, NEVER
    if deed.act in (Act.PAUSED, Act.EXPIRED):
        return 2, deed.until or NEVER
    return (0 if deed.act in (Act.UNDONE, Act.RESUMED) else 1), NEVER
