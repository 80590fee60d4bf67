"""The whole way through in Chromium: with and without JavaScript, by keyboard, narrow, dark, right to left, without one complaint of the CSP."""

import io
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

import demo
from tests.doors.processes import wait_until
from tests.served import code_in, link_in

pytestmark = pytest.mark.browser

AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
SIGNED_IN = (
    "/",
    "/preferences",
    "/preferences/history",
    "/data",
    "/data/open",
    "/get-a-copy",
    "/requests",
    "/sessions",
    "/numbers",
    "/help",
    "/again",
    "/nowhere",
)
DOORS = ("/sign-in", "/help", "/in/" + "x" * 43, "/nowhere")


def fetch_copy(walk):
    """Ask for a copy of everything and fetch it."""
    walk.go("/get-a-copy")
    walk.page.get_by_text("All of it", exact=True).click()
    walk.press("Continue")
    walk.press("Make my copy")
    for _ in range(60):
        if walk.page.get_by_role("button", name="Download").count():
            break
        walk.page.wait_for_timeout(500)
        walk.page.reload()
    with walk.page.expect_download() as waiting:
        walk.press("Download")
    return Path(waiting.value.path())


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_from_the_mail_to_the_file(walker, served, script):
    walk = walker(java_script_enabled=script, accept_downloads=True)
    walk.sign_in(served.customer)
    assert walk.page.locator("h1").inner_text().replace("\n", " ") == "Your privacy at Fjordkaffe"
    walk.press("See all of it")
    assert "entries about you" in walk.page.locator("main").inner_text()
    file = fetch_copy(walk)
    names = zipfile.ZipFile(io.BytesIO(file.read_bytes())).namelist()
    assert {"index.html", "manifest.json", "summary.pdf"} <= set(names)
    assert walk.complaints == []


def test_the_waiting_tab_goes_on_by_itself_in_the_same_browser_only(walker, served):
    asking, other = walker(), walker()
    mail = asking.ask_for_link("waiting.tab@example.net")
    second = asking.context.new_page()
    second.goto(link_in(mail))
    second.get_by_role("button", name="Sign in").click()
    asking.page.wait_for_url(served.url + "/", timeout=15_000)
    mail = other.ask_for_link("waiting.tab@example.net")
    elsewhere = walker()
    elsewhere.page.goto(link_in(mail))
    elsewhere.page.get_by_label("Your e-mail address").fill("waiting.tab@example.net")
    elsewhere.press("Sign in")
    elsewhere.page.wait_for_url(served.url + "/")
    other.page.wait_for_timeout(4000)
    assert other.page.url.endswith("/check-mail")
    assert asking.complaints + other.complaints == []


def test_S4_a_gateway_that_opens_runs_scripts_and_presses_everything_reads_nothing_and_burns_nothing(walker, served):
    person, gateway = walker(), walker()
    mail = person.ask_for_link("behind.a.gateway@example.net")
    for _ in range(3):
        gateway.page.goto(link_in(mail))
        for number in range(gateway.page.locator("form button").count()):
            gateway.page.goto(link_in(mail))
            buttons = gateway.page.locator("form button")
            if number < buttons.count():
                buttons.nth(number).click()
                gateway.page.wait_for_load_state()
                # "This was not me" leads to one more page with a button, and a thorough gateway presses that one too, again and again.
                for _again in range(2):
                    stop = gateway.page.get_by_role("button", name="Stop link and code")
                    if stop.count():
                        stop.click()
                        gateway.page.wait_for_load_state()
    gateway.go("/")
    assert gateway.page.url.endswith("/sign-in")
    person.page.goto(link_in(mail))
    person.press("Sign in")
    person.page.wait_for_url(served.url + "/")


def test_the_code_can_be_pasted_with_a_space(walker, served):
    walk = walker()
    mail = walk.ask_for_link("pasted.code@example.net")
    walk.page.get_by_label("Code of 8 digits").fill(f" {code_in(mail)} ")
    walk.press("Continue")
    walk.page.wait_for_url(served.url + "/")


@pytest.mark.parametrize(
    ("language", "scheme"),
    [
        ("en", "light"),
        ("ar", "dark"),
        pytest.param("en", "dark", marks=pytest.mark.long),
        pytest.param("ar", "light", marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing_on_any_page(walker, served, scheme, language):
    walk = walker.signed_in(color_scheme=scheme)
    found = {}
    for path in DOORS:
        walk.go(f"{path}?lang={language}")
        found[path] = [
            f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in Axe().run(walk.page, options=AXE).response["violations"]
        ]
    for path in SIGNED_IN:
        walk.go(f"{path}?lang={language}")
        found[path] = [
            f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in Axe().run(walk.page, options=AXE).response["violations"]
        ]
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_what_went_wrong_has_the_focus(walker, script):
    walk = walker(java_script_enabled=script)
    walk.go("/sign-in")
    walk.page.get_by_label("Your e-mail address").fill("nobody")
    walk.press("Send me the link")
    walk.page.locator("[role=alert]:focus").get_by_role("link").wait_for()
    walk.go("/unsubscribe")
    walk.page.get_by_label("Your e-mail address").fill("nobody")
    walk.press("Stop advertising")
    walk.page.locator("input[aria-invalid=true]:focus").wait_for()
    assert walk.page.get_by_role("alert").inner_text()


@pytest.mark.parametrize("width", [360, 390, 720, 1280])
def test_no_word_of_an_answer_is_cut(walker, width):
    """At 320 pixels the longest one parts at its soft hyphen: both answers stay beside each other, of one size."""
    walk = walker.signed_in(viewport={"width": width, "height": 640})
    walk.go("/preferences?lang=de")
    answers = walk.page.locator("fieldset.choice > .picks > .pick > span")
    heights = answers.evaluate_all("all => all.map(one => [one.textContent.replace('\u00ad', ''), one.clientHeight])")
    assert dict(heights)["Widersprechen"] == dict(heights)["Ja"]


def result_link(walk, person):
    """The link of the last mail; all mails before it go with the person."""
    found = [re.search(r"https?://\S+/erase/result/[\w-]+", mail["text"]) for mail in walk.served.mails(person.email)]
    return next((one[0] for one in found if one), "")


def deletion(walk, person, language):
    """Each page of a deletion from the choice to the result, as it comes; its grace period ends when the demo's clock is told so."""
    for path in ("/erase", "/erase/some", "/erase/plan"):
        walk.go(f"{path}?lang={language}")
        yield walk
    walk.page.locator("main input[value=customer_number]").check()
    walk.page.locator("main input[name=value]").fill(person.customer_number)
    walk.press("Open my data" if language == "en" else "فتح")
    walk.page.wait_for_url("**/erase/plan*")
    yield walk
    before = len(walk.served.mails(person.email))
    walk.page.locator("main input[type=checkbox]").check()
    walk.page.locator("main .danger").click()
    walk.page.wait_for_url("**/requests/*")
    yield walk
    started = walk.served.wait_for_mail(person.email, more_than=before)
    walk.page.goto(next(re.finditer(r"https?://\S+/erase/stop/[\w-]+", started["text"]))[0])
    yield walk
    with closing(sqlite3.connect(walk.served.folder / "portal.db", timeout=30)) as portal, portal:
        portal.execute("UPDATE step SET run_at = '2000-01-01 00:00:00' WHERE act = 'erasure.begin' AND state = 'waiting'")
    # Every system hears of the end of the agreements first, which may take a few tries.
    wait_until(lambda: result_link(walk, person), seconds=90)
    walk.page.goto(result_link(walk, person))
    yield walk
    walk.page.locator("main form button").first.click()
    walk.page.wait_for_url("**/erase/result")
    yield walk


@pytest.mark.parametrize(("language", "number"), [("en", 0), ("ar", 1)])
def test_axe_finds_nothing_on_the_pages_of_a_deletion_and_none_scrolls_sideways(walker, language, number):
    person = demo.HOUSEHOLD[number]
    walk = walker(viewport={"width": 320, "height": 640}, color_scheme="dark")
    walk.sign_in(person.email)
    found = {}
    for step, there in enumerate(deletion(walk, person, language)):
        where = f"{step} {there.page.url}"
        violations = Axe().run(there.page, options=AXE).response["violations"]
        found[where] = [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in violations]
        assert there.page.evaluate("document.documentElement.scrollWidth") <= 320, where
    assert len(found) == 8
    assert {where: problems for where, problems in found.items() if problems} == {}
    assert walk.complaints == []


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_nothing_scrolls_sideways_at_320_pixels_and_at_twice_the_text(walker, served, language):
    walk = walker.signed_in(viewport={"width": 320, "height": 640})
    for path in (*SIGNED_IN, *DOORS):
        walk.go(f"{path}?lang={language}")
        assert walk.page.evaluate("document.documentElement.scrollWidth") <= 320, path
        walk.page.evaluate("document.documentElement.style.fontSize = '200%'")
        walk.page.set_viewport_size({"width": 640, "height": 640})
        assert walk.page.evaluate("document.documentElement.scrollWidth") <= 640, path
        walk.page.set_viewport_size({"width": 320, "height": 640})


def test_everything_can_be_done_by_keyboard_and_the_focus_is_always_seen(walker, served):
    walk = walker(viewport={"width": 1280, "height": 900})
    mail = walk.ask_for_link("keyboard@example.net")
    walk.page.goto(link_in(mail))
    walk.page.get_by_role("button", name="Sign in").focus()
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url(served.url + "/")
    walk = walker.signed_in(viewport={"width": 1280, "height": 900})
    for path in ("/", "/data", "/get-a-copy", "/sessions", "/help"):
        walk.go(path)
        wanted = walk.page.locator("a[href], button, summary, input:not([type=hidden])").evaluate_all(
            "all => all.filter(one => one.checkVisibility() && one.type !== 'radio').length"
        )
        reached = set()
        for _ in range(wanted + 40):
            walk.page.keyboard.press("Tab")
            seen = walk.page.evaluate(
                "() => { const e = document.activeElement; if (!e || e === document.body) return null;"
                " const s = getComputedStyle(e), n = e.nextElementSibling && getComputedStyle(e.nextElementSibling);"
                " const b = e.getBoundingClientRect(); window.__n = window.__n || new Map();"
                " if (!window.__n.has(e)) window.__n.set(e, window.__n.size);"
                " return [window.__n.get(e), e.type === 'radio', s.outlineStyle !== 'none' || (n && n.outlineStyle !== 'none'), b.width > 0]; }"
            )
            if seen is None:
                continue
            number, radio, outlined, _wide = seen
            assert outlined, f"{path}: focus cannot be seen on element {number}"
            if not radio:
                reached.add(number)
        assert len(reached) >= wanted, f"{path}: {len(reached)} of {wanted} reached"


def test_H8_after_signing_out_the_back_button_shows_nothing(walker, served):
    walk = walker()
    walk.sign_in(served.customer)
    walk.go("/data")
    walk.press("Sign out")
    walk.page.wait_for_url("**/sign-in*")
    walk.page.go_back()
    walk.page.wait_for_load_state()
    assert "entries about you" not in walk.page.locator("body").inner_text()


def test_O8_nothing_is_loaded_from_anywhere_else(walker, served):
    walk = walker.signed_in()
    asked = []
    walk.context.on("request", lambda request: asked.append(request.url))
    for path in SIGNED_IN:
        walk.go(path)
    assert [url for url in asked if not url.startswith((served.url, "data:"))] == []


def test_no_referer_tells_the_token(walker, served):
    walk = walker()
    sent = []
    walk.context.on("request", lambda request: sent.append(request.headers.get("referer", "")))
    mail = walk.ask_for_link("no.referer@example.net")
    walk.page.goto(link_in(mail))
    walk.press("Sign in")
    walk.page.wait_for_url(served.url + "/")
    assert not [referer for referer in sent if "/in/" in referer]
