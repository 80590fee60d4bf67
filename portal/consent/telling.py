"""What a company's own systems may write: take consent back, and attest what a person did in a form of the company's own.

Must never let a system say yes for a person: what counts as an attested yes is decided in `consent.attesting`, and a no is always taken.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Basis
from portal.consent import attesting
from portal.consent.attesting import OLDEST
from portal.consent.chains import held_person
from portal.consent.events import Choice
from portal.consent.ledger import Book, UnknownChoice
from portal.consent.states import state_of
from portal.consent.unproven import is_asked, suppress_everywhere
from portal.consent.words import ANSWERS, STOPS, Act, Actor
from portal.core import clock
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.people.service import Identifier, find_person, identifier_of_today, person_for
from portal.people.suppressions import suppressed_choices
from portal.people.tombstones import is_erased, tombstones_of

LOWERINGS = frozenset({Act.REFUSED, Act.WITHDRAWN, Act.OBJECTED, Act.EXPIRED, Act.PAUSED})
"""What a system may record of its own accord."""


class Stored(StrEnum):
    """What became of it. `legacy_unverified`: kept as a line of an old list. `suppressed`: nobody is known, so the identifier is noted."""

    ATTESTED = "attested"
    LEGACY = "legacy_unverified"
    LOWERED = "lowered"
    SUPPRESSED = "suppressed"
    NOTHING = "nothing_to_lower"
    ERASED = "left_out"
    ALREADY = "already_there"
    REFUSED = "refused"


class NoLowering(PortalError):
    """A system tried to record an act that takes nothing back."""


class FormUrlMissing(PortalError):
    """An attestation has to name the form."""


@dataclass(frozen=True, slots=True)
class Source:
    """Which system speaks: `name` goes into the collection point, `key_id` into the evidence."""

    name: str
    key_id: str

    @property
    def point(self) -> str:
        """The collection point of its acts."""
        return f"api:{self.name}"


@dataclass(frozen=True, slots=True)
class Attested:
    """What a system says that a person did."""

    choice: Choice
    act: Act
    acted_at: datetime
    form_url: str
    notice_hash: bytes | None = None
    topics: tuple[str, ...] | None = None
    frequency: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was stored, the event's place in the chain where there is one, and why it is no more than that."""

    stored: Stored
    sequence: int | None = None
    why: str = ""


def record_lowering(
    db: Session, identifier: Identifier, choice: Choice, act: Act, *, source: Source, until: datetime | None = None
) -> Outcome:
    """A system takes back what a person had agreed to: acts at once, for unknown and erased people too.

    Raises `NoLowering`, `UnknownChoice` (also where nobody is known: who mistypes a purpose has to hear of it) and as `Book.append`.
    """
    if act not in LOWERINGS:
        raise NoLowering("Only an act that takes something back can be recorded: refused, withdrawn, objected, expired, paused.")
    choice = Choice(choice.purpose, choice.channel)
    person, asked = held_person(db, identifier), is_asked(registry.company(company_of(db)), choice)
    if not asked and (person is None or state_of(db, person.id, choice) is None):
        raise UnknownChoice(
            "The company does not ask for this purpose or channel, or it cannot be refused (contract, legal duty)."
        )
    if person is None and act in STOPS:
        suppress_everywhere(db, identifier, [choice], source=source.point)
        return Outcome(Stored.SUPPRESSED)
    if person is None and act is Act.PAUSED and _is_open_to_strangers(db, identifier, choice):
        # Silence would be enough to write to them: a pause has to stand somewhere until it ends.
        with db.begin_nested():
            return _lower(db, person_for(db, identifier).id, choice, act, source, until)
    return Outcome(Stored.NOTHING) if person is None else _lower(db, person.id, choice, act, source, until)


def _lower(db: Session, person_id: int, choice: Choice, act: Act, source: Source, until: datetime | None) -> Outcome:
    event = Book(db, person_id).append(
        choice,
        act,
        actor=Actor.COMPANY_SYSTEM,
        collection_point=source.point,
        evidence={"told_by": source.key_id},
        until=until,
    )
    return Outcome(Stored.LOWERED, event.sequence)


def _is_open_to_strangers(db: Session, identifier: Identifier, choice: Choice) -> bool:
    """Whether an identifier that nobody is known by may be written to for this: silence is enough, and it was neither stopped nor erased."""
    purpose = registry.company(company_of(db)).purposes[choice.purpose]
    shut = (choice.purpose, choice.channel) in suppressed_choices(db, [identifier]) or tombstones_of(db, identifier)
    return purpose.basis is not Basis.CONSENT and not shut


def attest(db: Session, identifier: Identifier, attested: Attested, *, source: Source) -> Outcome:
    """Record what the person did in the company's form: as their act where it can be believed, else as what it is worth.

    Raises `FormUrlMissing`, `NoLowering` (for acts that are no answer) and as `Book.append`.
    """
    if attested.act not in ANSWERS:
        raise NoLowering("What can be attested is an answer: given, refused, withdrawn or objected.")
    if not attested.form_url.startswith("https://"):
        raise FormUrlMissing("Name the form by its https address: it is kept as evidence.")
    before = is_erased(db, identifier, obtained_at=attested.acted_at) or _stopped_since(db, identifier, attested)
    if before and (attested.act is Act.GIVEN or find_person(db, identifier) is None):
        # A form that was sent before brings nobody back; which of the two it was is not said.
        return Outcome(Stored.ERASED)
    if attested.act is Act.GIVEN:
        return _yes(db, identifier_of_today(db, identifier).person_id, attested, source)
    person = held_person(db, identifier) or person_for(db, identifier)
    believed = clock.now() - OLDEST < attested.acted_at <= clock.now()
    event = Book(db, person.id).append(
        Choice(attested.choice.purpose, attested.choice.channel),
        attested.act,
        actor=Actor.PERSON if believed else Actor.COMPANY_SYSTEM,
        collection_point=source.point,
        evidence={"attested_by": source.key_id, "form_url": attested.form_url},
        acted_at=attested.acted_at if believed else None,
    )
    return Outcome(Stored.ATTESTED if believed else Stored.LOWERED, event.sequence, "" if believed else "date_not_believed")


def _stopped_since(db: Session, identifier: Identifier, attested: Attested) -> bool:
    """Whether a yes is older than the identifier's own stop. A no is taken in any case."""
    if attested.act is not Act.GIVEN:
        return False
    stopped_at = suppressed_choices(db, [identifier]).get((attested.choice.purpose, attested.choice.channel))
    return stopped_at is not None and attested.acted_at <= stopped_at


def _yes(db: Session, person_id: int, attested: Attested, source: Source) -> Outcome:
    done = attesting.attest(
        db,
        person_id,
        purpose=attested.choice.purpose,
        channel=attested.choice.channel,
        notice_hash=attested.notice_hash or b"",
        form_url=attested.form_url,
        acted_at=attested.acted_at,
        key_name=source.name,
        topics=attested.topics,
        frequency=attested.frequency,
    )
    sequence = done.events[-1].sequence if done.events else None
    return Outcome(Stored.ATTESTED if done.counts else Stored.LEGACY, sequence, done.why)
