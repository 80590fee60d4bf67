"""The pages that mails and typed addresses lead to, in Chromium: dark, narrow, right to left, in large text, without one complaint.

Forms stand open with their mistakes, since a page that was never sent shows only half of what it can say.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

import demo
from tests.browser.here import answering
from tests.browser.test_walk import AXE
from tests.doors.links import token_for, undo_path
from tests.doors.site import open_site

pytestmark = pytest.mark.browser

MAREN, CHOICE, WAITS = demo.CUSTOMER, "newsletter.email", "partners-email"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = open_site(tmp_path_factory.mktemp("link-pages") / "demo")
    yield site
    site.running.database.close()


@pytest.fixture(scope="module")
def url(site):
    with answering(site.app) as (port, _front):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def paths(site):
    """Where the mails of a stop and of a yes that waits lead to."""
    reader = site.browser()
    reader.open(f"/p/{token_for(MAREN, days=0)}")
    reader.submit("Stop all advertising")
    undo = undo_path(next(mail for mail in site.mails(MAREN) if "/undo/" in mail.text))
    reader.open(f"/p/{token_for(MAREN)}")
    reader.submit("Save", **{f"say-{WAITS}": "yes"})
    mail = next(mail for mail in site.mails(MAREN) if "/confirm/" in mail.text)
    confirm = re.search(r"https?://[^/\s]+(/confirm/[\w-]+)", mail.text)
    assert confirm
    return {
        "undo": undo,
        "confirm": confirm[1],
        "page": f"/p/{token_for(MAREN, CHOICE)}",
        "old": f"/p/{token_for(MAREN, days=0)}",
    }


def visits(paths):
    """Each page: where it is, and what is pressed on it first (a CSS path), if anything."""
    token = paths["page"].removeprefix("/p/")
    yield from (
        (path, "") for path in (paths["page"], paths["old"], f"/u/{token}", "/unsubscribe", paths["undo"], paths["confirm"])
    )
    yield from ((path, "") for path in ("/p/nothing", "/undo/nothing", f"/confirm/{'x' * 43}"))
    yield paths["page"], "form[action*='/stop'] button"
    yield paths["page"], "form[action*='/data'] button"
    yield f"/u/{token}", "main form button"
    yield "/unsubscribe", "main form button"
    yield "/call", ""
    yield "/call", "main form button"
    yield paths["undo"], "main form button"
    yield paths["confirm"], "form[action='/confirm'] button"


@pytest.mark.parametrize(
    ("language", "scheme"),
    [
        ("en", "light"),
        ("ar", "dark"),
        pytest.param("de", "dark", marks=pytest.mark.long),
        pytest.param("ar", "light", marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing_on_the_pages_of_links_and_none_scrolls_sideways(chromium, url, paths, language, scheme):
    signal = {"Sec-GPC": "1"} if scheme == "dark" else {}
    context = chromium.new_context(
        reduced_motion="reduce", viewport={"width": 320, "height": 640}, color_scheme=scheme, extra_http_headers=signal
    )
    context.set_default_timeout(30_000)
    look_at(context, url, language, visits(paths))


def test_axe_finds_nothing_on_the_choices_of_who_has_one_that_waits_for_the_mailbox(chromium, site, url, paths):
    cookie = site.signed_in(MAREN).client.get_cookie("portal", domain="127.0.0.1")
    context = chromium.new_context(reduced_motion="reduce", viewport={"width": 320, "height": 640}, color_scheme="dark")
    context.add_cookies([{"name": "portal", "value": cookie.value, "url": url}])
    context.set_default_timeout(30_000)
    waits = [
        ("/preferences", press)
        for press in ("", "form[action$='/pending/resend'] button", "form[action$='/pending/cancel'] button")
    ]
    look_at(context, url, "de", [*waits, ("/preferences/history", "")])


def look_at(context, url, language, pages):
    """Open each of the pages and press what is to be pressed there: no complaint of axe or of the policy, nothing wider than the window."""
    page, found, complaints = context.new_page(), {}, []
    context.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    for path, press in pages:
        where = f"{path} {press}"
        page.goto(f"{url}{path}?lang={language}")
        if press:
            # The browser's own checks would keep an empty field from being sent.
            page.evaluate("document.querySelectorAll('form').forEach(form => { form.noValidate = true; })")
            page.locator(press).first.click()
            page.wait_for_load_state()
        violations = Axe().run(page, options=AXE).response["violations"]
        found[where] = [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in violations]
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, where
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        page.set_viewport_size({"width": 640, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, where
        page.set_viewport_size({"width": 320, "height": 640})
    context.close()
    assert {where: problems for where, problems in found.items() if problems} == {}
    assert complaints == []
