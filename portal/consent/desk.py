"""One person's open book at one place: how the acts of a form, a button or a link are written into it, and what became of them.

Must never write an answer with other words than those that were shown for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portal.config.model import Company
from portal.consent.changes import Change
from portal.consent.events import Choice, Event, Evidence
from portal.consent.ledger import Book
from portal.consent.merge import UNSET, left_standing
from portal.consent.steps import Step
from portal.consent.words import ANSWERS, Act, Actor


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of it. `events` are in the ledger now; `stale` was changed by someone since it was shown and is left alone;
    `pending` waits until the person confirms it from their mailbox; `mailed`: such a mail is on its way, or was sent just now. `ended` waits no more,
    though what it stood in was undone.
    """

    events: tuple[Event, ...] = ()
    stale: tuple[Choice, ...] = ()
    pending: tuple[Change, ...] = ()
    mailed: bool = False
    ended: tuple[Choice, ...] = ()

    @property
    def sequences(self) -> tuple[int, ...]:
        """The places of the events in the chain, for `undo`."""
        return tuple(event.sequence for event in self.events)


def newer_than(book: Book, seen: int, *, taken_back: bool = True) -> set[Choice]:
    """The choices that something was done to after `seen`, whole channels for their topics; `taken_back`: even if it was undone since."""
    newer = book.events(range(seen + 1, book.length + 1))
    standing = left_standing(event.deed for event in newer)
    return {event.choice._replace(topic="") for event in newer if taken_back or event.sequence in standing}


class Desk:
    """One person's open book, and how acts at this place are written into it. Without a `language` no text was shown there."""

    def __init__(
        self,
        book: Book,
        company: Company,
        language: str | None,
        collection_point: str,
        evidence: Evidence | None,
        actor: Actor = Actor.PERSON,
    ) -> None:
        self.book, self.company, self.actor = book, company, actor
        self.language, self.collection_point, self.evidence = language, collection_point, evidence

    def append(self, choice: Choice, steps: Iterable[Step]) -> list[Event]:
        """Write the acts, a yes with the words that were shown for it."""
        return [
            self.book.append(
                choice,
                step.act,
                actor=self.actor,
                collection_point=self.collection_point,
                evidence=self.evidence,
                until=step.until,
                frequency=step.frequency,
                topics=step.topics,
                **self.words(choice, step),
            )
            for step in steps
        ]

    def words(self, choice: Choice, step: Step) -> dict[str, Any]:
        """The text that an answer was given to: today's, or that of the yes which stands."""
        if self.language is None:
            return {}
        if step.act not in ANSWERS and step.act is not Act.ASKED:
            return {"language": self.language}
        standing = self.book.states.get(choice, UNSET)
        if step.keeps_words and standing.said is Act.GIVEN and standing.sequence is not None:
            (yes,) = self.book.events({standing.sequence})
            return {"notice_hash": yes.notice_hash, "language": yes.language}
        shown, spoken = self.book.words_of(choice.purpose, self.language)
        return {"notice_hash": shown, "language": spoken}

    def take_back(self, event: Event) -> Event:
        """Go back to before `event`."""
        return self.book.append(
            event.choice, Act.UNDONE, actor=self.actor, collection_point=self.collection_point, undoes=event.sequence
        )
