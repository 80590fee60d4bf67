"""The mails to the person for whom somebody else asks. Neither what was asked nor who asked stands in them: that is read after a sign-in."""

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.model import Case
from portal.consent.desk import Saved
from portal.consent.opting_out import UNDO_DAYS, undo_link
from portal.core import urls
from portal.core.db import company_of
from portal.outbox.service import queue_mail
from portal.people.model import Person


def send_asked_for_you(db: Session, case: Case, person_id: int, address: str, *, again: bool = False) -> None:
    """That somebody asks in the person's name, with the page where they say yes or no. `again`: staff have looked, and now it waits for them."""
    company = registry.company(company_of(db))
    context = {
        "page_url": urls.address(company.url, urls.FOR_YOU, case=case.number),
        "help_url": urls.address(company.url, urls.HELP),
    }
    queue_mail(
        db, template="asked_for_you", to=address, language=language_of(db, person_id, case), thread=case.number, context=context,
        key=f"asked_for_you:{case.id}:{'again' if again else 'first'}",
    )  # fmt: skip


def send_stopped_for_you(db: Session, case: Case, person_id: int, address: str, saved: Saved) -> None:
    """That somebody stopped advertising in the person's name, with an undo that only who reads this mailbox can press."""
    company = registry.company(company_of(db))
    context = {
        "page_url": urls.address(company.url, urls.HISTORY), "undo_url": undo_link(db, person_id, saved), "days": UNDO_DAYS,
        "case_number": "", "why_words": "", "help_url": urls.address(company.url, urls.HELP),
    }  # fmt: skip
    queue_mail(
        db, template="acted_for_you", to=address, language=language_of(db, person_id, case), context=context,
        key=f"stopped_for_you:{case.id}",
    )  # fmt: skip


def language_of(db: Session, person_id: int, case: Case) -> str:
    """The person's own language, where they ever chose one; else that of who acts."""
    person = db.get(Person, person_id)
    return (person.language if person else None) or case.language
