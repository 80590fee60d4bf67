"""Ask a human: a number under which something may be held, an agreement that is taken back where it was given elsewhere, or anything else
that no other page answers. Stored, with a day for the answer.

Must never search by itself for what was typed: a number that somebody types proves nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases import letters
from portal.cases.dates import due_of
from portal.cases.events import PERSON, Code, note
from portal.cases.filing import begin_clock, count_case, same_words
from portal.cases.laws.promise import NO_LAW
from portal.cases.messages import MessageEmpty, add_message
from portal.cases.model import Author, Case, CaseKind, CaseState
from portal.cases.scope import Scope, dump_scope
from portal.cases.showing import clean
from portal.core import clock, crypto
from portal.core.i18n import _
from portal.core.uploads import Upload

LONGEST_NUMBER = 60


def open_question(
    db: Session, person_id: int, *, number: str, text: str, proven: Scope, session_id: int | None, language: str, source: str = "site",
    received_at: datetime | None = None, files: Sequence[Upload] = (), takes_back: str = "",
) -> Case:  # fmt: skip
    """Store what was asked as a case; the same words within a minute are the same press. Raises a `MessageRefused` or `TooManyCases`.

    `takes_back`: the purpose, agreed to elsewhere, whose agreement the words take back. Nobody is too late with that today (GDPR Art. 7(3)).
    """
    given = _("Number: %(number)s", number=number.strip()) if number.strip() else ""
    words = clean("\n\n".join(part for part in (given, text.strip()) if part)).strip()
    if not words:
        raise MessageEmpty("A question needs a number or words.")
    same = same_words(db, person_id, CaseKind.QUESTION, words)
    if same is not None:
        return same
    if not takes_back or _is_taken_back(db, person_id, takes_back):
        count_case(db, person_id)
    case = Case(
        number=crypto.random_public_id(), person_id=person_id, kind=CaseKind.QUESTION, state=CaseState.OPEN, law=NO_LAW, language=language,
        source=source, choice=[takes_back] if takes_back else [], proven=dump_scope(proven), open_key=None, received_at=received_at or clock.now(),
    )  # fmt: skip
    db.add(case)
    begin_clock(db, case)
    add_message(db, case, author=Author.PERSON, text=words, session_id=session_id, files=files)
    note(db, case, Code.AGREEMENT_TAKEN_BACK if takes_back else Code.ASKED, actor=PERSON)
    if takes_back:
        letters.send_right_received(db, case, due_of(db, case).day, stopped=False)
    else:
        letters.send_asked(db, case, due_of(db, case).day)
    return case


def _is_taken_back(db: Session, person_id: int, purpose: str) -> bool:
    """Whether a case about it is open already."""
    questions = select(Case).filter_by(person_id=person_id, kind=CaseKind.QUESTION, state=CaseState.OPEN)
    return any(case.takes_back == purpose for case in db.scalars(questions))
