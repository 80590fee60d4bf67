"""What a person sees when something does not work: one plain page in their language, never a trace, a path or a value."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template, request, session
from werkzeug.exceptions import HTTPException

from portal.core import crypto, logs
from portal.core.engines import is_busy
from portal.core.i18n import _
from portal.web import signed_out
from portal.web.cookies import is_staffs
from portal.web.forgery import CSRFError

RETRY_SECONDS = 30


def words_for(status: int) -> tuple[str, str]:
    """Title and sentence of an error page."""
    if status == 404:
        return _("This page does not exist"), _("The address may be cut off or mistyped. Nothing of yours has changed.")
    if status == 405:
        sentence = _(
            "This address only takes what a button sends. What you did before stands as it is. Go back to go on from there."
        )
        return _("This page cannot be opened by its address"), sentence
    if status in (400, 403):
        return _("This page is out of date"), _("Nothing was changed. Go back, load the page again and repeat the step.")
    if status == 413:
        return _("That was too much at once"), _("Nothing was saved. Send a shorter text or a smaller file.")
    if status == 429:
        return _("Wait a moment"), _("Nothing was changed. Wait a few minutes, then try again.")
    return _("Our side had a fault"), _("Nothing was changed and nothing is lost. Try again in a few minutes.")


def handle_http(error: HTTPException) -> Response:
    """Any refusal that the web part raised."""
    return _page(error.code or 500)


def handle_forgery(error: CSRFError) -> Response:
    """A form without the token of its session: an old tab, or a foreign page. Who is signed out is told so; nothing of the form is kept."""
    guard = getattr(current_app.view_functions.get(request.endpoint or ""), "guard", None)
    if "company" not in g or "sid" in session or is_staffs() or guard is None or guard.kind != "person":
        return _page(400)
    words = _("You are signed out"), _("Nothing was saved or sent. Sign in, and we go on where you were.")
    return _page(400, words, sign_in_url=signed_out.sign_in_url())


def handle_crash(error: Exception) -> Response:
    """Anything else: logged by class and place only, shown with an id that support can look up."""
    if is_busy(error):
        return busy()
    g.error_id = crypto.random_digits(8)
    logs.event(
        "web.crashed", level=40, error=error, error_id=g.error_id, path_rule=str(request.url_rule or ""), method=request.method
    )
    return _page(500)


def busy() -> Response:
    """Who waited in vain for the database is told when to come again: mail programs that press one-click do so by themselves."""
    logs.event("web.busy", level=30, path_rule=str(request.url_rule or ""), method=request.method)
    answer = _page(503, (_("We are very busy right now"), _("Nothing was changed and nothing is lost. Try again in a minute.")))
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def _page(status: int, words: tuple[str, str] | None = None, *, sign_in_url: str = "") -> Response:
    if "company" not in g:
        return Response("421 This address is not served here.\n", 421, content_type="text/plain; charset=utf-8")
    title, sentence = words or words_for(status)
    html = render_template(
        "site/error.html",
        status=status,
        title=title,
        sentence=sentence,
        error_id=g.get("error_id"),
        sign_in_url=sign_in_url,
        signed_in="sid" in session and not is_staffs(),
    )
    return make_response(html, status)


def handle_errors(app: Flask, is_for_machines: Callable[[str], bool], refuse: Callable[[Exception], Response]) -> None:
    """Send every failure of the app through these pages; those of addresses that machines use go through `refuse`."""

    def by_address(page: Callable[[Any], Response]) -> Callable[[Exception], Response]:
        return lambda error: refuse(error) if "company" in g and is_for_machines(request.path) else page(error)

    app.register_error_handler(CSRFError, by_address(handle_forgery))
    app.register_error_handler(HTTPException, by_address(handle_http))
    app.register_error_handler(Exception, by_address(handle_crash))
