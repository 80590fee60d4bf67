"""Tell a company's systems that something happened (Standard Webhooks 1.0): endpoints, their secrets, and messages queued with the act.

Must never put more than a kind and random ids into a message: who wants to know more asks the API.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, exists, select
from sqlalchemy.orm import Session

from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.core.fixed import Fixed
from portal.outbox.outside import refuse_address
from portal.outbox.webhook_model import DeliveryState, WebhookEndpoint, WebhookMessage
from portal.settings import settings

KINDS = {
    "consent.changed": "A choice of a person changed: ask what it says now.",
    "case.opened": "A person asked for something.",
    "case.changed": "Something happened in a case: ask where it stands.",
}
"""What can be told. `data` holds random ids and keys of portal.yaml only."""

ROTATION = timedelta(days=1)
AT_MOST = 20


_ROWS = cast(Table, WebhookEndpoint.__table__)
_SEEN = "webhook_endpoints"
_LISTENS = (_ROWS.c.company_id == bindparam("company"), _ROWS.c.disabled_at.is_(None))
# Whoever takes an endpoint away waits for what is just being told to it: a customer's act must not fail for that.
_LISTENERS = Fixed(select(_ROWS.c.id, _ROWS.c.kinds).where(*_LISTENS).with_for_update(read=True, key_share=True))
SOMEBODY_LISTENS = exists().where(*_LISTENS)
"""Whether the company of that id has an endpoint: for a question that is asked anyway."""


class UnknownKind(PortalError):
    """An endpoint wants to hear of something that is never told."""


class NoSuchEndpoint(PortalError):
    """The company has no endpoint of that id."""


class NoSuchMessage(PortalError):
    """The company has no message of that id that can be sent again."""


class TooManyEndpoints(PortalError):
    """The company has as many endpoints as it may have."""


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint just made or rotated: the only time that its secret can be seen."""

    public_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """A message as it is listed. `failure` is a class (`refused`, `no_answer`, `not_allowed`), never a status or an answer's words (A13)."""

    message_id: str
    kind: str
    state: str
    tries: int
    created_at: datetime
    next_at: datetime | None
    failure: str | None


def add_endpoint(db: Session, url: str, *, kinds: Collection[str]) -> NewEndpoint:
    """A new endpoint. Raises `AddressNotAllowed`, `UnknownKind` or `TooManyEndpoints`."""
    refuse_address(url, loopback=settings().is_demo)
    if not kinds or set(kinds) - KINDS.keys():
        raise UnknownKind(f"What can be told: {', '.join(KINDS)}.")
    if len(db.scalars(select(WebhookEndpoint.id)).all()) >= AT_MOST:
        raise TooManyEndpoints(f"A company has at most {AT_MOST} endpoints. Remove one first.")
    secret = _new_secret()
    row = WebhookEndpoint(
        public_id=crypto.random_public_id().replace("-", "").lower(),
        url=url,
        secret=secret,
        kinds=sorted(set(kinds)),
        created_at=clock.now(),
    )
    db.add(row)
    db.flush()
    db.info.pop(_SEEN, None)
    return NewEndpoint(row.public_id, secret)


def endpoints(db: Session) -> Sequence[WebhookEndpoint]:
    """All endpoints of the session's company, the oldest first."""
    return db.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id)).all()


def endpoint(db: Session, public_id: str) -> WebhookEndpoint:
    """One endpoint. Raises `NoSuchEndpoint`."""
    row = db.scalar(select(WebhookEndpoint).where(WebhookEndpoint.public_id == public_id[:12]))
    if row is None:
        raise NoSuchEndpoint("There is no such endpoint.")
    return row


def rotate_secret(db: Session, public_id: str) -> NewEndpoint:
    """A new secret; for a day both sign, so that the receiver can change over. Raises `NoSuchEndpoint`."""
    row = endpoint(db, public_id)
    row.older_secret, row.older_until, row.secret = row.secret, clock.now() + ROTATION, _new_secret()
    row.disabled_at = row.disabled_why = None
    db.flush()
    db.info.pop(_SEEN, None)
    return NewEndpoint(row.public_id, row.secret)


def remove_endpoint(db: Session, public_id: str) -> None:
    """Take an endpoint away, with its messages. Raises `NoSuchEndpoint`."""
    db.delete(endpoint(db, public_id))
    db.flush()
    db.info.pop(_SEEN, None)


def listeners(db: Session, kind: str) -> list[int]:
    """The endpoints that want to hear of it, as they stood when this session first asked. Raises `UnknownKind`."""
    if kind not in KINDS:
        raise UnknownKind(kind)
    if _SEEN not in db.info:
        db.info[_SEEN] = _LISTENERS.run(db, {"company": company_of(db)})
    return [endpoint_id for endpoint_id, kinds in db.info[_SEEN] if kind in kinds]


def announce(db: Session, kind: str, data: Callable[[], Mapping[str, str]], *, to: Sequence[int] | None = None) -> None:
    """Queue a message for everyone who wants to hear of it, in the caller's transaction. `data` is asked only where somebody does.

    `to`: the `listeners`, where the caller has asked for them in this transaction already.
    """
    now = clock.now()
    for endpoint_id in listeners(db, kind) if to is None else to:
        message_id = f"msg_{crypto.random_token()[:27]}"
        db.add(
            WebhookMessage(
                endpoint_id=endpoint_id, message_id=message_id, kind=kind, data=dict(data()), next_at=now, created_at=now
            )
        )


def messages_of(db: Session, public_id: str, *, before: int | None = None, at_most: int = 100) -> list[tuple[int, Told]]:
    """The newest messages of an endpoint, each with the cursor that leads on. Raises `NoSuchEndpoint`."""
    query = select(WebhookMessage).where(WebhookMessage.endpoint_id == endpoint(db, public_id).id)
    if before is not None:
        query = query.where(WebhookMessage.id < before)
    return [(row.id, _told(row)) for row in db.scalars(query.order_by(WebhookMessage.id.desc()).limit(at_most))]


def send_again(db: Session, message_id: str) -> None:
    """Queue a message that was delivered or given up once more, under the same id. Raises `NoSuchMessage`."""
    row = db.scalar(select(WebhookMessage).where(WebhookMessage.message_id == message_id[:40]).with_for_update())
    if row is None or row.state not in (DeliveryState.DEAD, DeliveryState.DELIVERED):
        raise NoSuchMessage("There is no such message that was delivered or given up.")
    row.state, row.tries, row.next_at, row.failure, row.ended_at = DeliveryState.WAITING, 0, clock.now(), None, None


def body_of(kind: str, created_at: datetime, data: Mapping[str, object]) -> bytes:
    """The bytes that are sent, the same at every try."""
    said = {"type": kind, "timestamp": created_at.isoformat(timespec="seconds"), "data": data}
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def signatures(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """`webhook-signature`: one `v1,` signature for each secret (HMAC-SHA-256 over `id.timestamp.body`)."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets]
    return " ".join("v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(crypto.new_key()).decode()


def _told(row: WebhookMessage) -> Told:
    waits = row.next_at if row.state == DeliveryState.WAITING else None
    return Told(row.message_id, row.kind, str(row.state), row.tries, row.created_at, waits, row.failure)
