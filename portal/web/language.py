"""Which language a page speaks: asked for, remembered, or what the browser prefers; always one that the company offers."""

from typing import Any

from flask import g, has_request_context, request, session
from werkzeug.datastructures import LanguageAccept

from portal.core import i18n
from portal.web.context import current_company
from portal.web.cookies import has_no_cookie


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


def language_links() -> list[dict[str, str | bool]]:
    """This page in each language of the company, by its own name, for the foot of the page."""
    company = current_company().config
    return [
        {
            "code": code,
            "name": i18n.name_of(code),
            "dir": i18n.direction(code),
            "url": f"?lang={code}",
            "current": code == i18n.language(),
        }
        for code in company.languages
    ]
