"""Save what a person chose: the one way in for the site, links and the API, so that equal choices leave equal rows.

Must never touch a choice that is newer than what was shown, never write where nothing changes, and never let an unconfirmed yes act.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Company
from portal.consent.asking import ask_to_confirm
from portal.consent.basis import NO_CHOICE
from portal.consent.chains import chain_of
from portal.consent.changes import Answer, Change, wish_of
from portal.consent.desk import Desk, Saved, newer_than
from portal.consent.events import Choice, Event, Evidence
from portal.consent.ledger import LONGEST_PAUSE, Book, PauseOutOfRange, UnknownChoice
from portal.consent.merge import UNSET, NothingToUndo
from portal.consent.steps import Plan, Step, steps_to
from portal.consent.waiting import open_question
from portal.consent.words import Act, Actor
from portal.core import clock
from portal.core.db import company_of


def version_of(db: Session, person_id: int) -> int:
    """How long the person's chain is: what a form carries along to say what it showed."""
    chain = chain_of(db, person_id)
    return chain.length if chain else 0


def save_choices(
    db: Session,
    person_id: int,
    changes: Sequence[Change],
    *,
    seen: int,
    language: str,
    collection_point: str,
    confirmed: bool,
    evidence: Evidence | None = None,
    twice: bool = False,
    book: Book | None = None,
) -> Saved:
    """Bring the person's choices to what `changes` want. `seen` is the `version_of` that the form was made with.

    `confirmed`: the person proved their mailbox just now. Otherwise, and for a purpose with `double_opt_in`, what opens further is asked
    for and waits, with a mail to the person's mailbox; what closes acts at once. `twice`: this is that mailbox's answer. `book`: the person's, where it is
    open in this transaction already. Raises, and then nothing is written, `UnknownChoice`, `PauseOutOfRange` and as `Book.append`.
    """
    company = registry.company(company_of(db))
    for change in changes:
        _refuse_unknown(company, change)
    desk = Desk(book or Book(db, person_id), company, language, collection_point, evidence)
    # To the mailbox's answer, what was done since the question and taken back again is nothing new; to a page it is: it showed something else.
    newer = newer_than(desk.book, seen, taken_back=not twice)
    # A no asks nothing of earlier stops.
    suppressed = desk.book.suppressed() if any(change.answer is not Answer.NO for change in changes) else {}
    plans: list[tuple[Change, Choice, Plan]] = []
    for change in changes:
        choice, purpose = Choice(change.purpose, change.channel), company.purposes[change.purpose]
        wish = wish_of(change, suppressed=(choice.purpose, choice.channel) in suppressed)
        plan = steps_to(
            purpose, desk.book.states.get(choice, UNSET), wish, proven=twice or (confirmed and not purpose.double_opt_in)
        )
        if plan.changes_something:
            plans.append((change, choice, plan))
    current = [(change, choice, plan) for change, choice, plan in plans if choice not in newer]
    _refuse_pauses_out_of_range([step for _, _, plan in current for step in plan.steps])
    events = [event for _, choice, plan in current for event in desk.append(choice, plan.steps)]
    pending = tuple(change for change, _, plan in current if plan.asks)
    mailed = ask_to_confirm(db, person_id, pending, seen=desk.book.length, language=language, collection_point=collection_point)
    return Saved(tuple(events), tuple(choice for _, choice, _ in plans if choice in newer), pending, mailed)


def undo(db: Session, person_id: int, sequences: Sequence[int], *, collection_point: str) -> Saved:
    """The person takes back what those events did, newest first. A choice that changed since stands as it is, and is named in `stale`.

    A yes that waits again waits on only while its mail can still be answered. Where that question has ended the wait ends with it: the
    choice stands as it did before it was asked, and is named in `ended`.
    """
    company = registry.company(company_of(db))
    desk = Desk(Book(db, person_id), company, None, collection_point, None)
    events: list[Event] = []
    stale: list[Choice] = []
    for event in sorted(desk.book.events(set(sequences)), key=lambda one: one.sequence, reverse=True):
        try:
            events.append(desk.take_back(event))
        except NothingToUndo:
            stale.append(event.choice)
    return Saved(tuple(events), tuple(dict.fromkeys(stale)), ended=_end_lost_questions(desk, {event.choice for event in events}))


def _end_lost_questions(desk: Desk, choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """End the wait of those that wait with no mail that could still be answered."""
    pending = sorted(choice for choice in choices if desk.book.states[choice].pending)
    question = open_question(desk.book.db, desk.book.person_id) if pending else None
    asked = {one.wanted.change.choice for one in question.waits} if question else set()
    lost = tuple(choice for choice in pending if choice not in asked)
    for choice in lost:
        desk.book.append(choice, Act.EXPIRED, actor=Actor.COMPANY_SYSTEM, collection_point=desk.collection_point)
    return lost


def _refuse_unknown(company: Company, change: Change) -> None:
    purpose = company.purposes.get(change.purpose)
    known = (
        purpose is not None
        and purpose.basis not in NO_CHOICE
        and change.channel in purpose.channels
        and set(change.topics or ()) <= purpose.topics.keys()
        and (change.frequency is None or change.frequency in purpose.frequencies)
    )
    if not known:
        raise UnknownChoice("The company does not ask for this purpose, channel, topic or frequency.")


def _refuse_pauses_out_of_range(steps: Iterable[Step]) -> None:
    """Before anything is written: whoever catches the error must not commit a half of it."""
    now = clock.now()
    for step in steps:
        if step.act is Act.PAUSED and not (step.until and now < step.until <= now + LONGEST_PAUSE):
            raise PauseOutOfRange("A pause ends after now, and within a year.")


__all__ = ["Answer", "Change", "Saved", "save_choices", "undo", "version_of"]
