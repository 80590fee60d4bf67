"""The mails of a case: received, asked, something was written, ready, the rest is ready. Nothing held, nothing typed and no file is ever in them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import date

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.copy_model import Package
from portal.cases.laws.citing import in_words
from portal.cases.laws.model import Ground, Law
from portal.cases.model import CameBy, Case, CaseKind, CaseMessage, LongerBecause
from portal.cases.refusal_words import ground_words
from portal.cases.right_words import BY_AGENT
from portal.config.model import Company
from portal.consent.opting_out import UNDO_DAYS
from portal.core import i18n, urls
from portal.outbox.service import key_of, queue_mail
from portal.people.service import address_on_letter, mail_address_of


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


def send_right_received(db: Session, case: Case, due: date, *, stopped: bool) -> None:
    """That something was asked for, when it is answered, and whether a part of it is in force already."""
    with speaking(case):
        words = {"due_date_words": i18n.format_date(due, weekday=True), "stopped": stopped}
    _send(db, case, "right_received", f"right:{case.id}", words)


def send_message(db: Session, case: Case, message: CaseMessage) -> None:
    """That something was written to the person; never what."""
    _send(db, case, "message", key_of("message", message.id, message.at), {})


def send_needs_you(db: Session, case: Case, pause_id: int) -> None:
    """That the answer waits for something from the person; what it is, stands on the page."""
    _send(db, case, "needs_you", f"needs_you:{pause_id}", {})


def send_extended(db: Session, case: Case, *, was: date, now: date, because: LongerBecause, law: Law) -> None:
    """That the answer takes longer: the old date and the new one, and the reason that the law accepts."""
    with speaking(case):
        words = {
            "old_date_words": i18n.format_date(was, weekday=True),
            "new_date_words": i18n.format_date(now, weekday=True),
            "because_words": longer_words(because),
            "law_words": in_words(law, law.extend.article) if law.extend else "",
        }
    _send(db, case, "extended", f"extended:{case.id}", words)


def send_corrected(db: Session, case: Case) -> None:
    """That something was corrected; neither the old value nor the new one."""
    _send(db, case, "corrected", f"corrected:{case.id}", {})


def send_refused(db: Session, case: Case, ground: Ground, article: str, *, appeal_until: date, law: Law) -> None:
    """The no with its ground, and what the person can do: have it looked at again, complain, go to court."""
    with speaking(case):
        words = {
            "ground_words": ground_words(ground),
            "law_words": in_words(law, article),
            "appeal_until_words": i18n.format_date(appeal_until, weekday=True),
        }
    _send(db, case, "refused", f"refused:{case.id}", words)


def send_appeal_decided(db: Session, case: Case, *, granted: bool, about: Case) -> None:
    """What became of an appeal; denied, with where else the person can go; granted, with what follows for the request that it was `about`."""
    page = urls.address(registry.company(case.company_id).url, urls.REQUEST, case=about.number)
    words = {"granted": granted, "confirm_anew": granted and about.kind is CaseKind.ERASURE, "request_url": page}
    _send(db, case, "appeal_decided", f"appeal:{case.id}", words)


def send_acted(db: Session, case: Case, *, undo: str) -> None:
    """That somebody acting for the person opened this case of theirs; what it is, stands on the page. `undo` takes back what it stopped."""
    _send(db, case, "acted_for_you", f"acted:{case.id}", {"undo_url": undo, "days": UNDO_DAYS})


def send_answer_elsewhere(db: Session, case: Case) -> None:
    """To who acts: something happened that is read on the page."""
    _send(db, case, "message", f"acting:{case.id}", {})


def longer_words(because: LongerBecause) -> str:
    """Why it takes longer, in the language in force."""
    return {
        LongerBecause.COMPLEX: i18n._("There is more to look through than usual, and it hangs together."),
        LongerBecause.MANY: i18n._("You have several requests open with us at the same time."),
    }[because]


def send_ready(db: Session, case: Case, package: Package, *, follows_by: date | None) -> None:
    """That a package can be fetched. `follows_by`: something is not in it yet and comes by that day. `package.part` 2 is the rest."""
    with speaking(case):
        words = {
            "expires_words": i18n.format_date(package.expires_at, weekday=True),
            "later_words": i18n.format_date(follows_by, weekday=True) if follows_by else "",
        }
    _send(db, case, "ready" if package.part == 1 else "ready_part", f"ready:{case.id}:{package.id}", words)


def why_words(company: Company, source: str) -> str:
    """Why a mail of a case comes to this mailbox, by how the case came: only who asked on these pages has proven to have it."""
    if source in {way.value for way in CameBy}:
        return i18n._("Sent because we were asked for this in your name by letter, by telephone, at the counter or by mail.")
    if source == "site":
        return i18n._("Sent because someone who proved to have this mailbox asked for it.")
    if source.startswith(BY_AGENT):
        return i18n._("Sent because somebody who says that they act for you asked for it.")
    return i18n._("Sent because a system of %(company)s passed on a request in your name.", company=company.name)


def speaking(case: Case) -> AbstractContextManager[None]:
    """Words within the block are in the case's language and the company's zone."""
    return i18n.speaking(case.language, registry.company(case.company_id).time_zone)


def _send(db: Session, case: Case, template: str, key: str, words: Mapping[str, object]) -> None:
    company = registry.company(case.company_id)
    address = mail_address_of(db, case.person_id)
    if address is None and case.source in {way.value for way in CameBy}:
        address = address_on_letter(db, case.person_id)
    if address is None:
        return
    context: dict[str, object] = {
        "case_number": case.number,
        "page_url": urls.address(company.url, urls.REQUEST, case=case.number),
        "help_url": urls.address(company.url, urls.HELP),
        **words,
    }
    with speaking(case):
        context["why_words"] = why_words(company, case.source)
    queue_mail(db, template=template, to=address, language=case.language, key=key, context=context, thread=case.number)
