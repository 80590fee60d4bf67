"""An erasure in the words of its pages: what would go, where it stands, what it did. Must never say more than the plan or the receipts."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from portal.adapters.contract import Fate
from portal.cases.certificate.handing import certified_result
from portal.cases.dates import Due, choose_law
from portal.cases.erasing.model import Erasure
from portal.cases.erasing.plans import Planned, SystemPlan, digest_of_plans, nothing_goes
from portal.cases.erasing.reporting import item_in_words
from portal.cases.erasing.result import ErasureResult, Went
from portal.cases.erasing.sharing import result_code
from portal.cases.erasing.stages import erasure_stages, standing_of
from portal.cases.events import system_title
from portal.cases.held import Held
from portal.cases.laws import ClockEvent, Happened
from portal.cases.meaning import title_of
from portal.cases.model import OPEN_STATES, Case, CaseKind, CaseState
from portal.cases.places import place_of
from portal.consent.basis import NO_CHOICE
from portal.core import clock
from portal.core.durations import length_of
from portal.core.i18n import _, format_date, format_length, format_list, format_moment, pick
from portal.site import own_data
from portal.site.where import asked_where
from portal.web.context import current_company, database
from portal.web.guards import current_session


def asks_for_marketing() -> bool:
    """Whether the company has any choice of marketing that could be stopped."""
    return any(purpose.marketing and purpose.channels for purpose in current_company().config.purposes.values())


def kinds(held: Held) -> list[tuple[str, str]]:
    """The kinds of data that are open, with their titles."""
    return [(group.key, group.title) for group in held.groups if group.shut is None]


def may_erase(data: own_data.OwnData) -> bool:
    """Whether what this person has shown is enough to delete what was found; it is asked for before the plan."""
    return data.reading.found_nothing or (bool(data.opened) and data.scope.opens(current_company().config, "erasure", ""))


def plan_page(plans: Sequence[SystemPlan], groups: Sequence[str]) -> dict[str, Any]:
    """The plan of all systems: losses first, then what goes, what stays without the person in it, what has to stay."""
    company, now = current_company().config, clock.now()
    with database().reading(current_company().id) as reading:
        place = place_of(reading, current_session().person_id)
    _law, dates = choose_law(company, CaseKind.ERASURE, ClockEvent(Happened.RECEIVED, now), place)
    by_fate: dict[Fate, list[dict[str, Any]]] = {fate: [] for fate in Fate}
    for plan in plans:
        for item in plan.items if plan.answer is not Planned.BY_HAND else ():
            by_fate[item.fate].append(
                {"system": system_title(company, plan.system), "item": item_in_words(company, plan.system, item)}
            )

    def named(answer: Planned) -> list[str]:
        return [system_title(company, plan.system) for plan in plans if plan.answer is answer]

    return {
        "seen": digest_of_plans(plans),
        "everything": not groups,
        "kinds": format_list([title_of(group) for group in groups]),
        "losses": losses(plans),
        "goes": by_fate[Fate.ERASE],
        "nameless": by_fate[Fate.OVERWRITE],
        "stays": by_fate[Fate.KEEP],
        "silent": named(Planned.SILENT),
        "by_hand": [
            {
                "title": system_title(company, plan.system),
                "holds": [item_in_words(company, plan.system, item) for item in plan.items],
            }
            for plan in plans
            if plan.answer is Planned.BY_HAND
        ],
        "shut": any(plan.shut for plan in plans),
        "shared": any(plan.shared for plan in plans),
        "nothing": nothing_goes(plans, groups),
        "proof": proof_kept(groups),
        "starts": format_moment(now + length_of(company.grace_period)),
        "due": dates.due,
        "where_url": asked_where(),
    }


def losses(plans: Sequence[SystemPlan]) -> list[str]:
    """What the person would lose with their data, one sentence each."""
    known = [(current_company().config.systems[plan.system].losses, key) for plan in plans for key in plan.losses]
    return list(dict.fromkeys(pick(named[key].text) for named, key in known if key in named))


def proof_kept(groups: Sequence[str]) -> str:
    """How long the sealed proof of what was agreed to outlives everything else; empty where none of it is left on its own."""
    company = current_company().config
    asks = any(purpose.channels and purpose.basis not in NO_CHOICE for purpose in company.purposes.values())
    return format_length(company.retention.proof_retention) if asks and not groups else ""


def title(case: Case) -> str:
    """What the request is called."""
    if not case.choice:
        return _("Deleting your data")
    return _("Deleting: %(groups)s", groups=format_list([title_of(key) for key in case.choice]))


def told_of(case: Case, groups: Sequence[str]) -> tuple[str, str]:
    """What is said after the red button: the case may be one of before, for other kinds of data."""
    if list(case.choice) == list(groups):
        return _("Your request has arrived. Nothing is deleted yet; you can cancel here or in the mail we sent."), "ok"
    return _("You had asked for this deletion before. Nothing was added to it; cancel it first if you want another one."), "warn"


def request_page(db: Session, case: Case, due: Due) -> dict[str, Any]:
    """What the page of a request says of an erasure beyond what it says of every request."""
    erasure = db.get_one(Erasure, case.id)
    open_now = case.state in OPEN_STATES
    return {
        "lead": _lead(case, erasure, due),
        "stages": erasure_stages(db, case),
        "erased": result_sections(standing_of(db, case)),
        "certificate_url": url_for("certificates.of_request", number=case.number) if certified_result(db, case) else "",
        "code": result_code(case, erasure) if open_now or erasure.result else "",
        "proof": proof_kept(case.choice) if open_now or case.state is CaseState.DONE else "",
        "cancel_url": url_for("requests.stop", number=case.number) if open_now and erasure.stop_asked_at is None else "",
        "cancel_words": _("Cancel the deletion") if erasure.begun_at is None else _("Stop what has not begun"),
    }


def lead_of(db: Session, case: Case, due: Due) -> str:
    """Where the erasure stands, in one sentence."""
    return _lead(case, db.get_one(Erasure, case.id), due)


def result_sections(result: ErasureResult) -> list[dict[str, Any]]:
    """What went and what stays, system by system; only of those that have reported."""
    return [
        {"title": one.title, "items": one.items, "left": one.left, "note": one.note, "went": one.state.value}
        for one in result.systems
        if one.items or one.left or one.state in (Went.BY_HAND, Went.FAILED)
    ]


def _lead(case: Case, erasure: Erasure, due: Due) -> str:
    if case.state is CaseState.CANCELLED:
        day = format_date(case.closed_at or case.received_at)
        if erasure.begun_at is None:
            return _("The deletion was cancelled on %(day)s. Nothing was deleted.", day=day)
        return _("The deletion was stopped on %(day)s. What had gone by then stands below.", day=day)
    if case.state is CaseState.ANSWERED:
        return _("The deletion has ended, but not everything could be deleted. What is left stands below.")
    if case.state is CaseState.DONE:
        return _("It is done. What went and what stays stands below.")
    if erasure.stop_asked_at is not None:
        return _("It is being stopped. What is under way ends first; nothing new begins.")
    if erasure.begun_at is None:
        return _("Begins on %(moment)s. Until then one button stops it.", moment=format_moment(erasure.starts_at))
    if due.is_late:
        return _("We are late. You should have had the answer by %(day)s.", day=format_date(due.day, weekday=True))
    return _("Each system deletes and reports back. You can watch it here.")
