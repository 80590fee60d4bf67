"""For staff: every page as a customer sees it, per language, light and dark, with made-up values (portal.site.samples).

Must never show anything of a person, act on a press, or go by who is signed in: nothing in such a page leads anywhere.
"""

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.config.model import Company
from portal.core import i18n
from portal.site.samples import cases, choices, data, entering, erasing
from portal.site.samples.about import NOWHERE
from portal.web import looks
from portal.web.context import current_company
from portal.web.headers import CSP
from portal.web.staff_guards import current_staff, staff_may

bp = Blueprint("staff_pages", __name__, url_prefix="/console/settings/pages")

PAGES: Mapping[str, Callable[[Company], Mapping[str, Any]]] = {
    **entering.PAGES, **data.PAGES, **choices.PAGES, **cases.PAGES, **erasing.PAGES,
}  # fmt: skip
THEMES = ("light", "dark")
STYLES = ("portal.css", "brand.css")
ALONE = (
    CSP.replace("script-src 'self'", "script-src 'none'").replace("form-action 'self'", "form-action 'none'")
    + "; sandbox allow-same-origin"
)
"""No script runs and no form is sent in a page that is shown so; its styles are still ours."""


@bp.get("")
@staff_may("settings.read")
def show_all() -> ResponseReturnValue:
    """All of them by their title in the language of the page, each in every language, light and dark."""
    pages = [{"key": _key(name), "title": _title(_drawn(name, "light"))} for name in PAGES]
    languages = [(code, i18n.name_of(code)) for code in current_company().config.languages]
    return render_template("console/pages.html", current=current_staff(), pages=pages, languages=languages)


@bp.get("/<page>/<language>/<theme>")
@staff_may("settings.read")
def show(page: str, language: str, theme: str) -> ResponseReturnValue:
    """One page alone."""
    company, name = current_company().config, next((name for name in PAGES if _key(name) == page), None)
    if name is None or language not in company.languages or theme not in THEMES:
        abort(404)
    with i18n.speaking(language, company.time_zone):
        answer: Response = make_response(_drawn(name, theme))
    answer.headers["Content-Security-Policy"] = ALONE
    return answer


@bp.get("/styles/<theme>/<style>")
@staff_may("settings.read")
def show_style(theme: str, style: str) -> ResponseReturnValue:
    """The look of one theme, whatever the device asks for."""
    if theme not in THEMES or style not in STYLES:
        abort(404)
    return Response(looks.style_of(style, theme), content_type="text/css; charset=utf-8")


def _drawn(name: str, theme: str) -> str:
    """The real template with made-up values. What it would lead to, it leads nowhere."""

    def styled(file: str) -> str:
        return url_for("staff_pages.show_style", theme=theme, style=file) if file in STYLES else looks.static_url(file)

    nowhere = {
        "url_for": lambda *_where, **_with: NOWHERE,
        "language_links": list,
        "csrf_token": str,
        "signal": False,
        "framed": False,
    }
    return render_template(
        name,
        **{**PAGES[name](current_company().config), **nowhere, "static_url": styled, "get_flashed_messages": lambda **_how: []},
    )


def _title(page: str) -> str:
    found = re.search("<title>(.*?)</title>", page, re.DOTALL)
    return html.unescape(found[1]).rpartition(" – ")[0].strip() if found else ""


def _key(name: str) -> str:
    return name.removesuffix(".html").replace("/", ".")
