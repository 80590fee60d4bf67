"""The yes of a person who is on the telephone: staff ask, the person answers on their own page, and may end it at any moment.

Must never take anybody's word for the person: only a press says yes, on their own signed-in page or where a code was typed (`codes`), and the
second proves nothing of who pressed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.staff import Staff
from portal.cases.model import StaffSearch
from portal.cases.phone.model import PhoneAct, PhoneSession
from portal.cases.searching import found_by
from portal.config.model import Company
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.durations import length_of
from portal.core.errors import PortalError
from portal.people.addresses import masked
from portal.people.service import EMAIL, Identifier, find_identifier, mail_address_of

WAITS = timedelta(minutes=10)
"""How long an asking waits for its answer."""

LASTS = timedelta(minutes=15)
"""How long a yes holds."""

A_DAY = 6
"""Askings of one person within a day, by whomever: pages that ask again and again wear a no down."""

SHOWN = 20
"""How many acts the person's page lists, the newest first."""


class NobodyToAsk(PortalError):
    """The search found nobody, or the customer is this colleague."""


class AskedTooOften(PortalError):
    """This person was asked `A_DAY` times within a day."""


class SomebodyElseAsks(PortalError):
    """Another colleague is on the telephone with this person."""


class NoSuchCall(PortalError):
    """There is no such asking, of this colleague or of this person."""


@dataclass(frozen=True, slots=True)
class Call:
    """An asking as both sides see it: `state` is asked, agreed, refused or over. `by_code`: in a browser that signed nobody in.
    `whose`: the masked address that it is for.
    """

    token: str
    state: str
    ends_at: datetime
    acts: Sequence[PhoneAct]
    by_code: bool = False
    whose: str = ""

    @property
    def mark(self) -> str:
        """What a page compares to learn that something happened since."""
        return f"{self.token[:6]}-{self.state}-{len(self.acts)}"


def ask(db: Session, search: str, *, by: Staff) -> str:
    """Ask the person whom a search of this colleague found; gives the token. Raises `NoSuchSearch` and the refusals above."""
    search_id, _cases = found_by(db, search, by=by)
    person_id = db.get_one(StaffSearch, search_id).person_id
    own = find_identifier(db, Identifier(EMAIL, by.address))
    if person_id is None or (own is not None and own.person_id == person_id):
        raise NobodyToAsk("There is nobody to ask.")
    now = clock.now()
    recent = select(func.count()).select_from(PhoneSession).filter_by(person_id=person_id)
    if (db.scalar(recent.where(PhoneSession.asked_at > now - timedelta(days=1))) or 0) >= A_DAY:
        raise AskedTooOften("This customer was asked too often today.")
    for row in db.scalars(live_calls().filter_by(person_id=person_id)):
        if row.staff_id != by.id:
            raise SomebodyElseAsks("A colleague is on the telephone with this customer.")
        row.ended_at = now
    language = registry.company(company_of(db)).languages[0]
    row = PhoneSession(
        token=crypto.random_token(), staff_id=by.id, person_id=person_id, language=language, asked_at=now, ends_at=now + WAITS
    )  # fmt: skip
    db.add(row)
    db.flush()
    record_audit(db, actor=by.actor, act="phone.asked", target=f"phone:{row.id}")
    return row.token


def call_of_staff(db: Session, token: str, *, by: Staff) -> Call:
    """What became of an asking of this colleague. Raises `NoSuchCall`."""
    return as_call(db, seen_by_staff(db, token, by=by))


def seen_by_staff(db: Session, token: str, *, by: Staff) -> PhoneSession:
    """The row, to look at. Raises `NoSuchCall`; foreign and missing are alike."""
    return _found(db.scalar(select(PhoneSession).filter_by(token=token[:43], staff_id=by.id)))


def row_of_staff(db: Session, token: str, *, by: Staff) -> PhoneSession:
    """The row, locked for an act. Raises `NoSuchCall`; foreign and missing are alike."""
    return _found(db.scalar(select(PhoneSession).filter_by(token=token[:43], staff_id=by.id).with_for_update()))


def hang_up(db: Session, token: str, *, by: Staff) -> None:
    """The colleague ends it."""
    row = row_of_staff(db, token, by=by)
    row.ended_at = row.ended_at or clock.now()
    record_audit(db, actor=by.actor, act="phone.ended", target=f"phone:{row.id}")


def call_for(db: Session, person_id: int) -> Call | None:
    """What waits for this person's answer, or goes on by their yes."""
    row = db.scalar(live_calls().filter_by(person_id=person_id).order_by(PhoneSession.id.desc()).limit(1))
    return as_call(db, row) if row else None


def acts_for(db: Session, person_id: int) -> list[PhoneAct]:
    """What was done for this person by telephone, newest first, as long as it is kept."""
    query = select(PhoneAct).join(PhoneSession, PhoneSession.id == PhoneAct.phone_session_id)
    return list(db.scalars(query.where(PhoneSession.person_id == person_id).order_by(PhoneAct.id.desc()).limit(SHOWN)))


def agree(db: Session, person_id: int, token: str, *, language: str) -> bool:
    """The person says yes to exactly this asking; False where it is over. Raises `NoSuchCall`."""
    return say_yes(db, _row_of_person(db, person_id, token), language=language, actor="person")


def end(db: Session, person_id: int, token: str) -> None:
    """The person says no, or ends what they had said yes to. Raises `NoSuchCall`."""
    say_no(db, _row_of_person(db, person_id, token), actor="person")


def say_yes(db: Session, row: PhoneSession, *, language: str, actor: str) -> bool:
    """Yes, by `actor`, who has this asking before them; False where it is over."""
    if not is_live(row):
        return False
    if row.agreed_at is None:
        row.agreed_at, row.ends_at, row.language, row.code_hash = clock.now(), clock.now() + LASTS, language, None
        record_audit(db, actor=actor, act="phone.agreed", target=f"phone:{row.id}")
    return True


def say_no(db: Session, row: PhoneSession, *, actor: str) -> None:
    """No, or no longer, by `actor`, who has this asking before them."""
    if row.ended_at is None:
        row.ended_at = clock.now()
        record_audit(db, actor=actor, act="phone.ended" if row.agreed_at else "phone.refused", target=f"phone:{row.id}")


def is_live(row: PhoneSession) -> bool:
    """Whether it waits or goes on now."""
    return row.ended_at is None and row.ends_at > clock.now()


def prune_calls(db: Session, company: Company) -> int:
    """Delete what ended longer ago than `retention.sessions` says, with its acts; returns how many rows."""
    old = delete(PhoneSession).where(PhoneSession.ends_at < clock.now() - length_of(company.retention.sessions))
    return len(db.scalars(old.returning(PhoneSession.id).execution_options(synchronize_session=False)).all())


def _row_of_person(db: Session, person_id: int, token: str) -> PhoneSession:
    return _found(db.scalar(select(PhoneSession).filter_by(token=token[:43], person_id=person_id).with_for_update()))


def _found(row: PhoneSession | None) -> PhoneSession:
    if row is None:
        raise NoSuchCall("There is no such call.")
    return row


def live_calls() -> Select[PhoneSession]:
    """What waits or goes on now."""
    return select(PhoneSession).where(PhoneSession.ended_at.is_(None), PhoneSession.ends_at > clock.now())


def as_call(db: Session, row: PhoneSession) -> Call:
    """A row as both sides see it."""
    acts = list(db.scalars(select(PhoneAct).filter_by(phone_session_id=row.id).order_by(PhoneAct.id.desc())))
    if is_live(row):
        state = "agreed" if row.agreed_at else "asked"
    else:
        state = "refused" if row.agreed_at is None and row.ended_at is not None else "over"
    address = mail_address_of(db, row.person_id)
    return Call(row.token, state, row.ends_at, acts, row.browser_hash is not None, masked(address) if address else "")
