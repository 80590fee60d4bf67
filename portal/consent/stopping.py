"""Say no to many choices at once: to all marketing, or to everything that the company could still use, before an erasure.

Must never ask for proof, and never leave open what it says is stopped.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Basis, Company, Purpose
from portal.consent.basis import NO_CHOICE
from portal.consent.desk import Desk, Saved
from portal.consent.events import Choice, Evidence
from portal.consent.ledger import Book
from portal.consent.merge import UNSET, Level, State
from portal.consent.steps import Step, stopping
from portal.consent.words import Act, Actor
from portal.core.db import company_of

OPENING = frozenset({Act.GIVEN, Act.ASKED, Act.RESUMED, Act.UNDONE})


def stop_marketing(
    db: Session,
    person_id: int,
    *,
    language: str,
    collection_point: str,
    actor: Actor = Actor.PERSON,
    evidence: Evidence | None = None,
    asked_at: datetime | None = None,
) -> Saved:
    """Say no to every marketing purpose through every channel, answered or not, and to what of it is no longer asked for. Anyone may.

    `asked_at`: when that was asked for, where it is longer ago: what the person opened since stands, and what waits since goes on waiting.
    """
    company = registry.company(company_of(db))
    desk = Desk(Book(db, person_id), company, language, collection_point, evidence, actor)
    since = set() if asked_at is None else _opened_since(desk.book, asked_at)
    every = (choice for choice in _every(company, desk.book.states) if _is_marketing(company, choice))
    return _stop(desk, (choice for choice in every if choice not in since), unanswered=True)


def stop_purposes(
    db: Session, person_id: int, purposes: Collection[str], *, language: str, collection_point: str, actor: Actor = Actor.PERSON
) -> Saved:
    """Say no to these purposes through every channel, answered or not: an opt-out of sale, a limit on sensitive data. Anyone may."""
    company = registry.company(company_of(db))
    desk = Desk(Book(db, person_id), company, language, collection_point, None, actor)
    return _stop(desk, (choice for choice in _every(company, desk.book.states) if choice.purpose in purposes), unanswered=True)


def stop_what_could_be_used(db: Session, person_id: int, *, only_marketing: bool, collection_point: str) -> Saved:
    """Say no, for the person, to every choice that the company could use or that waits for a yes. No text is shown for it."""
    company = registry.company(company_of(db))
    desk = Desk(Book(db, person_id), company, None, collection_point, None)
    every = _every(company, desk.book.states)
    return _stop(desk, (one for one in every if not only_marketing or _is_marketing(company, one)), unanswered=False)


def _opened_since(book: Book, moment: datetime) -> set[Choice]:
    """What the person themselves opened, or asked to have opened, after that moment."""
    acts = (event for event in book.events() if event.received_at > moment and event.actor is Actor.PERSON)
    return {event.choice for event in acts if event.act in OPENING}


def _stop(desk: Desk, choices: Iterable[Choice], *, unanswered: bool) -> Saved:
    events = []
    for choice in choices:
        purpose, state = desk.company.purposes.get(choice.purpose), desk.book.states.get(choice, UNSET)
        asked = purpose is not None and choice.channel in purpose.channels and not choice.topic
        if (unanswered and asked) or _could_be_used(purpose, state):
            events += desk.append(choice, _no_to(purpose, state))
    return Saved(tuple(events))


def _every(company: Company, answered: Iterable[Choice]) -> list[Choice]:
    """Everything that is asked, and what was once answered though it is no longer asked."""
    asked = [Choice(key, channel) for key, purpose in company.purposes.items() for channel in purpose.channels]
    every = dict.fromkeys([*asked, *sorted(answered, key=lambda one: (one.purpose, one.channel, one.topic))])
    return [one for one in every if one.purpose not in company.purposes or company.purposes[one.purpose].basis not in NO_CHOICE]


def _is_marketing(company: Company, choice: Choice) -> bool:
    return choice.purpose in company.purposes and company.purposes[choice.purpose].marketing


def _could_be_used(purpose: Purpose | None, state: State) -> bool:
    """Is there a yes, one that waits, or silence where that is enough?"""
    silence_is_enough = purpose is not None and purpose.basis is not Basis.CONSENT
    return state.pending or state.spoken > Level.OPEN or silence_is_enough


def _no_to(purpose: Purpose | None, state: State) -> tuple[Step, ...]:
    """The no, in the word that the legal basis has for it; a purpose that is gone rested on consent, for all that is known."""
    if purpose is not None:
        return stopping(purpose, state).steps
    return (Step(Act.WITHDRAWN if state.spoken > Level.OPEN else Act.REFUSED),)
