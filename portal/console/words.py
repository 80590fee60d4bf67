"""What the console says of a case: its kind, its clock, what waits, who has it. Colour comes after words."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for

from portal.accounts.staff import Staff
from portal.cases.desk import SOON, Filters, Line, Stage, Whose
from portal.cases.laws.model import StopReason
from portal.cases.model import OPEN_STATES, CameBy, Case, CaseKind, CaseState
from portal.cases.right_words import BY_AGENT
from portal.config.model import Company
from portal.core.i18n import N_, _, name_of, ngettext, pick
from portal.web.context import current_company

KINDS = {
    CaseKind.ACCESS: N_("Copy of the data"),
    CaseKind.PORTABILITY: N_("Data to take along"),
    CaseKind.ERASURE: N_("Deletion"),
    CaseKind.CORRECTION: N_("Correction"),
    CaseKind.RESTRICTION: N_("Restriction"),
    CaseKind.OBJECTION: N_("Objection"),
    CaseKind.OPT_OUT: N_("Opt-out"),
    CaseKind.OPT_OUT_OF_SALE: N_("Opt-out of sale"),
    CaseKind.OPT_OUT_OF_TARGETED_ADS: N_("Opt-out of targeted adverts"),
    CaseKind.OPT_OUT_OF_PROFILING: N_("Opt-out of profiling"),
    CaseKind.LIMIT_SENSITIVE: N_("Limit of sensitive data"),
    CaseKind.HUMAN_REVIEW: N_("Look by a person"),
    CaseKind.COMPLAINT: N_("Complaint"),
    CaseKind.APPEAL: N_("Appeal"),
    CaseKind.QUESTION: N_("Question"),
    CaseKind.ON_BEHALF: N_("For somebody else"),
}
STATES = {
    CaseState.OPEN: N_("Still open"),
    CaseState.PARTLY: N_("Partly answered"),
    CaseState.READY: N_("Answered"),
    CaseState.DONE: N_("Answered"),
    CaseState.ANSWERED: N_("Answered"),
    CaseState.REFUSED: N_("Refused"),
    CaseState.CANCELLED: N_("Stopped"),
    CaseState.ENDED: N_("Ended"),
}
ROLE_WORDS = {
    "agent": N_("Agent"),
    "approver": N_("Approver"),
    "privacy_officer": N_("Privacy officer"),
    "admin": N_("Administrator of staff"),
    "auditor": N_("Auditor"),
}
CAME_BY = {
    CameBy.LETTER: N_("By letter"),
    CameBy.PHONE: N_("By telephone"),
    CameBy.COUNTER: N_("At the counter"),
    CameBy.MAIL: N_("By e-mail"),
}
REASONS = {
    StopReason.IDENTITY: N_("It is not clear who asks"),
    StopReason.SCOPE: N_("It is not clear what is asked for"),
    StopReason.FEE: N_("A fee that the law allows is not paid yet"),
}
WAITS = {
    "step": N_("A step needs a decision"),
    "owner": N_("With the owner of a system"),
    "review": N_("Texts to look at"),
    "message": N_("Message to answer"),
    "proposal": N_("Waits for a second person"),
    "marked": N_("May be abuse"),
}


def kind_of(kind: str, takes_back: str = "") -> str:
    """The kind of a case, in words. One that takes an agreement back is never called a question."""
    if not takes_back:
        return _(KINDS.get(CaseKind(kind), kind))
    purpose = current_company().config.purposes.get(takes_back)
    return _("Agreement taken back: %(purpose)s", purpose=pick(purpose.title) if purpose else takes_back)


def ways() -> list[tuple[str, str]]:
    """How a request may reach staff, by key and in words."""
    return [(way.value, _(said)) for way, said in CAME_BY.items()]


def came_by(source: str) -> str:
    """Through which door a case came, where it was not the customer's own."""
    if source.startswith("api:"):
        return _("Through %(system)s", system=source.removeprefix("api:"))
    if source.startswith(BY_AGENT):
        return _("Through somebody acting for the customer, request %(number)s", number=source.removeprefix(BY_AGENT))
    return _(CAME_BY[CameBy(source)]) if source in {way.value for way in CAME_BY} else ""


def why_law(company: Company, case: Case) -> str:
    """Why this law dates the case, where the company has laws of several places; empty where there is nothing to choose."""
    if not company.law_places:
        return ""
    if case.place not in company.law_places:
        return _("The customer said no place, so the laws hold that are bound to none.")
    said = _("The customer says that they live here: %(place)s.", place=pick(company.law_places[case.place]))
    return said if case.law == case.place else _("%(said)s Its law does not give this, or not first.", said=said)


def languages(company: Company) -> list[tuple[str, str]]:
    """The company's languages, by code and by their own names."""
    return [(code, name_of(code)) for code in company.languages]


def state_of(state: CaseState) -> str:
    """Its state, in words. One that this page has no word for is called by its key."""
    return _(STATES.get(state, str(state.value)))


def chip(line: Line) -> dict[str, str]:
    """The clock of a case as a tag: words, look and sign."""
    if line.state not in OPEN_STATES:
        return {"words": state_of(line.state), "look": "", "sign": "done"}
    if line.stopped:
        return {"words": _("Clock stopped"), "look": "", "sign": "paused"}
    if line.days < 0:
        return {"words": ngettext("%(num)s day late", "%(num)s days late", -line.days), "look": "bad", "sign": "warn"}
    if line.days == 0:
        return {"words": _("Due today"), "look": "bad", "sign": "clock"}
    look = "warn" if line.days <= SOON else ""
    return {"words": ngettext("%(num)s day left", "%(num)s days left", line.days), "look": look, "sign": "clock"}


def owner_of(owner: str | None, names: Mapping[str, str], staff: Staff) -> str:
    """Who has the case, as this colleague reads it."""
    if owner is None:
        return _("Nobody yet")
    return _("You") if owner == staff.actor else names.get(owner, owner)


def lines(found: Sequence[Line], names: Mapping[str, str], staff: Staff) -> list[dict[str, Any]]:
    """Lines of the queue, ready to be shown."""
    return [
        {
            "number": line.number,
            "url": url_for("staff_case.show", number=line.number),
            "kind": kind_of(line.kind, line.takes_back),
            "chip": chip(line),
            "due": line.due,
            "state": state_of(line.state),
            "waits": [_(WAITS[one]) for one in line.waits],
            "owner": owner_of(line.owner, names, staff),
            "has": line.owner or "",
        }
        for line in found
    ]


def address(filters: Filters) -> dict[str, Any]:
    """The filters as they stand in an address; what is not set is left out."""
    wanted = {"kind": filters.kind, "stage": filters.stage.value, "whose": filters.whose.value}
    return {name: value for name, value in wanted.items() if value}


def tabs(filters: Filters) -> list[dict[str, Any]]:
    """The ways to look at the queue that are a press away; the kind stays."""
    plain = Filters(filters.kind)
    wanted = (
        (_("Everything open"), plain),
        (_("Mine"), Filters(filters.kind, whose=Whose.MINE)),
        (_("Nobody’s yet"), Filters(filters.kind, whose=Whose.NOBODYS)),
        (_("Needs a decision"), Filters(filters.kind, stage=Stage.DECISION)),
        (_("Late"), Filters(filters.kind, stage=Stage.LATE)),
        (_("May be abuse"), Filters(filters.kind, stage=Stage.MARKED)),
    )
    return [
        {"words": said, "url": url_for("staff_queue.show", **address(one)), "current": one == filters} for said, one in wanted
    ]


def role_of(role: str) -> str:
    """A role, in words."""
    return _(ROLE_WORDS.get(role, role))


def reason_of(reason: StopReason) -> str:
    """Why a clock may stand still, in words."""
    return _(REASONS[reason])
