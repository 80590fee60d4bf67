"""Staff answer a person on the page of the case. The mail says only that something waits.

Must never put what was written into a mail or the timeline, nor end a case whose answer is a file or a deletion.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from portal.cases import advancing, letters
from portal.cases.events import STAFF, Code, note
from portal.cases.messages import add_message, has_unread, mark_read
from portal.cases.model import OPEN_STATES, Author, CaseKind, CaseState
from portal.cases.service import case_by_number
from portal.cases.workflow import AT_WORK, RIGHT, STUCK
from portal.core.errors import PortalError
from portal.core.uploads import Upload
from portal.engine.service import steps_of

ENDS_BY_ITSELF = frozenset({CaseKind.ACCESS, CaseKind.PORTABILITY, CaseKind.ERASURE, CaseKind.APPEAL})
"""Kinds whose answer is made by their steps, or is a decision (`cases.refusing`): words alone are no answer to them."""


class CannotBeClosed(PortalError):
    """Words do not end this case: its systems do, or it has ended already, or a system waits for a person."""


def answer_case(db: Session, number: str, *, text: str, actor: str, closes: bool = False, files: Sequence[Upload] = ()) -> None:
    """Write to the person as staff; with `closes` it is the answer and ends the case.

    Raises `NoSuchCase`, `CannotBeClosed`, a `MessageRefused` or a `FileRefused`, and then nothing is written.
    """
    case = advancing.lock_case(db, case_by_number(db, number).id)
    if closes and (case.kind in ENDS_BY_ITSELF or case.state not in OPEN_STATES):
        raise CannotBeClosed("This request is not ended by words. Write without closing it.")
    if closes and any(step.state in (*AT_WORK, *STUCK) for step in steps_of(db, (RIGHT,), case.id)):
        raise CannotBeClosed("A system still waits for a person. Settle it first: `portal case resolve` with done or skip.")
    waits_already = has_unread(db, case, of=Author.STAFF)
    message = add_message(db, case, author=Author.STAFF, text=text, actor=actor, files=files)
    mark_read(db, case.id, of=Author.PERSON)
    if closes:
        advancing.close_case(case, CaseState.ANSWERED)
    note(db, case, Code.ANSWERED if closes else Code.STAFF_WROTE, actor=STAFF)
    if not waits_already:
        # One mail until it is read: who has not looked yet knows already that something waits.
        letters.send_message(db, case, message)
    db.flush()
