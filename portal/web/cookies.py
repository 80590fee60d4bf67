"""One cookie a door: signed, bound to the company, holding random ids, sentences of the next page and, sealed, answers that were given as
a session ended. The site's is Lax, the staff's is Strict and read only below
their own address; links and API have none at all.

Must never hold personal data that can be read, and never be read at another company's host or at another door.
"""

from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SessionInterface
from itsdangerous import BadSignature

from portal.core import crypto
from portal.settings import settings
from portal.web.context import company_of_host

NO_COOKIE_BELOW = (
    "/static/",
    "/healthz",
    "/.well-known/",
    "/p/",
    "/u/",
    "/c/",
    "/undo/",
    "/t/",
    "/unsubscribe",
    "/embedded/",
    "/api/",
)
LONGEST = 60 * 60 * 24
CONSOLE = "/console"


def has_no_cookie() -> bool:
    """Whether this request is for a door that neither reads nor sets one."""
    return request.path.startswith(NO_COOKIE_BELOW)


def is_staffs() -> bool:
    """Whether this request is for the staff's door."""
    return request.path == CONSOLE or request.path.startswith(f"{CONSOLE}/")


class DoorCookie(SessionInterface):
    """Keeps Flask's `session` in the door's own `__Host-` cookie under our own key ring."""

    def name(self) -> str:
        """`__Host-portal` or `__Host-staff`; over plain http (demo on loopback) browsers refuse that prefix."""
        name = "staff" if is_staffs() else "portal"
        return name if settings().is_demo else f"__Host-{name}"

    def same_site(self) -> str:
        """Lax: a link in a mail finds its browser again. Strict: nothing that another site begins carries the staff's cookie."""
        return "Strict" if is_staffs() else "Lax"

    def salt(self) -> str:
        """What the signature is bound to: a cookie of one door is rubbish at another."""
        return "staff-cookie" if is_staffs() else "site-cookie"

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The content of the cookie; empty where it is missing, forged, too old, doubled, or another company's."""
        if request.path.startswith(NO_COOKIE_BELOW):
            return SecureCookieSession()
        return SecureCookieSession(self.read(request))

    def read(self, request: Request) -> dict[str, Any] | None:
        """What the cookie holds; None where it is missing, forged, too old, doubled, or another company's."""
        values = request.cookies.getlist(self.name())
        company = company_of_host(request.headers.get("Host"))
        if len(values) != 1 or company is None:
            return None
        try:
            content: dict[str, Any] = crypto.signer(self.salt()).loads(values[0], max_age=LONGEST)
        except BadSignature:
            return None
        return content if content.pop("company", None) == company.key else None

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        """Write the cookie where its content changed."""
        if not session.modified or has_no_cookie():
            return
        company = company_of_host(request.headers.get("Host"))
        if not session or company is None:
            response.delete_cookie(self.name(), path="/", secure=not settings().is_demo, httponly=True, samesite=self.same_site())
            return
        response.set_cookie(
            self.name(),
            crypto.signer(self.salt()).dumps({**session, "company": company.key}),
            path="/",
            secure=not settings().is_demo,
            httponly=True,
            samesite=self.same_site(),
        )
