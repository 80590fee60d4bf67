"""Ask the mailbox: what opens a choice further waits until a button behind a mailed link says yes (double opt-in).

Must never send more than a few such mails to one address a day, and never keep a token but as its hash.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Company
from portal.consent.asking_model import Waiting
from portal.consent.changes import Change, dump_change
from portal.consent.told import opening_words
from portal.consent.waiting import Waits, Wanted, dump_wanted, open_row, still_waits, wanted_of
from portal.core import clock, crypto, i18n, urls
from portal.core.db import company_of
from portal.core.durations import length_of
from portal.core.i18n import _, format_list, pick
from portal.core.limits import Limit, count_once
from portal.outbox.service import key_of, queue_mail
from portal.people.model import PersonIdentifier
from portal.people.service import EMAIL

TOKEN = "consent.confirm"  # noqa: S105  # the name of what the token is for
MAILS = Limit("confirm_choice", 5, timedelta(days=1))
AT_ONCE_AGAIN = timedelta(minutes=10)
"""So long, asking for the same once more sends no second mail, and the link in the first one stays good. `resend` does not wait."""


def ask_to_confirm(
    db: Session, person_id: int, changes: Sequence[Change], *, seen: int, language: str, collection_point: str
) -> bool:
    """Write to the person's mailbox; an earlier link of theirs gives way to one for everything that waits. `seen`: the chain's length now.

    True where such a mail is on its way or was sent just now. False where none went: the person has no mailbox, or got too many such
    mails today; then the link they have speaks for all of it.
    """
    mailbox = _mailbox_of(db, person_id) if changes else None
    if mailbox is None:
        return False
    company = registry.company(company_of(db))
    row = open_row(db, person_id)
    if row is not None and row.identifier_id == mailbox.id and _was_just_asked(db, row, changes):
        return True
    asked = {change.choice for change in changes}
    kept = [one for one in wanted_of(row) if one.change.choice not in asked] if row else []
    if row is None:
        row = Waiting(person_id=person_id, sent=0, token_hash=crypto.token_hash(TOKEN, crypto.random_token()))
        db.add(row)
    row.identifier_id = mailbox.id
    row.wanted = dump_wanted([*kept, *(Wanted(change, seen) for change in changes)])
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


def _was_just_asked(db: Session, row: Waiting, changes: Sequence[Change]) -> bool:
    """Whether all of it waits already, and was asked for so lately that the mail is the answer to this press, too."""
    if clock.now() - row.asked_at >= AT_ONCE_AGAIN:
        return False
    waits = [dump_change(one.wanted.change) for one in still_waits(db, row)]
    return all(dump_change(change) in waits for change in changes)


def _send(db: Session, row: Waiting, mailbox: PersonIdentifier) -> bool:
    waits = still_waits(db, row)
    if not waits or not count_once(db, MAILS, str(row.company_id), mailbox.hash.hex()):
        return False
    company, token = registry.company(row.company_id), crypto.random_token()
    row.token_hash = crypto.token_hash(TOKEN, token)
    row.sent += 1
    with i18n.speaking(row.language, company.time_zone):
        context = {
            "link": urls.address(company.url, urls.CONFIRM_CHOICE, token=token),
            "asked_for": _titles(company, waits),
            "stays": any(not one.opens.whole for one in waits),
            "asked_at": i18n.format_moment(row.asked_at),
            "valid_until": i18n.format_date(row.expires_at, weekday=True),
        }
    queue_mail(
        db, template="confirm_choice", to=mailbox.value, language=row.language, context=context,
        key=f"{key_of('confirm_choice', row.id, row.asked_at)}:{row.sent}", not_after=row.expires_at,
    )  # fmt: skip
    db.flush()
    return True


def _titles(company: Company, waits: Sequence[Waits]) -> list[str]:
    """What waits by name; of a yes that stands only what would be added. A sensitive purpose is not named in a mail: others may read it."""
    named = []
    for one in waits:
        purpose = company.purposes[one.wanted.change.purpose]
        title, more = pick(purpose.title), format_list(opening_words(purpose, one.opens))
        if not purpose.sensitive:
            named.append(_("%(title)s (%(more)s)", title=title, more=more) if more and not one.opens.whole else title)
    return list(dict.fromkeys(named))


def _mailbox_of(db: Session, person_id: int) -> PersonIdentifier | None:
    """The mailbox that was proven last, or else the one that came last; never one that they left, nor one that a system put to them and
    nobody has proven: who has that one may be anybody.
    """
    query = select(PersonIdentifier).filter_by(person_id=person_id, kind=EMAIL, left_at=None)
    query = query.where(or_(PersonIdentifier.joined_at.is_(None), PersonIdentifier.proven_at.is_not(None)))
    found = db.scalars(query.order_by(PersonIdentifier.id)).all()
    return max(found, key=lambda one: (one.proven_at is not None, one.proven_at or one.created_at), default=None)
