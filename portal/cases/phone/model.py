"""Tables of the phone desk: who asked whom for a yes, until when it holds, and what was done meanwhile. Must never hold what was said."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, CompanyOwned


class PhoneSession(CompanyOwned, Base):
    """One asking of one member of staff for one person's yes. It is no session of the customer and opens no page of theirs.

    Without `agreed_at` it still waits, or ended with a no or with nothing; `ends_at` is when it ends by itself. `code_hash`: of a code that
    staff told and nobody typed yet; `browser_hash`: of what only the browser holds in which it was typed.
    """

    __tablename__ = "phone_session"
    __table_args__ = (UniqueConstraint("token"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(43))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    language: Mapped[str] = mapped_column(String(20))
    asked_at: Mapped[datetime]
    agreed_at: Mapped[datetime | None]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    browser_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)


class PhoneAct(CompanyOwned, Base):
    """One thing that was done by telephone: the kind of a case, or that all adverts were stopped."""

    __tablename__ = "phone_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    phone_session_id: Mapped[int] = mapped_column(ForeignKey("phone_session.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime]
