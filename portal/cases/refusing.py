"""Refuse a case on a ground of its law, and have a refusal looked at again by somebody else.

Must never refuse an opt-out, a complaint or a question, nor on a ground that the law does not name; nor let who refused decide the appeal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.cases import advancing, letters
from portal.cases.dates import due_of, reviews_of
from portal.cases.erasing.cancelling import stop_erasure
from portal.cases.erasing.model import Stopper
from portal.cases.events import PERSON, STAFF, Code, happened, note
from portal.cases.filing import begin_clock, count_case
from portal.cases.laws import Law, load_law
from portal.cases.laws.deadlines import add, day_of
from portal.cases.laws.model import Ground, Period, Refusal, Right, Unit
from portal.cases.laws.promise import NO_LAW
from portal.cases.messages import add_message, checked_words
from portal.cases.model import OPEN_STATES, Author, Case, CaseKind, CasePart, CaseRefusal, CaseState, PartState
from portal.cases.proposal_model import Act
from portal.cases.right_words import OPT_OUTS
from portal.cases.service import case_by_number, case_for_person
from portal.cases.two_people import check_second, needs_two
from portal.cases.workflow import BUILD, EXPORT, RIGHT, next_round
from portal.core import clock, crypto
from portal.core.errors import PortalError
from portal.core.uploads import Upload
from portal.engine.service import add_step, cancel_step, steps_of

LOOK_AGAIN = Period(60, Unit.DAY)
"""How long an appeal can be made where the law sets no window: the portal offers a second look under every law."""

NEVER_REFUSED = frozenset({*OPT_OUTS, CaseKind.QUESTION, CaseKind.COMPLAINT, CaseKind.APPEAL})
"""Kinds that the words of an answer end, or that may not be refused at all."""

SAY_WHY = "Say why, in a sentence or two: the other side reads it."


class CannotRefuse(PortalError):
    """The case has ended or cannot be refused, or the ground is not one that its law names for it."""


class NoAppeal(PortalError):
    """There is nothing to appeal against, its time is over, or it was done already."""


class SameReviewer(PortalError):
    """Who refused does not decide whether that was right."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What the person was told with a refusal. `appeal_until` is the last day for an appeal; `appealed`: there is one already."""

    ground: Ground
    article: str
    words: str = field(repr=False)
    appeal_until: date
    appealed: bool


def grounds_for(db: Session, case: Case) -> list[Refusal]:
    """The grounds on which the law of the case lets it be refused; none for what may never be."""
    law = _law_of(case)
    if law is None or case.kind in NEVER_REFUSED or case.right in NEVER_REFUSED:
        return []
    return [one for one in law.refusals if not one.kinds or Right(case.right) in one.kinds]


def refuse_case(db: Session, number: str, *, ground: Ground, words: str, actor: str, second: str = "") -> None:
    """Say no, with the ground and why in this case (one or two sentences), and tell the person what they can do about it.

    `second` approves where two people decide. Raises `CannotRefuse`, `SecondPersonNeeded` or a `MessageRefused`; then nothing is written.
    """
    case = advancing.lock_case(db, case_by_number(db, number).id)
    if case.state not in OPEN_STATES:
        raise CannotRefuse("The case has ended.")
    named = next((one for one in grounds_for(db, case) if one.ground is ground), None)
    if named is None:
        raise CannotRefuse("The law of this case names no such ground for it. `portal case grounds` lists those it names.")
    if needs_two(db, case, Act.REFUSE, by_law=named.two_people):
        check_second(actor, second)
    said = checked_words(words, empty=SAY_WHY)
    _stop_work(db, case, actor)
    company, law = registry.company(case.company_id), _law_of(case)
    window = law.appeal.window if law and law.appeal and law.appeal.window else LOOK_AGAIN
    until = add(day_of(clock.now(), company.time_zone), window, frozenset())
    db.add(
        CaseRefusal(
            case_id=case.id, ground=ground, article=named.article, words=said, actor=actor[:40], second=second[:40] or None,
            appeal_until=until, at=clock.now(),
        )
    )  # fmt: skip
    advancing.close_case(case, CaseState.REFUSED)
    note(db, case, Code.REFUSED, actor=STAFF)
    record_audit(db, actor=actor[:40], act="case.refused", target=f"case:{case.number}", ground=ground.value, second=second[:40])
    letters.send_refused(db, case, ground, named.article, appeal_until=until, law=due_of(db, case).law)
    db.flush()


def refusal_of(db: Session, case: Case) -> Refused | None:
    """What was told with the refusal of a case; None where it was not refused."""
    row = db.get(CaseRefusal, case.id)
    if row is None:
        return None
    appealed = db.scalar(select(Case.id).filter_by(about_id=case.id).limit(1)) is not None
    return Refused(row.ground, row.article, row.words, row.appeal_until, appealed)


def may_appeal(db: Session, case: Case) -> bool:
    """Whether the person can still have the refusal looked at again."""
    told, zone = refusal_of(db, case), registry.company(case.company_id).time_zone
    refused = case.state is CaseState.REFUSED and told is not None
    return refused and told is not None and not told.appealed and day_of(clock.now(), zone) <= told.appeal_until


def open_appeal(
    db: Session, person_id: int, number: str, *, text: str, session_id: int, language: str, files: Sequence[Upload] = ()
) -> Case:
    """Have a refusal looked at again; no new proof is asked for.

    Raises `NoSuchCase`, `NoAppeal`, a `MessageRefused`, a `FileRefused` or `TooManyCases`.
    """
    refused = advancing.lock_case(db, case_for_person(db, person_id, number).id)
    if not may_appeal(db, refused):
        raise NoAppeal("This cannot be looked at again: there is no refusal, its time is over, or it was asked already.")
    said, now = checked_words(text, empty=SAY_WHY), clock.now()
    count_case(db, person_id)
    law = _law_of(refused)
    by_law = law is not None and law.appeal is not None
    case = Case(
        number=crypto.random_public_id(), person_id=person_id, kind=CaseKind.APPEAL, state=CaseState.OPEN,
        law=refused.law if by_law else NO_LAW, law_version=refused.law_version if by_law else 1, language=language, source="site",
        choice=[], proven=refused.proven, open_key=None, received_at=now, about_id=refused.id,
    )  # fmt: skip
    db.add(case)
    begin_clock(db, case)
    add_message(db, case, author=Author.PERSON, text=said, session_id=session_id, files=files)
    note(db, case, Code.RIGHT_ASKED, actor=PERSON, kind=CaseKind.APPEAL.value)
    note(db, refused, Code.APPEALED, actor=PERSON)
    letters.send_right_received(db, case, due_of(db, case).day, stopped=False)
    return case


def decide_appeal(db: Session, number: str, *, granted: bool, words: str, actor: str, second: str = "") -> None:
    """Decide an appeal, with reasons. Granted, the request is open again; denied, the person is told where else to go.

    `second` approves where the company asks for two. Raises `NoAppeal`, `SameReviewer`, `SecondPersonNeeded` or a `MessageRefused`, and then nothing is written.
    """
    case = advancing.lock_case(db, case_by_number(db, number).id)
    if case.kind is not CaseKind.APPEAL or case.state not in OPEN_STATES or case.about_id is None:
        raise NoAppeal("This is no open appeal.")
    refused = advancing.lock_case(db, case.about_id)
    row = db.get(CaseRefusal, refused.id)
    if row is not None and {actor.strip()[:40], second.strip()[:40]} & {row.actor, row.second or row.actor}:
        raise SameReviewer("Somebody else has to decide this: you were part of the refusal.")
    if needs_two(db, case, Act.APPEAL):
        check_second(actor, second)
    add_message(db, case, author=Author.STAFF, text=words, actor=actor)
    advancing.close_case(case, CaseState.ANSWERED)
    note(db, case, Code.APPEAL_GRANTED if granted else Code.APPEAL_DENIED, actor=STAFF)
    record_audit(db, actor=actor[:40], act="case.appeal", target=f"case:{case.number}", granted=str(granted), second=second[:40])
    if granted:
        _reopen(db, refused)
    letters.send_appeal_decided(db, case, granted=granted, about=refused)
    db.flush()


def to_confirm_anew(db: Session, case: Case) -> Case | None:
    """The deletion that was refused wrongly, as this case (it, or the appeal about it) leads to it; None where there is nothing to confirm.

    What was confirmed since is another case, so that is looked at as well.
    """
    erasure = db.get(Case, case.about_id) if case.kind is CaseKind.APPEAL and case.about_id is not None else case
    if erasure is None or not happened(db, erasure, Code.TO_CONFIRM_ANEW):
        return None
    since = select(Case.id).filter_by(person_id=erasure.person_id, kind=CaseKind.ERASURE).where(Case.id > erasure.id)
    return None if db.scalar(since.limit(1)) is not None else erasure


def _law_of(case: Case) -> Law | None:
    """The law as the case was opened under it, with everything that it says; None for the company's own word."""
    if case.law == NO_LAW:
        return None
    return load_law(case.law, version=case.law_version, reviews=reviews_of(registry.company(case.company_id)))


def _stop_work(db: Session, case: Case, actor: str) -> None:
    """Nothing more is done for it; what has begun to delete cannot be refused any more."""
    if case.kind is CaseKind.ERASURE:
        if not stop_erasure(db, case.id, by=Stopper.STAFF, actor=actor).in_time:
            raise CannotRefuse("The deletion has begun. What has to stay is told with its ground in the result.")
        return
    for step in steps_of(db, (EXPORT, BUILD, RIGHT), case.id):
        cancel_step(db, step.id)
    for part in db.scalars(select(CasePart).filter_by(case_id=case.id).where(CasePart.state != PartState.READY)):
        part.state = PartState.EMPTY
    advancing.drop_spools(db, case)


def _reopen(db: Session, case: Case) -> None:
    """The refusal does not stand: the request goes on. A deletion is confirmed anew by the person alone, who looks at a plan of that day."""
    note(db, case, Code.REOPENED, actor=STAFF)
    if case.kind is CaseKind.ERASURE:
        advancing.close_case(case, CaseState.CANCELLED)
        note(db, case, Code.TO_CONFIRM_ANEW, actor=STAFF)
        return
    case.state, case.closed_at = CaseState.OPEN, None
    company = registry.company(case.company_id)
    acts = {CaseKind.ACCESS: EXPORT, CaseKind.PORTABILITY: EXPORT}
    act = acts.get(case.kind, RIGHT)
    steps = steps_of(db, (act,), case.id)
    for system in {step.system for step in steps} & company.systems.keys():
        add_step(db, act=act, subject_id=case.id, system=system, person_id=case.person_id, part=next_round(steps, act, system))
