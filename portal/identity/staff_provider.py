"""A sign-in of staff by the company's own service: its word becomes a session, or proves anew who is signed in already.

Must never make an account of that service staff by itself: staff are added by name, and an account is bound to one of them once.
"""

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.staff import staff_of_subject
from portal.core import clock
from portal.core.db import company_of
from portal.identity.browsers import browser_of
from portal.identity.oidc import LEEWAY, Claims
from portal.identity.staff_sessions import FRESH, CurrentStaff, begin_whole, make_whole
from portal.people.addresses import AddressRefused, normal_address


def sign_in(db: Session, claims: Claims, *, user_agent: str | None) -> str | None:
    """The token of a new session; None where nobody here has this account."""
    staff = staff_of_subject(db, claims.subject, _address(db, claims))
    if staff is None:
        record_audit(db, actor="nobody", act="staff.account_unknown", target="company")
        return None
    record_audit(db, actor=staff.actor, act="staff.signed_in", target=f"staff:{staff.public_id}", by="provider")
    return begin_whole(db, staff.id, browser=browser_of(user_agent))


def prove_again(db: Session, claims: Claims, current: CurrentStaff) -> str | None:
    """A new token of the same session, fresh again; None for another account, or where the service did not ask its user just now."""
    staff = staff_of_subject(db, claims.subject, None)
    when = claims.signed_in_at
    asked_now = when is not None and (clock.now() - when).total_seconds() < FRESH.total_seconds() + LEEWAY
    if staff is None or staff.id != current.staff.id or not asked_now:
        record_audit(db, actor=current.staff.actor, act="staff.not_proven", target=f"staff:{current.staff.public_id}")
        return None
    record_audit(db, actor=staff.actor, act="staff.proven", target=f"staff:{staff.public_id}", by="provider")
    return make_whole(db, current)


def _address(db: Session, claims: Claims) -> str | None:
    if claims.address is None:
        return None
    allow = registry.company(company_of(db)).allow_non_ascii_addresses
    try:
        return normal_address(claims.address, allow_non_ascii=allow)
    except AddressRefused:
        return None
