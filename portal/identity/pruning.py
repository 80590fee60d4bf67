"""Drop sign-in requests and sessions whose retention is over; tries and proofs go with their session.

A request that signed its own browser in is kept as long as a session, without what was typed: it says that the browser is known (S2).
"""

from sqlalchemy import and_, delete, func, or_, update
from sqlalchemy.orm import Session

from portal.config.model import Company
from portal.core import clock
from portal.core.durations import length_of
from portal.identity.model import SessionRow, SignInRequest


def prune_sign_ins(db: Session, company: Company) -> int:
    """Delete what ended longer ago than `retention.sign_in_rows` and `retention.sessions` say; returns how many rows."""
    now = clock.now()
    ended = func.coalesce(SignInRequest.ended_at, SignInRequest.expires_at)
    known = SignInRequest.used_where_asked.is_(True)
    old = ended < now - length_of(company.retention.sign_in_rows)
    requests = delete(SignInRequest).where(
        or_(
            and_(old, ~known),
            and_(known, ended < now - max(length_of(company.retention.sessions), length_of(company.retention.sign_in_rows))),
        )
    )
    db.execute(
        update(SignInRequest)
        .where(old, known, or_(SignInRequest.typed.is_not(None), SignInRequest.destination.is_not(None)))
        .values(typed=None, destination=None)
        .execution_options(synchronize_session=False)
    )
    sessions = delete(SessionRow).where(
        func.coalesce(SessionRow.ended_at, SessionRow.ends_at) < now - length_of(company.retention.sessions)
    )
    gone = db.scalars(requests.returning(SignInRequest.id).execution_options(synchronize_session=False)).all()
    return len(gone) + len(db.scalars(sessions.returning(SessionRow.id).execution_options(synchronize_session=False)).all())
