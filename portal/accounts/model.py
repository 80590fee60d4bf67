"""Tables of companies and audit entries. A company's texts live in `portal.yaml`; the row only lends its id."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

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

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(40))
    act: Mapped[str] = mapped_column(String(60))
    target: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
