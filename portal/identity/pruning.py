"""Drop sign-in requests and sessions whose retention is over; tries and proofs go with their session."""

from sqlalchemy import delete, func
from sqlalchemy.orm import Session

from portal.config.model import Company
from portal.core import clock
from portal.core.durations import length_of
from portal.identity.model import SessionRow, SignInRequest


def prune_sign_ins(db: Session, company: Company) -> int:
    """Delete what ended longer ago than `retention.sign_in_rows` and `retention.sessions` say; returns how many rows."""
    now = clock.now()
    requests = delete(SignInRequest).where(
        func.coalesce(SignInRequest.ended_at, SignInRequest.expires_at) < now - length_of(company.retention.sign_in_rows)
    )
    sessions = delete(SessionRow).where(
        func.coalesce(SessionRow.ended_at, SessionRow.ends_at) < now - length_of(company.retention.sessions)
    )
    gone = db.scalars(requests.returning(SignInRequest.id).execution_options(synchronize_session=False)).all()
    return len(gone) + len(db.scalars(sessions.returning(SessionRow.id).execution_options(synchronize_session=False)).all())
