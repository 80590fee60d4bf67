"""Who may come in at the staff's door. Rights are read from the rows at each request, never from the cookie (K3).

Must never let an act pass that left no audit entry (K8), nor read the staff's cookie for a page that another site began (K12).
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.accounts.companies import audited
from portal.core import logs
from portal.core.errors import PortalError
from portal.identity import staff_sessions as sessions
from portal.identity.staff_sessions import CurrentStaff
from portal.web.context import current_company, database
from portal.web.cookies import CONSOLE, is_staffs
from portal.web.guards import Guard, prepared
from portal.web.transactions import UNSAFE, db, in_transaction, writes

View = TypeVar("View", bound=Callable[..., Any])
ARRIVES = (f"{CONSOLE}/in/", f"{CONSOLE}/account/back")
"""Mailed links, and the way back from the company's own sign-in service: their page reads and sets no cookie until its button is pressed."""

CARRIES = re.compile(r"/console/(cases/[0-9A-Z-]{1,20}|proposals)(/[a-z]+|/[0-9]{1,18}){1,3}")
"""Acts that are carried over the asking for a fresh proof."""

THEN = "then"
"""In the cookie: the number of the case from whose page a fresh proof was asked for."""


class ActWithoutAudit(PortalError):
    """A view of staff changed something and wrote down nothing: it is rolled back."""


def staff_may(permission: str, *, fresh: bool = False) -> Callable[[View], View]:
    """Only signed-in staff whose roles give `permission` now; with `fresh`, who showed a passkey or code within ten minutes."""

    def guarded(view: View) -> View:
        run = prepared(view, in_transaction(_with_staff(view, permission=permission, fresh=fresh)))
        cast(Any, run).guard = Guard("staff", f"{permission} fresh" if fresh else permission)
        return cast(View, run)

    return guarded


def staff_arriving() -> Callable[[View], View]:
    """Who has shown their mailbox and is about to show a passkey or code; or is signed in and shows it once more."""

    def guarded(view: View) -> View:
        run = prepared(view, in_transaction(_with_staff(view, permission="", fresh=False)))
        cast(Any, run).guard = Guard("staff", "arriving")
        return cast(View, run)

    return guarded


def current_staff() -> CurrentStaff:
    """The session and its owner; only behind one of the guards above."""
    return cast(CurrentStaff, g.staff_session)


def arrive_from_elsewhere() -> BaseResponse | None:
    """A page of staff that another site leads to: browsers keep the Strict cookie back, so a page of our own goes on by a link.

    Without this the visit would look signed out, and its answer would overwrite the cookie.
    """
    site = request.headers.get("Sec-Fetch-Site", "none")
    if not is_staffs() or request.method in UNSAFE or site in ("none", "same-origin") or request.path.startswith(ARRIVES):
        return None
    return make_response(render_template("console/arrive.html", path=request.path))


def _with_staff(view: Callable[..., Any], *, permission: str, fresh: bool) -> Callable[..., Any]:
    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> Any:
        current = _load()
        if current is None:
            return redirect(url_for("staff_sign_in.show"))
        if permission and not current.whole:
            return redirect(url_for("staff_second.show"))
        if permission and not current.staff.may(permission):
            logs.event("console.refused", level=30, company=current_company().key, path_rule=str(request.url_rule or ""))
            return make_response(render_template("console/not_yours.html", current=current), 403)
        g.staff_session = current
        if fresh and not current.is_fresh:
            return _ask_once_more(current, str(kwargs.get("number", "")))
        answer = make_response(view(*args, **kwargs))
        if writes() and not g.get("asks_systems") and answer.status_code < 400 and not audited(db()):
            raise ActWithoutAudit("This act left no audit entry.")
        return answer

    return run


def _ask_once_more(current: CurrentStaff, number: str) -> BaseResponse:
    """On to passkey or code. What was typed about a case is carried along in the page, never in the cookie, and waits for one more press."""
    session[THEN] = number
    carried = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    if not carried or not CARRIES.fullmatch(request.path):
        return make_response(redirect(url_for("staff_second.show")))
    return make_response(render_template("console/go_on.html", current=current, to=request.path, carried=carried), 428)


def _load() -> CurrentStaff | None:
    """The live session of the cookie; an unsafe request reads it in its own write transaction, so that no removal slips between."""
    token = session.get("sid")
    if not isinstance(token, str):
        return None
    if writes() and not g.get("asks_systems"):
        return sessions.staff_session_of(db(), token)
    with database().reading(current_company().id) as reading:
        current = sessions.staff_session_of(reading, token)
    if current is not None and sessions.needs_touch(current):
        with database().writing(current_company().id) as writing:
            sessions.touch(writing, current)
    return current
