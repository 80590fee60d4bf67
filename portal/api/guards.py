"""Who may use this door: a live key of the host's company with the right scope, within its limit. Checked before the body is read.

Must never look at a cookie, nor at a key anywhere but in the Authorization header.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, g, request

from portal.accounts.api_keys import SCOPES, ApiKey, key_for
from portal.accounts.api_usage import Allowance, ApiUsage
from portal.api.problems import Problem
from portal.core import logs
from portal.web.context import current_company, database
from portal.web.guards import Guard
from portal.web.transactions import in_transaction

View = TypeVar("View", bound=Callable[..., Any])


def api_key_required(scope: str, *, lowers: bool = False) -> Callable[[View], View]:
    """Only a live key with that scope. With `lowers` the limit is counted and never refuses: an opt-out is always taken."""
    if scope not in SCOPES:
        raise ValueError(scope)

    def guarded(view: View) -> View:
        checked = in_transaction(view)

        @wraps(view)
        def run(*args: Any, **kwargs: Any) -> Any:
            g.opens_to_read = getattr(view, "opens_to_read", False)
            g.api_key = _key()
            if scope not in g.api_key.scopes:
                raise Problem("forbidden", scope=scope)
            g.allowance = _usage().count(database(), current_company().id, g.api_key.id)
            if g.allowance.remaining < 0 and not lowers:
                logs.event("api.limited", level=30, company=current_company().key, key_id=g.api_key.public_id)
                raise Problem("too-many-requests", headers={"Retry-After": str(g.allowance.reset)})
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
    if allowance is None:
        return {}
    return {
        "RateLimit-Policy": f'"key";q={allowance.limit};w={allowance.seconds}',
        "RateLimit": f'"key";r={max(allowance.remaining, 0)};t={allowance.reset}',
    }


def _key() -> ApiKey:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    found = None
    if kind.lower() == "bearer":
        # Looked up at each request, in whatever process: a revoked key is over at once (A3).
        with database().reading(current_company().id) as db:
            found = key_for(db, secret.strip())
    if found is None:
        raise Problem("unauthorized", headers={"WWW-Authenticate": 'Bearer realm="privacy portal"'})
    return found


def _usage() -> ApiUsage:
    usage: ApiUsage = current_app.extensions.setdefault("portal_api_usage", ApiUsage())
    return usage
