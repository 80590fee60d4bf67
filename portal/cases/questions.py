"""Ask a human: a number under which something may be held, or anything else that no other page answers. Stored, with a day for the answer.

Must never search by itself for what was typed: a number that somebody types proves nothing.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases import letters
from portal.cases.dates import due_of
from portal.cases.events import PERSON, Code, note
from portal.cases.filing import count_case
from portal.cases.laws import Happened
from portal.cases.laws.promise import NO_LAW
from portal.cases.messages import MessageEmpty, add_message
from portal.cases.model import Author, Case, CaseKind, CaseMessage, CaseState, ClockRow
from portal.cases.scope import Scope, dump_scope
from portal.cases.service import SAME_PRESS
from portal.cases.showing import clean
from portal.core import clock, crypto
from portal.core.i18n import _

LONGEST_NUMBER = 60


def open_question(
    db: Session, person_id: int, *, number: str, text: str, proven: Scope, session_id: int, language: str, source: str = "site"
) -> Case:
    """Store what was asked as a case; the same words within a minute are the same press. Raises a `MessageRefused` or `TooManyCases`."""
    given = _("Number: %(number)s", number=number.strip()) if number.strip() else ""
    words = clean("\n\n".join(part for part in (given, text.strip()) if part)).strip()
    if not words:
        raise MessageEmpty("A question needs a number or words.")
    same = _same_press(db, person_id, words)
    if same is not None:
        return same
    count_case(db, person_id)
    now = clock.now()
    case = Case(
        number=crypto.random_public_id(), person_id=person_id, kind=CaseKind.QUESTION, state=CaseState.OPEN, law=NO_LAW, language=language,
        source=source, choice=[], proven=dump_scope(proven), open_key=None, received_at=now,
    )  # fmt: skip
    db.add(case)
    db.flush()
    db.add(ClockRow(case_id=case.id, happened=Happened.RECEIVED, at=now, actor=PERSON))
    db.flush()
    add_message(db, case, author=Author.PERSON, text=words, session_id=session_id)
    note(db, case, Code.ASKED, actor=PERSON)
    letters.send_asked(db, case, due_of(db, case).day)
    return case


def _same_press(db: Session, person_id: int, words: str) -> Case | None:
    recent = select(Case).filter_by(person_id=person_id, kind=CaseKind.QUESTION, state=CaseState.OPEN)
    for case in db.scalars(recent.where(Case.received_at > clock.now() - SAME_PRESS).order_by(Case.id.desc())):
        first = db.scalar(select(CaseMessage).filter_by(case_id=case.id).order_by(CaseMessage.id).limit(1))
        if first is not None and first.text == words:
            return case
    return None
