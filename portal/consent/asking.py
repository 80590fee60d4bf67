"""Ask the mailbox: what opens a choice further waits until a button behind a mailed link says yes (double opt-in).

Must never send more than a few such mails to one address a day, and never keep a token but as its hash.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Purpose
from portal.consent.asking_model import Waiting
from portal.consent.basis import NO_CHOICE
from portal.consent.changes import Change, dump_change, load_change
from portal.consent.events import Choice
from portal.core import clock, crypto, i18n, urls
from portal.core.db import company_of
from portal.core.durations import length_of
from portal.core.i18n import pick
from portal.core.limits import Limit, count_once
from portal.outbox.service import queue_mail
from portal.people.model import PersonIdentifier
from portal.people.service import EMAIL

TOKEN = "consent.confirm"  # noqa: S105  # the name of what the token is for
MAILS = Limit("confirm_choice", 5, timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One change that waits, and how long the chain was when it was asked for."""

    change: Change
    seen: int


def ask_to_confirm(
    db: Session, person_id: int, changes: Sequence[Change], *, seen: int, language: str, collection_point: str
) -> bool:
    """Write to the person's mailbox; an earlier link of theirs gives way to one for everything that waits. `seen`: the chain's length now.

    False where no mail went: the person has no mailbox, or got too many such mails today; then the link they have speaks for all of it.
    """
    mailbox = _mailbox_of(db, person_id) if changes else None
    if mailbox is None:
        return False
    company = registry.company(company_of(db))
    row = open_row(db, person_id)
    asked = {change.choice for change in changes}
    kept = [one for one in wanted_of(row) if one.change.choice not in asked] if row else []
    if row is None:
        row = Waiting(person_id=person_id, sent=0, token_hash=crypto.token_hash(TOKEN, crypto.random_token()))
        db.add(row)
    row.identifier_id = mailbox.id
    row.wanted = _dump([*kept, *(Wanted(change, seen) for change in changes)])
    row.language, row.collection_point = language, collection_point
    row.asked_at = clock.now()
    row.expires_at = clock.now() + length_of(company.retention.unconfirmed)
    db.flush()
    return _send(db, row, mailbox)


def resend(db: Session, person_id: int) -> bool:
    """The same mail once more, with a link of its own; the earlier link ends. False where nothing waits or it is enough for today."""
    row = open_row(db, person_id)
    mailbox = db.get(PersonIdentifier, row.identifier_id) if row else None
    return row is not None and mailbox is not None and _send(db, row, mailbox)


def open_row(db: Session, person_id: int) -> Waiting | None:
    """What of the person's wishes waits now."""
    query = select(Waiting).filter_by(person_id=person_id, ended_at=None).where(Waiting.expires_at > clock.now())
    return db.scalars(query.order_by(Waiting.id.desc()).execution_options(populate_existing=True)).first()


def wanted_of(row: Waiting) -> list[Wanted]:
    """What waits in a row, as far as the company still asks for it."""
    purposes = registry.company(row.company_id).purposes
    told = [Wanted(load_change(one["change"]), one["seen"]) for one in json.loads(row.wanted)]
    asked = ((one, _still_asked(one.change, purposes.get(one.change.purpose))) for one in told)
    return [replace(one, change=change) for one, change in asked if change is not None]


def choices_of_row(row: Waiting) -> list[Choice]:
    """Every choice that was asked for in a row, also of what can no longer be said."""
    return [load_change(one["change"]).choice for one in json.loads(row.wanted)]


def _still_asked(change: Change, purpose: Purpose | None) -> Change | None:
    """The change as far as it can be said today: topics and rhythms that are gone fall away, and nothing is left of a yes to them alone."""
    if purpose is None or purpose.basis in NO_CHOICE or change.channel not in purpose.channels:
        return None
    topics = None if change.topics is None else [one for one in change.topics if one in purpose.topics]
    if change.topics and not topics:
        return None
    return replace(change, topics=topics, frequency=change.frequency if change.frequency in purpose.frequencies else None)


def _dump(wanted: Sequence[Wanted]) -> str:
    return json.dumps([{"change": dump_change(one.change), "seen": one.seen} for one in wanted])


def _send(db: Session, row: Waiting, mailbox: PersonIdentifier) -> bool:
    if not count_once(db, MAILS, str(row.company_id), mailbox.hash.hex()):
        return False
    company, token = registry.company(row.company_id), crypto.random_token()
    row.token_hash = crypto.token_hash(TOKEN, token)
    row.sent += 1
    with i18n.speaking(row.language, company.time_zone):
        purposes = [company.purposes[one.change.purpose] for one in wanted_of(row)]
        context = {
            "link": urls.address(company.url, urls.CONFIRM_CHOICE, token=token),
            # A sensitive purpose is not named in a mail: others may read it.
            "asked_for": list(dict.fromkeys(pick(one.title) for one in purposes if not one.sensitive)),
            "asked_at": i18n.format_moment(row.asked_at),
            "valid_until": i18n.format_date(row.expires_at, weekday=True),
        }
    queue_mail(
        db, template="confirm_choice", to=mailbox.value, language=row.language, key=f"confirm_choice:{row.id}:{row.sent}",
        context=context, not_after=row.expires_at,
    )  # fmt: skip
    db.flush()
    return True


def _mailbox_of(db: Session, person_id: int) -> PersonIdentifier | None:
    """The mailbox that was proven last, or else the one that came last; never one that they left, nor one that a system put to them and
    nobody has proven: who has that one may be anybody.
    """
    query = select(PersonIdentifier).filter_by(person_id=person_id, kind=EMAIL, left_at=None)
    query = query.where(or_(PersonIdentifier.joined_at.is_(None), PersonIdentifier.proven_at.is_not(None)))
    found = db.scalars(query.order_by(PersonIdentifier.id)).all()
    return max(found, key=lambda one: (one.proven_at is not None, one.proven_at or one.created_at), default=None)
