"""A request in the words of its page. Must never say more than the case's rows do, nor other words than staff read."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.advancing import live_package
from portal.cases.bundle.content import LeftOut
from portal.cases.clocks import moved_date
from portal.cases.copy_model import DownloadLog, Package, WithheldText
from portal.cases.dates import Due, due_of
from portal.cases.events import system_title, timeline
from portal.cases.found import Reading
from portal.cases.laws.citing import in_words
from portal.cases.laws.promise import NO_LAW
from portal.cases.letters import longer_words
from portal.cases.lookers import who_looked
from portal.cases.material import blacked_in
from portal.cases.meaning import title_of
from portal.cases.model import OPEN_STATES, Case, CaseKind, CasePart, CaseState, PartState
from portal.cases.packing import redacted_texts, withheld_texts
from portal.cases.redacting import places_by_part
from portal.cases.refusal_words import ground_words
from portal.cases.refusing import may_appeal, refusal_of, to_confirm_anew
from portal.cases.right_words import title_of_case
from portal.cases.scope import kinds_to_ask, may_see
from portal.cases.service import cases_of
from portal.cases.stages import stages_of
from portal.cases.workflow import BUILD, EXPORT, RIGHT, not_in_it
from portal.core import i18n
from portal.core.db import company_of
from portal.core.i18n import _, format_date
from portal.engine.service import steps_of
from portal.identity.browsers import browser_words
from portal.identity.proofs import has_proven
from portal.identity.sessions import CurrentSession
from portal.site import acting_words, erase_words
from portal.web import steps

NEWEST = 3
BY_ITSELF = (CaseKind.ACCESS, CaseKind.PORTABILITY, CaseKind.ERASURE)
"""Kinds that the portal answers by itself; all others are answered by a person."""


def visible(db: Session, current: CurrentSession) -> list[Case]:
    """The person's cases that this session may see."""
    return [case for case in cases_of(db, current.person_id) if may_see(db, current.id, case)]


def more_url(db: Session, current: CurrentSession, reading: Reading) -> str:
    """Where a detail is given after which more may be listed; empty where it would open nothing.

    Goes by what this session has shown, never by whether something was asked: one address may be two people's.
    """
    nothing_to_prove = reading.found_nothing and not reading.missing()
    if nothing_to_prove or has_proven(db, current.id) or not kinds_to_ask(registry.company(company_of(db))):
        return ""
    return url_for("records.show", next=steps.sign("requests.index"))


def erasures(db: Session, current: CurrentSession) -> list[dict[str, str]]:
    """The person's deletions as lines."""
    return [_line(db, case) for case in visible(db, current) if case.kind is CaseKind.ERASURE]


def under_way(db: Session, cases: Sequence[Case]) -> dict[str, str] | None:
    """The deletion that has not ended, in one true sentence, with its page; None where there is none."""
    for case in cases:
        if case.kind is CaseKind.ERASURE and case.state in OPEN_STATES:
            words = erase_words.lead_of(db, case, due_of(db, case))
            return {"title": _title(db, case), "words": words, "url": url_for("requests.show", number=case.number)}
    return None


def overview(db: Session, cases: Sequence[Case]) -> dict[str, Any]:
    """All requests as lines, how many are open, and the next date in law."""
    open_ones = [case for case in cases if case.state in OPEN_STATES]
    return {
        "requests": [_line(db, case) for case in cases],
        "open_requests": len(open_ones),
        "next_due": min((due_of(db, case).day for case in open_ones), default=None),
    }


def page(db: Session, case: Case, *, fresh: bool) -> dict[str, Any]:
    """Everything that the page of one request says. Without a `fresh` sign-in the file begins with one."""
    due, package = due_of(db, case), live_package(db, case)
    erasing = erase_words.request_page(db, case, due) if case.kind is CaseKind.ERASURE else {}
    anew = to_confirm_anew(db, case)
    waits = db.scalar(select(CasePart).filter_by(case_id=case.id, number=2, state=PartState.REVIEW))
    return {
        "case": {
            "number": case.number,
            "title": _title(db, case),
            "state": _state(db, case, due),
            "lead": (
                _("We looked again, and the no does not stand. Nothing was deleted so far.") if anew and anew is case else ""
            )
            or (acting_words.lead(db, case) if case.kind is CaseKind.ON_BEHALF else "")
            or (case.state is not CaseState.REFUSED and erasing.get("lead"))
            or _lead(case, due, package, waits=waits is not None, without=_without(db, case)),
            "asked_at": case.received_at,
            "due": due.day,
            "law": "" if case.takes_back else _law(due),
            "is_erasure": case.kind is CaseKind.ERASURE,
            "is_question": case.law == NO_LAW,
            "day_number": max(due.day_number, 0),
            "days_total": due.days_total,
            "usual": _usual(case),
            "waits_since": due.dates.waiting_since if case.state in OPEN_STATES else None,
            "moved": _moved(db, case),
        },
        "stages": stages_of(
            registry.company(case.company_id),
            steps_of(db, (EXPORT, RIGHT, BUILD), case.id),
            counted=not case.choice,
            case_state=case.state,
        ),
        "download": _download(db, case, package, fresh=fresh) if package else None,
        "later": [{"title": _("What you or others wrote in own words"), "words": _by(due)}] if waits and package else [],
        "refused": refused_words(db, case),
        "no": _no(db, case, due),
        "anew_url": url_for("erase.plan", group=anew.choice) if anew else "",
        "ended": case.state is CaseState.ENDED,
        "events": timeline(db, case, whole=False),
        "looked": who_looked(db, case),
        "cancel_url": url_for("requests.stop", number=case.number) if case.state in OPEN_STATES else "",
        "cancel_words": _("Stop this request"),
        "erased": [],
        "certificate_url": "",
        "proof": "",
        "code": "",
        "authority_words": True,
        **{name: said for name, said in erasing.items() if name != "lead"},
    }


def refused_words(db: Session, case: Case) -> list[LeftOut]:
    """What a person looked at and did not hand out, and why."""
    rows = db.scalars(select(WithheldText).filter_by(case_id=case.id).order_by(WithheldText.id))
    withheld = withheld_texts(registry.company(case.company_id), [(row.system, row.collection, row.reason) for row in rows])
    return [*withheld, *redacted_texts(places_by_part(blacked_in(db, case)))]


def _line(db: Session, case: Case) -> dict[str, str]:
    due = due_of(db, case)
    words = _("Asked on %(day)s.", day=format_date(case.received_at))
    return {
        "url": url_for("requests.show", number=case.number),
        "title": _title(db, case),
        "words": words,
        "state": _state(db, case, due),
    }


def _law(due: Due) -> str:
    if due.law.id == NO_LAW:
        return _("No law sets a day for this. It is our own word.")
    return in_words(due.law, due.law.respond.article)


def _no(db: Session, case: Case, due: Due) -> dict[str, Any] | None:
    """What was told with a refusal, and the way to have it looked at again."""
    told = refusal_of(db, case) if case.state is CaseState.REFUSED else None
    if told is None:
        return None
    appeal_url = url_for("appeals.show", number=case.number) if may_appeal(db, case) else ""
    return {
        "ground": ground_words(told.ground), "law": in_words(due.law, told.article), "words": told.words,
        "appeal_url": appeal_url, "appeal_until": told.appeal_until, "appealed": told.appealed,
    }  # fmt: skip


def _moved(db: Session, case: Case) -> dict[str, Any] | None:
    """What was told with a later date."""
    moved = moved_date(db, case)
    if moved is None:
        return None
    why = longer_words(moved.because) if moved.because else ""
    return {"first_day": moved.first_day, "why": why, "words": moved.words or ""}


def _usual(case: Case) -> str:
    if case.kind not in BY_ITSELF:
        return ""
    return _("four days") if case.kind is CaseKind.ERASURE else _("a few minutes")


def _title(db: Session, case: Case) -> str:
    if case.kind is CaseKind.ERASURE:
        return erase_words.title(case)
    if case.kind is CaseKind.ON_BEHALF:
        return _("For somebody else: %(right)s", right=acting_words.wish_of_case(db, case))
    if case.kind not in BY_ITSELF:
        return title_of_case(registry.company(case.company_id), case)
    if not case.choice:
        return _("A copy of everything")
    return _("A copy: %(groups)s", groups=i18n.format_list([title_of(key) for key in case.choice]))


def _state(db: Session, case: Case, due: Due) -> str:
    if case.state is CaseState.PARTLY or (case.state is CaseState.READY and _without(db, case)):
        return "partly"
    if case.state is CaseState.ANSWERED:
        return "done"
    if case.state in OPEN_STATES and due.dates.waiting_since:
        return "needs_you"
    if case.state is CaseState.OPEN and due.is_late:
        return "late"
    return str(case.state.value)


def _lead(case: Case, due: Due, package: Package | None, *, waits: bool, without: list[str]) -> str:
    if case.state is CaseState.CANCELLED:
        return _("You stopped this request on %(day)s.", day=format_date(case.closed_at or case.received_at))
    if case.state is CaseState.REFUSED:
        return _("We cannot do what you asked. Why, and what you can do, stands below.")
    if case.state in OPEN_STATES and due.dates.waiting_since:
        return _("We need something from you. What it is stands below, under Write to us.")
    if case.kind not in BY_ITSELF:
        return _question_lead(case, due)
    if case.state is CaseState.ENDED:
        return _("Your copy was here for its time. The file was deleted, as announced.")
    if case.state is CaseState.ANSWERED:
        return _("A person has answered this in another way. What they said stands below.")
    if case.state is CaseState.DONE:
        return _("We searched everywhere and hold nothing about you.")
    if package and without:
        return _("Your copy is ready, without: %(systems)s. Why stands below.", systems=i18n.format_list(without))
    if package and waits:
        return _("Your copy is ready. A part of it follows after a person has looked at it.")
    if package:
        return _("Your copy is ready.")
    if due.is_late:
        return _("We are late. You should have had the answer by %(day)s.", day=format_date(due.day, weekday=True))
    return _("We are putting your copy together. You get a mail when it is ready.")


def _without(db: Session, case: Case) -> list[str]:
    """The titles of the systems whose data is not in the copy."""
    company = registry.company(case.company_id)
    return [system_title(company, key) for key in not_in_it(steps_of(db, (EXPORT,), case.id))]


def _question_lead(case: Case, due: Due) -> str:
    if case.state is CaseState.DONE:
        return _("It is corrected. We have read it again, and what you gave stands there.")
    if case.state is CaseState.ANSWERED:
        return _("A person has answered. What they wrote stands below.")
    if due.is_late:
        return _("We are late. You should have had the answer by %(day)s.", day=format_date(due.day, weekday=True))
    if case.kind is CaseKind.QUESTION and not case.takes_back:
        return _("A person reads your question. The answer comes on this page, and we write to you then.")
    return _("A person looks at what you asked for. The answer comes on this page, and we write to you then.")


def _by(due: Due) -> str:
    return _("By %(day)s at the latest.", day=format_date(due.day, weekday=True))


def _download(db: Session, case: Case, package: Package, *, fresh: bool) -> dict[str, Any]:
    rows = db.scalars(
        select(DownloadLog)
        .join(Package, Package.id == DownloadLog.package_id)
        .where(Package.case_id == case.id)
        .order_by(DownloadLog.at)
    )
    return {
        "url": url_for("downloads.fetch", number=case.number),
        "again_url": "" if fresh else url_for("again.show", next=steps.sign(f"requests.show:{case.number}")),
        "size": i18n.format_size(package.size),
        "until": package.expires_at,
        "log": [{"at": row.at, "words": browser_words(row.browser)} for row in rows],
        "without_pdf": not package.with_pdf,
    }
