"""Signed-in browsers, as rows that can be ended. Must never let a token outlive its session, its company or a raise of its weight.

For the door:
    session_of(db, token) -> CurrentSession | None      (in a transaction that writes, it also holds the row: no revocation slips between)
    person_of_ended(db, token) -> int | None            (whose it was; opens nothing)
    is_fresh(current, at) · needs_touch(current) · touch(db, current)
    renew_token(db, current) -> str | None              (before a raise of weight takes effect: the new cookie's token)
    sessions_of(db, person_id) -> list[SessionLine] · end_session(db, person_id, session_id) -> bool
    end_all_sessions(db, person_id, but=None) -> int · sign_out(db, current)
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from portal.core import clock, crypto
from portal.core.db import company_of
from portal.identity.live_sessions import end_live, is_live
from portal.identity.model import SessionRow
from portal.people.addresses import masked
from portal.people.model import Person, PersonIdentifier
from portal.people.service import EMAIL, Identifier, identifier_of_today

PURPOSE = "session"
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
FRESH = timedelta(minutes=15)
TOUCH_EVERY = timedelta(minutes=1)
LONGEST_TOKEN = 64


@dataclass(frozen=True, slots=True)
class CurrentSession:
    """A live session: whose, through which address, in which browser (a word of `portal.identity.browsers`), since when."""

    id: int
    person_id: int
    identifier_id: int
    address: str = field(repr=False)
    browser: str
    started_at: datetime
    proven_at: datetime
    last_seen_at: datetime
    ends_at: datetime
    token_hash: bytes = field(repr=False)

    @property
    def masked_address(self) -> str:
        """The address as a hint: `m•••n@example.org`."""
        return masked(self.address)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One live session as its person sees it in the list."""

    id: int
    browser: str
    started_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class BegunSession:
    """A session that just began or was raised, and the token for its cookie: the only time that it is known."""

    session: CurrentSession
    token: str = field(repr=False)


_SESSIONS, _ADDRESSES = cast(Table, SessionRow.__table__), cast(Table, PersonIdentifier.__table__)
_BY_TOKEN = (
    select(_SESSIONS, _ADDRESSES.c.value.label("address"))
    .join_from(_SESSIONS, _ADDRESSES, _ADDRESSES.c.id == _SESSIONS.c.identifier_id)
    .where(
        _SESSIONS.c.company_id == bindparam("company"),
        _SESSIONS.c.token_hash == bindparam("token"),
        _SESSIONS.c.ended_at.is_(None),
        _SESSIONS.c.ends_at > bindparam("now"),
        _SESSIONS.c.last_seen_at > bindparam("idle"),
        # An address that its person has left opens nothing of theirs, however long the session would have lasted.
        or_(_ADDRESSES.c.left_at.is_(None), _ADDRESSES.c.left_at > bindparam("now")),
    )
)
_BY_TOKEN_HELD = _BY_TOKEN.with_for_update(of=_SESSIONS, key_share=True)


def session_of(db: Session, token: str) -> CurrentSession | None:
    """The live session of that token in the session's company, or None: unknown, ended, idle, too old and foreign are alike."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    now = clock.now()
    query = _BY_TOKEN_HELD if db.get_bind().get_execution_options().get("portal_writes") else _BY_TOKEN
    asked = {"company": company_of(db), "token": crypto.token_hash(PURPOSE, token), "now": now, "idle": now - IDLE}
    db.flush()
    found = db.connection().execute(query, asked).one_or_none()
    return _current(found, found.address) if found else None


def person_of_ended(db: Session, token: str) -> int | None:
    """Whose session it was, alive or ended, while its row is kept. Opens nothing: it only says for whom to keep something."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    return db.scalar(select(SessionRow.person_id).where(SessionRow.token_hash == crypto.token_hash(PURPOSE, token)))


def is_fresh(current: CurrentSession, at: datetime) -> bool:
    """Whether the last sign-in is under 15 minutes old at `at`."""
    return at - current.proven_at < FRESH


def needs_touch(current: CurrentSession) -> bool:
    """Whether last-seen is old enough to be written again."""
    return clock.now() - current.last_seen_at >= TOUCH_EVERY


def touch(db: Session, current: CurrentSession) -> None:
    """Write that the session was seen now; in a short transaction of its own. An ended session stays ended."""
    now = clock.now()
    db.execute(
        update(SessionRow)
        .where(SessionRow.id == current.id, SessionRow.last_seen_at <= now - TOUCH_EVERY, _live(now))
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )


def begin_session(
    db: Session, *, address: str, browser: str, language: str, current: CurrentSession | None, goes_on: bool = False
) -> BegunSession:
    """Sign `address` (normal form, just proven) in. A live session of this browser ends, unless it `goes_on`: it asked for this itself.

    Another sign-in with the same address may be another person of a shared mailbox: what was proven before is not theirs.
    """
    # Held: whose address it is cannot change before whoever changes it sees this session, and ends it.
    identifier = identifier_of_today(db, Identifier(EMAIL, address), hold=True)
    now, token = clock.now(), crypto.random_token()
    identifier.proven_at = now
    db.get_one(Person, identifier.person_id).language = language
    row = _still_there(db, current, now) if goes_on and current and current.identifier_id == identifier.id else None
    if current and row is None:
        end_session(db, current.person_id, current.id)
    if row is None:
        row = SessionRow(person_id=identifier.person_id, identifier_id=identifier.id)
        db.add(row)
    # What was proven in the session stays with it; its token, its age and its end begin anew.
    row.token_hash, row.browser = crypto.token_hash(PURPOSE, token), browser
    row.started_at = row.proven_at = row.last_seen_at = now
    row.ends_at = now + ABSOLUTE
    db.flush()
    return BegunSession(_current(row, address), token)


def renew_token(db: Session, current: CurrentSession) -> str | None:
    """A new token for the same session; the old one is dead. None where another request renewed or ended it first."""
    token = crypto.random_token()
    renewed = db.scalar(
        update(SessionRow)
        .where(SessionRow.id == current.id, SessionRow.token_hash == current.token_hash, _live(clock.now()))
        .values(token_hash=crypto.token_hash(PURPOSE, token))
        .returning(SessionRow.id)
        .execution_options(synchronize_session=False)
    )
    return token if renewed else None


def sessions_of(db: Session, person_id: int) -> list[SessionLine]:
    """The live sessions of a person, the one last seen first."""
    rows = db.scalars(
        select(SessionRow).where(SessionRow.person_id == person_id, _live(clock.now())).order_by(SessionRow.last_seen_at.desc())
    )
    return [SessionLine(row.id, row.browser, row.started_at, row.last_seen_at) for row in rows]


def end_session(db: Session, person_id: int, session_id: int) -> bool:
    """End one session of that person. False where they have none such alive: foreign and missing are alike."""
    return _end(db, SessionRow.person_id == person_id, SessionRow.id == session_id) == 1


def end_all_sessions(db: Session, person_id: int, *, but: int | None = None) -> int:
    """End every session of that person but the one named; returns how many. For "sign out everywhere", address change, erasure."""
    return _end(db, SessionRow.person_id == person_id, *([SessionRow.id != but] if but is not None else []))


def sign_out(db: Session, current: CurrentSession) -> None:
    """End this session."""
    end_session(db, current.person_id, current.id)


def is_still_there(db: Session, current: CurrentSession) -> bool:
    """Whether the session is alive at this moment; then it is held until the transaction ends, and no revocation slips between."""
    return _still_there(db, current, clock.now()) is not None


def _still_there(db: Session, current: CurrentSession, now: datetime) -> SessionRow | None:
    """The row of a session that is about to be raised or to act, held until the end of the transaction."""
    query = select(SessionRow).where(SessionRow.id == current.id, _live(now)).with_for_update()
    return db.scalar(query.execution_options(populate_existing=True))


def _end(db: Session, *conditions: ColumnElement[bool]) -> int:
    return end_live(db, SessionRow, *conditions, idle=IDLE)


def _live(now: datetime) -> ColumnElement[bool]:
    return is_live(SessionRow, now, idle=IDLE)


def _current(row: Any, address: str) -> CurrentSession:
    return CurrentSession(
        id=row.id,
        person_id=row.person_id,
        identifier_id=row.identifier_id,
        address=address,
        browser=row.browser,
        started_at=row.started_at,
        proven_at=row.proven_at,
        last_seen_at=row.last_seen_at,
        ends_at=row.ends_at,
        token_hash=row.token_hash,
    )
