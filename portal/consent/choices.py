"""What a person agreed to, to look at: every choice of the company as it stands, and everything that was ever done.

Must never show a choice as answered that nobody answered, nor other words than those that were shown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.config.model import Basis, Company, Purpose
from portal.config.parts import Text
from portal.consent import merge
from portal.consent.basis import Answer, may_use
from portal.consent.chains import events_of, open_key, read_events, wrapped_key_of
from portal.consent.events import Choice, Event
from portal.consent.ledger import Book
from portal.consent.merge import UNSET, State
from portal.consent.model import Notice
from portal.consent.notices import notices_by_hash
from portal.consent.states import states_of
from portal.consent.words import ANSWERS, Act, Actor
from portal.core import clock
from portal.people.suppressions import suppressed_of


class Standing(StrEnum):
    """A choice in one word, as the page shows it. `paused`: it would be used, were it not paused.

    `unset`: nobody answered; what expired or came from an old list is no answer (`said` tells them apart). `suppressed`: it would be
    used, had not somebody with this address opted out without signing in.
    """

    UNSET = "unset"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OBJECTED = "objected"
    PAUSED = "paused"
    PENDING = "pending"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """The exact text of an answer, as it was shown."""

    text: str
    language: str
    version: int


@dataclass(frozen=True, slots=True)
class TopicChoice:
    """A choice about one topic that was made apart from its channel's."""

    key: str
    title: Text
    standing: Standing
    since: datetime | None


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """One choice: a purpose through one channel.

    `since` is when it was said, `until` when a pause ends, `topics` the ones that were chosen (None: all). `notice`,
    `collection_point` and `actor` are those of the act that decided; None where nobody answered. `answer` says whether the
    company may use it now, and why.
    """

    key: str
    title: Text
    standing: Standing
    said: Act | None
    answer: Answer
    since: datetime | None = None
    until: datetime | None = None
    frequency: str | None = None
    topics: tuple[str, ...] | None = None
    notice: ShownNotice | None = None
    collection_point: str | None = None
    actor: Actor | None = None
    apart: tuple[TopicChoice, ...] = ()


@dataclass(frozen=True, slots=True)
class PurposeChoices:
    """One purpose of `portal.yaml` that asks, with its channels in the order of the file. Texts are per language."""

    key: str
    title: Text
    text: Text
    basis: Basis
    marketing: bool
    sensitive: bool
    still_arrives: Text | None
    channels: tuple[ChannelChoice, ...]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One act of the past, with the text that was shown, if one was, and how its choice stood once it was done."""

    event: Event
    notice: ShownNotice | None
    after: State


def choices_of(db: Session, company: Company, person_id: int) -> list[PurposeChoices]:
    """Every purpose with channels, in the order of `portal.yaml`, as it stands for the person. Six queries, whoever it is."""
    states = states_of(db, person_id)
    sequences = [state.sequence for state in states.values() if state.sequence is not None]
    decided: dict[int, Event] = {}
    if sequences:
        key = open_key(wrapped_key_of(db, person_id), has_events=True)
        decided = {event.sequence: event for event in read_events(db, person_id, key, sequences)}
    notices = notices_by_hash(db, {event.notice_hash for event in decided.values() if event.notice_hash})
    seen = _Seen(company, clock.now(), states, decided, notices, suppressed_of(db, person_id))
    return [seen.purpose(key, purpose) for key, purpose in company.purposes.items() if purpose.channels]


def choices_in(book: Book, company: Company, only: Collection[Choice]) -> list[PurposeChoices]:
    """Some of them, from a book that is open for writing and without the words that were shown: what a form needs to be read."""
    seen = _Seen(company, clock.now(), book.states, {}, {}, book.suppressed())
    named = {choice.purpose for choice in only}
    return [seen.purpose(key, purpose, only) for key, purpose in company.purposes.items() if key in named and purpose.channels]


def history_of(db: Session, person_id: int) -> list[HistoryEntry]:
    """Everything that was done to the person's choices, in order of receipt. Raises as `events_of`."""
    events = events_of(db, person_id)
    notices = notices_by_hash(db, {event.notice_hash for event in events if event.notice_hash})
    by_choice: dict[Choice, list[Event]] = {}
    for event in events:
        by_choice.setdefault(event.choice, []).append(event)
    after = {
        turn.deed.sequence: turn.after for theirs in by_choice.values() for turn in merge.trace(event.deed for event in theirs)
    }
    return [HistoryEntry(event, _shown(event, notices), after[event.sequence]) for event in events]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read for one page."""

    company: Company
    at: datetime
    states: Mapping[Choice, State]
    decided: Mapping[int, Event]
    notices: Mapping[bytes, Notice]
    suppressed: Mapping[tuple[str, str], datetime]

    def purpose(self, key: str, purpose: Purpose, only: Collection[Choice] | None = None) -> PurposeChoices:
        choices = ((Choice(key, channel), title) for channel, title in purpose.channels.items())
        channels = tuple(self.channel(choice, title, purpose) for choice, title in choices if only is None or choice in only)
        return PurposeChoices(
            key, purpose.title, purpose.text, purpose.basis, purpose.marketing, purpose.sensitive, purpose.still_arrives, channels
        )

    def channel(self, choice: Choice, title: Text, purpose: Purpose) -> ChannelChoice:
        state = self.states.get(choice, UNSET)
        event = self.decided.get(state.sequence or 0)
        standing = self.standing(choice, purpose, state)
        return ChannelChoice(
            key=choice.channel,
            title=title,
            standing=standing,
            said=state.said,
            answer=self.answer(choice, purpose, state, self.at),
            since=self.suppressed[choice.purpose, choice.channel] if standing is Standing.SUPPRESSED else state.since,
            until=state.paused_until if self.at < state.paused_until else None,
            frequency=state.frequency,
            topics=None if state.topics is None else tuple(sorted(state.topics)),
            notice=_shown(event, self.notices) if event else None,
            collection_point=event.collection_point if event else None,
            actor=event.actor if event else None,
            apart=tuple(self.topics(choice, purpose)),
        )

    def topics(self, choice: Choice, purpose: Purpose) -> list[TopicChoice]:
        return [
            TopicChoice(key, topic.title, self.standing(choice, purpose, state), state.since)
            for key, topic in purpose.topics.items()
            if (state := self.states.get(Choice(choice.purpose, choice.channel, key))) is not None
        ]

    def answer(self, choice: Choice, purpose: Purpose, state: State, at: datetime, *, heed: bool = True) -> Answer:
        suppressed = heed and (choice.purpose, choice.channel) in self.suppressed
        legacy, zone = purpose.accept_legacy_until, ZoneInfo(self.company.time_zone)
        return may_use(purpose.basis, state, at, suppressed=suppressed, accept_legacy_until=legacy, time_zone=zone)

    def standing(self, choice: Choice, purpose: Purpose, state: State) -> Standing:
        would_be_used = self.answer(choice, purpose, state, max(self.at, state.paused_until), heed=False).allowed
        if state.pending:
            return Standing.PENDING
        if would_be_used and (choice.purpose, choice.channel) in self.suppressed:
            return Standing.SUPPRESSED
        if self.at < state.paused_until and would_be_used:
            return Standing.PAUSED
        return Standing(state.said.value) if state.said in ANSWERS else Standing.UNSET


def _shown(event: Event, notices: Mapping[bytes, Notice]) -> ShownNotice | None:
    notice = notices.get(event.notice_hash) if event.notice_hash else None
    return ShownNotice(notice.text, notice.language, notice.version) if notice else None
