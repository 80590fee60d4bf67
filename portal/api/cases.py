"""Cases for a person whom the company has identified in its own account area: open, follow, cancel.

Must never widen what the person could have asked for with their mailbox: what needs more proof still needs it, and the file is
handed out at the customer's door only.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from portal.accounts.companies import record_audit
from portal.api import identifiers
from portal.api.bodies import Body
from portal.api.guards import current_key
from portal.api.identifiers import IdentifierIn
from portal.api.operations import Part
from portal.api.problems import Problem
from portal.cases import dates
from portal.cases.dates import NoLawGivesThis
from portal.cases.filing import TooManyCases
from portal.cases.messages import LONGEST, MessageRefused
from portal.cases.model import Case, CaseKind
from portal.cases.questions import open_question
from portal.cases.right_words import OPT_OUTS
from portal.cases.rights import NotOffered, open_right_case
from portal.cases.scope import Scope
from portal.cases.service import NoSuchCase, NoSuchGroup, cancel_case, case_by_number, open_access_case
from portal.people.service import EMAIL, NotProvenYet, person_for, vouched_person
from portal.web.context import current_company
from portal.web.transactions import db

part = Part("cases", "Requests of people you have identified")


class ProofIn(Body):
    """How you know that it is this person: kept with the case and shown to whoever audits it."""

    method: Literal["account_sign_in", "in_person", "letter", "phone"]
    reference: Annotated[str, Field(max_length=60, pattern="^[A-Za-z0-9._:-]*$", description="Yours, without personal data")] = ""


class CaseIn(Body):
    """Who asks for what. A person is told by mail, and does the rest at their own page of the portal: download, read the answer, erase.

    `categories` belongs to `access`: nothing named is everything. `text` is what the person wrote; an opt-out and a restriction need none.
    `stops_marketing` belongs to `objection`: all advertising stops at once.
    """

    identifier: IdentifierIn
    kind: Literal[
        "access", "question", "correction", "restriction", "objection", "opt_out_of_sale", "opt_out_of_targeted_ads",
        "opt_out_of_profiling", "limit_sensitive", "human_review", "complaint",
    ]  # fmt: skip
    categories: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=20)] = []
    text: Annotated[str, Field(max_length=LONGEST)] = ""
    stops_marketing: bool = False
    language: Annotated[str, Field(max_length=20)] = ""
    proof: ProofIn


class CaseOut(BaseModel):
    """Where a case stands. `due` is its date in law."""

    number: str
    kind: str
    state: str
    source: str
    received_at: datetime
    due: date
    closed_at: datetime | None


@part.operation(
    "POST", "/cases", scope="cases:write", summary="Open a case for a person", body=CaseIn, answer=CaseOut, status=201,
    idempotent=True, problems=("refused",),
)  # fmt: skip
def open_case(body: CaseIn) -> CaseOut:
    """As if the person had asked at the portal. The same wish while it is open is the same case; what an opt-out stops, stops at once.

    `refused`: what no law of yours gives; no words where it needs some; past ten a day and person; under an address that a system added
    to somebody known, until its mailbox is proven. An opt-out is never refused for the last two. An erasure is begun by the person.
    """
    identifier, kind = identifiers.to_be_known(body.identifier), CaseKind(body.kind)
    if identifier.kind != EMAIL:
        raise Problem("invalid", errors=[{"pointer": "/identifier/kind", "detail": "A case is opened under an e-mail address."}])
    try:
        known = person_for if kind in OPT_OUTS else vouched_person
        case = _opened(body, kind, known(db(), identifier).id)
    except (NotProvenYet, NoSuchGroup, NoLawGivesThis, NotOffered, MessageRefused, TooManyCases) as error:
        raise Problem("refused", detail=str(error)) from None
    record_audit(
        db(), actor=f"api:{current_key().public_id}", act="case.opened", target=f"case:{case.number}", proof=body.proof.method,
        reference=body.proof.reference,
    )  # fmt: skip
    return _shown(case)


@part.operation("GET", "/cases/<number>", scope="cases:read", summary="Follow a case", answer=CaseOut)
def follow_case(number: str) -> CaseOut:
    """State and date in law; nothing of what was found."""
    return _shown(_case(number))


@part.operation(
    "POST", "/cases/<number>/cancel", scope="cases:write", summary="Stop a case", answer=CaseOut, problems=("conflict",)
)
def stop_case(number: str) -> CaseOut:
    """Only one that you opened, and only while it runs. An erasure is stopped by the person."""
    case = _case(number)
    if case.source != f"api:{current_key().name}" or case.kind is CaseKind.ERASURE or case.person_id is None:
        raise Problem("conflict", detail="This case was opened by somebody else; they can stop it.")
    if not cancel_case(db(), case.person_id, number):
        raise Problem("conflict", detail="There is nothing left to stop.")
    return _shown(_case(number))


def _opened(body: CaseIn, kind: CaseKind, person_id: int) -> Case:
    """What it rests on is the company's word alone, so nothing of what the systems hold counts as proven."""
    languages = current_company().config.languages
    language = body.language if body.language in languages else languages[0]
    source = f"api:{current_key().name}"
    if kind is CaseKind.ACCESS:
        return open_access_case(db(), person_id, categories=body.categories, proven=Scope(), language=language, source=source)
    if kind is CaseKind.QUESTION:
        return open_question(
            db(), person_id, number="", text=body.text, proven=Scope(), session_id=None, language=language, source=source
        )
    return open_right_case(
        db(), person_id, kind, text=body.text, proven=Scope(), session_id=None, language=language,
        stops_marketing=body.stops_marketing, source=source,
    )  # fmt: skip


def _case(number: str) -> Case:
    try:
        return case_by_number(db(), number)
    except NoSuchCase:
        raise Problem("not-found") from None


def _shown(case: Case) -> CaseOut:
    return CaseOut(
        number=case.number, kind=case.kind.value, state=case.state.value, source=case.source, received_at=case.received_at,
        due=dates.due_of(db(), case).day, closed_at=case.closed_at,
    )  # fmt: skip
