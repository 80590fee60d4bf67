"""Send due webhooks. A message is claimed and committed first, sent with no transaction open, and its result written afterwards.

Must never follow a redirect, wait longer than `DEADLINE`, or let a slow receiver hold up another one.
"""

import random
import ssl
import threading
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpcore
import httpx
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from portal.accounts import registry
from portal.core import clock, logs
from portal.core.db import ALL_COMPANIES, Database
from portal.core.deadline import DeadlineTransport
from portal.core.errors import PortalError
from portal.outbox.outside import AddressNotAllowed, CheckedNetwork, Resolver, ask_resolver, refuse_address
from portal.outbox.webhook_model import DeliveryState, WebhookEndpoint, WebhookMessage
from portal.outbox.webhooks import body_of, signatures
from portal.settings import settings

DEADLINE = 20.0
LARGEST_ANSWER = 16 * 1024
LEASE = timedelta(minutes=2)
AT_ONCE = 8
TURN = 20.0
"""Seconds after which an endpoint with much to hear lets another one have its thread."""

WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""The waits after each failed try, about three days in all; a fifth of jitter is added."""

_JITTER = random.Random()  # noqa: S311  # spreads load, guards nothing


class GoneForGood(PortalError):
    """The receiver answered 410: it wants to hear nothing more."""


class NotTaken(PortalError):
    """The receiver did not take it; `after` seconds is what it asked for, if it did."""

    def __init__(self, failure: str, after: float = 0.0) -> None:
        self.failure, self.after = failure, after
        super().__init__(failure)


@dataclass(frozen=True, slots=True)
class _Claim:
    id: int
    company_id: int
    endpoint_id: int
    fence: int
    tries: int
    message_id: str
    kind: str
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


class Caller:
    """Calls addresses that somebody else gave us."""

    def __init__(self, *, loopback: bool, resolver: Resolver = ask_resolver, deadline: float = DEADLINE) -> None:
        self._loopback, self._deadline = loopback, deadline
        self._transport = DeadlineTransport(ssl.create_default_context(), CheckedNetwork(loopback=loopback, resolver=resolver))
        # No environment: a proxy set for something else would be a way inside.
        self._client = httpx.Client(trust_env=False, follow_redirects=False, transport=self._transport)

    def send(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        """POST once. Raises `NotTaken` or `GoneForGood`; what the answer says is not kept."""
        failure = NotTaken("no_answer")
        try:
            refuse_address(url, loopback=self._loopback)
            with (
                self._transport.until(time.monotonic() + self._deadline),
                self._client.stream("POST", url, content=body, headers=headers, timeout=self._deadline) as response,
            ):
                size = 0
                for chunk in response.iter_raw(4096):
                    size += len(chunk)
                    if size > LARGEST_ANSWER:
                        break
                if response.is_success:
                    return
                if response.status_code == 410:
                    raise GoneForGood("The receiver answered 410.")
                failure = NotTaken("refused", _retry_after(response.headers.get("retry-after", "")))
        except AddressNotAllowed:
            failure = NotTaken("not_allowed")
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, httpx.StreamError):
            failure = NotTaken("no_answer")
        # Raised outside of the handler: a library's exception holds the address.
        raise failure

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


def deliver_webhooks(database: Database, caller: Caller | None = None) -> int:
    """Send what is due, one message an endpoint, and wait for all of them; returns how many were tried."""
    due = _due_endpoints(database)
    if not due:
        return 0
    own = caller or Caller(loopback=settings().is_demo)
    try:
        with ThreadPoolExecutor(min(AT_ONCE, len(due)), thread_name_prefix="webhooks") as pool:
            return sum(pool.map(lambda one: _deliver_one(database, own, *one), due))
    finally:
        if caller is None:
            own.close()


class Deliveries:
    """Endpoints told side by side, each by one thread at a time: what one of them makes wait waits alone."""

    def __init__(self, database: Database, caller: Caller | None = None) -> None:
        self._database, self._caller = database, caller
        self._pool: ThreadPoolExecutor | None = None
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._called: set[int] = set()

    def start_due(self) -> int:
        """Begin to tell every endpoint that has something due and is not being told; returns how many those are."""
        with self._lock:
            called = frozenset(self._called)
        due = _due_endpoints(self._database, besides=called)
        if due and self._pool is None:
            self._caller = self._caller or Caller(loopback=settings().is_demo)
            self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhooks")
        for company_id, endpoint_id in due:
            with self._lock:
                self._called.add(endpoint_id)
            assert self._pool is not None  # noqa: S101  # made above, where anything is due
            self._pool.submit(self._tell, company_id, endpoint_id)
        return len(due)

    def close(self) -> None:
        """Begin nothing more, and wait for the calls that run."""
        self._ended.set()
        if self._pool is not None and self._caller is not None:
            self._pool.shutdown()
            self._caller.close()

    def _tell(self, company_id: int, endpoint_id: int) -> None:
        """One message after the other, until nothing is due or others had to wait long enough."""
        assert self._caller is not None  # noqa: S101  # `start_due` made one
        until = time.monotonic() + TURN
        try:
            while not self._ended.is_set() and time.monotonic() < until:
                if not _deliver_one(self._database, self._caller, company_id, endpoint_id):
                    break
        except Exception as error:  # noqa: BLE001  # a database that is away for a moment: the next look begins anew
            logs.event("worker.failed", level=40, error=error, kind="webhooks")
        finally:
            with self._lock:
                self._called.discard(endpoint_id)


def _due_endpoints(database: Database, *, besides: Collection[int] = ()) -> list[tuple[int, int]]:
    with database.reading(ALL_COMPANIES) as db:
        query = (
            select(WebhookMessage.company_id, WebhookMessage.endpoint_id)
            .where(_due(db), WebhookMessage.endpoint_id.not_in(list(besides)))
            .group_by(WebhookMessage.company_id, WebhookMessage.endpoint_id)
            .order_by(func.min(WebhookMessage.next_at))
            .limit(50)
        )
        return [(row.company_id, row.endpoint_id) for row in db.execute(query)]


def _deliver_one(database: Database, caller: Caller, company_id: int, endpoint_id: int) -> int:
    claim = _claim(database, company_id, endpoint_id)
    if claim is None:
        return 0
    timestamp = int(clock.now().timestamp())
    headers = {
        "content-type": "application/json",
        "user-agent": "privacy-portal",
        "webhook-id": claim.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(claim.secrets, claim.message_id, timestamp, claim.body),
    }
    try:
        caller.send(claim.url, claim.body, headers)
    except GoneForGood:
        _settle(database, claim, DeliveryState.DEAD, "gone", disable="gone")
    except NotTaken as error:
        if claim.tries > len(WAITS):
            _settle(database, claim, DeliveryState.DEAD, error.failure)
        else:
            wait = WAITS[claim.tries - 1] * (1 + _JITTER.random() / 5)
            _settle(
                database, claim, DeliveryState.WAITING, error.failure, at=clock.now() + max(wait, timedelta(seconds=error.after))
            )
    else:
        _settle(database, claim, DeliveryState.DELIVERED, None)
    return 1


def _claim(database: Database, company_id: int, endpoint_id: int) -> _Claim | None:
    with database.writing(company_id) as db:
        query = select(WebhookMessage).where(WebhookMessage.endpoint_id == endpoint_id, _due(db))
        row = db.scalar(query.order_by(WebhookMessage.next_at, WebhookMessage.id).limit(1).with_for_update(skip_locked=True))
        endpoint = db.get(WebhookEndpoint, endpoint_id)
        if row is None or endpoint is None:
            return None
        if endpoint.disabled_at is not None:
            ended = {"state": DeliveryState.DEAD, "failure": "disabled", "ended_at": clock.now()}
            waiting = (WebhookMessage.endpoint_id == endpoint_id) & (WebhookMessage.state == DeliveryState.WAITING)
            db.execute(update(WebhookMessage).where(waiting).values(ended).execution_options(synchronize_session=False))
            return None
        row.state, row.fence, row.tries = DeliveryState.SENDING, row.fence + 1, row.tries + 1
        row.lease_until = clock.database_now(db) + LEASE
        older = endpoint.older_secret if endpoint.older_until and clock.now() < endpoint.older_until else None
        secrets = (endpoint.secret, older) if older else (endpoint.secret,)
        body = body_of(row.kind, row.created_at, row.data)
        return _Claim(
            row.id, company_id, endpoint_id, row.fence, row.tries, row.message_id, row.kind, body, endpoint.url, secrets
        )


def _settle(
    database: Database,
    claim: _Claim,
    state: DeliveryState,
    failure: str | None,
    *,
    at: datetime | None = None,
    disable: str | None = None,
) -> None:
    """Write the result where the claim still is ours."""
    values: dict[str, object] = {"state": state, "failure": failure, "lease_until": None}
    values |= {"next_at": at} if at else {"ended_at": clock.now()}
    ours = (
        (WebhookMessage.id == claim.id) & (WebhookMessage.fence == claim.fence) & (WebhookMessage.state == DeliveryState.SENDING)
    )
    with database.writing(claim.company_id) as db:
        db.execute(update(WebhookMessage).where(ours).values(values).execution_options(synchronize_session=False))
        if disable:
            db.execute(
                update(WebhookEndpoint)
                .where(WebhookEndpoint.id == claim.endpoint_id)
                .values(disabled_at=clock.now(), disabled_why=disable)
                .execution_options(synchronize_session=False)
            )
    if failure:
        logs.event(
            "webhook.not_taken", level=30, company=registry.key_of(claim.company_id), attempt=claim.tries, reason_code=failure
        )


def _due(db: Session) -> ColumnElement[bool]:
    waiting = and_(WebhookMessage.state == DeliveryState.WAITING, WebhookMessage.next_at <= clock.now())
    abandoned = and_(WebhookMessage.state == DeliveryState.SENDING, WebhookMessage.lease_until <= clock.database_now(db))
    return and_(or_(waiting, abandoned), WebhookMessage.company_id.in_(registry.ids().values()))


def _retry_after(text: str) -> float:
    """Seconds, at most a day; said as a number or as a moment (RFC 9110 10.2.3)."""
    if text.isascii() and text.isdigit():
        return min(float(text), 86_400.0)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return 0.0
    left = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - clock.now()
    return min(max(left.total_seconds(), 0.0), 86_400.0)
