"""Tables of companies, their staff, API keys and audit entries. A company's texts live in `portal.yaml`; the row only lends its id."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class CompanyRow(Base):
    """A company of `portal.yaml`, known by its key for good."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    created_at: Mapped[datetime]


class AuditEntry(CompanyOwned, Base):
    """Who did or read what, when. `detail` holds ids and codes, never a value of a person."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_target", "company_id", "target"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(40))
    act: Mapped[str] = mapped_column(String(60))
    target: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class StaffRow(CompanyOwned, Base):
    """A member of staff of one company. `public_id` may be shown and logged; the row stays when they go, for the audit entries.

    `subject_hash` is who they are in the company's own sign-in service, from their first sign-in by it on.
    """

    __tablename__ = "staff"
    __table_args__ = (
        UniqueConstraint("company_id", "public_id"),
        UniqueConstraint("company_id", "subject_hash"),
        Index("ix_staff_address", "company_id", "address_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(Encrypted("staff.name"))
    address: Mapped[str] = mapped_column(Encrypted("staff.address"))
    address_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    address_hash_key_id: Mapped[str] = mapped_column(String(12))
    roles: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(40))
    removed_at: Mapped[datetime | None]
    subject_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class ApiKeyRow(CompanyOwned, Base):
    """A key of one of the company's systems. `secret_hash` is all that is kept of it; `public_id` may be shown and logged."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("company_id", "public_id"), UniqueConstraint("secret_hash"))

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(40))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(40))
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiAnswerRow(CompanyOwned, Base):
    """What was answered to one idempotency key (kept as a hash with key and route), for as long as a caller may try again."""

    __tablename__ = "api_answer"
    __table_args__ = (UniqueConstraint("company_id", "key_hash"), Index("ix_api_answer_created_at", "created_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id", ondelete="CASCADE"))
    body_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    status: Mapped[int | None]
    answer: Mapped[str | None] = mapped_column(Encrypted("api_answer.answer"))
    created_at: Mapped[datetime]
