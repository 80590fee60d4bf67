"""A code for somebody on the telephone who is not signed in: staff tell it, the person types it in their own browser, once.

Must never sign anybody in, nor let the browser in which it was typed see more than for whom it is (masked) and what is done meanwhile.
"""

from datetime import timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.staff import Staff
from portal.cases.phone.asking import (
    WAITS,
    Call,
    NoSuchCall,
    as_call,
    is_live,
    live_calls,
    row_of_staff,
    say_no,
    say_yes,
)
from portal.cases.phone.model import PhoneSession
from portal.core import clock, crypto, logs
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.core.limits import Limit, count_more, count_once, counted
from portal.identity.codes import DIGITS, normal_code

TRIES = Limit("phone.code_tries", 10, timedelta(hours=1))
"""Codes typed from one network, right or wrong."""

LONGEST = timedelta(minutes=20)
"""So long after the asking no further code is given: one colleague must not keep the others away for ever."""

CEILING = Limit("phone.code_ceiling", 100, timedelta(hours=1))
"""Wrong codes in a company, of which one network can make but ten: past it no code is taken for the rest of the hour, and the log says so."""


HOLDER = "code"
"""Who answers in the browser in which a code was typed, as the audit names them: nobody knows who that is."""


class CannotGiveCode(PortalError):
    """There is a yes already, or it is over."""


class TooManyTries(PortalError):
    """From this network, or in all, so many codes were typed in this hour that no more are taken."""


def give_code(db: Session, token: str, *, by: Staff) -> str:
    """A new code for an asking of this colleague that has no answer yet; the one before it is void. Raises `NoSuchCall` or `CannotGiveCode`."""
    row = row_of_staff(db, token, by=by)
    if not is_live(row) or row.agreed_at is not None or clock.now() > row.asked_at + LONGEST:
        raise CannotGiveCode("There is an answer already, or it is over.")
    code = crypto.random_digits(DIGITS)
    row.code_hash, row.browser_hash, row.ends_at = _hash(row.company_id, code), None, clock.now() + WAITS
    record_audit(db, actor=by.actor, act="phone.code_given", target=f"phone:{row.id}")
    db.flush()
    return code


def enter_code(db: Session, typed: str, *, network: str) -> str | None:
    """What from now on proves this browser, and no other; None for a code that is wrong, late, void or was typed before, which are alike.

    Counted before it is compared. Raises `TooManyTries`.
    """
    company_id = company_of(db)
    company = registry.key_of(company_id)
    if not count_once(db, TRIES, company, network) or counted(db, CEILING, company) >= CEILING.count:
        raise TooManyTries("No more codes are taken in this hour.")
    digits = normal_code(typed)
    wanted = live_calls().where(PhoneSession.code_hash == _hash(company_id, digits or ""), PhoneSession.agreed_at.is_(None))
    row = db.scalar(wanted.with_for_update()) if digits else None
    if row is None:
        if count_more(db, CEILING, 1, company) == CEILING.count:
            logs.event("phone.codes_switched_off", level=50, company=company, count=CEILING.count)
        return None
    secret = crypto.random_token()
    row.code_hash, row.browser_hash = None, _browser(secret)
    record_audit(db, actor=HOLDER, act="phone.code_used", target=f"phone:{row.id}")
    db.flush()
    return secret


def call_here(db: Session, secret: str) -> Call | None:
    """The asking of the browser that holds `secret`; None where there is none (any more)."""
    row = db.scalar(_here(secret)) if secret else None
    return as_call(db, row) if row is not None else None


def agree_here(db: Session, secret: str, *, language: str) -> bool:
    """Yes, in the browser in which the code was typed; False where it is over. Raises `NoSuchCall`."""
    return say_yes(db, _held(db, secret), language=language, actor=HOLDER)


def end_here(db: Session, secret: str) -> None:
    """No, or no longer, in that browser. Raises `NoSuchCall`."""
    say_no(db, _held(db, secret), actor=HOLDER)


def _held(db: Session, secret: str) -> PhoneSession:
    row = db.scalar(_here(secret).with_for_update())
    if row is None:
        raise NoSuchCall("There is no such call.")
    return row


def _hash(company_id: int, code: str) -> bytes:
    return crypto.keyed_hash("phone.code", f"{company_id}\x1f{code}")


def _here(secret: str) -> Select[PhoneSession]:
    return select(PhoneSession).where(PhoneSession.browser_hash == _browser(secret))


def _browser(secret: str) -> bytes:
    return crypto.token_hash("phone.browser", secret[:43])
