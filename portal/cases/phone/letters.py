"""The mail that something was done by telephone (C18). Must never name staff, nor hold what was said."""

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.phone.model import PhoneAct, PhoneSession
from portal.cases.phone.words import in_general
from portal.consent.desk import Saved
from portal.consent.opting_out import UNDO_DAYS, undo_link
from portal.core import i18n, urls
from portal.outbox.service import key_of, queue_mail
from portal.people.service import mail_address_of


def send_done(db: Session, row: PhoneSession, act: PhoneAct, *, stopped: Saved | None = None) -> None:
    """What was done in general words, by telephone, and when; one mail for each act. `stopped`: what an undo in the mail takes back."""
    address = mail_address_of(db, row.person_id)
    if address is None:
        return
    company = registry.company(row.company_id)
    with i18n.speaking(row.language, company.time_zone):
        words = {"act_words": in_general(act.what), "at_words": i18n.format_moment(act.at)}
    context = {
        **words,
        "page_url": urls.address(company.url, urls.PHONE),
        "undo_url": undo_link(db, row.person_id, stopped) if stopped and stopped.events else "",
        "days": UNDO_DAYS,
        "by_code": row.browser_hash is not None,
        "help_url": urls.address(company.url, urls.HELP),
    }
    key = key_of("phone", act.id, act.at)
    queue_mail(db, template="done_by_phone", to=address, language=row.language, key=key, context=context)
