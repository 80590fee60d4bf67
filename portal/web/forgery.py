"""Nobody but our own page may post: a token in the form, and the browser's own word where it came from."""

from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, current_app, request
from flask_wtf.csrf import CSRFError, CSRFProtect

from portal.core import crypto
from portal.web.transactions import UNSAFE

csrf = CSRFProtect()


def refuse_foreign_posts() -> None:
    """403 where the browser says that another site sent this (Sec-Fetch-Site, else Origin).

    A page opened by a secret link sends `Origin: null` (no-referrer), so there Sec-Fetch-Site has to vouch.
    """
    if (
        request.method not in UNSAFE
        or current_app.blueprints.get(request.blueprint or "") in current_app.extensions["portal_doors_without_cookie"]
    ):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site not in ("same-origin", "none"):
        abort(403)
    if origin is None or (origin == "null" and site == "same-origin"):
        return
    if origin == "null" or urlsplit(origin).netloc.lower() != (request.headers.get("Host") or "").lower():
        abort(403)


def protect(app: Flask) -> None:
    """Ask every unsafe request for the token of its own session. The doors without cookies exempt themselves by name."""
    # Flask-WTF's own referrer check cannot work beside `Referrer-Policy: no-referrer`; `refuse_foreign_posts` does its work.
    app.config.update(WTF_CSRF_SSL_STRICT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SECRET_KEY=crypto.secret_for("forms"))
    csrf.init_app(app)
    app.extensions["portal_doors_without_cookie"] = set()


def exempt(app: Flask, blueprint: Blueprint) -> None:
    """A door without cookies: nothing that a browser carries along gives it any right, so nobody can abuse one."""
    csrf.exempt(blueprint)
    app.extensions["portal_doors_without_cookie"].add(blueprint)


__all__ = ["CSRFError", "csrf", "exempt", "protect", "refuse_foreign_posts"]
