"""What a person and staff write to each other about a case: plain text, sealed at rest, read on the case's page alone.

Must never reach a mail, a log or the timeline, nor the page of somebody else who uses the same mailbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, func, not_, select, update
from sqlalchemy.orm import Session

from portal.cases.attaching import A_DAY as FILES_A_DAY
from portal.cases.attaching import (
    Attachment,
    NoSuchFile,
    OpenedFile,
    TooManyFilesToday,
    attach_files,
    checked_files,
    files_of,
    open_file,
)
from portal.cases.model import Author, Case, CaseMessage, CaseState
from portal.cases.scope import load_scope
from portal.cases.showing import clean
from portal.core import clock
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.core.limits import Limit, count_more, count_once
from portal.core.uploads import Upload
from portal.people.service import was_seen_alone

_MESSAGES = cast(Table, CaseMessage.__table__).c
"""Of cases that were asked for within their company. One more condition, of the company, would lead SQLite to all rows of the company."""

LONGEST = 4000
A_DAY = Limit("case.messages", 20, timedelta(days=1))
"""What one person may write in a day, over all their cases."""


class MessageRefused(PortalError):
    """The base of what keeps a message from being stored; nothing was written."""


class MessageEmpty(MessageRefused):
    """Nothing that can be read was typed."""


class MessageTooLong(MessageRefused):
    """More than `LONGEST` characters were typed."""


class TooManyMessages(MessageRefused):
    """The person has written so often today that the next message has to wait until tomorrow."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `text` is None where it may not be shown in this session: it was written in another, of a mailbox that several may use.
    Then its files are not, either.
    """

    author: Author
    at: datetime
    text: str | None = field(repr=False)
    files: tuple[Attachment, ...] = ()


def checked_words(text: str, *, empty: str, called: str = "reason") -> str:
    """What was typed, without marks that would turn the text around it. Raises `MessageEmpty` (saying `empty`) or `MessageTooLong`."""
    kept = clean(text).strip()
    if not kept:
        raise MessageEmpty(empty)
    if len(kept) > LONGEST:
        raise MessageTooLong(f"A {called} has at most {LONGEST} characters.")
    return kept


def add_message(
    db: Session,
    case: Case,
    *,
    author: Author,
    text: str,
    session_id: int | None = None,
    actor: str | None = None,
    files: Sequence[Upload] = (),
) -> CaseMessage:
    """Store a message, without marks that would turn the text around it, and its files.

    Raises a `MessageRefused` or a `FileRefused`; staff are not counted.
    """
    kept, checked = checked_words(text, empty="A message needs words.", called="message"), checked_files(files)
    if author is Author.PERSON and not count_once(db, A_DAY, str(company_of(db)), str(case.person_id)):
        raise TooManyMessages("So many messages were written today that the next one has to wait until tomorrow.")
    who = (str(company_of(db)), str(case.person_id))
    if author is Author.PERSON and checked and count_more(db, FILES_A_DAY, len(checked), *who) > FILES_A_DAY.count:
        raise TooManyFilesToday("So many files were sent today that the next one has to wait until tomorrow.")
    message = CaseMessage(
        case_id=case.id, session_id=session_id, author=author, actor=(actor or "")[:40] or None, text=kept, at=clock.now()
    )
    db.add(message)
    db.flush()
    attach_files(db, case, message, checked)
    return message


def messages_of(db: Session, case: Case) -> list[Message]:
    """Everything that was written, oldest first: for staff."""
    files = files_of(db, case)
    return [Message(row.author, row.at, row.text, files.get(row.id, ())) for row in _rows(db, case)]


def messages_for(db: Session, case: Case, session_id: int) -> list[Message]:
    """The same for the person of this session, who may not be the one of the mailbox who wrote.

    Words are shown where they were written, to who has proven what the case was asked under (`scope.may_see`), and where nothing ever
    spoke for a second person behind the address.
    """
    rows = _rows(db, case)
    safe = bool(load_scope(case.proven).records) or (case.person_id is not None and was_seen_alone(db, case.person_id))
    # An answer of staff may repeat what it answers: it is shown where all that it can speak of was written.
    own = all(row.session_id == session_id for row in rows if row.author is Author.PERSON)
    files = files_of(db, case)
    return [
        Message(row.author, row.at, row.text, files.get(row.id, ()))
        if safe or own or row.session_id == session_id
        else Message(row.author, row.at, None)
        for row in rows
    ]


def open_file_for(db: Session, case: Case, session_id: int, number: str) -> OpenedFile:
    """A file whose message is shown to the person of this session. Raises `NoSuchFile`, whether or not it is there."""
    if not any(file.number == number for message in messages_for(db, case, session_id) for file in message.files):
        raise NoSuchFile("There is no such file.")
    return open_file(db, case, number)


def unanswered(db: Session, case: Case) -> int:
    """How many messages of the person came after the last one of staff."""
    count = 0
    for author in db.scalars(select(CaseMessage.author).filter_by(case_id=case.id).order_by(CaseMessage.id.desc())):
        if author is Author.STAFF:
            break
        count += 1
    return count


def has_unread(db: Session, case: Case, *, of: Author) -> bool:
    """Whether something that this side wrote was not read by the other."""
    unread = select(CaseMessage.id).filter_by(case_id=case.id, author=of).where(CaseMessage.read_at.is_(None))
    return db.scalar(unread.limit(1)) is not None


def mark_read(db: Session, case_id: int, *, of: Author) -> None:
    """The other side has had before it what this one wrote."""
    db.execute(
        update(CaseMessage)
        .where(CaseMessage.case_id == case_id, CaseMessage.author == of, CaseMessage.read_at.is_(None))
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def waits_for_staff() -> ColumnElement[bool]:
    """That the last word in a case is the person's, and no refusal has answered it: for a query of cases."""
    last = select(func.max(_MESSAGES.id)).where(_MESSAGES.case_id == Case.id).correlate(Case).scalar_subquery()
    refused_since = and_(Case.state == CaseState.REFUSED, _MESSAGES.at <= Case.closed_at)
    return select(_MESSAGES.id).where(_MESSAGES.id == last, _MESSAGES.author == Author.PERSON, not_(refused_since)).exists()


def _rows(db: Session, case: Case) -> Sequence[CaseMessage]:
    return db.scalars(select(CaseMessage).filter_by(case_id=case.id).order_by(CaseMessage.id)).all()
