"""Tables of cases. What a person asked for is kept as codes; values of a person lie only in sealed files and sealed blobs.

Must never be counted from outside: the number that people see is random.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Enum, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases.laws import Happened
from portal.cases.laws.model import Ground, StopReason
from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class CaseKind(StrEnum):
    """What a person may ask for."""

    ACCESS = "access"
    PORTABILITY = "portability"
    ERASURE = "erasure"
    CORRECTION = "correction"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    OPT_OUT = "opt_out"
    OPT_OUT_OF_SALE = "opt_out_of_sale"
    OPT_OUT_OF_TARGETED_ADS = "opt_out_of_targeted_ads"
    OPT_OUT_OF_PROFILING = "opt_out_of_profiling"
    LIMIT_SENSITIVE = "limit_sensitive"
    HUMAN_REVIEW = "human_review"
    COMPLAINT = "complaint"
    APPEAL = "appeal"
    QUESTION = "question"
    ON_BEHALF = "on_behalf"


class CameBy(StrEnum):
    """How a request reached staff, who took it in; kept as the source of its case."""

    LETTER = "letter"
    PHONE = "phone"
    COUNTER = "counter"
    MAIL = "mail"


class CaseState(StrEnum):
    """Where a case is. `partly`: a part is ready, another waits for a person's look. `done`: answered without a file (nothing is held).

    `refused`: the company said no on a ground in law. `answered`: a human answered in another way and said why. `ended`: the file was there for its time and is gone.
    """

    OPEN = "open"
    PARTLY = "partly"
    READY = "ready"
    DONE = "done"
    ANSWERED = "answered"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    ENDED = "ended"


OPEN_STATES = (CaseState.OPEN, CaseState.PARTLY)
"""States in which the person still waits for something, so that the date in law counts."""


STILL_OPEN = "state IN ('open', 'partly')"
"""The same for SQL, spelled as an index and a query have to spell it alike."""


class PartState(StrEnum):
    """Where one delivery is: being made, held back until a person has looked at it, there, or (nothing to deliver) empty."""

    MAKING = "making"
    REVIEW = "review"
    READY = "ready"
    EMPTY = "empty"


class Author(StrEnum):
    """Who wrote a message."""

    PERSON = "person"
    STAFF = "staff"


class LongerBecause(StrEnum):
    """Why an answer takes longer: what laws accept (GDPR Art. 12(3)). That much is to do in general is no reason."""

    COMPLEX = "complex"
    MANY = "many"


def word_of(kind: type[StrEnum], length: int) -> Enum:
    """A column that holds the value of one of these words as text; no type of the database, which would have to be migrated."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda words: [word.value for word in words],
    )


class Case(CompanyOwned, Base):
    """One thing that a person asked for. `choice` are groups of `cases.meaning` (none: everything).

    `open_key` is the same for the same wish while it is open, so that two presses make one case. `proven` says in whose records the case
    may read (`cases.scope`). `about_id`: the refused case that an appeal is about. Of a request for somebody else, `choice` is the right that
    is asked for, and the case is of who acts; of a question that takes an agreement back, the purpose that was agreed to.
    `place`: what the person had said of where they live when it was opened (`Person.place`).
    `due_on` is the day in law as the clock last said it, for sorting; `owner` is the actor of who has it in hand. `suspected_at`: since when
    staff take it for possible abuse (`cases.abuse`).
    """

    __tablename__ = "case"
    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "open_key"),
        # With the day, so that what is late, soon and open is counted without reading a case.
        Index("ix_case_state", "company_id", "state", "due_on"),
        # What is open, in the order in which staff work: it stays small however many cases have ended.
        Index("ix_case_due", "company_id", "due_on", "id", sqlite_where=text(STILL_OPEN), postgresql_where=text(STILL_OPEN)),
        # The same for what one colleague has in hand.
        Index(
            "ix_case_owner",
            "company_id",
            "owner",
            "due_on",
            "id",
            sqlite_where=text(STILL_OPEN),
            postgresql_where=text(STILL_OPEN),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    kind: Mapped[CaseKind] = mapped_column(word_of(CaseKind, 24))
    state: Mapped[CaseState] = mapped_column(word_of(CaseState, 12), default=CaseState.OPEN)
    law: Mapped[str] = mapped_column(String(40))
    law_version: Mapped[int] = mapped_column(default=1)
    place: Mapped[str | None] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(44))
    choice: Mapped[list[str]] = mapped_column(JSON)
    proven: Mapped[str] = mapped_column(Encrypted("case.proven"))
    open_key: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    received_at: Mapped[datetime]
    due_on: Mapped[date | None]
    owner: Mapped[str | None] = mapped_column(String(40))
    suspected_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    about_id: Mapped[int | None] = mapped_column(ForeignKey("case.id", ondelete="SET NULL"), index=True)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it waits for anybody any more. A deletion says so by its steps: it ends only when each of them has."""
        return self.kind != CaseKind.ERASURE and self.state not in OPEN_STATES

    @property
    def takes_back(self) -> str:
        """The purpose whose agreement a question takes back, given elsewhere and not among the choices; empty for any other case."""
        return self.choice[0] if self.kind == CaseKind.QUESTION and self.choice else ""

    @property
    def right(self) -> str:
        """The right in law that it is about: of a request for somebody else, what that person is to have."""
        return self.choice[0] if self.kind == CaseKind.ON_BEHALF else self.kind.value


class ClockRow(CompanyOwned, Base):
    """One entry of a case's clock (`laws.ClockEvent`); only ever added, and dates are computed from all of them.

    `because` and `words` are what the person was told with a later date.
    """

    __tablename__ = "clock_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    happened: Mapped[Happened] = mapped_column(word_of(Happened, 12))
    at: Mapped[datetime]
    reason: Mapped[StopReason | None] = mapped_column(word_of(StopReason, 12))
    until: Mapped[date | None]
    because: Mapped[LongerBecause | None] = mapped_column(word_of(LongerBecause, 12))
    words: Mapped[str | None] = mapped_column(Encrypted("clock_event.words"))
    actor: Mapped[str] = mapped_column(String(40))


class CaseEvent(CompanyOwned, Base):
    """One thing that happened, as a code of `cases.events` with keys and counts; the same words for customer and staff."""

    __tablename__ = "case_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    code: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    actor: Mapped[str] = mapped_column(String(40))


class CaseMessage(CompanyOwned, Base):
    """One message between the person and staff. `session_id` is where the person wrote it: a mailbox may be two people's.

    `actor` is who of the staff wrote, never shown to the person; `read_at` is when the other side first had it before them.
    """

    __tablename__ = "case_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id", ondelete="SET NULL"), index=True)
    author: Mapped[Author] = mapped_column(word_of(Author, 10))
    text: Mapped[str] = mapped_column(Encrypted("case_message.text"))
    actor: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class CaseNote(CompanyOwned, Base):
    """What staff wrote for one another about a case; the customer never reads it."""

    __tablename__ = "case_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    actor: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Encrypted("case_note.text"))
    at: Mapped[datetime]


class StaffSearch(CompanyOwned, Base):
    """One look by a member of staff for the cases of one exact identifier: who, why, whom it found; never what was typed."""

    __tablename__ = "staff_search"
    __table_args__ = (UniqueConstraint("token"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(43))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    reason: Mapped[str] = mapped_column(Encrypted("staff_search.reason"))
    at: Mapped[datetime]


class CasePart(CompanyOwned, Base):
    """One delivery of a case: 1 goes out at once; 2 is the copy made anew with what a person had to look at first."""

    __tablename__ = "case_part"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    state: Mapped[PartState] = mapped_column(word_of(PartState, 10))
    released_by: Mapped[str | None] = mapped_column(String(40))
    released_at: Mapped[datetime | None]
    made_at: Mapped[datetime | None]


class CaseCorrection(CompanyOwned, Base):
    """One value that the person wants to read otherwise: where it stands, as it stood on the page, and as it should; gone once it is done."""

    __tablename__ = "case_correction"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), primary_key=True)
    system: Mapped[str] = mapped_column(String(60))
    collection: Mapped[str] = mapped_column(String(120))
    field: Mapped[str] = mapped_column(String(120))
    old: Mapped[str] = mapped_column(Encrypted("case_correction.old"))
    new: Mapped[str] = mapped_column(Encrypted("case_correction.new"))


class CaseRefusal(CompanyOwned, Base):
    """A no to a case: its ground in law, and `words` for this case, which the customer reads. `second` approved where two people decide."""

    __tablename__ = "case_refusal"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), primary_key=True)
    ground: Mapped[Ground] = mapped_column(word_of(Ground, 24))
    article: Mapped[str] = mapped_column(String(200))
    words: Mapped[str] = mapped_column(Encrypted("case_refusal.words"))
    actor: Mapped[str] = mapped_column(String(40))
    second: Mapped[str | None] = mapped_column(String(40))
    appeal_until: Mapped[date]
    at: Mapped[datetime]
