"""Tables of webhooks: where a company wants to be told, and what it is told. Must never hold anything about a person but random ids."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned


class DeliveryState(StrEnum):
    """Where a message is. `dead`: given up after three days, or its endpoint is gone; it can be sent again by hand."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEAD = "dead"


class WebhookEndpoint(CompanyOwned, Base):
    """One address that wants to be told. The older secret signs beside the newer one until `older_until`."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (UniqueConstraint("company_id", "public_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(12))
    url: Mapped[str] = mapped_column(Encrypted("webhook_endpoint.url"))
    secret: Mapped[str] = mapped_column(Encrypted("webhook_endpoint.secret"))
    older_secret: Mapped[str | None] = mapped_column(Encrypted("webhook_endpoint.older_secret"))
    older_until: Mapped[datetime | None]
    kinds: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    disabled_why: Mapped[str | None] = mapped_column(String(40))


class WebhookMessage(CompanyOwned, Base):
    """One thing that one endpoint is told: `message_id` stays the same over all tries. `failure` is a class, never an answer's words."""

    __tablename__ = "webhook_message"
    __table_args__ = (UniqueConstraint("company_id", "message_id"), Index("ix_webhook_message_due", "state", "next_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoint.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[DeliveryState] = mapped_column(String(12), default=DeliveryState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
