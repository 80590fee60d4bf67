"""Who may come in. Every route names its guard on the same screen; a test walks the URL map and fails for one that does not.

Must never let a view run before right and state are checked, and never tell a missing id from somebody else's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g, make_response, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from portal.core import clock
from portal.core.errors import PortalError
from portal.identity import sessions
from portal.people.link_tokens import LinkUnreadable, OpenedLink, open_link
from portal.people.tombstones import as_known_now
from portal.web import signed_out, steps
from portal.web.context import current_company, database
from portal.web.transactions import UNSAFE, db, in_transaction, writes

View = TypeVar("View", bound=Callable[..., Any])


class SignedOutMeanwhile(PortalError):
    """The session that began a request has ended before its act."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What a route says of who may use it, for the test and for readers."""

    kind: str
    detail: str


def public(why: str) -> Callable[[View], View]:
    """Anyone may come in; `why` says why that is right."""

    def guarded(view: View) -> View:
        run = prepared(view, in_transaction(view))
        cast(Any, run).guard = Guard("public", why)
        return cast(View, run)

    return guarded


def person_required(*, fresh: bool = False, keeps: signed_out.Keeps | None = None) -> Callable[[View], View]:
    """Only a signed-in person; with `fresh`, one whose sign-in is under 15 minutes old. Others are led to the sign-in and back.

    Freshness is asked for at the start of an act: a later page of it that finds it gone leads back to that start. `keeps`: what of its form
    is shown once more where the session had ended.
    """

    def guarded(view: View) -> View:
        checked = in_transaction(_with_person(view, fresh=fresh, keeps=keeps))
        run = prepared(view, checked)
        cast(Any, run).guard = Guard("person", "fresh" if fresh else "")
        return cast(View, run)

    return guarded


def link_required(scope: str) -> Callable[[View], View]:
    """Only who holds a link of this company, its token being the `token` of the address. No session counts, whoever is signed in.

    `preferences`: a link that may still show choices; others are led to the page that can only stop. `stop`: any link of ours, however old.
    """

    def guarded(view: View) -> View:
        run = prepared(view, in_transaction(_with_link(view, shows=scope == "preferences")))
        cast(Any, run).guard = Guard("link", scope)
        return cast(View, run)

    return guarded


def _with_link(view: Callable[..., Any], *, shows: bool) -> Callable[..., Any]:
    @wraps(view)
    def run(token: str, **kwargs: Any) -> Any:
        g.secret_link = True
        try:
            opened = open_link(current_company().key, token)
        except LinkUnreadable:
            return make_response(render_template("links/unreadable.html"), 404)
        g.opened_link = opened
        if shows and not live_link().may_show:
            # What was sent from a page that was opened before is not saved, and that is said.
            return redirect(url_for(".show", token=token, unsaved=1), 303)
        return view(token, **kwargs)

    return run


def current_link() -> OpenedLink:
    """The link of this request; only behind `link_required`."""
    return cast(OpenedLink, g.opened_link)


def live_link() -> OpenedLink:
    """The same with what it may still show: asked for once, by pages that show something."""
    if "live_link" not in g:
        g.live_link = as_known_now(db(), current_link())
    return cast(OpenedLink, g.live_link)


def prepared(view: Callable[..., Any], checked: Callable[..., Any]) -> Callable[..., Any]:
    """The checked view, with what its marks say known before its transaction opens."""

    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> Any:
        g.opens_to_read = getattr(view, "opens_to_read", False)
        g.asks_systems = getattr(view, "asks_systems", False)
        return checked(*args, **kwargs)

    return run


def _with_person(view: Callable[..., Any], *, fresh: bool, keeps: signed_out.Keeps | None) -> Callable[..., Any]:
    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> Any:
        current = _load_session()
        if current is None:
            return _to_sign_in(keeps)
        if fresh and not sessions.is_fresh(current, clock.now()):
            return redirect(url_for("again.show", next=steps.sign(steps.here())))
        g.person_session = current
        try:
            return view(*args, **kwargs)
        except SignedOutMeanwhile:
            return _to_sign_in(keeps)

    return run


def _load_session() -> sessions.CurrentSession | None:
    """The live session of the cookie. An unsafe request reads it in its own write transaction: a revocation cannot slip between."""
    token = session.get("sid")
    if not token:
        return None
    if writes() and not g.asks_systems:
        return sessions.session_of(db(), str(token))
    with database().reading(current_company().id) as reading:
        current = sessions.session_of(reading, str(token))
    if current is not None and sessions.needs_touch(current):
        with database().writing(current_company().id) as writing:
            sessions.touch(writing, current)
    return current


@contextmanager
def acting_transaction() -> Iterator[Session]:
    """The transaction of an act for which systems were asked first. Who was signed out while they answered is led to the sign-in."""
    with database().writing(current_company().id) as writing:
        if not sessions.is_still_there(writing, current_session()):
            raise SignedOutMeanwhile("The session ended while systems were asked.")
        yield writing


def current_session() -> sessions.CurrentSession:
    """The session of the person who is signed in; only behind `person_required`."""
    return cast(sessions.CurrentSession, g.person_session)


def _to_sign_in(keeps: signed_out.Keeps | None) -> BaseResponse:
    if request.method in UNSAFE:
        signed_out.say_nothing_came_of_it(keeps)
    return redirect(signed_out.sign_in_url())
