"""What staff may do while the person's yes holds: stop all adverts, and open a case. Each act is told to the person at once.

Must never begin a download, a deletion or a change of address, nor count a yes on the telephone as proof of who asked.
"""

from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.accounts.staff import Staff
from portal.cases import intake
from portal.cases.dates import today_of
from portal.cases.model import CameBy, Case, CaseKind
from portal.cases.phone.asking import is_live, row_of_staff, seen_by_staff
from portal.cases.phone.letters import send_done
from portal.cases.phone.model import PhoneAct, PhoneSession
from portal.cases.rights import NotOffered, kinds_for
from portal.consent.desk import Saved
from portal.consent.stopping import stop_marketing
from portal.consent.words import Actor
from portal.core import clock
from portal.core.errors import PortalError
from portal.people.service import mail_address_of

STOPPED_ADVERTS = "stopped_adverts"
"""The act that is no case."""

POINT = f"console:{CameBy.PHONE.value}"
"""The collection point in the ledger of what is stopped by telephone."""


class NoYes(PortalError):
    """The person has not said yes, or it is over."""


def kinds_by_phone(db: Session, token: str, *, by: Staff) -> list[CaseKind]:
    """What can be opened by telephone: as on the person's own page, by the laws of where they live; no copy, no deletion: those are
    theirs to begin. Raises `NoSuchCall`.
    """
    return _offered(db, seen_by_staff(db, token, by=by))


def open_case(db: Session, token: str, kind: str, text: str, *, by: Staff) -> Case:
    """A case that came by telephone, with nothing proven. Raises `NoSuchCall`, `NoYes`, `NotOffered`, and as `intake.take_in`."""
    row = _agreed(db, token, by)
    if kind not in {one.value for one in _offered(db, row)}:
        raise NotOffered("This cannot be begun by telephone.")
    address = mail_address_of(db, row.person_id)
    if address is None:
        raise NoYes("There is no address to write to.")
    wanted = intake.Request(CaseKind(kind), CameBy.PHONE, today_of(db), row.language, address, text)
    case = intake.take_in(db, wanted, by=by)
    if case.person_id != row.person_id:
        raise NoYes("The address belongs to somebody else by now.")
    _write_down(db, row, kind)
    record_audit(db, actor=by.actor, act="phone.case_opened", target=f"case:{case.number}", phone=row.id)
    return case


def stop_adverts(db: Session, token: str, *, by: Staff) -> None:
    """Stop all advertising. It only ever lowers. Raises `NoSuchCall`, `NoYes`."""
    row = _agreed(db, token, by)
    saved = stop_marketing(db, row.person_id, language=row.language, collection_point=POINT, actor=Actor.STAFF)
    _write_down(db, row, STOPPED_ADVERTS, stopped=saved)
    record_audit(db, actor=by.actor, act="phone.adverts_stopped", target=f"phone:{row.id}")


def _offered(db: Session, row: PhoneSession) -> list[CaseKind]:
    return [CaseKind.QUESTION, *kinds_for(db, row.person_id)]


def _agreed(db: Session, token: str, by: Staff) -> PhoneSession:
    row = row_of_staff(db, token, by=by)
    if row.agreed_at is None or not is_live(row):
        raise NoYes("The customer has not said yes, or it is over.")
    return row


def _write_down(db: Session, row: PhoneSession, what: str, *, stopped: Saved | None = None) -> None:
    act = PhoneAct(phone_session_id=row.id, what=what, at=clock.now())
    db.add(act)
    db.flush()
    send_done(db, row, act, stopped=stopped)
