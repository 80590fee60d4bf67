"""Every credential of before the restore is void: one that was spent, ended or shut off since would be good again.

Links that only stop something (an erasure, a change of address) stay good: nobody gains by them but who is protected by them.
"""

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.cases.tasks.model import CaseTask, TaskState
from portal.core import clock
from portal.identity.model import AddressChange, ChangeState, RequestState, SessionRow, SignInRequest
from portal.identity.staff_model import StaffCode, StaffLink, StaffSession


def void_credentials(db: Session) -> int:
    """End all sessions, sign-in links and codes, changes of address under way, links of tasks, and the recovery codes of staff, of the session's company.

    Returns how many. Passkeys stay: what they prove is not in the backup. An operator gives a new code to who has none.

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
        update(StaffSession).where(StaffSession.ended_at.is_(None)).values(ended_at=now).returning(StaffSession.id),
        update(StaffLink)
        .where(StaffLink.state.in_((RequestState.ASKED, RequestState.ISSUED)))
        .values(state=RequestState.STOPPED, ended_at=now, token_hash=None)
        .returning(StaffLink.id),
        # A task that was ended or sent again since the backup would open anew: staff send those that are still open.
        update(CaseTask)
        .where(CaseTask.state == TaskState.WAITING, CaseTask.expires_at > now)
        .values(expires_at=now)
        .returning(CaseTask.id),
        update(StaffCode).where(StaffCode.ended_at.is_(None)).values(ended_at=now).returning(StaffCode.id),
    )
    return sum(len(db.execute(one.execution_options(synchronize_session=False)).all()) for one in ended)
