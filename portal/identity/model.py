"""Tables of sign-in requests, sessions and proofs. Must never hold a token, a code or an address in clear."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class RequestState(StrEnum):
    """Where a sign-in request is. `asked` waits for the worker; `limited` never gets a mail; only `issued` can be used.

    That an issued one is too late shows its `expires_at` alone.
    """

    ASKED = "asked"
    LIMITED = "limited"
    ISSUED = "issued"
    USED = "used"
    STOPPED = "stopped"


class SignInRequest(CompanyOwned, Base):
    """Somebody typed an address. The row is the same whether or not the address is known; the worker does the rest.

    `asked_in` is the hash of the asking browser's nonce; `destination` (an endpoint's name) and `typed` (JSON) go back to it alone.
    """

    __tablename__ = "sign_in_request"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_sign_in_request_due", "state", "id"),
        Index("ix_sign_in_request_address", "company_id", "identifier_hash"),
        Index("ix_sign_in_request_asked_in", "company_id", "asked_in"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[RequestState] = mapped_column(String(12), default=RequestState.ASKED)
    identifier_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash_key_id: Mapped[str] = mapped_column(String(12))
    address: Mapped[str] = mapped_column(Encrypted("sign_in_request.address"))
    language: Mapped[str] = mapped_column(String(20))
    browser: Mapped[str] = mapped_column(String(30))
    asked_in: Mapped[bytes] = mapped_column(LargeBinary(32))
    destination: Mapped[str | None] = mapped_column(String(80))
    typed: Mapped[str | None] = mapped_column(Encrypted("sign_in_request.typed"))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    code_hash_key_id: Mapped[str | None] = mapped_column(String(12))
    code_tries: Mapped[int] = mapped_column(default=0)
    address_tries: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    used_where_asked: Mapped[bool] = mapped_column(default=False)


class ChangeState(StrEnum):
    """Where a change of address is: `asked` waits for both mailboxes, `done` can be undone until its day."""

    ASKED = "asked"
    DONE = "done"
    STOPPED = "stopped"
    UNDONE = "undone"


class AddressChange(CompanyOwned, Base):
    """One change of one address to one other, asked for in one browser (S14): what either mailbox confirms is this row and no other.

    `asked_in` is the hash of the asking browser's nonce. Each mailbox has a token of its own; the mail to the new one also has a code, to be
    typed where it was asked for. `undo_token_hash` (old mailbox) and `new_undo_token_hash` (new one) are made when it is done.
    """

    __tablename__ = "address_change"
    __table_args__ = (
        UniqueConstraint("old_token_hash"),
        UniqueConstraint("new_token_hash"),
        UniqueConstraint("undo_token_hash"),
        UniqueConstraint("new_undo_token_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id", ondelete="SET NULL"), index=True)
    state: Mapped[ChangeState] = mapped_column(String(12), default=ChangeState.ASKED)
    old_address: Mapped[str] = mapped_column(Encrypted("address_change.old_address"))
    new_address: Mapped[str] = mapped_column(Encrypted("address_change.new_address"))
    asked_in: Mapped[bytes] = mapped_column(LargeBinary(32))
    browser: Mapped[str] = mapped_column(String(30))
    language: Mapped[str] = mapped_column(String(20))
    old_token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    new_token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    new_code_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    new_code_hash_key_id: Mapped[str | None] = mapped_column(String(12))
    undo_token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    new_undo_token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    old_confirmed_at: Mapped[datetime | None]
    new_confirmed_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    undo_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)


class SessionRow(CompanyOwned, Base):
    """A signed-in browser. `proven_at` is the last sign-in in it, `ends_at` the end whatever happens."""

    __tablename__ = "session"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    identifier_id: Mapped[int] = mapped_column(ForeignKey("identifier.id", ondelete="CASCADE"), index=True)
    browser: Mapped[str] = mapped_column(String(30))
    started_at: Mapped[datetime]
    proven_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)


class ProofTry(CompanyOwned, Base):
    """One permitted comparison of typed values with one record: that it happened and how it ended, never what was typed."""

    __tablename__ = "proof_try"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    system: Mapped[str] = mapped_column(String(60))
    record_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash_key_id: Mapped[str] = mapped_column(String(12))
    values: Mapped[int]
    tried_at: Mapped[datetime]
    proven: Mapped[bool] = mapped_column(default=False)


class ProvenRecord(CompanyOwned, Base):
    """One record of one system that the person of this session has proven to be theirs, by `values` matched values."""

    __tablename__ = "proven_record"
    __table_args__ = (UniqueConstraint("session_id", "system", "record_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    identifier_id: Mapped[int] = mapped_column(ForeignKey("identifier.id", ondelete="CASCADE"), index=True)
    system: Mapped[str] = mapped_column(String(60))
    record_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash_key_id: Mapped[str] = mapped_column(String(12))
    values: Mapped[int]
    proven_at: Mapped[datetime]
