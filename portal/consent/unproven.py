"""Stop what a link or a typed address asks to stop, whoever is behind it: the same act for known, unknown and erased people.

Must never ask for a proof, never refuse, and never let the caller learn whether anyone is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Company
from portal.consent.basis import NO_CHOICE
from portal.consent.chains import held_person
from portal.consent.changes import Answer, Change
from portal.consent.delivery import queue_suppression
from portal.consent.desk import Saved
from portal.consent.events import Choice
from portal.consent.ledger import Book
from portal.consent.saving import save_choices
from portal.consent.stopping import stop_marketing
from portal.core.db import company_of
from portal.people.service import Identifier, person_for
from portal.people.suppressions import suppress


@dataclass(frozen=True, slots=True)
class Stopped:
    """What became of it: whose events they are, if a person is known behind the identifier."""

    person_id: int | None
    saved: Saved


def marketing_choices(company: Company) -> list[Choice]:
    """Every purpose x channel that is marketing and can be refused."""
    return [
        Choice(key, channel)
        for key, purpose in company.purposes.items()
        if purpose.marketing and purpose.basis not in NO_CHOICE
        for channel in purpose.channels
    ]


def is_asked(company: Company, choice: Choice) -> bool:
    """Does the company ask for this today, and can it be refused?"""
    purpose = company.purposes.get(choice.purpose)
    return purpose is not None and purpose.basis not in NO_CHOICE and choice.channel in purpose.channels


def stop(
    db: Session,
    identifier: Identifier,
    choices: Sequence[Choice],
    *,
    language: str,
    collection_point: str,
    asked_at: datetime | None = None,
) -> Stopped:
    """Say no to `choices` (none named: to all marketing, but for what was said since `asked_at`) for whoever has that identifier. Once more
    changes nothing more.

    Behind an identifier that nobody is known by, and for a purpose that the company no longer asks for, a suppression is noted.
    """
    company = registry.company(company_of(db))
    person = held_person(db, identifier)
    if person is None:
        suppress_everywhere(db, identifier, choices or marketing_choices(company), source=collection_point)
        return Stopped(None, Saved())
    if not choices:
        saved = stop_marketing(db, person.id, language=language, collection_point=collection_point, asked_at=asked_at)
        return Stopped(person.id, saved)
    asked = [choice for choice in choices if is_asked(company, choice)]
    suppress_everywhere(db, identifier, [choice for choice in choices if choice not in asked], source=collection_point)
    changes = [Change(choice.purpose, choice.channel, Answer.NO) for choice in asked]
    return _save_at_once(db, person.id, changes, language=language, collection_point=collection_point)


def save_unproven(
    db: Session, identifier: Identifier, changes: Sequence[Change], *, seen: int, language: str, collection_point: str
) -> Stopped:
    """Save what whoever holds a link wants, each change with an answer: a no acts at once, a yes is asked of the mailbox.

    Raises as `save_choices`.
    """
    person = held_person(db, identifier)
    if person is None:
        if not any(change.answer is Answer.YES for change in changes):
            noes = [change.choice for change in changes]
            if not noes:
                return Stopped(None, Saved())
            return stop(db, identifier, noes, language=language, collection_point=collection_point)
        person = person_for(db, identifier, language=language)
    saved = save_choices(db, person.id, changes, seen=seen, language=language, collection_point=collection_point, confirmed=False)
    return Stopped(person.id, saved)


def pause_unproven(
    db: Session, person_id: int | None, changes: Sequence[Change], *, language: str, collection_point: str
) -> Stopped:
    """Begin or move a break, as whoever holds a link wants it: a later day acts at once, a sooner one is asked of the mailbox.

    Nobody known has nothing that could be quiet. Raises as `save_choices`.
    """
    if person_id is None or not changes:
        return Stopped(person_id, Saved())
    return _save_at_once(db, person_id, changes, language=language, collection_point=collection_point)


def _save_at_once(db: Session, person_id: int, changes: Sequence[Change], *, language: str, collection_point: str) -> Stopped:
    """What was said without a page that showed how the choices stand: nothing is newer than it.

    Nobody else writes theirs once the book is open, so that this holds of what came a moment before, too.
    """
    book = Book(db, person_id)
    said = save_choices(
        db, person_id, changes, book=book, seen=book.length, language=language, collection_point=collection_point, confirmed=False
    )
    return Stopped(person_id, said)


def suppress_everywhere(db: Session, identifier: Identifier, choices: Sequence[Choice], *, source: str) -> None:
    """Note that the identifier is not contacted for `choices`, and ask for it to be brought to every system that keeps them."""
    for choice in choices:
        suppress(db, identifier, purpose=choice.purpose, channel=choice.channel, source=source)
        queue_suppression(db, identifier, purpose=choice.purpose, channel=choice.channel)
