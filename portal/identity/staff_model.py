"""Tables of staff sign-in: links, sessions, passkeys, recovery codes. Must never hold a token, a code or a private key."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned
from portal.identity.model import RequestState


class StaffLink(CompanyOwned, Base):
    """Somebody typed an address at the staff's door. The row is the same whether or not they are staff; the worker does the rest."""

    __tablename__ = "staff_link"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_staff_link_due", "state", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[RequestState] = mapped_column(String(12), default=RequestState.ASKED)
    address: Mapped[str] = mapped_column(Encrypted("staff_link.address"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(20))
    browser: Mapped[str] = mapped_column(String(30))
    asked_in: Mapped[bytes] = mapped_column(LargeBinary(32))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)


class StaffSession(CompanyOwned, Base):
    """A browser of a member of staff. `whole`: the mailbox and a passkey or code were shown; until then it opens only the page for that.

    `challenge` is the server's own, for one ceremony of one kind; whoever answers uses it up.
    """

    __tablename__ = "staff_session"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    whole: Mapped[bool] = mapped_column(default=False)
    browser: Mapped[str] = mapped_column(String(30))
    started_at: Mapped[datetime]
    proven_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary(64))
    challenge_for: Mapped[str | None] = mapped_column(String(10))
    challenge_until: Mapped[datetime | None]


class Passkey(CompanyOwned, Base):
    """One passkey of one member of staff, good at the host where it was made. Only its public half is here."""

    __tablename__ = "passkey"
    __table_args__ = (UniqueConstraint("company_id", "credential_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023))
    public_key: Mapped[bytes] = mapped_column(LargeBinary(2048))
    sign_count: Mapped[int] = mapped_column(BigInteger)
    host: Mapped[str] = mapped_column(String(253))
    browser: Mapped[str] = mapped_column(String(30))
    made_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class StaffCode(CompanyOwned, Base):
    """One recovery code, good once. Kept as a keyed hash, bound to its owner."""

    __tablename__ = "staff_code"
    __table_args__ = (UniqueConstraint("staff_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash_key_id: Mapped[str] = mapped_column(String(12))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
