"""Every credential of before the restore is void: one that was spent, ended or shut off since would be good again.

Links that only stop something (an erasure, a change of address) stay good: nobody gains by them but who is protected by them.
"""

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.identity.model import AddressChange, ChangeState, RequestState, SessionRow, SignInRequest


def void_credentials(db: Session) -> int:
    """End all sessions, sign-in links and codes, and changes of address under way, of the session's company; returns how many.

    Signed values (cookies, next steps, undo) carry the generation, which changes when the restore ends.
    """
    now = clock.now()
    ended = (
        update(SessionRow).where(SessionRow.ended_at.is_(None)).values(ended_at=now).returning(SessionRow.id),
        update(SignInRequest)
        .where(SignInRequest.state.in_((RequestState.ASKED, RequestState.ISSUED)))
        .values(state=RequestState.STOPPED, ended_at=now, token_hash=None, code_hash=None)
        .returning(SignInRequest.id),
        update(AddressChange)
        .where(AddressChange.state == ChangeState.ASKED)
        .values(state=ChangeState.STOPPED, ended_at=now)
        .returning(AddressChange.id),
    )
    return sum(len(db.execute(one.execution_options(synchronize_session=False)).all()) for one in ended)
