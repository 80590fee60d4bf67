"""A sign-in of staff by the company's own service: its word becomes a session, or proves anew who is signed in already.

Must never take an address or a name of that service for somebody (K1): an account is issuer and subject, and is bound once, by the code that
its owner was handed when they were added.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.staff import bind_subject, staff_of_subject, unbound_staff
from portal.core import clock, limits
from portal.core.db import company_of
from portal.identity.browsers import browser_of
from portal.identity.oidc import LEEWAY, Claims
from portal.identity.recovery_codes import spend_for_any
from portal.identity.staff_sessions import FRESH, CurrentStaff, begin_whole, make_whole

TRIES = limits.Limit("staff.first", 5, timedelta(hours=1))


def sign_in(db: Session, subject: bytes, *, user_agent: str | None) -> str | None:
    """The token of a new session; None where nobody here has this account."""
    staff = staff_of_subject(db, subject)
    if staff is None:
        record_audit(db, actor="nobody", act="staff.account_unknown", target="company")
        return None
    record_audit(db, actor=staff.actor, act="staff.signed_in", target=f"staff:{staff.public_id}", by="provider")
    return begin_whole(db, staff.id, browser=browser_of(user_agent))


def bind_first(db: Session, subject: bytes, code: str, *, user_agent: str | None) -> str | None:
    """Bind an account to whoever was handed that code, and sign them in. None where it is nobody's, or too much was tried: all alike."""
    within = limits.count_once(db, TRIES, registry.key_of(company_of(db)), subject.hex())
    owner = spend_for_any(db, unbound_staff(db), code) if within and staff_of_subject(db, subject) is None else None
    if owner is None or bind_subject(db, owner, subject) is None:
        record_audit(db, actor="nobody", act="staff.code_refused", target="company")
        return None
    return sign_in(db, subject, user_agent=user_agent)


def prove_again(db: Session, claims: Claims, current: CurrentStaff) -> str | None:
    """A new token of the same session, fresh again; None for another account, or where the service did not ask its user just now."""
    staff = staff_of_subject(db, claims.subject)
    when = claims.signed_in_at
    asked_now = when is not None and (clock.now() - when).total_seconds() < FRESH.total_seconds() + LEEWAY
    if staff is None or staff.id != current.staff.id or not asked_now:
        record_audit(db, actor=current.staff.actor, act="staff.not_proven", target=f"staff:{current.staff.public_id}")
        return None
    record_audit(db, actor=staff.actor, act="staff.proven", target=f"staff:{staff.public_id}", by="provider")
    return make_whole(db, current)
