"""Tables of notices and of the consent ledger, and the state that is derived from it.

Events and notices are added and never changed: the database refuses it. A person with events can be emptied (identifiers
gone, key destroyed) but never deleted, so that no later person can stand in their chain.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Table, Text, UniqueConstraint, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from portal.consent.triggers import install_triggers
from portal.consent.words import Act
from portal.core.db import Base, CompanyOwned


class Notice(CompanyOwned, Base):
    """The exact text that is agreed to, in one language. `hash` is over purpose, language and text: a changed word is another row."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("company_id", "hash"), UniqueConstraint("company_id", "purpose", "language", "version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(41))
    version: Mapped[int]
    language: Mapped[str] = mapped_column(String(20))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    text: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]


class ConsentEvent(CompanyOwned, Base):
    """One act, sealed under the person's own key. `hash` covers every other column but the id, and the row before by `previous`.

    `digest` is SHA-256 of the salted plain text: whoever holds that text (a receipt does) can prove it when the key is gone.
    """

    __tablename__ = "consent_event"
    __table_args__ = (UniqueConstraint("company_id", "person_id", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    sequence: Mapped[int]
    received_at: Mapped[datetime]
    sealed: Mapped[bytes]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    previous: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class ConsentChain(CompanyOwned, Base):
    """How long a person's chain is and the hash it ends in: what a cut tail is found by."""

    __tablename__ = "consent_chain"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    length: Mapped[int]
    tip: Mapped[bytes] = mapped_column(LargeBinary(32))
    received_at: Mapped[datetime]


class ConsentState(CompanyOwned, Base):
    """One choice as it stands: derived from the events in the transaction that writes them, and rebuildable from them.

    `said` is empty while nobody answered. `sequence` is the event that said it, `since` its moment. `topic` is empty where the
    choice is about all of them; `topics` is null where none was left out.
    """

    __tablename__ = "consent_state"
    __table_args__ = (
        # Without what was said: an index that an answer moves is written with each answer.
        Index("ix_consent_state_choice", "company_id", "purpose", "channel", "topic"),
        # Without it SQLite looks at all states of the company for those of one person, which every save asks for.
        Index("ix_consent_state_person", "company_id", "person_id"),
    )

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    purpose: Mapped[str] = mapped_column(String(41), primary_key=True)
    channel: Mapped[str] = mapped_column(String(41), primary_key=True)
    topic: Mapped[str] = mapped_column(String(41), primary_key=True, default="")
    said: Mapped[Act | None] = mapped_column(String(10))
    pending: Mapped[bool] = mapped_column(default=False)
    paused_until: Mapped[datetime | None]
    frequency: Mapped[str | None] = mapped_column(String(40))
    topics: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    sequence: Mapped[int | None]
    since: Mapped[datetime | None]


@event.listens_for(Notice.__table__, "after_create")
@event.listens_for(ConsentEvent.__table__, "after_create")
def _make_append_only(table: Table, connection: Connection, **details: Any) -> None:
    install_triggers(connection, table.name)
