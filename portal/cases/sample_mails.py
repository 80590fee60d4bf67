"""Every mail as it would be sent today, filled with examples, so that staff can read all of them before a customer does.

Must never hold anything of a person: numbers and codes are plainly made up, and the links lead to nobody.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from portal.cases.dates import laws_of
from portal.cases.laws.citing import in_words
from portal.cases.letters import longer_words, why_words
from portal.cases.model import CaseKind, LongerBecause
from portal.cases.phone.acting import STOPPED_ADVERTS
from portal.cases.phone.words import in_general
from portal.cases.refusal_words import ground_words
from portal.cases.tasks.words import act_words
from portal.config.model import Company
from portal.consent.opting_out import UNDO_DAYS
from portal.core import clock, i18n, urls
from portal.core.durations import length_of
from portal.core.i18n import _
from portal.identity.browsers import browser_words
from portal.outbox.rendering import Letter, render_letter

NUMBER, TOKEN_OF_NOBODY, CODE = "AAAA-BBBB-CCCC", "example", "1234 5678"
Context = Mapping[str, object]


def sample_mails() -> list[str]:
    """The names of all mails, in the order of what they are about."""
    return list(SAMPLES)


def sample_letter(company: Company, mail: str, language: str) -> Letter:
    """The mail as a customer of the company would get it today. Raises `KeyError` where there is none of that name."""
    make = SAMPLES[mail]
    with i18n.speaking(language, company.time_zone):
        context = {"help_url": urls.address(company.url, urls.HELP), **make(company, clock.now())}
    return render_letter(company, mail, language, context)


def _day(now: datetime, days: int) -> str:
    return i18n.format_date(now + timedelta(days=days), weekday=True)


def _asked(company: Company, now: datetime, door: str, minutes: int) -> dict[str, object]:
    """Of a link: where it leads, who asked with what, and until when it works."""
    return {
        "link": urls.address(company.url, door, token=TOKEN_OF_NOBODY), "asked_at": i18n.format_moment(now),
        "valid_until": i18n.format_time(now + timedelta(minutes=minutes)), "browser_words": browser_words("firefox.android"),
        "site_host": urlsplit(company.url).hostname or "", "code": CODE,
    }  # fmt: skip


def _change(company: Company, now: datetime) -> Context:
    return {**_asked(company, now, urls.ADDRESS, 60), "is_new": True, "undo_until": _day(now, 14)}


def _case(**more: Callable[[Company, datetime], object]) -> Callable[[Company, datetime], Context]:
    """A mail of a case: its number, its page, why it came, and what `more` says of it."""

    def make(company: Company, now: datetime) -> Context:
        page = urls.address(company.url, urls.REQUEST, case=NUMBER)
        words = {key: say(company, now) for key, say in more.items()}
        return {"case_number": NUMBER, "page_url": page, "why_words": why_words(company, "site"), **words}

    return make


def _in_days(days: int) -> Callable[[Company, datetime], object]:
    return lambda _company, now: _day(now, days)


def _always(value: object) -> Callable[[Company, datetime], object]:
    return lambda _company, _now: value


def _link(door: str) -> Callable[[Company, datetime], object]:
    return lambda company, _now: urls.address(company.url, door, token=TOKEN_OF_NOBODY)


def _choice(company: Company, now: datetime) -> Context:
    return {
        "link": urls.address(company.url, urls.CONFIRM_CHOICE, token=TOKEN_OF_NOBODY), "asked_at": i18n.format_moment(now), "valid_until": _day(now, 14),
        "asked_for": [i18n.pick(one.title) for one in company.purposes.values() if one.channels and not one.sensitive][:2],
        "stays": False,
    }  # fmt: skip


def _stopped(company: Company, now: datetime) -> Context:
    return {
        "link": urls.address(company.url, urls.UNDO_STOP, token=TOKEN_OF_NOBODY),
        "stopped_at": i18n.format_moment(now),
        "days": UNDO_DAYS,
    }


def _longer_by(company: Company) -> str:
    """The article of the first of the company's laws that gives longer time; empty where none does."""
    return next((in_words(law, law.extend.article) for law in laws_of(company) if law.extend), "")


def _refused(company: Company, now: datetime) -> Context:
    law, refusal = next((law, one) for law in laws_of(company) for one in law.refusals)
    words = {
        "ground_words": ground_words(refusal.ground),
        "law_words": in_words(law, refusal.article),
        "appeal_until_words": _day(now, 60),
    }
    return {**_case()(company, now), **words}


def _task(late: bool) -> Callable[[Company, datetime], Context]:
    """A task to whoever looks after the first of the company's systems."""

    def make(company: Company, now: datetime) -> Context:
        return {
            "task_number": NUMBER, "act_words": act_words(CaseKind.ERASURE), "late": late, "due_date_words": _day(now, -7 if late else 14),
            "system_title": next((i18n.pick(one.title) for one in company.systems.values()), ""),
            "link": urls.address(company.url, urls.TASK, token=TOKEN_OF_NOBODY),
        }  # fmt: skip

    return make


SAMPLES: Mapping[str, Callable[[Company, datetime], Context]] = {
    "sign_in": lambda company, now: _asked(company, now, urls.LINK, 10),
    "received": _case(request_words=lambda _company, _now: _("a copy of your data"), due_date_words=_in_days(30)),
    "ready": _case(expires_words=_in_days(14), later_words=_in_days(30)),
    "ready_part": _case(expires_words=_in_days(14), later_words=_always("")),
    "asked": _case(answer_date_words=_in_days(14)),
    "right_received": _case(due_date_words=_in_days(30), stopped=_always(True)),
    "corrected": _case(),
    "message": _case(),
    "needs_you": _case(),
    "extended": _case(
        old_date_words=_in_days(30),
        new_date_words=_in_days(90),
        because_words=lambda _company, _now: longer_words(LongerBecause.COMPLEX),
        law_words=lambda company, _now: _longer_by(company),
    ),
    "refused": _refused,
    "appeal_decided": _case(
        granted=_always(True),
        confirm_anew=_always(True),
        request_url=lambda company, _now: urls.address(company.url, urls.REQUEST, case=NUMBER),
    ),
    "erasure_started": _case(
        starts_words=lambda company, now: i18n.format_moment(now + length_of(company.grace_period)),
        due_date_words=_in_days(30),
        stop_url=_link(urls.STOP_ERASURE),
        own=_always(True),
    ),
    "erasure_stopped": _case(),
    "erasure_done": _case(
        complete=_always(True),
        alone=_always(True),
        last=_always(True),
        result_url=_link(urls.ERASURE_RESULT),
        until_words=_in_days(90),
    ),
    "confirm_choice": _choice,
    "stopped": _stopped,
    "asked_for_you": lambda company, _now: {"page_url": urls.address(company.url, urls.FOR_YOU, case=NUMBER)},
    "acted_for_you": _case(undo_url=_link(urls.UNDO_STOP), days=_always(UNDO_DAYS)),
    "done_by_phone": lambda company, now: {
        "act_words": in_general(STOPPED_ADVERTS),
        "at_words": i18n.format_moment(now),
        "by_code": False,
        "page_url": urls.address(company.url, urls.PHONE),
        "undo_url": urls.address(company.url, urls.UNDO_STOP, token=TOKEN_OF_NOBODY),
        "days": UNDO_DAYS,
    },
    "address_confirm": _change,
    "address_changed": _change,
    "address_undone": _change,
    "staff_sign_in": lambda company, now: _asked(company, now, urls.STAFF_LINK, 10),
    "customer_wrote": lambda company, _now: {
        "case_number": NUMBER,
        "own": True,
        "page_url": urls.address(company.url, urls.STAFF_CASE, case=NUMBER),
    },
    "task": _task(late=False),
    "task_reminder": _task(late=True),
    "unusual_reading": lambda company, _now: {"page_url": urls.address(company.url, urls.AUDIT)},
}
"""What each mail is given beside the company, its language and the help page: one for each folder below `templates/mail`."""
