"""What becomes of a person's proof when they are erased: sealed for a time that they were told, then its key is destroyed.

Must never delete a row of the ledger: without the key the chain can still be verified, and no longer read.
"""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Company
from portal.consent.basis import NO_CHOICE
from portal.consent.chains import chain_of, wrapped_key_of
from portal.consent.model import ConsentState
from portal.consent.sealing_model import SealedProof
from portal.core import clock
from portal.core.db import company_of
from portal.core.durations import length_of
from portal.people.model import Person
from portal.people.service import identifiers_of
from portal.people.suppressions import suppress_all

SOURCE = "erasure"


def seal_proof(db: Session, person_id: int, *, since: datetime | None = None) -> None:
    """Take the person's choices out of use, in the caller's transaction and before their identifiers go. Can be done again.

    What they had agreed to stays as proof for `retention.proof_retention` from `since`, or from now. No identifier of theirs may be contacted for any purpose that
    asks, until it says yes anew: an old list that comes in later does not bring them back. Raises `NoSuchPerson`.
    """
    wrapped_key_of(db, person_id, lock=True)
    company = registry.company(company_of(db))
    asked = [
        (key, channel)
        for key, purpose in company.purposes.items()
        if purpose.basis not in NO_CHOICE
        for channel in purpose.channels
    ]
    for identifier in identifiers_of(db, person_id):
        suppress_all(db, identifier, asked, source=SOURCE)
    db.execute(delete(ConsentState).where(ConsentState.person_id == person_id).execution_options(synchronize_session=False))
    if chain_of(db, person_id) is None:
        _destroy(db, person_id)
    elif db.get(SealedProof, person_id) is None:
        db.add(SealedProof(person_id=person_id, sealed_at=clock.now(), destroy_at=proof_ends(company, since or clock.now())))
        db.flush()


def proof_ends(company: Company, since: datetime) -> datetime:
    """When the key of a proof that is sealed from that moment on is destroyed."""
    return since + length_of(company.retention.proof_retention)


def is_sealed(db: Session, person_id: int) -> bool:
    """Was the person erased, and is their chain kept as proof only?"""
    return db.get(SealedProof, person_id) is not None


def destroy_due_keys(db: Session) -> int:
    """Destroy the keys whose time is over, in the session's company; returns how many. Nobody can read those chains any more."""
    query = select(SealedProof).where(SealedProof.destroyed_at.is_(None), SealedProof.destroy_at <= clock.now())
    due = db.scalars(query.with_for_update()).all()
    for proof in due:
        _destroy(db, proof.person_id)
        proof.destroyed_at = clock.now()
    db.flush()
    return len(due)


def _destroy(db: Session, person_id: int) -> None:
    gone = update(Person).where(Person.id == person_id).values(wrapped_key=None)
    db.execute(gone.execution_options(synchronize_session=False))
