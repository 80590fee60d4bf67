"""Who may use this door: a live key of the host's company with the right scope, within its limit. Checked before the body is read.

Must never look at a cookie, nor at a key anywhere but in the Authorization header.
"""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, request

from portal.accounts.api_keys import SCOPES, ApiKey, key_for
from portal.accounts.api_usage import Allowance, ApiUsage
from portal.api.problems import Problem
from portal.core import clock, logs
from portal.core.limits import Limit, count_more
from portal.web.context import current_company, database
from portal.web.guards import Guard
from portal.web.transactions import db, in_transaction, writes

View = TypeVar("View", bound=Callable[..., Any])


SMALL = 16 * 1024
"""Of a body that is there as soon as its head is."""

COUNTED = "portal.allowance"
"""In the environment of a request: what its key has left, where it was counted before the application. No header can be called so."""

TELLING = Limit("api.telling", 50_000, timedelta(days=1))
"""Answers a day and key that show whether somebody is known: a shop asks for who signs in there, and nobody needs the whole list so (A6)."""


def api_key_required(scope: str, *, lowers: bool = False, tells: bool = False) -> Callable[[View], View]:
    """Only a live key with that scope. With `lowers` the limit is counted and never refuses: an opt-out is always taken.

    With `tells` there is a budget a day, too, and an alarm where it is used up.
    """
    if scope not in SCOPES:
        raise ValueError(scope)

    def guarded(view: View) -> View:
        checked = in_transaction(view)

        @wraps(view)
        def run(*args: Any, **kwargs: Any) -> Any:
            g.opens_to_read = getattr(view, "opens_to_read", False)
            g.api_key = _key(shared=_reads_at_once())
            if scope not in g.api_key.scopes:
                raise Problem("forbidden", scope=scope)
            # Who came here by way of the quick answers was counted there.
            g.allowance = request.environ.get(COUNTED) or usage(current_app).count(database(), current_company().id, g.api_key.id)
            if g.allowance.remaining < 0 and not lowers:
                logs.event("api.limited", level=30, company=current_company().key, key_id=g.api_key.public_id)
                raise Problem("too-many-requests", headers={"Retry-After": str(g.allowance.reset)})
            if tells:
                _spend(g.api_key)
            return checked(*args, **kwargs)

        cast(Any, run).guard = Guard("api_key", scope)
        return cast(View, run)

    return guarded


def current_key() -> ApiKey:
    """The key of this request; only behind `api_key_required`."""
    return cast(ApiKey, g.api_key)


def limit_headers() -> dict[str, str]:
    """`RateLimit` and `RateLimit-Policy` of this answer, where a key was counted."""
    allowance: Allowance | None = g.get("allowance")
    return {} if allowance is None else headers_of(allowance)


def headers_of(allowance: Allowance) -> dict[str, str]:
    """What a key is told of what it has left."""
    return {
        "RateLimit-Policy": f'"key";q={allowance.limit};w={allowance.seconds}',
        "RateLimit": f'"key";r={max(allowance.remaining, 0)};t={allowance.reset}',
    }


def _reads_at_once() -> bool:
    """Whether the view reads in the transaction in which its key is looked up: nothing is written, and no long body is waited for."""
    small = request.content_length is not None and request.content_length <= SMALL and request.mimetype == "application/json"
    return not writes() and (request.method != "POST" or small)


def secret_of(authorization: str) -> str:
    """The key in an `Authorization` header; empty where it holds none."""
    kind, _, secret = authorization.partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def _key(*, shared: bool) -> ApiKey:
    secret, found = secret_of(request.headers.get("Authorization", "")), None
    if secret:
        # Looked up at each request, in whatever process: a revoked key is over at once (A3).
        with nullcontext(db()) if shared else database().reading(current_company().id) as session:
            found = key_for(session, secret)
    if found is None:
        raise Problem("unauthorized", headers={"WWW-Authenticate": 'Bearer realm="privacy portal"'})
    return found


def _spend(key: ApiKey) -> None:
    """Count one answer that shows whether somebody is known. Raises `Problem` past the day's budget."""
    with database().writing(current_company().id) as session:
        used = count_more(session, TELLING, 1, str(key.id))
    if used <= TELLING.count:
        return
    if used == TELLING.count + 1:
        logs.event("api.enumerating", level=40, company=current_company().key, key_id=key.public_id)
    day = int(TELLING.window.total_seconds())
    wait = str(day - int(clock.now().timestamp()) % day)
    raise Problem("too-many-requests", detail="The day's budget of such answers is used up.", headers={"Retry-After": wait})


def usage(app: Flask) -> ApiUsage:
    """How much each key was used in this process."""
    counters: ApiUsage = app.extensions.setdefault("portal_api_usage", ApiUsage())
    return counters
