"""The worker's part: who is named is looked up after the answer has gone out, their ledger is brought along, and they are told.

Must never write to anybody who is not known here, nor open more for who acts than what only stops something.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.working_off import work_off
from portal.cases.acting.asking import is_at_once
from portal.cases.acting.letters import language_of, send_asked_for_you, send_stopped_for_you
from portal.cases.acting_model import STOP_MARKETING, ActingRequest, Role, Word
from portal.cases.model import OPEN_STATES, Case, CaseKind
from portal.cases.right_words import BY_AGENT
from portal.cases.rights import open_right_case
from portal.cases.scope import Scope
from portal.consent.stopping import stop_marketing
from portal.consent.unproven import marketing_choices, suppress_everywhere
from portal.consent.words import Actor
from portal.core import clock
from portal.core.db import Database, company_of
from portal.core.limits import Limit, count_once
from portal.people.model import Person
from portal.people.service import Identifier, find_person, mail_address_of, person_for

AT_ONCE = 200
TOLD = Limit("acting.told", 3, timedelta(days=1))
"""Mails a day to one person that ask them about what others want for them: more would be a nuisance made with our hand (C11)."""


def look_up_named(database: Database) -> int:
    """Work off what was asked for others; returns how many."""
    served = list(registry.ids().values())
    waiting = select(ActingRequest.company_id, ActingRequest.case_id).where(
        ActingRequest.company_id.in_(served), ActingRequest.looked_up_at.is_(None)
    )
    return work_off(database, waiting.order_by(ActingRequest.case_id).limit(AT_ONCE), _look_up, failed="acting.not_looked_up")


def identifier_of(row: ActingRequest) -> Identifier | None:
    """By what the person is named; None where they were erased since."""
    return Identifier(row.identifier_kind, row.identifier) if row.identifier is not None else None


def tell(db: Session, row: ActingRequest, case: Case, *, again: bool = False) -> bool:
    """Ask the person whether they want it; False where no mailbox of theirs is known, or they had enough such mails today. What staff looked
    at (`again`) is counted with nothing: it comes once, and strangers must not use its mails up.
    """
    address = mail_address_of(db, row.person_id)
    if row.person_id is None or address is None:
        return False
    if not again and not count_once(db, TOLD, str(company_of(db)), str(row.person_id)):
        return False
    send_asked_for_you(db, case, row.person_id, address, again=again)
    if row.word is Word.NOT_ASKED:
        row.word = Word.ASKED
    return True


def _look_up(db: Session, case_id: int) -> int:
    row = db.scalar(select(ActingRequest).filter_by(case_id=case_id, looked_up_at=None).with_for_update(skip_locked=True))
    if row is None:
        return 0
    case, named = db.get_one(Case, case_id), identifier_of(row)
    row.looked_up_at = clock.now()
    person = find_person(db, named) if named is not None else None
    row.person_id = person.id if person is not None and person.id != case.person_id else None
    if named is None or (person is not None and person.id == case.person_id):
        return 1
    if is_at_once(row.wish):
        _stop(db, row, case, named, person)
    elif row.role is not Role.DECEASED and case.state in OPEN_STATES:
        tell(db, row, case)
    db.flush()
    return 1


def _stop(db: Session, row: ActingRequest, case: Case, named: Identifier, person: Person | None) -> None:
    """As the person's own no, but by an agent: it lowers, and nothing else."""
    company = registry.company(company_of(db))
    if row.wish != STOP_MARKETING:
        # Staff do in each system what no ledger reaches, whether the portal knew the person before or not.
        person = person or person_for(db, named)
        row.person_id = person.id
        theirs = open_right_case(
            db, person.id, CaseKind(row.wish), text="", proven=Scope(), session_id=None, language=language_of(db, person.id, case),
            source=f"{BY_AGENT}{case.number}",
        )  # fmt: skip
        row.led_to_id = theirs.id
        return
    if person is None:
        suppress_everywhere(db, named, marketing_choices(company), source=f"{BY_AGENT}site")
        return
    saved = stop_marketing(
        db, person.id, language=case.language, collection_point=f"{BY_AGENT}site", actor=Actor.AGENT
    )  # fmt: skip
    address = mail_address_of(db, person.id)
    # Counted with nothing: it takes a yes of their own in between to stop anything a second time, and who asks much for somebody before
    # must not keep them from hearing of it.
    if saved.events and address is not None:
        send_stopped_for_you(db, case, person.id, address, saved)
