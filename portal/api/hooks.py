"""Where the company wants to be told: endpoints, what they were told, and telling it again."""

from datetime import datetime
from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, Field

from portal.api.bodies import Body
from portal.api.operations import Part
from portal.api.paging import Cursor, read_query
from portal.api.problems import Problem
from portal.outbox import webhooks
from portal.outbox.outside import AddressNotAllowed
from portal.outbox.webhook_model import WebhookEndpoint
from portal.outbox.webhooks import NoSuchEndpoint, NoSuchMessage, TooManyEndpoints
from portal.web.transactions import db

part = Part("webhooks", "Webhooks: be told when something happens")

Kind = Literal["consent.changed", "case.opened", "case.changed"]


class EndpointIn(Body):
    """An address that wants to be told."""

    url: Annotated[str, Field(max_length=500, description="https, on the open internet")]
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=10)]


class EndpointOut(BaseModel):
    """An endpoint as it is listed; its secret is never among it."""

    id: str
    url: str
    kinds: list[str]
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: str | None


class EndpointMade(BaseModel):
    """A new endpoint, or a new secret: shown this once. Give it to a Standard Webhooks library to check what comes."""

    id: str
    secret: str


class Endpoints(BaseModel):
    """All endpoints of the company."""

    endpoints: list[EndpointOut]


class MessageOut(BaseModel):
    """One message: `waiting`, `sending`, `delivered` or `dead`. `failure` is a class and never what the receiver said."""

    id: str
    kind: str
    state: str
    tries: int
    created_at: datetime
    next_at: datetime | None
    failure: str | None


class Messages(BaseModel):
    """Messages of one endpoint, the newest first; `next` leads on where there are more."""

    messages: list[MessageOut]
    next: str | None


@part.operation(
    "POST", "/webhooks", scope="webhooks:manage", summary="Add an endpoint", body=EndpointIn, answer=EndpointMade, status=201,
    idempotent=True, problems=("refused",),
)  # fmt: skip
def add_webhook(body: EndpointIn) -> EndpointMade:
    """Messages are signed as Standard Webhooks 1.0 says (`webhook-id`, `webhook-timestamp`, `webhook-signature`) and hold ids only."""
    try:
        made = webhooks.add_endpoint(db(), body.url, kinds=body.kinds)
    except (AddressNotAllowed, TooManyEndpoints) as error:
        raise Problem("refused", detail=str(error)) from None
    return EndpointMade(id=made.public_id, secret=made.secret)


@part.operation("GET", "/webhooks", scope="webhooks:manage", summary="List the endpoints", answer=Endpoints)
def list_webhooks() -> Endpoints:
    """All of them, the oldest first."""
    return Endpoints(endpoints=[_shown(row) for row in webhooks.endpoints(db())])


@part.operation(
    "POST", "/webhooks/<endpoint>/rotate", scope="webhooks:manage", summary="Give an endpoint a new secret", answer=EndpointMade
)
def rotate_webhook(endpoint: str) -> EndpointMade:
    """For a day the old and the new secret both sign. An endpoint that was ended by 410 hears again."""
    try:
        made = webhooks.rotate_secret(db(), endpoint)
    except NoSuchEndpoint:
        raise Problem("not-found") from None
    return EndpointMade(id=made.public_id, secret=made.secret)


@part.operation("DELETE", "/webhooks/<endpoint>", scope="webhooks:manage", summary="Remove an endpoint", status=204)
def remove_webhook(endpoint: str) -> Response:
    """What it was still to be told is dropped with it."""
    try:
        webhooks.remove_endpoint(db(), endpoint)
    except NoSuchEndpoint:
        raise Problem("not-found") from None
    return Response(status=204)


@part.operation(
    "GET", "/webhooks/<endpoint>/messages", scope="webhooks:manage", summary="See what an endpoint was told", answer=Messages,
    query=Cursor,
)  # fmt: skip
def list_messages(endpoint: str) -> Messages:
    """The newest first; dead ones among them. They are kept for 30 days."""
    query = read_query(Cursor)
    try:
        found = webhooks.messages_of(db(), endpoint, before=query.before(), at_most=query.limit + 1)
    except NoSuchEndpoint:
        raise Problem("not-found") from None
    shown, following = query.cut(found)
    return Messages(
        messages=[
            MessageOut(
                id=one.message_id, kind=one.kind, state=one.state, tries=one.tries, created_at=one.created_at, next_at=one.next_at,
                failure=one.failure,
            )
            for one in shown
        ],
        next=following,
    )  # fmt: skip


@part.operation("POST", "/webhook-messages/<message>/replay", scope="webhooks:manage", summary="Send a message again", status=202)
def replay_message(message: str) -> Response:
    """A message that was delivered or given up, under the same id."""
    try:
        webhooks.send_again(db(), message)
    except NoSuchMessage:
        raise Problem("not-found") from None
    return Response(status=202)


def _shown(row: WebhookEndpoint) -> EndpointOut:
    return EndpointOut(
        id=row.public_id, url=row.url, kinds=row.kinds, created_at=row.created_at, disabled_at=row.disabled_at,
        disabled_why=row.disabled_why,
    )  # fmt: skip
