"""A company vouches for a yes that a person gave in its own form. What it cannot vouch for is a line of an old list, and proves nothing.

Must never let a vouched yes pass a stop or an act of the person that is newer than it, nor a purpose that is confirmed twice.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.consent.changes import Answer, Change
from portal.consent.events import Choice, Event
from portal.consent.ledger import Book, UnknownChoice
from portal.consent.notices import notices_by_hash
from portal.consent.saving import save_choices
from portal.consent.words import STOPS, Act, Actor
from portal.core import clock
from portal.core.db import company_of

OLDEST = timedelta(days=7)
FORM_URL = re.compile(r"https://[^\s\"'<>\\]{1,500}")
LOWERING = STOPS | {Act.PAUSED, Act.EXPIRED, Act.UNDONE}


@dataclass(frozen=True, slots=True)
class Attested:
    """What became of it. `counts`: it is a yes, or waits to be confirmed for a purpose that asks for it, and then `why` says so. Else `why` it
    is none, as a code.
    """

    counts: bool
    events: tuple[Event, ...]
    why: str = ""


def attest(
    db: Session,
    person_id: int,
    *,
    purpose: str,
    channel: str,
    notice_hash: bytes,
    form_url: str,
    acted_at: datetime,
    key_name: str,
    topics: Collection[str] | None = None,
    frequency: str | None = None,
) -> Attested:
    """Record that the person said yes at `acted_at` in the form at `form_url`, on those words; `key_name` is the API key that says so.

    What does not hold is recorded as imported. Raises `UnknownChoice`, and as `Book.append`.
    """
    company = registry.company(company_of(db))
    asked = company.purposes.get(purpose)
    if (
        asked is None
        or channel not in asked.channels
        or not set(topics or ()) <= asked.topics.keys()
        or (frequency is not None and frequency not in asked.frequencies)
    ):
        raise UnknownChoice("The company does not ask for this purpose, channel, topic or frequency.")
    point = f"api:{key_name}"
    notice = notices_by_hash(db, [notice_hash]).get(notice_hash)
    # Nobody else writes theirs from here on: what is newer than this yes is found, or comes after it.
    book = Book(db, person_id)
    why = _why_not(book, Choice(purpose, channel), acted_at, form_url)
    if notice is None or notice.purpose != purpose:
        why = why or "notice_unknown"
    if why or notice is None:
        imported = book.append(
            Choice(purpose, channel),
            Act.IMPORTED,
            actor=Actor.COMPANY_SYSTEM,
            collection_point=point,
            evidence={"claimed_at": acted_at.isoformat(), "not_attested": why},
        )
        return Attested(False, (imported,), why)
    evidence = {"attested_by": key_name, "form_url": form_url}
    if asked.double_opt_in:
        change = Change(purpose, channel, Answer.YES, topics, frequency)
        saved = save_choices(
            db, person_id, [change], seen=book.length, language=notice.language, collection_point=point, confirmed=False,
            evidence=evidence, book=book,
        )  # fmt: skip
        return Attested(True, saved.events, "waits_for_the_mailbox" if saved.pending else "")
    given = book.append(
        Choice(purpose, channel),
        Act.GIVEN,
        actor=Actor.PERSON,
        collection_point=point,
        notice_hash=notice_hash,
        language=notice.language,
        evidence=evidence,
        acted_at=acted_at,
        topics=topics,
        frequency=frequency,
    )
    return Attested(True, (given,))


def _why_not(book: Book, choice: Choice, acted_at: datetime, form_url: str) -> str:
    """The first thing that keeps it from being a yes, or nothing."""
    now = clock.now()
    if acted_at > now:
        return "in_the_future"
    if acted_at <= now - OLDEST:
        return "too_old"
    if not FORM_URL.fullmatch(form_url):
        return "form_unknown"
    theirs = [event for event in book.events() if event.choice == choice]
    if any(event.happened_at >= acted_at for event in theirs if event.actor is Actor.PERSON or event.act in LOWERING):
        return "something_newer"
    return ""
