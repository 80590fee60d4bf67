"""Signed-in browsers of staff, as rows that can be ended; what their owner may do is read with them, each time.

Must never let a half session (the mailbox alone) open anything but the second half, nor one outlive its owner's place in the company (K3).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from portal.accounts.staff import Staff, staff_by_id
from portal.core import clock, crypto
from portal.identity.live_sessions import end_live, is_live
from portal.identity.staff_model import StaffSession

PURPOSE = "staff.session"
HALF = timedelta(minutes=10)
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
FRESH = timedelta(minutes=10)
TOUCH_EVERY = timedelta(minutes=1)
LONGEST_TOKEN = 64


@dataclass(frozen=True, slots=True)
class CurrentStaff:
    """A live session of staff and its owner, as both are now."""

    id: int
    staff: Staff
    whole: bool
    browser: str
    started_at: datetime
    proven_at: datetime | None
    last_seen_at: datetime
    ends_at: datetime
    token_hash: bytes = field(repr=False)

    @property
    def is_fresh(self) -> bool:
        """Whether a passkey or code was shown within the last ten minutes."""
        return self.proven_at is not None and clock.now() - self.proven_at < FRESH


def begin_half(db: Session, staff_id: int, *, browser: str) -> str:
    """The mailbox was shown: a session that opens the page for the second half, for ten minutes. Gives the token for its cookie."""
    return _begin(db, staff_id, browser, whole=False)


def begin_whole(db: Session, staff_id: int, *, browser: str) -> str:
    """The company's own sign-in service vouches for them: a session that is whole and fresh. Gives the token for its cookie."""
    return _begin(db, staff_id, browser, whole=True)


def staff_session_of(db: Session, token: str) -> CurrentStaff | None:
    """The live session of that token in the session's company, or None: unknown, ended, late, foreign and of removed staff are alike."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    hashed = crypto.token_hash(PURPOSE, token)
    row = db.scalar(select(StaffSession).where(StaffSession.token_hash == hashed, _live(clock.now())))
    staff = staff_by_id(db, row.staff_id) if row else None
    if row is None or staff is None:
        return None
    return CurrentStaff(
        row.id, staff, row.whole, row.browser, row.started_at, row.proven_at, row.last_seen_at, row.ends_at, row.token_hash
    )


def needs_touch(current: CurrentStaff) -> bool:
    """Whether last-seen is old enough to be written again."""
    return clock.now() - current.last_seen_at >= TOUCH_EVERY


def touch(db: Session, current: CurrentStaff) -> None:
    """Write that the session was seen now; an ended one stays ended."""
    now = clock.now()
    db.execute(
        update(StaffSession)
        .where(StaffSession.id == current.id, _live(now))
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )


def make_whole(db: Session, current: CurrentStaff) -> str | None:
    """The second half was shown: the session is whole and fresh under a new token. None where another request was first."""
    now, token = clock.now(), crypto.random_token()
    ends_at = current.ends_at if current.whole else now + ABSOLUTE
    raised = db.scalar(
        update(StaffSession)
        .where(StaffSession.id == current.id, StaffSession.token_hash == current.token_hash, _live(now))
        .values(
            token_hash=crypto.token_hash(PURPOSE, token), whole=True, proven_at=now, last_seen_at=now, ends_at=ends_at,
            challenge=None, challenge_for=None, challenge_until=None,
        )
        .returning(StaffSession.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return token if raised else None


def end_staff_session(db: Session, current: CurrentStaff) -> None:
    """Sign this browser out."""
    _end(db, StaffSession.id == current.id)


def end_staff_sessions(db: Session, staff_id: int, *, but: int | None = None) -> int:
    """End every session of that member of staff but the one named; returns how many."""
    return _end(db, StaffSession.staff_id == staff_id, *([StaffSession.id != but] if but is not None else []))


def sessions_of_staff(db: Session, staff_id: int) -> int:
    """How many browsers they are signed in with."""
    live = select(StaffSession.id).where(StaffSession.staff_id == staff_id, StaffSession.whole.is_(True), _live(clock.now()))
    return len(db.scalars(live).all())


def _begin(db: Session, staff_id: int, browser: str, *, whole: bool) -> str:
    now, token = clock.now(), crypto.random_token()
    db.add(
        StaffSession(
            token_hash=crypto.token_hash(PURPOSE, token), staff_id=staff_id, whole=whole, browser=browser, started_at=now,
            proven_at=now if whole else None, last_seen_at=now, ends_at=now + (ABSOLUTE if whole else HALF),
        )
    )  # fmt: skip
    db.flush()
    return token


def _end(db: Session, *conditions: ColumnElement[bool]) -> int:
    return end_live(db, StaffSession, *conditions, idle=IDLE)


def _live(now: datetime) -> ColumnElement[bool]:
    return is_live(StaffSession, now, idle=IDLE)
