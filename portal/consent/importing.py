"""Take over an old list: what a company's own system says that people once answered. A batch at a time, each in one transaction.

Must never raise what anyone said or left unsaid: a yes of a list is `imported`, which is no consent, and only where nobody spoke yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Company
from portal.consent import telling
from portal.consent.chains import KeyIsDestroyed
from portal.consent.events import Choice
from portal.consent.importing_crowds import YES, OldYes, add_crowd, evidence_of
from portal.consent.ledger import Book, NoNoticeShown, PauseOutOfRange, UnknownChoice
from portal.consent.merge import UNSET, Level, State
from portal.consent.states import read_state, state_of
from portal.consent.telling import LOWERINGS, Attested, Outcome, Source, Stored, record_lowering
from portal.consent.unproven import is_asked
from portal.consent.words import STOPS, Act, Actor
from portal.core import clock
from portal.core.db import company_of
from portal.people.crowds import Crowd, crowd_of
from portal.people.service import Identifier, NotInNormalForm, find_person, is_in_normal_form, person_for

ONLY_THE_PERSON = "only_the_person_may_raise"
REASONS = {
    NotInNormalForm: "not_an_identifier",
    PauseOutOfRange: "pause_out_of_range",
    NoNoticeShown: "notice_unknown",
    UnknownChoice: "unknown_choice",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list. `at`: when it was said, as far as the list knows. `attested`: the form and the words, where it names them."""

    identifier: Identifier
    choice: Choice
    act: Act
    at: datetime | None = None
    until: datetime | None = None
    attested: Attested | None = None


def import_batch(db: Session, entries: Sequence[Entry], *, source: Source) -> list[Outcome]:
    """Take in `entries` (at most a few thousand), as `import_one` would one after the other. What was taken in before changes nothing.

    Raises `IntegrityError` where somebody else made one of the people meanwhile: roll back, then do the batch once more.
    """
    crowd = crowd_of(db, [one.identifier for one in entries])
    plain = _plain(entries, crowd, registry.company(company_of(db)))
    settled = add_crowd(db, plain, crowd, source=source)
    return [
        Outcome(Stored.LEGACY if settled[number] else Stored.ALREADY) if number in settled else import_one(db, one, source=source)
        for number, one in enumerate(entries)
    ]


def _plain(entries: Sequence[Entry], crowd: Crowd, company: Company) -> list[tuple[int, OldYes]]:
    """The lines that only say an old yes, of people of whom the batch says nothing else."""
    now, whose = clock.now(), [crowd.people.get(one.identifier, one.identifier) for one in entries]
    plain = [_is_plain(one, crowd, company, now) for one in entries]
    others = {person for person, fine in zip(whose, plain, strict=True) if not fine}
    return [
        (number, OldYes(one.identifier, one.choice, one.at))
        for number, one in enumerate(entries)
        if plain[number] and whose[number] not in others
    ]


def _is_plain(entry: Entry, crowd: Crowd, company: Company, now: datetime) -> bool:
    choice, at = entry.choice, entry.at
    return (
        entry.act in YES
        and entry.attested is None
        and (at is None or at <= now)
        and is_asked(company, choice)
        and not crowd.must_stay_out(entry.identifier, choice.purpose, choice.channel, obtained_at=at)
        and (entry.identifier in crowd.people or is_in_normal_form(entry.identifier))
    )


def import_one(db: Session, entry: Entry, *, source: Source) -> Outcome:
    """Take in one line."""
    if not is_asked(registry.company(company_of(db)), entry.choice):
        return Outcome(Stored.REFUSED, why="unknown_choice")
    try:
        if entry.act in YES:
            return _yes(db, entry, source)
        return _no(db, entry, source) if entry.act in LOWERINGS else Outcome(Stored.REFUSED, why=ONLY_THE_PERSON)
    except (NotInNormalForm, PauseOutOfRange, NoNoticeShown, UnknownChoice) as error:
        return Outcome(Stored.REFUSED, why=REASONS[type(error)])
    except KeyIsDestroyed:
        return Outcome(Stored.ERASED)


def _yes(db: Session, entry: Entry, source: Source) -> Outcome:
    if entry.at is not None and entry.at > clock.now():
        return Outcome(Stored.REFUSED, why="in_the_future")
    state = _state(db, entry)
    if state.said in YES:
        return Outcome(Stored.ALREADY)
    if entry.attested is not None:
        return telling.attest(db, entry.identifier, entry.attested, source=source)
    crowd, choice = crowd_of(db, [entry.identifier]), entry.choice
    if crowd.must_stay_out(entry.identifier, choice.purpose, choice.channel, obtained_at=entry.at):
        return Outcome(Stored.ERASED)
    if state.said is not None:
        return Outcome(Stored.REFUSED, why=ONLY_THE_PERSON)
    person = person_for(db, entry.identifier)
    event = Book(db, person.id).append(
        Choice(choice.purpose, choice.channel),
        Act.IMPORTED,
        actor=Actor.COMPANY_SYSTEM,
        collection_point=source.point,
        evidence=evidence_of(entry.at, source),
    )
    return Outcome(Stored.LEGACY, event.sequence)


def _no(db: Session, entry: Entry, source: Source) -> Outcome:
    state, choice = _state(db, entry), entry.choice
    if state.said is Act.GIVEN and entry.at is not None and state.since is not None and entry.at < state.since:
        # What an old list says of the time before: the person's own later yes stands.
        return Outcome(Stored.NOTHING, why="something_newer")
    repeats = state.said in STOPS and not state.pending if entry.act in STOPS else state.spoken <= Level.OPEN
    if (repeats and entry.act is not Act.PAUSED) or (entry.act is Act.PAUSED and state.paused_until == entry.until):
        return Outcome(Stored.ALREADY)
    if find_person(db, entry.identifier) is None:
        if not is_in_normal_form(entry.identifier):
            raise NotInNormalForm("This is no identifier that anyone can be known by.")
        if (choice.purpose, choice.channel) in crowd_of(db, [entry.identifier]).suppressed.get(entry.identifier, ()):
            return Outcome(Stored.ALREADY)
    return record_lowering(db, entry.identifier, choice, entry.act, source=source, until=entry.until)


def _state(db: Session, entry: Entry) -> State:
    person = find_person(db, entry.identifier)
    row = state_of(db, person.id, entry.choice) if person else None
    return read_state(row) if row else UNSET
