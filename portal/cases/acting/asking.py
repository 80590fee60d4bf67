"""Somebody asks for somebody else: stored as a case of who acts. What only stops something holds at once; all else waits for staff.

Must never look up, tell or take longer for a person who is known: that is the worker's, after the answer has gone out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases import letters
from portal.cases.acting_model import STOP_MARKETING, ActingRequest, Mandate, Role, Word
from portal.cases.advancing import close_case
from portal.cases.dates import due_of, laws_of
from portal.cases.events import PERSON, Code, note
from portal.cases.filing import begin_clock, count_case
from portal.cases.messages import MessageEmpty, add_message
from portal.cases.model import Author, Case, CaseKind, CaseState
from portal.cases.numbers import kinds_of as kinds_of_number
from portal.cases.right_words import BY_AGENT, OPT_OUTS
from portal.cases.rights import kinds_of, law_for, purposes_stopped_by
from portal.cases.scope import Scope, dump_scope
from portal.cases.showing import clean
from portal.config.model import Company
from portal.consent.unproven import marketing_choices
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.core.limits import Limit, count_once
from portal.core.uploads import Upload
from portal.people.addresses import AddressRefused, normal_address
from portal.people.numbers import CUSTOMER_NUMBER
from portal.people.service import EMAIL, Identifier
from portal.people.suppressions import suppress_all

LONGEST_NAME = 120
OPT_OUTS_A_DAY = Limit("acting.opt_out", 100, timedelta(days=1))
"""Per mailbox that acts: an agent stops for many; who fills tables is slowed down. The page for stopping adverts is open besides."""


class NobodyNamed(PortalError):
    """What was typed is neither an address nor a number by which anybody could be known here."""


class AboutThemselves(PortalError):
    """The person named is who acts."""


class MandateMissing(PortalError):
    """No paper came along, and this needs one."""


class TooManyToday(PortalError):
    """So many were stopped from this mailbox today that the next has to wait until tomorrow."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed: as what somebody acts, how they call themselves, for whom, for what, and the mandate."""

    role: Role
    wish: str
    named: str = field(repr=False)
    whose: str = field(repr=False)
    text: str = field(repr=False)
    files: Sequence[Upload] = field(default=(), repr=False)


def wishes_of(company: Company) -> list[str]:
    """What can be asked for somebody else: what only stops something comes first."""
    kinds, laws = kinds_of(company), laws_of(company)
    stops = [STOP_MARKETING] if marketing_choices(company) else []
    given = [kind for kind in (CaseKind.ACCESS, CaseKind.ERASURE) if any(law.gives(kind) for law in laws)]
    return [*stops, *(one for one in kinds if one in OPT_OUTS), *given, *(one for one in kinds if one not in OPT_OUTS)]


def is_at_once(wish: str) -> bool:
    """Whether it only stops something, so that it waits for no paper and for nobody."""
    return wish == STOP_MARKETING or wish in OPT_OUTS


def right_of(wish: str) -> CaseKind:
    """The right in law that a wish is."""
    return CaseKind.OBJECTION if wish == STOP_MARKETING else CaseKind(wish)


def ask_for_another(
    db: Session, person_id: int, own_address: str, wanted: Wanted, *, session_id: int, language: str
) -> Case:  # fmt: skip
    """Store it. Raises, before anything is written, `NobodyNamed`, `AboutThemselves`, `MandateMissing`, a `MessageRefused`, a `FileRefused`,
    `TooManyToday` or `TooManyCases`.
    """
    company, at_once, now = registry.company(company_of(db)), is_at_once(wanted.wish), clock.now()
    whose = named_person(company, wanted.whose)
    if whose == Identifier(EMAIL, own_address):
        raise AboutThemselves("Who asks for themselves needs no mandate.")
    text = clean(wanted.text).strip()
    if not at_once and not wanted.files:
        raise MandateMissing("Add the paper that lets you act.")
    if not at_once and not text:
        raise MessageEmpty("Say what you ask for.")
    if not at_once:
        count_case(db, person_id)
    elif not count_once(db, OPT_OUTS_A_DAY, str(company_of(db)), str(person_id)):
        raise TooManyToday("So many were stopped today that the next one has to wait until tomorrow.")
    right = right_of(wanted.wish)
    law = law_for(company, right, now)
    case = Case(
        number=crypto.random_public_id(), person_id=person_id, kind=CaseKind.ON_BEHALF, state=CaseState.OPEN, law=law.id,
        law_version=law.version, language=language, source="site", choice=[right.value], proven=dump_scope(Scope()), open_key=None,
        received_at=now,
    )  # fmt: skip
    db.add(case)
    begin_clock(db, case)
    if text or wanted.files:
        # Files go with words: who sends nothing but a paper has said that much.
        add_message(db, case, author=Author.PERSON, text=text or "–", session_id=session_id, files=wanted.files)
    db.add(
        ActingRequest(
            case_id=case.id, role=wanted.role, named=" ".join(clean(wanted.named).split())[:LONGEST_NAME], identifier_kind=whose.kind,
            identifier=whose.value, wish=wanted.wish, mandate=Mandate.NOT_NEEDED if at_once else Mandate.WAITS, word=Word.NOT_ASKED,
        )
    )  # fmt: skip
    note(db, case, Code.ASKED_FOR_ANOTHER, actor=PERSON)
    if at_once:
        suppress_all(db, whose, _stopped(company, wanted.wish), source=f"{BY_AGENT}site")
        note(db, case, Code.STOPPED_FOR_ANOTHER)
        close_case(case, CaseState.ANSWERED)
    else:
        letters.send_right_received(db, case, due_of(db, case).day, stopped=False)
    db.flush()
    return case


def named_person(company: Company, typed: str) -> Identifier:
    """An address in its normal form, or a customer number where the company's systems know such. Raises `NobodyNamed`."""
    plain = typed.strip()
    if "@" in plain:
        try:
            return Identifier(EMAIL, normal_address(plain, allow_non_ascii=company.allow_non_ascii_addresses))
        except AddressRefused:
            raise NobodyNamed("This is no e-mail address.") from None
    if not plain or len(plain) > LONGEST_NAME or CUSTOMER_NUMBER not in kinds_of_number(company):
        raise NobodyNamed("Name the person by an e-mail address or a customer number.")
    return Identifier(CUSTOMER_NUMBER, plain)


def _stopped(company: Company, wish: str) -> list[tuple[str, str]]:
    """Purposes and channels that nobody may use any more for who was named, known or not."""
    if wish == STOP_MARKETING:
        return [(one.purpose, one.channel) for one in marketing_choices(company)]
    purposes = purposes_stopped_by(company, CaseKind(wish))
    return [(key, channel) for key in purposes for channel in company.purposes[key].channels]
