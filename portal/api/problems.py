"""What goes wrong at this door, as RFC 9457 problem details. Must never repeat a value that was sent."""

import json
from collections.abc import Sequence
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

KINDS = {
    "unauthorized": (401, "A key is needed", "Send a live key of this company as `Authorization: Bearer ppk_...`."),
    "forbidden": (403, "The key lacks the right", "Make a key with the scope that `scope` names."),
    "not-found": (404, "There is no such thing", "Check the address and the id."),
    "method-not-allowed": (405, "The address does not take this method", "The reference lists what it takes."),
    "conflict": (409, "It does not fit what is there", "Read the state again, then decide."),
    "idempotency-conflict": (409, "The idempotency key was used for another body", "Use a new key for a new request."),
    "too-large": (413, "The body is too large", "Send less at once."),
    "unsupported-media-type": (415, "The body is of another kind", "Send the media type that the reference names."),
    "not-json": (400, "The body is no JSON that can be read", "UTF-8, no duplicate names, no NaN, at most 32 levels deep."),
    "invalid": (422, "The body says something that cannot be", "`errors` names each place and what is wanted there."),
    "refused": (422, "This act is not allowed", "`detail` says why."),
    "too-many-requests": (429, "Too many requests with this key", "Wait as long as Retry-After says."),
    "fault": (500, "Our side had a fault", "Nothing was changed. Try again; quote `instance` if it stays."),
    "unavailable": (503, "Not now", "Try again as Retry-After says."),
}
"""Every kind of problem: status, title and remedy. The type's address leads to the reference."""


class Problem(HTTPException):
    """A refusal on its way to the caller. Raised, it rolls the transaction back."""

    def __init__(
        self,
        kind: str,
        *,
        detail: str = "",
        errors: Sequence[dict[str, str]] = (),
        headers: dict[str, str] | None = None,
        **more: str | int,
    ) -> None:
        self.kind, self.errors, self.more, self.extra_headers = kind, errors, more, headers or {}
        self.code = KINDS[kind][0]
        super().__init__(description=detail or KINDS[kind][2])

    def as_response(self) -> Response:
        """The problem as an answer."""
        status, title, _remedy = KINDS[self.kind]
        said: dict[str, Any] = {
            "type": f"/api/v1/problems#{self.kind}",
            "title": title,
            "status": status,
            "detail": self.description,
            **self.more,
        }
        if self.errors:
            said["errors"] = list(self.errors)
        return Response(
            json.dumps(said, ensure_ascii=False) + "\n",
            status,
            headers=self.extra_headers,
            content_type="application/problem+json",
        )


def problem_of(error: HTTPException) -> Problem:
    """A refusal that Flask or Werkzeug raised, in the same form."""
    if isinstance(error, Problem):
        return error
    kind = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "unsupported-media-type"}.get(error.code or 500)
    if kind is None:
        kind = "not-json" if error.code and error.code < 500 else "fault"
    # RFC 9110 15.5.6: whoever refuses a method says which there are.
    allow = {"Allow": ", ".join(sorted(error.valid_methods or ()))} if isinstance(error, MethodNotAllowed) else None
    return Problem(kind, headers=allow)
