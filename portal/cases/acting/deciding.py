"""What staff make of a mandate, and what the person says: only where both agree does the request become one of the person's own.

Must never hand anything of the person to who acts, nor open a case of theirs against their word.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.staff import Staff
from portal.cases import letters
from portal.cases.acting.letters import language_of, send_asked_for_you
from portal.cases.acting.looking_up import identifier_of, tell
from portal.cases.acting_model import ActingRequest, Mandate, Role, Word
from portal.cases.advancing import close_case, lock_case
from portal.cases.events import PERSON, STAFF, Code, note
from portal.cases.messages import LONGEST, add_message, messages_of
from portal.cases.model import OPEN_STATES, Author, Case, CaseKind, CaseState
from portal.cases.right_words import BY_AGENT
from portal.cases.rights import open_right_case
from portal.cases.scope import Scope
from portal.cases.service import open_access_case
from portal.core import i18n
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.people.service import EMAIL, find_person, person_for

BY_HAND_FOR = frozenset({Role.GUARDIAN, Role.ATTORNEY, Role.DECEASED})
"""Staff decide alone for them, and hand over what they asked for in the case itself."""


class NothingToDecide(PortalError):
    """It is no request for somebody else that is open and needs a mandate."""


class PersonObjects(PortalError):
    """The person says that they do not want it: for an agent that is the end of the mandate."""


class NobodyToAsk(PortalError):
    """An agent's mandate needs the person's word, and no mailbox of theirs is known."""


def request_of(db: Session, case: Case) -> ActingRequest | None:
    """What a case asks for somebody else; None where it does not."""
    return db.get(ActingRequest, case.id) if case.kind is CaseKind.ON_BEHALF else None


def is_for(db: Session, row: ActingRequest, person_id: int) -> bool:
    """Whether it is asked for this person: who has the identifier today that was named, whoever had it then."""
    named = identifier_of(row)
    person = find_person(db, named) if named is not None else None
    return person is not None and person.id == person_id


def requests_about(db: Session, person_id: int) -> list[ActingRequest]:
    """What others ask for this person and waits for their word, oldest first."""
    waiting = select(ActingRequest).join(Case, Case.id == ActingRequest.case_id).where(ActingRequest.person_id == person_id)
    asked = waiting.where(ActingRequest.word == Word.ASKED, Case.state.in_(OPEN_STATES))
    return list(db.scalars(asked.order_by(ActingRequest.case_id)))


def needs_the_person(db: Session, row: ActingRequest) -> bool:
    """Whether the mandate alone is not enough: always for a deletion, whose plan only the person can confirm, and where the company says so."""
    if row.role in BY_HAND_FOR:
        return False
    return row.wish == CaseKind.ERASURE or registry.company(company_of(db)).agents_need_the_person


def accept_mandate(db: Session, case: Case, *, by: Staff) -> None:
    """The paper is good. Raises `NothingToDecide`, `PersonObjects` or `NobodyToAsk`, and then nothing is written."""
    case, row = _open_row(db, case)
    agent = row.role is Role.AGENT
    if agent and row.word is Word.NO:
        raise PersonObjects("The person says that they do not want this.")
    waits = needs_the_person(db, row) and row.word is not Word.YES
    if waits:
        _ask_the_person(db, row, case)
    row.mandate = Mandate.ACCEPTED
    note(db, case, Code.MANDATE_ACCEPTED, actor=STAFF)
    record_audit(db, actor=by.actor, act="mandate.accepted", target=f"case:{case.number}", waits=str(waits))
    if waits:
        note(db, case, Code.OTHER_ASKED, actor=STAFF)
    elif agent:
        _become_theirs(db, row, case)
    else:
        letters.send_answer_elsewhere(db, case)
    db.flush()


def ask_for_better(db: Session, case: Case, *, text: str, by: Staff) -> None:
    """The paper is not enough: `text` says what is missing. Raises `NothingToDecide` or a `MessageRefused`."""
    case, row = _open_row(db, case)
    message = add_message(db, case, author=Author.STAFF, text=text, actor=by.actor)
    row.mandate = Mandate.BETTER
    note(db, case, Code.MANDATE_NOT_ENOUGH, actor=STAFF)
    record_audit(db, actor=by.actor, act="mandate.not_enough", target=f"case:{case.number}")
    letters.send_message(db, case, message)


def say(db: Session, case: Case, *, wants: bool) -> None:
    """The person's own word. Raises `NothingToDecide` where there is nothing to say any more."""
    case, row = _open_row(db, case, decided=True)
    if row.word not in (Word.ASKED, Word.NOT_ASKED):
        raise NothingToDecide("The person has said it already.")
    row.word = Word.YES if wants else Word.NO
    note(db, case, Code.OTHER_CONFIRMED if wants else Code.OTHER_OBJECTED, actor=PERSON)
    record_audit(db, actor="person", act="mandate.confirmed" if wants else "mandate.objected", target=f"case:{case.number}")
    if wants and row.role is Role.AGENT and row.mandate is Mandate.ACCEPTED:
        _become_theirs(db, row, case)
    db.flush()


def _open_row(db: Session, case: Case, *, decided: bool = False) -> tuple[Case, ActingRequest]:
    case = lock_case(db, case.id)
    # Read anew under the lock: what this page saw of it may be older than what the other side has said since.
    row = db.get(ActingRequest, case.id, populate_existing=True) if case.kind is CaseKind.ON_BEHALF else None
    open_now = row is not None and case.state in OPEN_STATES and row.mandate is not Mandate.NOT_NEEDED
    if row is None or not open_now or (not decided and row.mandate is Mandate.ACCEPTED):
        raise NothingToDecide("There is nothing to decide about a mandate here.")
    return case, row


def _ask_the_person(db: Session, row: ActingRequest, case: Case) -> None:
    """By mail: once more to who is known; a first time to an address that nobody has shown to be theirs, since staff have looked now."""
    named = identifier_of(row)
    if named is None:
        raise NobodyToAsk("The person was erased here.")
    if row.person_id is not None and tell(db, row, case, again=True):
        return
    if named.kind != EMAIL:
        raise NobodyToAsk("Nobody with a mailbox is known here by that number.")
    person = find_person(db, named) or person_for(db, named)
    row.person_id, row.word = person.id, Word.ASKED
    send_asked_for_you(db, case, person.id, named.value, again=True)


def _become_theirs(db: Session, row: ActingRequest, case: Case) -> None:
    """What was asked is the person's own request now: the answer, the copy and the plan are on their pages, and nowhere else."""
    named = identifier_of(row)
    person = (find_person(db, named) or person_for(db, named)) if named is not None else None
    if person is None:
        raise NobodyToAsk("The person was erased here.")
    row.person_id, kind = person.id, CaseKind(row.wish)
    language, source = language_of(db, person.id, case), f"{BY_AGENT}{case.number}"
    if kind is CaseKind.ACCESS:
        theirs = open_access_case(db, person.id, categories=(), proven=Scope(), language=language, source=source)
        row.led_to_id = theirs.id
    elif kind is not CaseKind.ERASURE:
        words = next((one.text for one in messages_of(db, case) if one.author is Author.PERSON and one.text), "")
        with i18n.speaking(language, registry.company(company_of(db)).time_zone):
            said = i18n._("Written by who acts for you: %(words)s", words=words)
        theirs = open_right_case(
            db, person.id, kind, text=said[:LONGEST], proven=Scope(), session_id=None, language=language, source=source
        )  # fmt: skip
        row.led_to_id = theirs.id
    note(db, case, Code.WENT_TO_OTHER, actor=STAFF)
    close_case(case, CaseState.ANSWERED)
    letters.send_answer_elsewhere(db, case)
