"""The page of all choices, in words: each as it stands, what may be said to it, and what was just done.

Must never show another person's acts, nor call something saved that the ledger does not have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portal.cases.model import CaseKind
from portal.cases.rights import kinds_for
from portal.choosing.form import (
    Asked,
    ChoicesForm,
    answers_of,
    asked_in,
    choices_form,
    is_touched,
    plain_changes,
    plain_version,
    sent_form,
)
from portal.choosing.words import Besides, days_of_a_break, words_of
from portal.consent.choices import PurposeChoices, Standing, choices_in, choices_of
from portal.consent.desk import newer_than
from portal.consent.effect import counting_systems
from portal.consent.events import Choice
from portal.consent.ledger import Book
from portal.consent.merge import UNSET
from portal.consent.saving import Change, version_of
from portal.consent.waiting import open_question
from portal.consent.words import STOPS
from portal.site import choices_words, waiting_words
from portal.site.reached_words import lines_by_choice
from portal.web.context import current_company


@dataclass(frozen=True, slots=True)
class Stand:
    """The choices of one person at one moment: what the form shows, and the version that says so."""

    person_id: int
    purposes: tuple[PurposeChoices, ...]
    seen: int

    def form(self) -> ChoicesForm:
        """The form as the choices stand, or as it was typed."""
        return choices_form(current_company().config, self.purposes, seen=self.seen)

    def sent(self) -> ChoicesForm:
        """What was sent of the form for these choices."""
        return sent_form(current_company().config, self.purposes)

    def untouched(self) -> ChoicesForm:
        """The form as the choices stand, whatever was sent."""
        return choices_form(current_company().config, self.purposes, seen=self.seen, typed=False)

    def in_use(self) -> list[Asked]:
        """The choices for adverts that are used now, or would be but for a break."""
        return [one for one in asked_in(self.purposes) if one.purpose.marketing and (one.choice.answer.allowed or one.holds)]

    def loud(self) -> list[Asked]:
        """The choices for adverts that are used now: no break holds for them."""
        return [one for one in self.in_use() if one.choice.standing is not Standing.PAUSED]

    def paused(self) -> list[Asked]:
        """The choices that are quiet for a while."""
        return [one for one in asked_in(self.purposes) if one.choice.standing is Standing.PAUSED]


def stand_of(db: Session, person_id: int) -> Stand:
    """How the person's choices stand now."""
    # Before the choices: an act in between makes a form out of date, instead of one that says yes to what was just taken back.
    seen = version_of(db, person_id)
    return Stand(person_id, tuple(choices_of(db, current_company().config, person_id)), seen)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a sent form wants, and the version that its page showed."""

    changes: Sequence[Change]
    seen: int


def sent_of(book: Book, fields: MultiDict[str, str]) -> Sent | None:
    """What the sent form wants of the choices that it answers; None where something is wrong with it.

    Most forms say all they want in plain words. The form is made only of those that do not.
    """
    company, seen = current_company().config, plain_version(fields)

    def holds(choice: Choice) -> bool:
        stopped = book.states.get(choice, UNSET).said in STOPS
        return not stopped and next(asked_in(choices_in(book, company, [choice]))).holds

    def refused(choice: Choice) -> bool:
        state = book.states.get(choice, UNSET)
        return state.said in STOPS and not state.pending

    changes = plain_changes(company, fields, holds, refused)
    if seen is not None and changes is not None:
        return Sent(changes, seen)
    answered = [Choice(*one) for name, one in answers_of(company).items() if is_touched(fields, name)]
    stand = Stand(book.person_id, tuple(choices_in(book, company, answered)), book.length)
    form = stand.sent()
    whole = form.is_whole(stand.purposes, newer=newer_than(book, seen) if seen is not None else ())
    return Sent(form.changes(stand.purposes), form.version) if whole else None


def page(
    db: Session, stand: Stand, *, form: ChoicesForm, told: dict[str, Any] | None = None, wrong_day: str = "", day: str = ""
) -> dict[str, Any]:
    """What the template shows."""
    paused, reached, question = stand.paused(), lines_by_choice(db, stand.person_id), open_question(db, stand.person_id)
    besides = Besides(reached, waiting_words.lines_by_choice(question))
    return {
        "form": form,
        "choices": choices_words.counts(stand.purposes),
        "purposes": [words_of(db, one, form, besides) for one in stand.purposes],
        "stated": choices_words.stated(agreed=False),
        "agreed_elsewhere": choices_words.stated(agreed=True),
        "may_object": CaseKind.OBJECTION in kinds_for(db, stand.person_id),
        "told": told,
        "in_use": bool(stand.in_use()),
        "quiet": _quiet(stand),
        "loud": bool(stand.loud()),
        "paused_until": max((one.choice.until for one in paused if one.choice.until), default=None),
        **days_of_a_break(),
        "wrong_day": wrong_day,
        "waiting": waiting_words.section(question),
        "counts_sent": bool(counting_systems(current_company().id)),
        "day": day,
    }


def _quiet(stand: Stand) -> list[dict[str, Any]]:
    """What is quiet until when, one by one: where one day for everything would not be true."""
    paused = [one for one in stand.paused() if one.choice.until]
    if not stand.loud() and len({one.choice.until for one in paused}) < 2:
        return []
    titles = waiting_words.titles_of([Choice(one.purpose.key, one.choice.key) for one in paused])
    return [{"title": title, "until": one.choice.until} for title, one in zip(titles, paused, strict=True)]
