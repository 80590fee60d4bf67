"""Door 2 in Chromium: a browser that loads ahead changes nothing, and a foreign page around ours learns and moves nothing."""

import pytest

import demo
from tests.browser.here import answering
from tests.doors.links import standing, token_for, with_company
from tests.doors.site import open_site
from tests.doors.tables import changed, digest

pytestmark = pytest.mark.browser

MAREN, CHOICE = demo.CUSTOMER, "newsletter.email"
AHEAD = '<!doctype html><title>Mail</title><script type="speculationrules">{"prerender": [{"urls": [%s], "eagerness": "immediate"}]}</script>'
AROUND = """<!doctype html><title>A page around it</title>
<script>window.heard = []; addEventListener("message", event => window.heard.push(event.data));</script>
<iframe src="%s" width="380" height="700"></iframe>"""


@pytest.fixture
def site(tmp_path):
    site = open_site(tmp_path / "demo")
    yield site
    site.running.database.close()


@pytest.fixture
def here(site):
    """The site on a real port: its address, and what it was asked."""
    with answering(site.app) as (port, front):
        yield f"http://127.0.0.1:{port}", front


@pytest.fixture
def page(chromium):
    context = chromium.new_context(reduced_motion="reduce", viewport={"width": 390, "height": 844})
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_L1_a_browser_that_prerenders_the_link_changes_nothing_and_burns_nothing(site, here, page):
    url, front = here
    token = token_for(MAREN, CHOICE)
    doors = (f"/p/{token}", f"/u/{token}")
    front.pages["/mail"] = AHEAD % ", ".join(f'"{path}"' for path in doors)
    before = digest(site)
    page.goto(f"{url}/mail")
    for path in doors:
        for _ in range(100):
            if ("GET", path, "prefetch;prerender") in front.asked:
                break
            page.wait_for_timeout(100)
        assert ("GET", path, "prefetch;prerender") in front.asked, "the browser loaded ahead, as it was told"
    page.wait_for_timeout(500)
    assert {method for method, _path, _purpose in front.asked} == {"GET"}
    assert changed(before, digest(site)) == set()
    assert standing(site, MAREN)[CHOICE] == "given"
    page.goto(url + doors[0])
    page.get_by_role("button", name="Stop “News and offers, E-mail”").click()
    page.wait_for_load_state()
    assert standing(site, MAREN)[CHOICE] == "withdrawn"


@pytest.fixture
def parents(here, monkeypatch):
    """A page of the company's that may show ours in a frame, and one of a stranger that does the same."""
    url, _front = here
    with answering(None) as (port, front):
        with_company(monkeypatch, embed_origins=[f"http://www.localhost:{port}"])

        def around(path):
            front.pages["/account"] = AROUND % (url + path)
            return f"http://www.localhost:{port}/account", f"http://stranger.localhost:{port}/account"

        yield around


def framed(page):
    """What stands in the frame, or where the browser put something else because it was refused."""
    page.wait_for_load_state("networkidle")
    (frame,) = page.main_frame.child_frames
    return frame


def test_L11_only_a_named_page_shows_ours_and_can_neither_read_nor_command_it(site, here, page, parents):
    token = token_for(MAREN, CHOICE)
    own, stranger = parents(f"/embedded/p/{token}")
    page.goto(stranger)
    assert framed(page).url.startswith("chrome-error:")
    page.goto(own)
    frame = framed(page)
    assert "This page is for m" in frame.locator("main").inner_text()
    before = digest(site)
    assert page.evaluate("document.querySelector('iframe').contentDocument") is None
    page.evaluate(
        "['stop', {action: 'yes', choice: 'newsletter.email'}, {type: 'submit'}]"
        ".forEach(said => document.querySelector('iframe').contentWindow.postMessage(said, '*'))"
    )
    page.wait_for_timeout(500)
    assert changed(before, digest(site)) == set()
    frame.get_by_role("button", name="Stop “News and offers, E-mail”").click()
    for _ in range(50):
        if standing(site, MAREN)[CHOICE] == "withdrawn":
            break
        page.wait_for_timeout(100)
    assert standing(site, MAREN)[CHOICE] == "withdrawn"
    assert framed(page).url.startswith(here[0] + "/embedded/p/")
    assert page.evaluate("window.heard") == [], "ours says nothing to whoever is around it"
    assert page.context.cookies() == []


def test_L11_no_other_page_is_ever_shown_in_a_frame(here, page, parents):
    token = token_for(MAREN, CHOICE)
    for path in (f"/p/{token}", f"/u/{token}", "/unsubscribe", "/sign-in", "/", "/embedded/elsewhere"):
        own, _stranger = parents(path)
        page.goto(own)
        assert framed(page).url.startswith("chrome-error:"), path
