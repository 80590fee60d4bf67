"""Tables of copies: what systems gave, what staff kept out of it, the package that was made, and each time it was handed out.

Must never hold a value of a person but in a sealed file or a sealed blob.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.cases.model import word_of
from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class Package(CompanyOwned, Base):
    """One sealed download; the newest of a case holds all that the older ones did. `file` is a random name in the folder of files,
    `context` what its seal is bound to, `digest` the SHA-256 of its plain bytes. The row outlives the file.
    """

    __tablename__ = "package"
    __table_args__ = (Index("ix_package_expires_at", "expires_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    part: Mapped[int]
    file: Mapped[str] = mapped_column(String(60))
    context: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    with_pdf: Mapped[bool]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class DownloadLog(CompanyOwned, Base):
    """One time that a package was handed out, shown to the person; `browser` is of the fixed vocabulary of sign-ins."""

    __tablename__ = "download_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    browser: Mapped[str] = mapped_column(String(80))


class WithheldText(CompanyOwned, Base):
    """One text that a member of staff looked at and did not hand out. `place` is its record's key and field as JSON, of the spool that was
    read in `step_id`; `reason` is one sentence that the customer sees.
    """

    __tablename__ = "withheld_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    system: Mapped[str] = mapped_column(String(60))
    step_id: Mapped[int]
    collection: Mapped[str] = mapped_column(String(120))
    place: Mapped[str] = mapped_column(Encrypted("withheld_text.place"))
    reason: Mapped[str] = mapped_column(Encrypted("withheld_text.reason"))
    actor: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]


class Part(StrEnum):
    """What a blacked-out part is: as it was marked, or `other` where the reviewer typed it."""

    NAME = "name"
    ADDRESS = "address"
    NUMBER = "number"
    MAIL = "mail"
    OTHER = "other"


class BlackedOut(CompanyOwned, Base):
    """Some words that a member of staff blacked out in every text of a case: `said` letter by letter, `part` what they look like.

    `places` is how often they stood in what was handed out when that was last decided.
    """

    __tablename__ = "blacked_out"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    part: Mapped[Part] = mapped_column(word_of(Part, 10))
    said: Mapped[str] = mapped_column(Encrypted("blacked_out.said"))
    places: Mapped[int]
    actor: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]


class Spool(CompanyOwned, Base):
    """What one system gave for a case, sealed until the package is made of it. `matches` is a digest of whose records were read.

    `looked_at`: when staff last had its texts before them; `reviewed_at`: when they let go of those that are not in `WithheldText`.
    """

    __tablename__ = "spool"
    __table_args__ = (UniqueConstraint("case_id", "system"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    system: Mapped[str] = mapped_column(String(60))
    file: Mapped[str] = mapped_column(String(60))
    context: Mapped[str] = mapped_column(String(80))
    step_id: Mapped[int]
    matches: Mapped[str] = mapped_column(String(64))
    found: Mapped[int]
    records: Mapped[int]
    shut: Mapped[int]
    read_at: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]


class HeldRead(CompanyOwned, Base):
    """One system's answer for a page, sealed, for ten minutes of one session."""

    __tablename__ = "held_read"
    __table_args__ = (UniqueConstraint("session_id", "system"), Index("ix_held_read_expires_at", "expires_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    system: Mapped[str] = mapped_column(String(60))
    answer: Mapped[str] = mapped_column(Encrypted("held_read.answer"))
    expires_at: Mapped[datetime]
