"""What a person wants of one choice, in the words of forms and links; and the way into a sealed row and back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from portal.consent.events import Choice
from portal.consent.steps import Wish
from portal.core import clock


class Answer(StrEnum):
    """What a person says to a choice."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Change:
    """What a person wants of one choice; what is None stays as it is. No topic left is a no.

    `paused_until` begins or moves a pause, `resume` ends it. A no leaves topics, frequency and pause aside.
    """

    purpose: str
    channel: str
    answer: Answer | None = None
    topics: Collection[str] | None = None
    frequency: str | None = None
    paused_until: datetime | None = None
    resume: bool = False

    @property
    def choice(self) -> Choice:
        """The choice that it is about."""
        return Choice(self.purpose, self.channel)


def dump_change(change: Change) -> dict[str, Any]:
    """The change as JSON."""
    return {
        "purpose": change.purpose,
        "channel": change.channel,
        "answer": change.answer,
        "topics": None if change.topics is None else sorted(change.topics),
        "frequency": change.frequency,
        "paused_until": change.paused_until.isoformat() if change.paused_until else None,
        "resume": change.resume,
    }


def load_change(said: Mapping[str, Any]) -> Change:
    """A change that `dump_change` wrote."""
    until = said["paused_until"]
    return Change(
        said["purpose"], said["channel"], Answer(said["answer"]) if said["answer"] else None, said["topics"], said["frequency"],
        datetime.fromisoformat(until) if until else None, said["resume"],
    )  # fmt: skip


def wish_of(change: Change, *, suppressed: bool) -> Wish:
    """The change as the rule of steps looks at it, now."""
    return Wish(
        at=clock.now(),
        yes=None if change.answer is None else change.answer is Answer.YES,
        topics=None if change.topics is None else frozenset(change.topics),
        frequency=change.frequency,
        paused_until=change.paused_until,
        resume=change.resume,
        suppressed=suppressed,
    )
