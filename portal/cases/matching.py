"""The core's own comparison of what a system found with whom it was asked for. A remote search is never trusted (it folds, trims, casts).

Must never let a record through whose stored identifier is not, in normal form, the very identifier that the person proved.
"""

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.adapters.contract import Identifier, Match, Subject
from portal.core import logs
from portal.core.db import prepared
from portal.identity.address_change import held_back
from portal.identity.model import SessionRow
from portal.people.addresses import AddressRefused, normal_address
from portal.people.model import PersonIdentifier
from portal.people.service import EMAIL

_PROVEN = prepared(
    select(PersonIdentifier)
    .where(PersonIdentifier.person_id == bindparam("person"), PersonIdentifier.proven_at.is_not(None))
    .order_by(PersonIdentifier.id)
)


def subject_of(db: Session, person_id: int, *, session_id: int | None = None) -> Subject:
    """The identifiers that the person has proven, and nothing else: all that a system is told.

    Without the address of a change that can still be undone, but for the pages of a session that was begun with it (S5): what is copied
    or deleted in those days is what the address from before leads to.
    """
    session = db.get(SessionRow, session_id) if session_id is not None else None
    shut = held_back(db, person_id, session.identifier_id if session is not None else None)
    rows = db.scalars(_PROVEN, {"person": person_id})
    return Subject(tuple(Identifier(row.kind, row.value) for row in rows if row.value != shut))


def is_match(subject: Subject, match: Match) -> bool:
    """Whether the stored identifier, in normal form, equals one of the subject's byte for byte."""
    try:
        # What a company lets its customers type is another question: here the two forms only have to be the same.
        stored = normal_address(match.stored, allow_non_ascii=True) if match.kind == EMAIL else match.stored
    except AddressRefused:
        return False
    return any(one.kind == match.kind and one.value.encode() == stored.encode() for one in subject.identifiers)


def true_matches(subject: Subject, found: Iterable[Match], *, company: str, system: str) -> list[Match]:
    """The matches that stand the comparison, each record once; how many did not is logged, without any value."""
    kept: dict[str, Match] = {}
    refused = 0
    for match in found:
        if is_match(subject, match):
            kept.setdefault(match.key, match)
        else:
            refused += 1
    if refused:
        logs.event("cases.match_refused", level=30, company=company, system=system, count=refused)
    return list(kept.values())
