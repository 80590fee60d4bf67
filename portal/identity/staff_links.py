"""The first half of a staff sign-in: a mailed link, used in the browser that asked and in no other.

Must never tell (by row, time or page) whether an address is staff's (K11), and never sign anybody in by itself.

For the door: ask_staff_link(db, address=, nonce=, user_agent=, language=)   raises AddressRefused
    use_staff_link(db, token, nonce=, user_agent=) -> str | None             the token of a half session
For the worker: issue_due_staff_links(database) -> int
"""

from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.staff import staff_at, staff_by_id
from portal.accounts.working_off import work_off
from portal.core import clock, crypto, i18n, limits, urls
from portal.core.db import Database, company_of
from portal.identity.browsers import browser_of
from portal.identity.links import NONCE, words_of_link
from portal.identity.model import RequestState
from portal.identity.staff_model import StaffLink, StaffSession
from portal.identity.staff_sessions import begin_half
from portal.outbox.service import key_of, queue_mail
from portal.people.addresses import normal_address

LINK = "staff.link"
LIFE = timedelta(minutes=10)
GIVEN_UP = timedelta(hours=1)
KEPT = timedelta(days=30)
LONGEST_TOKEN = 64
PER_STAFF = limits.Limit("staff.link", 10, timedelta(hours=1))


def ask_staff_link(db: Session, *, address: str, nonce: str, user_agent: str | None, language: str) -> None:
    """Write the one row; the worker does the rest. Raises `AddressRefused` before anything is written."""
    company, now = registry.company(company_of(db)), clock.now()
    normal = normal_address(address, allow_non_ascii=company.allow_non_ascii_addresses)
    db.add(
        StaffLink(
            address=normal, language=i18n.best_of(company.languages, [language]), browser=browser_of(user_agent),
            asked_in=crypto.token_hash(NONCE, nonce), asked_at=now, expires_at=now + LIFE,
        )
    )  # fmt: skip
    db.flush()


def use_staff_link(db: Session, token: str, *, nonce: str | None, user_agent: str | None) -> str | None:
    """Use a link up, once, where it was asked for; elsewhere (a mail gateway, another device) nothing happens to it."""
    if not token or len(token) > LONGEST_TOKEN or not token.isascii() or not nonce:
        return None
    now = clock.now()
    staff_id = db.scalar(
        update(StaffLink)
        .where(
            StaffLink.token_hash == crypto.token_hash(LINK, token),
            StaffLink.asked_in == crypto.token_hash(NONCE, nonce),
            StaffLink.state == RequestState.ISSUED,
            StaffLink.expires_at > now,
        )
        .values(state=RequestState.USED, ended_at=now)
        .returning(StaffLink.staff_id)
        .execution_options(synchronize_session=False)
    )
    staff = staff_by_id(db, staff_id) if staff_id is not None else None
    if staff is None:
        return None
    record_audit(db, actor=staff.actor, act="staff.link_used", target=f"staff:{staff.public_id}")
    return begin_half(db, staff.id, browser=browser_of(user_agent))


def issue_due_staff_links(database: Database) -> int:
    """Mail a link for each row that waits and names staff; the others end without one. Returns how many were done."""
    served = list(registry.ids().values())
    waiting = (
        select(StaffLink.company_id, StaffLink.id)
        .where(StaffLink.state == RequestState.ASKED, StaffLink.company_id.in_(served))
        .order_by(StaffLink.id)
        .limit(200)
    )
    return work_off(database, waiting, _issue, failed="staff.link_not_issued")


def prune_staff_links(db: Session) -> int:
    """Delete links and sessions that ended a month ago; the audit entries say who signed in when. Returns how many."""
    before = clock.now() - KEPT
    links = delete(StaffLink).where(func.coalesce(StaffLink.ended_at, StaffLink.expires_at) < before).returning(StaffLink.id)
    sessions = (
        delete(StaffSession).where(func.coalesce(StaffSession.ended_at, StaffSession.ends_at) < before).returning(StaffSession.id)
    )
    return sum(len(db.scalars(one.execution_options(synchronize_session=False)).all()) for one in (links, sessions))


def _issue(db: Session, link_id: int) -> int:
    query = select(StaffLink).filter_by(id=link_id, state=RequestState.ASKED).with_for_update(skip_locked=True)
    row = db.scalar(query)
    if row is None:
        return 0
    now, staff = clock.now(), staff_at(db, row.address)
    late = now - row.asked_at > GIVEN_UP
    if staff is None or late or not limits.count_once(db, PER_STAFF, registry.key_of(row.company_id), staff.public_id):
        row.state, row.ended_at = RequestState.LIMITED, now
        return 1
    token = crypto.random_token()
    row.token_hash, row.staff_id = crypto.token_hash(LINK, token), staff.id
    row.state, row.expires_at = RequestState.ISSUED, now + LIFE
    queue_mail(
        db, template="staff_sign_in", to=row.address, language=row.language, key=key_of("staff_sign_in", row.id, row.asked_at),
        context=words_of_link(row, urls.STAFF_LINK, token), not_after=row.expires_at,
    )  # fmt: skip
    return 1
