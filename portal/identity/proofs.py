"""Which records a session has proven, and how often it may try. The values are compared in `portal.cases`; here is only that they were.

Must never let a comparison happen that was not counted first, nor a proof count for another record, session, address or company.

For cases:
    tries_left(db, current) -> int
    record_try(db, current, records, values=1) -> frozenset     those of `records` that may be compared now; empty: no more today
    give_back(db, current, records)             after a try that opened something
    record_proven(db, current, system=, record_key=, values=) -> str | None    the session's new token, for its cookie
    proven_values(db, session_id, system, record_key) -> int    how many matched values proved this record in this session
    has_proven(db, session_id) -> bool
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core import clock, crypto, limits
from portal.core.db import company_of
from portal.identity.model import ProofTry, ProvenRecord, SessionRow
from portal.identity.sessions import CurrentSession, renew_token

PER_ADDRESS = limits.Limit("proof.address", 3, timedelta(days=1))
PER_RECORD = limits.Limit("proof.record", 3, timedelta(days=1))
"""Per record and the address it is tried from: who guesses from another mailbox uses up none of the owner's tries."""

Record = tuple[str, str]
"""The system's key in the configuration, and the record's key within it."""


def tries_left(db: Session, current: CurrentSession) -> int:
    """How often this address may still try today. Says nothing of records: that would tell that there are any."""
    used = limits.counted(db, PER_ADDRESS, _company(db), str(current.identifier_id))
    return max(0, PER_ADDRESS.count - used)


def record_try(db: Session, current: CurrentSession, records: Collection[Record], *, values: int = 1) -> frozenset[Record]:
    """Count one try for the address and one for each record it will be compared with; returns those that may be compared.

    It is counted before anything is compared; one that opens a record is given back by `give_back`, in the same transaction. The caller's
    answer to every failure is the same "not enough".
    """
    company, now = _company(db), clock.now()
    address = str(current.identifier_id)
    if not limits.count_once(db, PER_ADDRESS, company, address):
        return frozenset()
    permitted = [record for record in sorted(set(records)) if limits.count_once(db, PER_RECORD, company, address, *record)]
    key_id = crypto.keys().newest("hash")[0]
    for system, key in permitted:
        record_hash = _hashes(db, system, key)[key_id]
        db.add(
            ProofTry(
                session_id=current.id, system=system, record_hash=record_hash, hash_key_id=key_id, values=values, tried_at=now
            )
        )
    db.flush()
    return frozenset(permitted)


def give_back(db: Session, current: CurrentSession, records: Collection[Record]) -> None:
    """A try that opened a record was none: whoever shares the mailbox has as many left as before. `records` as `record_try` returned them."""
    company, address = _company(db), str(current.identifier_id)
    limits.take_back(db, PER_ADDRESS, company, address)
    for record in records:
        limits.take_back(db, PER_RECORD, company, address, *record)


def record_proven(db: Session, current: CurrentSession, *, system: str, record_key: str, values: int) -> str | None:
    """Note that so many values matched this record; the session weighs more now, so its token is a new one.

    None where another request has just renewed or ended the session: then nothing is proven.
    """
    token = renew_token(db, current)
    if token is None:
        return None
    hashes, now = _hashes(db, system, record_key), clock.now()
    db.execute(
        update(ProofTry)
        .where(ProofTry.session_id == current.id, ProofTry.system == system, ProofTry.record_hash.in_(hashes.values()))
        .values(proven=True)
        .execution_options(synchronize_session=False)
    )
    row = db.scalar(_proven(current.id, system, hashes).with_for_update())
    if row is None:
        key_id = crypto.keys().newest("hash")[0]
        row = ProvenRecord(
            session_id=current.id,
            identifier_id=current.identifier_id,
            system=system,
            record_hash=hashes[key_id],
            hash_key_id=key_id,
            values=0,
        )
        db.add(row)
    row.values, row.proven_at = max(row.values, values), now
    db.flush()
    return token


def proven_values(db: Session, session_id: int, system: str, record_key: str) -> int:
    """How many values were matched to prove this record in this session and for its address; 0 where none was."""
    query = _proven(session_id, system, _hashes(db, system, record_key))
    of_its_address = query.join(SessionRow, SessionRow.id == ProvenRecord.session_id).where(
        SessionRow.identifier_id == ProvenRecord.identifier_id, SessionRow.ended_at.is_(None)
    )
    row = db.scalar(of_its_address)
    return row.values if row else 0


def has_proven(db: Session, session_id: int) -> bool:
    """Whether any record was proven in this session."""
    return db.scalar(select(ProvenRecord.id).where(ProvenRecord.session_id == session_id).limit(1)) is not None


def _proven(session_id: int, system: str, hashes: Mapping[str, bytes]) -> Select[ProvenRecord]:
    return select(ProvenRecord).where(
        ProvenRecord.session_id == session_id, ProvenRecord.system == system, ProvenRecord.record_hash.in_(hashes.values())
    )


def _hashes(db: Session, system: str, record_key: str) -> Mapping[str, bytes]:
    """The record's keyed hash under each hash key: a key of a record can be an address or a number of a person."""
    ids = crypto.keys().ids("hash")
    return {key_id: crypto.identifier_hash(_company(db), f"record.{system}", record_key, key_id) for key_id in ids}


def _company(db: Session) -> str:
    return registry.key_of(company_of(db))
