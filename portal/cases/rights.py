"""Ask for what no page of its own answers: restriction, objection, correction, an opt-out as a case, a complaint.

Must never ask an opt-out for proof, count it or let it wait for a person: what the portal can stop stops in the same transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from dataclasses import field as dataclass_field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases import letters
from portal.cases.dates import NoLawGivesThis, choose_law, due_of, laws_at, laws_of
from portal.cases.events import PERSON, Code, note
from portal.cases.filing import begin_clock, count_case, same_words
from portal.cases.laws import ClockEvent, Happened, Law
from portal.cases.laws.promise import promise
from portal.cases.messages import MessageEmpty, add_message
from portal.cases.model import Author, Case, CaseCorrection, CaseKind, CaseState
from portal.cases.places import place_of
from portal.cases.right_words import AT_ONCE, BY_AGENT, OPT_OUTS
from portal.cases.scope import Scope, dump_scope
from portal.cases.showing import clean
from portal.cases.workflow import RIGHT
from portal.config.model import Basis, Company
from portal.consent.opting_out import undo_link
from portal.consent.saving import Saved
from portal.consent.stopping import stop_marketing, stop_purposes
from portal.consent.words import Actor
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.durations import length_of
from portal.core.errors import PortalError
from portal.core.uploads import Upload
from portal.engine.service import add_step

ASKABLE = (
    CaseKind.CORRECTION, CaseKind.RESTRICTION, CaseKind.OBJECTION, CaseKind.OPT_OUT_OF_SALE, CaseKind.OPT_OUT_OF_TARGETED_ADS,
    CaseKind.OPT_OUT_OF_PROFILING, CaseKind.LIMIT_SENSITIVE, CaseKind.HUMAN_REVIEW, CaseKind.COMPLAINT,
)  # fmt: skip
"""In the order in which a page offers them."""

IN_EVERY_SYSTEM = frozenset({CaseKind.RESTRICTION, CaseKind.OBJECTION, *(kind for kind in ASKABLE if kind in OPT_OUTS)})
"""Kinds that a person does by hand in each system, since no adapter does it by itself."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """A value of the person's own page, and what it should read: `old` is what the page showed."""

    system: str
    collection: str
    field: str
    old: str = dataclass_field(repr=False)
    new: str = dataclass_field(repr=False)


class NotOffered(PortalError):
    """No law of the company gives this, and the portal offers it nowhere else."""


def kinds_of(company: Company) -> list[CaseKind]:
    """What can be asked for at this company: what its laws give, and a complaint, which anybody may always make."""
    laws = laws_of(company)
    return [kind for kind in ASKABLE if kind is CaseKind.COMPLAINT or any(law.gives(kind) for law in laws)]


def kinds_for(db: Session, person_id: int) -> list[CaseKind]:
    """The same for one person: what the laws give that hold where they say that they live."""
    company = registry.company(company_of(db))
    laws = laws_at(company, place_of(db, person_id))
    return [kind for kind in kinds_of(company) if kind is CaseKind.COMPLAINT or any(law.gives(kind) for law in laws)]


def open_right_case(
    db: Session, person_id: int, kind: CaseKind, *, text: str, proven: Scope, session_id: int | None, language: str,
    systems: Collection[str] | None = None, correction: Pointer | None = None, stops_marketing: bool = False, source: str = "site",
    received_at: datetime | None = None, files: Sequence[Upload] = (),
) -> Case:  # fmt: skip
    """Store what was asked for; one task a system where it is done there (`systems`: only in these), else a person answers.

    `source` is the door: `site`, `api:<name>` of a system to which the person said it, `agent:<number>` of the request of somebody who acts for them, or how it came to staff, who took it in with its day (`received_at`). `correction` is the value that `text` is about, where it may be changed as it stands. An opt-out that is open already, and the same words within a minute, are the same case. Raises `NotOffered`, a `MessageRefused` or `TooManyCases`.
    """
    company, words = registry.company(company_of(db)), clean(text).strip()
    if kind not in kinds_of(company):
        raise NotOffered("This is not a right under the laws of this company.")
    if not words and kind not in OPT_OUTS and kind is not CaseKind.RESTRICTION:
        raise MessageEmpty("This needs words.")
    same = _same(db, person_id, kind, words)
    if same is not None:
        return same
    if kind not in OPT_OUTS:
        count_case(db, person_id)
    case = _new_case(db, company, person_id, kind, proven=proven, language=language, source=source, at=received_at or clock.now())
    if case is None:
        return db.scalars(select(Case).filter_by(open_key=key_of_open(person_id, kind))).one()
    if words:
        add_message(db, case, author=Author.PERSON, text=words, session_id=session_id, files=files)
    opened = Code.ASKED_BY_AGENT if source.startswith(BY_AGENT) else Code.RIGHT_ASKED
    note(db, case, opened, actor=PERSON, kind=kind.value)
    if correction is not None:
        db.add(CaseCorrection(case_id=case.id, **asdict(correction)))
    saved = _stop_at_once(db, company, case, stops_marketing=stops_marketing)
    if saved is not None:
        note(db, case, Code.STOPPED_AT_ONCE)
    named = {*(systems or ()), *([correction.system] if correction else [])}
    wanted = company.systems if kind in IN_EVERY_SYSTEM else [key for key in company.systems if key in named]
    for system in wanted:
        add_step(db, act=RIGHT, subject_id=case.id, system=system, person_id=person_id)
    if source.startswith(BY_AGENT):
        letters.send_acted(db, case, undo=undo_link(db, person_id, saved) if saved is not None and saved.events else "")
    else:
        letters.send_right_received(db, case, due_of(db, case).day, stopped=saved is not None)
    db.flush()
    return case


def law_for(company: Company, kind: CaseKind, at: datetime, place: str | None = None) -> Law:
    """The law that dates a case of this kind, or the company's own word where none does."""
    try:
        return choose_law(company, kind, ClockEvent(Happened.RECEIVED, at), place)[0]
    except NoLawGivesThis:
        return promise(length_of(company.answers_within).days)


def _new_case(
    db: Session, company: Company, person_id: int, kind: CaseKind, *, proven: Scope, language: str, source: str, at: datetime
) -> Case | None:
    """The case and its clock; None where another press was a moment faster."""
    law = law_for(company, kind, at, place_of(db, person_id))
    case = Case(
        number=crypto.random_public_id(), person_id=person_id, kind=kind, state=CaseState.OPEN, law=law.id, law_version=law.version,
        language=language, source=source, choice=[], proven=dump_scope(proven), received_at=at,
        open_key=key_of_open(person_id, kind) if kind in OPT_OUTS else None,
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(case)
            db.flush()
    except IntegrityError:
        return None
    begin_clock(db, case)
    return case


def _stop_at_once(db: Session, company: Company, case: Case, *, stops_marketing: bool) -> Saved | None:
    """What the portal itself can stop: choices of the ledger, from where they reach every system that acts on them. None: nothing."""
    if case.person_id is None:
        return None
    point, actor = _told_by(case.source)
    if case.kind is CaseKind.OBJECTION and stops_marketing:
        return stop_marketing(db, case.person_id, language=case.language, collection_point=point, actor=actor)
    wanted = purposes_stopped_by(company, case.kind)
    if not wanted:
        return None
    return stop_purposes(db, case.person_id, wanted, language=case.language, collection_point=point, actor=actor)


def purposes_stopped_by(company: Company, kind: CaseKind) -> list[str]:
    """Purposes that end with an opt-out of this kind. Sharing for adverts is what targeted advertising is made of; profiling is no choice of
    the ledger and stops in each system.
    """
    sold = [key for key, one in company.purposes.items() if one.basis is Basis.SALE_OR_SHARING]
    return {
        CaseKind.OPT_OUT_OF_SALE: sold,
        CaseKind.OPT_OUT_OF_TARGETED_ADS: sold,
        CaseKind.LIMIT_SENSITIVE: [key for key, one in company.purposes.items() if one.sensitive],
    }.get(kind, [])


def _told_by(source: str) -> tuple[str, Actor]:
    """Where the ledger says that it was said, and by whom."""
    if source == "site":
        return AT_ONCE, Actor.PERSON
    if source.startswith(BY_AGENT):
        return f"{BY_AGENT}site", Actor.AGENT
    return (source, Actor.COMPANY_SYSTEM) if source.startswith("api:") else (f"console:{source}", Actor.STAFF)


def _same(db: Session, person_id: int, kind: CaseKind, words: str) -> Case | None:
    if kind in OPT_OUTS:
        return db.scalar(select(Case).filter_by(open_key=key_of_open(person_id, kind)))
    return same_words(db, person_id, kind, words)


def key_of_open(person_id: int, kind: CaseKind) -> bytes:
    """What only one open opt-out of that kind and person can have."""
    return crypto.keyed_hash("case", f"{kind.value}:{person_id}")
