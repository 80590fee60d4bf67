"""The mails of an erasure: it was asked for (to every address), it is over (to the person). Neither names anyone nor what is held."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.erasing.links import RESULT_DAYS, make_link
from portal.cases.erasing.model import Erasure, LinkKind
from portal.cases.erasing.sharing import reads_alone
from portal.cases.letters import speaking
from portal.cases.model import Case
from portal.core import clock, i18n, urls
from portal.core.db import company_of
from portal.outbox.model import Mail, MailState
from portal.outbox.service import queue_mail
from portal.people.model import PersonIdentifier
from portal.people.service import EMAIL, addresses_of

CANCEL_AFTER_START = timedelta(days=30)
"""Time after the start in which the mailed link still answers: by then it says what went, and stops what has not begun."""


def send_started(db: Session, case: Case, *, starts_at: datetime, due: date, others: Collection[str]) -> int:
    """Tell every address on file that an erasure was asked for, each with a link of its own to stop it; returns how many mails."""
    rows = db.scalars(select(PersonIdentifier).filter_by(person_id=case.person_id, kind=EMAIL).order_by(PersonIdentifier.id))
    own = {row.value: row.proven_at is not None for row in rows}
    company = registry.company(case.company_id)
    with speaking(case):
        words = {
            "starts_words": i18n.format_moment(starts_at),
            "due_date_words": i18n.format_date(due, weekday=True),
            "page_url": urls.address(company.url, urls.REQUEST, case=case.number),
        }
    expires_at = starts_at + CANCEL_AFTER_START
    for number, address in enumerate([*own, *sorted(set(others) - set(own))]):
        proven = own.get(address, False)
        link = make_link(db, case, LinkKind.CANCEL, own=proven, expires_at=expires_at, to=address)
        context = {**words, "stop_url": link, "case_number": case.number, "own": proven}
        queue_mail(
            db, template="erasure_started", to=address, language=case.language, key=f"erasure_started:{case.id}:{number}",
            context=context, thread=case.number,
        )  # fmt: skip
    return len({*own, *others})


def send_done(db: Session, case: Case, *, complete: bool) -> bool:
    """The last mail, with the link to the result; False where there is no address to write to."""
    address = db.scalar(
        select(PersonIdentifier.value)
        .filter_by(person_id=case.person_id, kind=EMAIL)
        .where(PersonIdentifier.proven_at.is_not(None))
        .order_by(PersonIdentifier.proven_at.desc())
        .limit(1)
    )
    if address is None:
        return False
    until = clock.now() + RESULT_DAYS
    # Read once more: of two people, the other one's record may be all that a look since the confirmation could find.
    alone = db.get_one(Erasure, case.id).alone and reads_alone(db, case.person_id)
    link = make_link(db, case, LinkKind.RESULT, own=alone, expires_at=until)
    with speaking(case):
        words = {"until_words": i18n.format_date(until, weekday=True)}
    context = {
        **words,
        "result_url": link,
        "case_number": case.number,
        "complete": complete,
        "alone": alone,
        "last": not case.choice and complete,
    }
    queue_mail(
        db, template="erasure_done", to=address, language=case.language, key=_done_key(case), context=context, thread=case.number
    )
    return True


def send_stopped(db: Session, case: Case) -> None:
    """Tell every address that the person proved that the deletion was stopped from a mail: whoever did it may not have been them."""
    company = registry.company(case.company_id)
    context = {
        "case_number": case.number,
        "page_url": urls.address(company.url, urls.REQUEST, case=case.number),
        "help_url": urls.address(company.url, urls.HELP),
    }
    for number, address in enumerate(addresses_of(db, case.person_id) if case.person_id is not None else ()):
        queue_mail(
            db, template="erasure_stopped", to=address, language=case.language, key=f"erasure_stopped:{case.id}:{number}",
            context=context, thread=case.number,
        )  # fmt: skip


def last_mail_waits(db: Session, case: Case) -> bool:
    """Whether the last mail has not left yet, so that its address must not go."""
    state = db.scalar(select(Mail.state).filter_by(company_id=company_of(db), key=_done_key(case)))
    return state in (MailState.QUEUED, MailState.SENDING, MailState.HELD)


def is_last_mail(case: Case, key: str) -> bool:
    """Whether the mail of that key is the one that tells the person of the end."""
    return key == _done_key(case)


def _done_key(case: Case) -> str:
    return f"erasure_done:{case.id}"
