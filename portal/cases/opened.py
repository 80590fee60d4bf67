"""Which of the records found are open to the person of a session: what is surely theirs, or was proven by matched values.

Must never be answered from anything that the browser sent.
"""

from collections.abc import Collection

from sqlalchemy.orm import Session

from portal.cases.apart import Candidate, open_to
from portal.identity.proofs import proven_values


def open_records(db: Session, session_id: int, candidates: Collection[Candidate]) -> frozenset[tuple[str, str]]:
    """The records, as (system, key), of which something may be shown in this session."""
    return open_to(proven_records(db, session_id, candidates), candidates)


def proven_records(db: Session, session_id: int, candidates: Collection[Candidate]) -> frozenset[tuple[str, str]]:
    """The records that were themselves proven by matched values in this session."""
    return frozenset((one.system, one.key) for one in candidates if proven_values(db, session_id, one.system, one.key))
