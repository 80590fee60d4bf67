"""Recovery codes of staff: the second half of a sign-in without a passkey. Shown once, kept as keyed hashes, good once.

Must never be given out by mail (K5): who has none left gets one from an operator, who is a second person.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.staff import Staff
from portal.core import clock, crypto, limits
from portal.core.db import company_of
from portal.identity.staff_model import StaffCode
from portal.identity.staff_sessions import CurrentStaff, make_whole

CODES = 10
LONGEST_TYPED = 40
TRIES = limits.Limit("staff.code", 5, timedelta(minutes=15))


def make_codes(db: Session, staff: Staff, *, by: str, count: int = CODES) -> list[str]:
    """New codes; those of before are void. What this returns is the only time that they can be seen."""
    void_codes(db, staff.id)
    key_id, now = crypto.keys().newest("hash")[0], clock.now()
    codes = [crypto.random_public_id() for _ in range(count)]
    for code in codes:
        db.add(StaffCode(staff_id=staff.id, code_hash=_hash(db, staff.id, code, key_id), hash_key_id=key_id, made_at=now))
    record_audit(db, actor=by[:40], act="staff.codes_made", target=f"staff:{staff.public_id}", count=count)
    db.flush()
    return codes


def void_codes(db: Session, staff_id: int) -> int:
    """End every code that was not used; returns how many."""
    ended = (
        update(StaffCode).where(StaffCode.staff_id == staff_id, StaffCode.ended_at.is_(None)).values(ended_at=clock.now())
    ).returning(StaffCode.id)
    return len(db.scalars(ended.execution_options(synchronize_session=False)).all())


def codes_left(db: Session, staff_id: int) -> int:
    """How many codes are good."""
    return len(db.scalars(select(StaffCode.id).where(StaffCode.staff_id == staff_id, StaffCode.ended_at.is_(None))).all())


def use_code(db: Session, current: CurrentStaff, typed: str) -> str | None:
    """Make the session whole by a code, which is used up. Counted before it is compared; None where it does not fit."""
    company = registry.key_of(company_of(db))
    code, staff = normal_code(typed), current.staff
    within = limits.count_once(db, TRIES, company, staff.public_id)
    if not within or code is None or not _spend(db, staff.id, code):
        record_audit(db, actor=staff.actor, act="staff.code_refused", target=f"staff:{staff.public_id}")
        return None
    # A code that fits was no try: who signs in often is not shut out.
    limits.take_back(db, TRIES, company, staff.public_id)
    record_audit(db, actor=staff.actor, act="staff.signed_in", target=f"staff:{staff.public_id}", by="code")
    return make_whole(db, current)


def spend_for_any(db: Session, staff_ids: Sequence[int], typed: str) -> int | None:
    """Whose of these the code is; it is used up. For somebody who is known to nobody yet, so whoever calls this counts the tries."""
    code = normal_code(typed)
    return next((one for one in staff_ids if _spend(db, one, code)), None) if code else None


def normal_code(typed: str) -> str | None:
    """The code as it was shown, however it was typed; None where it is something else."""
    if len(typed) > LONGEST_TYPED:
        return None
    letters = [sign for sign in typed.upper() if sign in crypto.LETTERS]
    extra = [sign for sign in typed.upper() if sign not in crypto.LETTERS and not sign.isspace() and sign != "-"]
    if len(letters) != 12 or extra:
        return None
    whole = "".join(letters)
    return f"{whole[:4]}-{whole[4:8]}-{whole[8:]}"


def _spend(db: Session, staff_id: int, code: str) -> bool:
    hashes = [_hash(db, staff_id, code, key_id) for key_id in crypto.keys().ids("hash")]
    spent = (
        update(StaffCode)
        .where(StaffCode.staff_id == staff_id, StaffCode.code_hash.in_(hashes), StaffCode.ended_at.is_(None))
        .values(ended_at=clock.now())
    ).returning(StaffCode.id)
    return db.execute(spent.execution_options(synchronize_session=False)).first() is not None


def _hash(db: Session, staff_id: int, code: str, key_id: str) -> bytes:
    return crypto.identifier_hash(registry.key_of(company_of(db)), f"staff.code.{staff_id}", code, key_id)
