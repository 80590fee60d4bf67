"""From what stands to what a person wants: which acts that takes, and what has to wait. Pure: no database, no clock.

Must never make an act of what changes nothing, never raise by an unproven hand, and never make a stop wait for a proof.
"""

from dataclasses import dataclass
from datetime import datetime

from portal.config.model import Basis, Purpose
from portal.consent.merge import NEVER, State
from portal.consent.words import STOPS, Act


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of one choice at `at`; None: as it is. `suppressed`: a stop from outside holds until the person says yes."""

    at: datetime
    yes: bool | None = None
    topics: frozenset[str] | None = None
    frequency: str | None = None
    paused_until: datetime | None = None
    resume: bool = False
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One act to append. `keeps_words`: it opens nothing, so the words agreed to stay those of the yes that stands."""

    act: Act
    topics: frozenset[str] | None = None
    frequency: str | None = None
    until: datetime | None = None
    keeps_words: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The acts, in order; `asks`: a part of the wish opens further and waits until the person confirms it."""

    steps: tuple[Step, ...] = ()
    asks: bool = False

    @property
    def changes_something(self) -> bool:
        """Is there anything to do or to ask?"""
        return bool(self.steps) or self.asks


NOTHING = Plan()


@dataclass(frozen=True, slots=True)
class Opening:
    """What a wish opens beyond what stands. `whole`: no yes is in force yet, so that all of it is new.

    Otherwise the topics that come on top, the rhythm with more messages, and a break that ends: now (`resumes`), or at an earlier `until`.
    """

    whole: bool
    topics: tuple[str, ...] = ()
    frequency: str | None = None
    until: datetime | None = None
    resumes: bool = False

    @property
    def is_something(self) -> bool:
        """Does it open anything that is closed?"""
        return bool(self.whole or self.topics or self.frequency or self.until or self.resumes)


def opening(purpose: Purpose, state: State, wish: Wish) -> Opening:
    """What of a wish would have to be confirmed by an unproven hand."""
    if not holds(purpose, state) or wish.suppressed:
        return Opening(whole=True)
    detail = _compare(purpose, state, wish)
    steps, ends_earlier = _pause(state, wish)
    until = next((step.until for step in steps), None) if ends_earlier else None
    return Opening(
        whole=False,
        topics=tuple(key for key in purpose.topics if key in detail.wants - detail.had),
        frequency=detail.how_often if detail.faster else None,
        until=until,
        resumes=ends_earlier and until is None,
    )


def steps_to(purpose: Purpose, state: State, wish: Wish, *, proven: bool) -> Plan:
    """What brings `state` to `wish`. `proven`: the person just showed that they are who may raise."""
    if wish.yes is False or (purpose.topics and wish.topics == frozenset()):
        return NOTHING if wish.yes is None and not holds(purpose, state) else stopping(purpose, state)
    if not holds(purpose, state) or wish.suppressed:
        # Other topics than before, asked for by an unproven hand, wait as a yes to them.
        waited = proven and state.pending and bool(wish.topics)
        return _yes(state, wish, proven=proven) if wish.yes or waited else NOTHING
    return _details(purpose, state, wish, proven=proven)


def stopping(purpose: Purpose, state: State) -> Plan:
    """A no, in the word that the legal basis has for it."""
    if state.said in STOPS and not state.pending:
        return NOTHING
    if purpose.basis is not Basis.CONSENT:
        return Plan((Step(Act.OBJECTED),))
    return Plan((Step(Act.WITHDRAWN if state.said in (Act.GIVEN, Act.IMPORTED) else Act.REFUSED),))


def holds(purpose: Purpose, state: State) -> bool:
    """Would the choice be used, but for a pause? A line of an old list is no yes."""
    return state.said is Act.GIVEN or (purpose.basis is not Basis.CONSENT and state.said not in STOPS)


def _yes(state: State, wish: Wish, *, proven: bool) -> Plan:
    if not proven:
        return Plan(() if state.pending or state.said is Act.GIVEN else (Step(Act.ASKED),), asks=True)
    given = Step(Act.GIVEN, wish.topics, wish.frequency)
    return Plan((given, Step(Act.PAUSED, until=wish.paused_until)) if wish.paused_until else (given,))


def _details(purpose: Purpose, state: State, wish: Wish, *, proven: bool) -> Plan:
    """A yes, or silence where that is enough, stays; topics, frequency and pause may change."""
    detail = _compare(purpose, state, wish)
    had, wants, how_often, slower = detail.had, detail.wants, detail.how_often, detail.slower
    raises = detail.faster or not wants <= had
    if (raises and proven) or (not raises and (wants != had or slower)):
        said = [Step(Act.GIVEN, _same(state, had, wants), how_often, keeps_words=not raises)]
    elif raises and not wants & had:
        # Other topics than before, by an unproven hand: the old ones stop now, the new ones are asked for.
        return Plan((*stopping(purpose, state).steps, Step(Act.ASKED)), asks=True)
    elif raises and (wants & had != had or slower):
        kept = how_often if slower else state.frequency
        said = [Step(Act.GIVEN, _same(state, had, wants & had), kept, keeps_words=True)]
    else:
        said = []
    pause, pause_raises = _pause(state, wish)
    allowed = pause if proven or not pause_raises else ()
    return Plan((*said, *allowed), asks=not proven and (raises or pause_raises))


@dataclass(frozen=True, slots=True)
class _Details:
    """Topics and rhythm: as they stand, and as they are wanted."""

    had: frozenset[str]
    wants: frozenset[str]
    how_often: str | None
    slower: bool
    faster: bool


def _compare(purpose: Purpose, state: State, wish: Wish) -> _Details:
    every = frozenset(purpose.topics)
    had = every if state.topics is None else state.topics & every
    order, how_often = list(purpose.frequencies), wish.frequency or state.frequency
    before, then = _place(order, state.frequency), _place(order, how_often)
    return _Details(had, had if wish.topics is None else wish.topics, how_often, slower=then > before, faster=then < before)


def _pause(state: State, wish: Wish) -> tuple[tuple[Step, ...], bool]:
    """What it takes to pause or to go on, and whether that opens a moment that was closed."""
    paused = state.paused_until if wish.at < state.paused_until else NEVER
    if wish.paused_until is not None and wish.paused_until != paused:
        return (Step(Act.PAUSED, until=wish.paused_until),), wish.paused_until < paused
    if wish.paused_until is None and wish.resume and paused != NEVER:
        return (Step(Act.RESUMED),), True
    return (), False


def _same(state: State, had: frozenset[str], now: frozenset[str]) -> frozenset[str] | None:
    """The topics as the ledger writes them: as they were, where none changed."""
    return state.topics if now == had else now


def _place(order: list[str], frequency: str | None) -> int:
    """How seldom: 0 is the most messages, which also holds where nothing was chosen."""
    return order.index(frequency) if frequency in order else 0
