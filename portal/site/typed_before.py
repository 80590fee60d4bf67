"""The answers to all choices that were sent as a session ended, on the form once more.

Must never save anything, nor put an answer in place of one that changed since its page was shown.
"""

from collections.abc import Collection
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from portal.choosing.form import ANSWER_OF, Asked, ChoicesForm, answers_of, asked_in, plain_version
from portal.consent.ledger import events_of
from portal.site.preferences_words import Stand
from portal.web import kept_answers
from portal.web.context import current_company
from portal.web.kept_answers import Answers

SEEN = "seen"


def sent() -> Answers | None:
    """Of the form of this request: the answers that the company asks for, and nothing else. None where it does not say what it showed."""
    company, form, seen = current_company().config, request.form, plain_version(request.form)
    if seen is None:
        return None
    answers: dict[str, list[str]] = {SEEN: [str(seen)]}
    for name, (key, channel) in answers_of(company).items():
        purpose = company.purposes[key]
        known: dict[str, Collection[str]] = {
            name: ANSWER_OF,
            f"topics-{key}-{channel}": purpose.topics,
            f"often-{key}-{channel}": purpose.frequencies,
        }
        answers |= {
            field: values for field, those in known.items() if (values := [one for one in form.getlist(field) if one in those])
        }
    return answers


def form_of(db: Session, stand: Stand) -> tuple[ChoicesForm, set[str]]:
    """The form as the choices stand, and on it what this person sent as their session ended: the choices that differ are named."""
    form, answers = stand.untouched(), kept_answers.take(stand.person_id)
    if not answers:
        return form, set()
    newer = _changed_since(db, stand.person_id, int(answers[SEEN][0]))
    every = [one for one in asked_in(stand.purposes) if (one.purpose.key, one.choice.key) not in newer]
    return form, {one.name for one in every if _put(form, one, answers)}


def opened(page: dict[str, Any], differing: set[str]) -> dict[str, Any]:
    """The page with the choices open that differ: what is ticked in there can be seen."""
    for item in (one for purpose in page["purposes"] for one in purpose["choices"] if one["name"] in differing):
        item["open"] = True
    return {**page, "typed_before": bool(differing)}


def _changed_since(db: Session, person_id: int, seen: int) -> set[tuple[str, str]]:
    return {(one.choice.purpose, one.choice.channel) for one in events_of(db, person_id) if one.sequence > seen}


def _put(form: ChoicesForm, asked: Asked, answers: Answers) -> bool:
    """Put what was sent for one choice on the form; whether that differs from what stands."""
    differs = False
    say, topics, often = (form.field_of(what, asked) for what in ("say", "topics", "often"))
    for field in (say, often):
        if field is not None and (said := answers.get(field.name)) and field.data != said[0]:
            field.data, differs = said[0], True
    if topics is not None and set(topics.data or ()) != set(answers.get(topics.name, ())):
        topics.data, differs = list(answers.get(topics.name, ())), True
    return differs
