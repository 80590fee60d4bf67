"""Which language a page speaks: asked for, remembered, or what the browser prefers; always one that the company offers."""

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import current_app, g, has_request_context, request, session
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter

from portal.core import i18n
from portal.web.context import current_company
from portal.web.cookies import has_no_cookie

ONLY_SHOWN = "only_shown"


def choose_language() -> str:
    """The language of this request. `?lang=` is remembered in the cookie, unless another site sent the person here with it."""
    offered = current_company().config.languages
    asked = request.args.get("lang", "")
    if asked in offered:
        if request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
            session["language"] = asked
        return asked
    remembered = session.get("language", "")
    if remembered in offered:
        return str(remembered)
    accepted = request.accept_languages if isinstance(request.accept_languages, LanguageAccept) else LanguageAccept()
    return i18n.best_of(offered, [str(value) for value, quality in accepted if quality > 0])


def keep_in_address(endpoint: str, values: dict[str, Any]) -> None:
    """Where no cookie remembers the language that was asked for, it goes along in the address of every page and form."""
    asked = request.args.get("lang", "") if has_request_context() and "company" in g else ""
    if asked and asked in current_company().config.languages and has_no_cookie() and not endpoint.startswith("looks."):
        values.setdefault("lang", asked)


def begin_speaking() -> None:
    """Speak the chosen language until the request is over."""
    g.speaking = i18n.speaking(choose_language(), current_company().config.time_zone)
    g.speaking.__enter__()


def stop_speaking() -> None:
    """Go back to the language of the process."""
    speaking = g.pop("speaking", None)
    if speaking is not None:
        speaking.__exit__(None, None, None)


def can_be_read_at(address: str) -> None:
    """Say which address shows by GET what this answer to a form shows: the language is changed there."""
    g.read_at = address


def is_only_shown() -> bool:
    """Whether a form was sent by a language at the foot of its page: to be shown again as it was typed, and not to be acted on."""
    return ONLY_SHOWN in request.form


def language_links() -> list[dict[str, str | bool]]:
    """This page in each language of the company, by its own name, for the foot of the page; `again`: where its form is sent to be shown again."""
    company, address = current_company().config, urlsplit(_read_at())
    asked, own = _without_language(address.query), _without_language(request.query_string.decode("ascii", "replace"))
    return [
        {
            "code": code,
            "name": i18n.name_of(code),
            "dir": i18n.direction(code),
            "url": f"{address.path}?{urlencode([*asked, ('lang', code)])}",
            "again": f"?{urlencode([*own, ('lang', code)])}",
            "current": code == i18n.language(),
        }
        for code in company.languages
    ]


def _without_language(query: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "lang"]


def _read_at() -> str:
    """Where this page is to be had by GET, relative to where it is: itself, what its view named, or else the nearest page above it.

    A browser follows a link by GET, so the answer to a form whose address takes POST alone is found nowhere by its own address.
    """
    if "read_at" in g:
        return str(g.read_at)
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    adapter = current_app.create_url_adapter(request)
    if adapter is None or not (_is_form() or isinstance(request.routing_exception, MethodNotAllowed)):
        return query
    path = request.path
    if address := _own_link(adapter, path):
        return address
    if adapter.test(path, method="GET"):
        return query
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] or "/"
        if adapter.test(path, method="GET"):
            break
    return quote(path)


def _own_link(adapter: MapAdapter, path: str) -> str:
    """The address of the secret link whose token the form sent along, where the page came from one."""
    if not g.get("secret_link"):
        return ""
    try:
        token = request.form.get("token", "")
    except HTTPException:
        # What was sent is more than is read: the page says that, and has no link of its own.
        return ""
    places = (path, path.rpartition("/")[0]) if token else ()
    return next((f"{quote(place)}/{quote(token)}" for place in places if adapter.test(f"{place}/{token}", method="GET")), "")


def _is_form() -> bool:
    return request.method not in ("GET", "HEAD")
