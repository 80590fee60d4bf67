"""The mail that something was done by telephone (C18). Must never name staff, nor hold what was said."""

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.phone.model import PhoneAct, PhoneSession
from portal.cases.phone.words import in_general
from portal.core import i18n, urls
from portal.outbox.service import queue_mail
from portal.people.service import mail_address_of


def send_done(db: Session, row: PhoneSession, act: PhoneAct) -> None:
    """What was done in general words, by telephone, and when; one mail for each act."""
    address = mail_address_of(db, row.person_id)
    if address is None:
        return
    company = registry.company(row.company_id)
    with i18n.speaking(row.language, company.time_zone):
        words = {"act_words": in_general(act.what), "at_words": i18n.format_moment(act.at)}
    context = {
        **words,
        "page_url": urls.address(company.url, urls.PHONE),
        "help_url": urls.address(company.url, urls.HELP),
    }
    queue_mail(db, template="done_by_phone", to=address, language=row.language, key=f"phone:{act.id}", context=context)
