"""New words, asked again: where a purpose says so, a yes to other words than today's ends, and the person is asked anew.

Must never end a yes to words that still stand, and never say a no for anyone: who does not answer is unanswered.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.config.model import Company, Purpose
from portal.consent.chains import KeyIsDestroyed, open_key, read_events, wrapped_key_of
from portal.consent.events import Choice
from portal.consent.ledger import Book
from portal.consent.merge import UNSET
from portal.consent.model import ConsentState, Notice
from portal.consent.notices import notice_hash
from portal.consent.words import Act, Actor

POINT = "portal:new_words"
AT_ONCE = 500
"""Yeses that one run ends; the worker comes back."""


def end_old_words(db: Session, company: Company) -> int:
    """End the yeses of the session's company whose words no longer stand, for purposes with `asks_again`; returns how many."""
    ended = 0
    for key, purpose in company.purposes.items():
        if purpose.asks_again and purpose.notice and ended < AT_ONCE:
            ended += _end(db, key, purpose, AT_ONCE - ended)
    return ended


def _end(db: Session, key: str, purpose: Purpose, most: int) -> int:
    today = {notice_hash(key, language, text) for language, text in (purpose.notice or {}).items()}
    published = db.scalar(select(func.max(Notice.published_at)).where(Notice.hash.in_(today)))
    if published is None:
        return 0
    query = select(ConsentState).filter_by(purpose=key, said=Act.GIVEN).where(ConsentState.since < published)
    ended = 0
    for state in db.scalars(query.order_by(ConsentState.person_id, ConsentState.channel, ConsentState.topic)).all():
        if ended < most and _words_of(db, state) not in today:
            book, choice = Book(db, state.person_id), Choice(key, state.channel, state.topic)
            # Who said yes to the new words while this was looked at has said it; who was erased has no choice any more.
            if book.states.get(choice, UNSET).sequence != state.sequence:
                continue
            book.append(choice, Act.EXPIRED, actor=Actor.COMPANY_SYSTEM, collection_point=POINT, evidence={"reason": "new_words"})
            ended += 1
    return ended


def _words_of(db: Session, state: ConsentState) -> bytes | None:
    try:
        key = open_key(wrapped_key_of(db, state.person_id), has_events=True)
    except KeyIsDestroyed:
        return None
    events = read_events(db, state.person_id, key, [state.sequence or 0])
    return events[0].notice_hash if events else None
