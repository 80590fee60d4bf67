"""What settings would have meant: of the messages that were sent, how many would have been. Pure: no database, no clock, no system.

Must never count a message as stopped that no choice can stop, nor as sent that the wanted settings do not allow.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.adapters.contract import SentCount
from portal.consent.events import Choice


@dataclass(frozen=True, slots=True)
class Wish:
    """One choice as it would stand: whether messages go out, and about which topics (None: all)."""

    allowed: bool
    topics: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class PurposeEffect:
    """Of `total` messages of one purpose (its key) `would` have come."""

    purpose: str
    would: int
    total: int


@dataclass(frozen=True, slots=True)
class Effect:
    """Of `total` messages in the last `days` days `would` have come. `silent` are systems that could not say."""

    would: int
    total: int
    purposes: tuple[PurposeEffect, ...]
    days: int = 30
    silent: tuple[str, ...] = ()


def would_have_come(counts: Iterable[SentCount], wanted: Mapping[Choice, Wish], *, silent: Iterable[str] = ()) -> Effect:
    """Weigh each count by the choice about its topic, else by that of its channel. What no choice is about comes in any case."""
    came, sent = defaultdict[str, int](int), defaultdict[str, int](int)
    for count in counts:
        sent[count.purpose] += count.count
        if _comes(count, wanted):
            came[count.purpose] += count.count
    purposes = tuple(PurposeEffect(purpose, came[purpose], total) for purpose, total in sorted(sent.items()))
    return Effect(sum(came.values()), sum(sent.values()), purposes, silent=tuple(silent))


def _comes(count: SentCount, wanted: Mapping[Choice, Wish]) -> bool:
    whole = wanted.get(Choice(count.purpose, count.channel))
    if whole is None:
        return True
    apart = wanted.get(Choice(count.purpose, count.channel, count.topic)) if count.topic else None
    if apart is not None:
        return apart.allowed
    return whole.allowed and (not count.topic or whole.topics is None or count.topic in whole.topics)
