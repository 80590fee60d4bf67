"""Find the cases of one exact identifier, for a reason that is kept. Must never search by a part, nor keep or show what was typed (K7)."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.staff import Staff
from portal.cases.model import Case, StaffSearch
from portal.cases.service import cases_of
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.people.addresses import normal_address
from portal.people.numbers import LONGEST, comparable
from portal.people.service import EMAIL, Identifier, find_identifier

KEPT = timedelta(hours=1)
LONGEST_REASON = 300


class NoSuchSearch(PortalError):
    """There is no such search of this colleague, or it is over."""


def search(db: Session, *, kind: str, typed: str, reason: str, by: Staff) -> str:
    """Look for the person of one exact address, telephone or customer number (`kind` as identifiers have it); gives the random id of the
    search. Raises `AddressRefused`. Nobody finds themselves.
    """
    spellings = _spellings(db, kind, typed)
    found = next(filter(None, (find_identifier(db, Identifier(kind, one)) for one in spellings)), None)
    own = find_identifier(db, Identifier(EMAIL, by.address))
    person_id = (
        found.person_id if found and not (own and own.person_id == found.person_id) and by.address not in spellings else None
    )
    row = StaffSearch(
        token=crypto.random_token(), staff_id=by.id, person_id=person_id,
        reason=reason.strip()[:LONGEST_REASON], at=clock.now(),
    )  # fmt: skip
    db.add(row)
    db.flush()
    record_audit(db, actor=by.actor, act="people.searched", target=f"search:{row.id}", found=person_id is not None, kind=kind)
    return row.token


def _spellings(db: Session, kind: str, typed: str) -> list[str]:
    """How the identifier may stand with us: an address in its normal form, a number as it was typed and as numbers are compared."""
    company = registry.company(company_of(db))
    if kind == EMAIL:
        return [normal_address(typed, allow_non_ascii=company.allow_non_ascii_addresses)]
    plain = typed.strip()[:LONGEST]
    return list(dict.fromkeys(filter(None, (plain, plain.upper(), comparable(kind, plain, country=company.country)))))


def found_by(db: Session, token: str, *, by: Staff) -> tuple[int, list[Case]]:
    """The cases that a search found: its own, for an hour. Raises `NoSuchSearch`; foreign, late and missing are alike."""
    row = db.scalar(select(StaffSearch).filter_by(token=token[:43], staff_id=by.id).where(StaffSearch.at > clock.now() - KEPT))
    if row is None:
        raise NoSuchSearch("There is no such search.")
    return row.id, cases_of(db, row.person_id) if row.person_id is not None else []


def found_somebody(db: Session, search_id: int) -> bool:
    """Whether a search found a customer, with or without a case."""
    return db.get_one(StaffSearch, search_id).person_id is not None
