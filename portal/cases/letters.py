"""The mails of a case: received, asked, something was written, ready, the rest is ready. Nothing held, nothing typed and no file is ever in them."""

from contextlib import AbstractContextManager
from datetime import date

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.model import Case, Package
from portal.core import i18n, urls
from portal.outbox.service import queue_mail
from portal.people.service import mail_address_of


def send_received(db: Session, case: Case, due: date) -> None:
    """That the case is open, and its day in law."""
    with speaking(case):
        words = {"request_words": i18n._("a copy of your data"), "due_date_words": i18n.format_date(due, weekday=True)}
    _send(db, case, "received", f"received:{case.id}", words)


def send_asked(db: Session, case: Case, answer_by: date) -> None:
    """That a question is here, and by when the company answers it."""
    with speaking(case):
        words = {"answer_date_words": i18n.format_date(answer_by, weekday=True)}
    _send(db, case, "asked", f"asked:{case.id}", words)


def send_message(db: Session, case: Case, message_id: int) -> None:
    """That something was written to the person; never what."""
    _send(db, case, "message", f"message:{message_id}", {})


def send_ready(db: Session, case: Case, package: Package, *, follows_by: date | None) -> None:
    """That a package can be fetched. `follows_by`: something is not in it yet and comes by that day. `package.part` 2 is the rest."""
    with speaking(case):
        words = {
            "expires_words": i18n.format_date(package.expires_at, weekday=True),
            "later_words": i18n.format_date(follows_by, weekday=True) if follows_by else "",
        }
    _send(db, case, "ready" if package.part == 1 else "ready_part", f"ready:{case.id}:{package.id}", words)


def speaking(case: Case) -> AbstractContextManager[None]:
    """Words within the block are in the case's language and the company's zone."""
    return i18n.speaking(case.language, registry.company(case.company_id).time_zone)


def _send(db: Session, case: Case, template: str, key: str, words: dict[str, str]) -> None:
    company = registry.company(case.company_id)
    address = mail_address_of(db, case.person_id)
    if address is None:
        return
    context = {
        "case_number": case.number,
        "page_url": urls.address(company.url, urls.REQUEST, case=case.number),
        "help_url": urls.address(company.url, urls.HELP),
        **words,
    }
    queue_mail(db, template=template, to=address, language=case.language, key=key, context=context, thread=case.number)
