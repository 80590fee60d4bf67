"""All parts of door 3, for `create_app`."""

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from portal.api import cases, centre, checks, company, events, exports, hooks, imports, minting, people, reference
from portal.api.operations import PREFIX, Part, finish
from portal.api.problems import Problem, problem_of
from portal.core import crypto, logs
from portal.core.engines import is_busy
from portal.web.errors import RETRY_SECONDS
from portal.web.forgery import csrf

PARTS: tuple[Part, ...] = (
    checks.part,
    events.part,
    company.part,
    centre.part,
    exports.part,
    imports.part,
    people.part,
    minting.part,
    cases.part,
    hooks.part,
)


def register(app: Flask) -> None:
    """Add the door. A key is its only authority, so it asks for no form token."""
    app.after_request(lambda response: finish(response) if is_ours(request.path) else response)
    app.extensions["portal_api_parts"] = PARTS
    for bp in (reference.bp, *(part.bp for part in PARTS)):
        csrf.exempt(bp)
        app.register_blueprint(bp)


def is_ours(path: str) -> bool:
    """Whether an address belongs to this door."""
    return path.startswith("/api/")


def refuse(error: Exception) -> Response:
    """Any failure at this door as problem details; a fault of ours with an id that support can look up."""
    if isinstance(error, HTTPException):
        return problem_of(error).as_response()
    if is_busy(error):
        logs.event("web.busy", level=30, path_rule=str(request.url_rule or ""), method=request.method)
        return Problem("unavailable", headers={"Retry-After": str(RETRY_SECONDS)}).as_response()
    error_id = crypto.random_digits(8)
    logs.event(
        "web.crashed", level=40, error=error, error_id=error_id, path_rule=str(request.url_rule or ""), method=request.method
    )
    return Problem("fault", instance=f"{PREFIX}/faults/{error_id}").as_response()
