"""One check, answered before the application: the plain question of a live key, behind the door's guards in their order.

Must never say anything but what the application would say: whatever is not plain, or is refused, is left to it.
"""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal.accounts.api_keys import hash_of, is_in_form, key_at_a_glance
from portal.api.bodies import load
from portal.api.checks import plain_check
from portal.api.guards import COUNTED, SMALL, headers_of, secret_of, usage
from portal.api.operations import PREFIX
from portal.api.problems import Problem
from portal.core.db import Database
from portal.core.glances import CannotGlance, Glance
from portal.web.context import CurrentCompany, company_of_host
from portal.web.headers import headers_of_data
from portal.web.restored import Gate

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH, SCOPE = f"{PREFIX}/consents/check", "consents:check"
KEYS_SEEN = 1000


class QuickAnswers:
    """Stands before the application, which sees every request that gets no answer here, with its body as it was sent."""

    def __init__(self, app: Flask, database: Database, gate: Gate) -> None:
        self._app, self.application = app, app.wsgi_app
        self.then = self.application
        self._database, self._gate = database, gate
        self._seen: dict[tuple[int, bytes], int] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer, or hand on."""
        answer = self._answer(environ) if _is_plain(environ) and not self._gate.is_shut() else None
        if answer is None:
            return self.then(environ, start_response)
        headers = headers_of_data(secure=environ["wsgi.url_scheme"] == "https")
        headers += [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(answer))),
            *headers_of(environ[COUNTED]).items(),
        ]
        start_response("200 OK", headers)
        return [answer]

    def _answer(self, environ: "WSGIEnvironment") -> bytes | None:
        """Key, scope and limit first, as everywhere at this door; then the body."""
        company, secret = company_of_host(environ.get("HTTP_HOST")), secret_of(environ.get("HTTP_AUTHORIZATION", ""))
        if company is None or not is_in_form(secret):
            return None
        try:
            with self._database.glances.open() as glance:
                hashed = hash_of(secret)
                key_id = self._key(glance, company, hashed)
                return self._checked(environ, glance, company, key_id, hashed) if key_id else None
        except (CannotGlance, SQLAlchemyError):
            # The application meets it too, and says it as it says everything.
            return None

    def _key(self, glance: Glance, company: CurrentCompany, secret: bytes) -> int | None:
        """The id of a key that was live when it was first seen here. It opens nothing: the statement that finds the answer asks again."""
        place = company.id, secret
        known = self._seen.get(place)
        if known is None:
            key = key_at_a_glance(glance, company.id, secret)
            if key is None or SCOPE not in key.scopes:
                return None
            if len(self._seen) >= KEYS_SEEN:
                self._seen.clear()
            known = self._seen[place] = key.id
        return known

    def _checked(
        self, environ: "WSGIEnvironment", glance: Glance, company: CurrentCompany, key_id: int, secret: bytes
    ) -> bytes | None:
        allowance = environ[COUNTED] = usage(self._app).count(self._database, company.id, key_id)
        if allowance.remaining < 0:
            return None
        raw = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = io.BytesIO(raw)
        try:
            sent: Any = load(raw)
        except Problem:
            return None
        return plain_check(glance, company, secret, sent)


def _is_plain(environ: "WSGIEnvironment") -> bool:
    """Whether it is the one question, with a small body of a length that is told, and nothing besides."""
    length = environ.get("CONTENT_LENGTH", "")
    return (
        environ["PATH_INFO"] == PATH
        and environ["REQUEST_METHOD"] == "POST"
        and not environ.get("SCRIPT_NAME")
        and not environ.get("QUERY_STRING")
        and environ.get("CONTENT_TYPE") == "application/json"
        and "HTTP_TRANSFER_ENCODING" not in environ
        and length.isascii()
        and length.isdigit()
        and int(length) <= SMALL
    )
