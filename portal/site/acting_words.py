"""Requests for somebody else in words, for who acts and for the person. Must never tell who acts whether the person is known."""

from flask import url_for
from sqlalchemy.orm import Session

from portal.cases.acting.asking import is_at_once
from portal.cases.acting.deciding import request_of, requests_about
from portal.cases.acting_model import STOP_MARKETING, ActingRequest, Mandate, Role, Word
from portal.cases.events import Code, happened
from portal.cases.model import OPEN_STATES, Case, CaseKind, CaseState
from portal.cases.right_words import title_of_kind
from portal.core.i18n import N_, _

ROLES = {
    Role.AGENT: N_("As an agent whom the person has asked to act"),
    Role.GUARDIAN: N_("As a parent or guardian"),
    Role.ATTORNEY: N_("With a power of attorney"),
    Role.DECEASED: N_("For somebody who has died, as next of kin or executor"),
}


THEIRS = {
    CaseKind.ACCESS: N_("A copy of their data"),
    CaseKind.ERASURE: N_("Deleting their data"),
    CaseKind.OPT_OUT_OF_SALE: N_("Do not sell or share their data"),
}
"""What is called otherwise where somebody else reads it than who it is about."""


def roles() -> list[tuple[str, str]]:
    """As what somebody may act, by key and in words."""
    return [(role.value, _(said)) for role, said in ROLES.items()]


def wish_words(wish: str, *, theirs: bool = False) -> str:
    """What is asked for, in a few words; `theirs`: for who acts."""
    if theirs and wish in THEIRS:
        return _(THEIRS[CaseKind(wish)])
    return _("No more advertising") if wish == STOP_MARKETING else title_of_kind(CaseKind(wish))


def wishes(offered: list[str]) -> list[tuple[str, str]]:
    """What can be asked for, by key and in words that say what waits for nothing."""
    named = [(one, wish_words(one, theirs=True)) for one in offered]
    return [(one, _("%(wish)s (counts at once)", wish=said) if is_at_once(one) else said) for one, said in named]


def wish_of_case(db: Session, case: Case) -> str:
    """The same of a case of who acts."""
    row = request_of(db, case)
    return wish_words(row.wish, theirs=True) if row is not None else title_of_kind(CaseKind(case.right))


def lead(db: Session, case: Case) -> str:
    """Where it stands, for who acts; empty where the page's own words say it."""
    row = request_of(db, case)
    if row is None:
        return ""
    if case.state is CaseState.ANSWERED and row.mandate is Mandate.NOT_NEEDED:
        return _("It counts from now on, and waits for nobody. We tell nobody whether we know the person.")
    if case.state is CaseState.ANSWERED and happened(db, case, Code.WENT_TO_OTHER):
        return _("The person gets the answer themselves, on their own pages. Nothing of it is shown here.")
    if case.state not in OPEN_STATES:
        return ""
    return _open_lead(row)


def waiting(db: Session, person_id: int) -> list[dict[str, str]]:
    """What others ask for this person and waits for their word."""
    found = [(db.get_one(Case, row.case_id), row) for row in requests_about(db, person_id)]
    return [{"url": url_for("for_you.show", number=case.number), "words": wish_words(row.wish)} for case, row in found]


def _open_lead(row: ActingRequest) -> str:
    if row.mandate is Mandate.BETTER:
        return _("We need a better paper from you. What is missing stands below, under Write to us.")
    if row.mandate is Mandate.ACCEPTED and row.role is Role.AGENT and row.word is not Word.YES:
        return _("Your paper is good. Now the person is asked whether they want this.")
    if row.mandate is Mandate.ACCEPTED:
        return _("Your paper is good. A person of ours answers you here.")
    return _("A person of ours looks at your paper first. The answer comes on this page, and we write to you then.")
