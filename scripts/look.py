"""Renders every page and mail with sample data and takes pictures of them, so that the look can be judged by looking.

    python -m scripts.look                          every page, English, light, 390 px, into a temporary folder
    python -m scripts.look --pages held,request_ready --languages en,ar --schemes light,dark --widths 320,390,1280
    python -m scripts.look --check                  no pictures: axe-core, one h1, unique ids, reflow at 320 px and at 200 % text, CSP

Must never need a running portal; serves to this machine only.
"""

import argparse
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from babel import Locale
from jinja2 import Environment, FileSystemLoader, select_autoescape
from playwright.sync_api import Browser, Playwright, sync_playwright

from portal.cases.sample_mails import sample_letter, sample_mails
from portal.core import i18n
from portal.web.headers import CSP, MAIL_CSP
from portal.web.looks import TYPES, brand_css
from scripts.look_checks import problems_of
from scripts.look_company import COMPANY
from scripts.look_pages import pages

ROOT = Path(__file__).resolve().parents[1]
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32"><style>path{fill:#0c4a54}'
    '@media (prefers-color-scheme:dark){path{fill:#7fd0dc}}</style><path d="M3 16.5 11.5 5l5 6.8L19.5 8 29 16.5z"/>'
    '<path d="M3 19.5h26A13 9.5 0 0 1 16 29 13 9.5 0 0 1 3 19.5z"/></svg>'
)


def environment() -> Environment:
    """The templates as the portal sets them up, with stand-ins for what a request gives."""
    env = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=select_autoescape(["html"]),
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension named above
        gettext=lambda message: i18n.catalogue(i18n.language()).gettext(message),
        ngettext=lambda one, many, count: i18n.catalogue(i18n.language()).ngettext(one, many, count),
        newstyle=True,
    )
    env.filters.update(
        date=i18n.format_date,
        time=i18n.format_time,
        moment=i18n.format_moment,
        number=i18n.format_number,
        listed=i18n.format_list,
    )
    env.globals.update(
        static_url=lambda name: f"/static/{name}",
        text=i18n.pick,
        url_for=lambda endpoint, _anchor="", **values: f"/{endpoint.replace('.', '/')}" + (f"#{_anchor}" if _anchor else ""),
        csrf_token=lambda: "token",
        get_flashed_messages=lambda with_categories=False: [],
        language_links=lambda: [
            {
                "code": code,
                "name": str(Locale.parse(code).get_display_name(code)).capitalize(),
                "url": "",
                "current": code == i18n.language(),
            }
            for code in COMPANY.languages
        ],
    )
    return env


def render(env: Environment, template: str, language: str, context: dict[str, Any]) -> str:
    """One page in one language."""
    with i18n.speaking(language, COMPANY.time_zone):
        return env.get_template(template).render(company=COMPANY, locale=language, direction=i18n.direction(language), **context)


@contextmanager
def serving(env: Environment) -> Iterator[str]:
    """The pages at `<base>/<language>/<page>`, mails at `<base>/<language>/mail/<mail>`, on a free port of this machine."""
    known = {page.name: page for page in pages()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, language, name = (*self.path.partition("?")[0].split("/", 2), "", "")[:3]
            csp, kind = CSP, "text/html; charset=utf-8"
            if language == "static":
                kind = TYPES[Path(name).suffix or ".svg"]
                body = {"brand.css": brand_css(COMPANY), "logo": LOGO}.get(name) or (ROOT / "static" / Path(name).name).read_text(
                    "utf-8"
                )
            elif name.startswith("mail/"):
                csp = MAIL_CSP
                body = sample_letter(COMPANY, name.removeprefix("mail/"), language).html
            elif name in known:
                body = render(env, known[name].template, language, known[name].context)
            else:
                body, kind = "{}", "application/json"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", csp)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def launch(playwright: Playwright) -> Browser:
    """The browser that Debian ships, else the one that playwright brought."""
    debian = Path("/usr/bin/chromium")
    return playwright.chromium.launch(executable_path=debian if debian.exists() else None, args=["--no-sandbox"])


def take_pictures(browser: Browser, base: str, names: list[str], options: argparse.Namespace) -> None:
    """One file per page, language, scheme and width."""
    for scheme in options.schemes.split(","):
        for width in options.widths.split(","):
            context = browser.new_context(
                viewport={"width": int(width), "height": 800}, color_scheme=scheme, reduced_motion="reduce"
            )
            tab = context.new_page()
            for language in options.languages.split(","):
                for name in names:
                    tab.goto(f"{base}/{language}/{name}")
                    file = f"{name.replace('/', '-')}-{language}-{scheme}-{width}.png"
                    tab.screenshot(path=options.out / file, full_page=True)
            context.close()


def main() -> int:
    """Take pictures, or check; the exit status is the number of problems, at most 1."""
    parser = argparse.ArgumentParser(description="Pictures and checks of every page and mail, with sample data.")
    parser.add_argument("--pages", default="", help="names divided by commas; all by default")
    parser.add_argument("--languages", default="en")
    parser.add_argument("--schemes", default="light")
    parser.add_argument("--widths", default="390")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    every = [page.name for page in pages()] + [f"mail/{name}" for name in sample_mails()]
    names = [name for name in options.pages.split(",") if name] or every
    options.out = options.out or Path(tempfile.mkdtemp(prefix="look-"))
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, serving(environment()) as base:
        browser = launch(playwright)
        if options.check:
            found = problems_of(browser, base, names)
            print(*found, f"{len(names)} pages looked at, {len(found)} problems", sep="\n")
            return 1 if found else 0
        take_pictures(browser, base, names, options)
        print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
