"""What a person writes about a case: stored and on its timeline, a clock that waited for it runs on, and staff are told by mail.

Must never put a word of it, nor who wrote, into that mail: it has the number of the case and the way there.
"""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.staff import Staff, staff_of
from portal.cases.advancing import lock_case
from portal.cases.clocks import resume_by_answer
from portal.cases.desk import is_about
from portal.cases.events import PERSON, Code, note
from portal.cases.messages import add_message
from portal.cases.model import Author, Case, CaseEvent, CaseMessage
from portal.core import urls
from portal.core.db import company_of
from portal.core.uploads import Upload
from portal.outbox.service import key_of, queue_mail


def hear_person(db: Session, case: Case, *, text: str, session_id: int, files: Sequence[Upload] = ()) -> CaseMessage:
    """One more message of the person. Raises a `MessageRefused` or a `FileRefused`, and then nothing is written.

    Holds the case: staff who answer at this moment either see it, or were before it, and then it waits for them.
    """
    case = lock_case(db, case.id)
    message = add_message(db, case, author=Author.PERSON, text=text, session_id=session_id, files=files)
    note(db, case, Code.WRITTEN, actor=PERSON)
    resume_by_answer(db, case)
    _tell_staff(db, case, message)
    return message


def _tell_staff(db: Session, case: Case, message: CaseMessage) -> None:
    company, key = registry.company(company_of(db)), key_of("customer_wrote", message.id, message.at)
    for staff in _who_is_told(db, case):
        queue_mail(
            db, template="customer_wrote", to=staff.address, language=company.languages[0], key=f"{key}:{staff.public_id}",
            context={"case_number": case.number, "page_url": urls.address(company.url, urls.STAFF_CASE, case=case.number), "own": case.owner is not None},
            thread=case.number,
        )  # fmt: skip


def _who_is_told(db: Session, case: Case) -> list[Staff]:
    """Who has it in hand, each time. While nobody has: everybody who works on cases, until one of them has answered; never who it is about."""
    able = [staff for staff in staff_of(db) if staff.may("cases.work")]
    owner = [staff for staff in able if staff.actor == case.owner]
    told = owner or (able if _is_first(db, case) else [])
    return [staff for staff in told if not is_about(db, case, staff)]


def _is_first(db: Session, case: Case) -> bool:
    """Whether this is the first that the person wrote since staff last did; what the case began with does not count."""
    answered = select(func.max(CaseMessage.at)).filter_by(case_id=case.id, author=Author.STAFF).scalar_subquery()
    written = select(func.count()).select_from(CaseEvent).filter_by(case_id=case.id, code=Code.WRITTEN.value)
    return db.scalar(written.where(CaseEvent.at > func.coalesce(answered, case.received_at))) == 1
