"""Examples of the pages of requests: what was asked, one of them, each right, somebody else's, the telephone."""

from collections.abc import Mapping
from typing import Any

from portal.cases.acting_model import Role
from portal.cases.dates import laws_of
from portal.cases.laws.citing import in_words
from portal.cases.model import CaseKind
from portal.cases.right_words import meaning_of_kind, title_of_kind
from portal.cases.tasks.words import act_words
from portal.config.model import Company
from portal.core.i18n import _, format_size, pick
from portal.site.acting_words import ROLES
from portal.site.forms import AppealForm, CallForm, MessageForm, QuestionForm, RightForm
from portal.site.kept_words import KeptWords
from portal.site.samples.about import MASKED, NOWHERE, NUMBER, TOKEN, at, day, like

SHOWN = (CaseKind.CORRECTION, CaseKind.RESTRICTION, CaseKind.OBJECTION)


def law_words(company: Company) -> str:
    """The first of the company's laws, with the article of its date."""
    return next((in_words(law, f"{law.title}, {law.respond.article}") for law in laws_of(company)), "")


def listed() -> dict[str, Any]:
    """One request that is open."""
    one = like(url=NOWHERE, title=title_of_kind(CaseKind.ACCESS), words="", state="open")
    return {"open_requests": 1, "next_due": day(28), "requests": [one]}


def requests(_company: Company) -> Mapping[str, Any]:
    """All that was asked."""
    return {**listed(), "more_url": "", "where_url": "", "others": [], "kept": KeptWords()}


def request(company: Company) -> Mapping[str, Any]:
    """One request: the copy is ready, and a part follows."""
    case = like(
        number=NUMBER, title=title_of_kind(CaseKind.ACCESS), state="ready", lead=_("Your copy is ready."), asked_at=at(days=-2), due=day(28),
        law=law_words(company), is_erasure=False, is_question=False, day_number=2, days_total=30, usual="", waits_since=None, moved=None,
    )  # fmt: skip
    events = [like(title=_("You asked for a copy of your data"), at=at(days=-2), words="", state="done"), like(title=_("Your copy is ready"), at=at(days=-1), words="", state="now")]  # fmt: skip
    stages = [like(title=pick(one.title), state="done", words="") for one in company.systems.values()]
    download = like(url=NOWHERE, again_url="", size=format_size(1_200_000), until=day(12), log=[], without_pdf=False)
    return {
        "case": case, "stages": stages, "download": download, "later": [], "anew_url": "", "no": None, "refused": [], "ended": False, "erased": [],
        "certificate_url": "", "code": "", "proof": "", "events": events, "looked": [], "messages": [], "form": MessageForm(formdata=None),
        "cancel_url": "", "cancel_words": "", "authority_words": True,
    }  # fmt: skip


def rights(_company: Company) -> Mapping[str, Any]:
    """What else can be asked for."""
    return {
        "offered": [like(title=title_of_kind(kind), words=meaning_of_kind(kind), url=NOWHERE) for kind in SHOWN],
        "where_url": "",
    }


def right(_company: Company) -> Mapping[str, Any]:
    """One right."""
    kind = CaseKind.OBJECTION
    form = RightForm(formdata=None)
    return {"kind": kind.value, "title": title_of_kind(kind), "meaning": meaning_of_kind(kind), "one_press": False, "form": form}


def take_back(company: Company) -> Mapping[str, Any]:
    """An agreement that is given elsewhere; of a company that has none, any purpose stands for it."""
    title = next((pick(one.title) for one in company.purposes.values() if not one.channels), "…")
    sentence = _("I take back my agreement to: %(purpose)s.", purpose=title)
    return {"form": QuestionForm(formdata=None, data={"message": sentence}), "title": title}


def for_you(_company: Company) -> Mapping[str, Any]:
    """What somebody else asks for this person."""
    return {
        "number": NUMBER, "named": "…", "address": "a••t@example.org", "role": _(ROLES[Role.AGENT]), "wish": title_of_kind(CaseKind.ACCESS),
        "asked_at": at(days=-1), "words": None, "waits": True, "said": "asked", "alone": True, "erases": False,
    }  # fmt: skip


def phone(_company: Company) -> Mapping[str, Any]:
    """Support asks for a yes."""
    return {
        "call": like(token=TOKEN, state="asked", ends_at=at(minutes=10), acts=(), whose=MASKED),
        "acts": [],
        "changed_url": NOWHERE,
    }


def task_door(company: Company) -> Mapping[str, Any]:
    """A task, as whoever looks after a system sees it before its button."""
    title = next((pick(one.title) for one in company.systems.values()), "")
    return {"token": TOKEN, "asked": like(number=NUMBER, title=title, due_on=day(14)), "act": act_words(CaseKind.ERASURE)}


PAGES = {
    "site/requests.html": requests,
    "site/request.html": request,
    "site/rights.html": rights,
    "site/right.html": right,
    "site/take_back.html": take_back,
    "site/ask.html": lambda _company: {"form": QuestionForm(formdata=None), "days": 14},
    "site/appeal.html": lambda _company: {"number": NUMBER, "form": AppealForm(formdata=None)},
    "site/for_you.html": for_you,
    "site/phone.html": phone,
    "site/call_code.html": lambda _company: {"form": CallForm(formdata=None)},
    "site/call.html": phone,
    "links/task_door.html": task_door,
    "links/task_over.html": lambda _company: {"door": "answered", "thanks": True},
}
