"""The table of requests for somebody else: who acts, for whom, for what; what staff made of the mandate, and what the person says.

Must never tell the one who acts whether the person is known: what hangs on that is written by the worker, and read by staff and the person.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases.model import word_of
from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned

STOP_MARKETING = "stop_marketing"
"""The one wish that is no kind of case: no more advertising."""


class Role(StrEnum):
    """As what somebody acts."""

    AGENT = "agent"
    GUARDIAN = "guardian"
    ATTORNEY = "attorney"
    DECEASED = "deceased"


class Mandate(StrEnum):
    """What became of the paper. An opt-out needs none."""

    NOT_NEEDED = "not_needed"
    WAITS = "waits"
    BETTER = "better"
    ACCEPTED = "accepted"


class Word(StrEnum):
    """What the person concerned says."""

    NOT_ASKED = "not_asked"
    ASKED = "asked"
    YES = "yes"
    NO = "no"


class ActingRequest(CompanyOwned, Base):
    """What a case of the kind `on_behalf` is about. The case is of who acts; `person_id` is the person concerned, once the worker knows them.

    `named` is how who acts calls themselves; `identifier` is the person's, as typed (normal form), gone when they are erased. `wish` is a
    kind of case or `STOP_MARKETING`; `led_to_id` the case of the person that came of it.
    """

    __tablename__ = "acting_request"
    __table_args__ = (Index("ix_acting_request_looked_up", "company_id", "looked_up_at"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = mapped_column(word_of(Role, 12))
    named: Mapped[str] = mapped_column(Encrypted("acting_request.named"))
    identifier_kind: Mapped[str] = mapped_column(String(20))
    identifier: Mapped[str | None] = mapped_column(Encrypted("acting_request.identifier"))
    wish: Mapped[str] = mapped_column(String(24))
    mandate: Mapped[Mandate] = mapped_column(word_of(Mandate, 12))
    word: Mapped[Word] = mapped_column(word_of(Word, 12))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    led_to_id: Mapped[int | None] = mapped_column(ForeignKey("case.id", ondelete="SET NULL"), index=True)
    looked_up_at: Mapped[datetime | None]
