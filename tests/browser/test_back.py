"""H8: the Back button of a browser that keeps whole pages in memory shows nothing personal once one has signed out."""

import pytest

import demo
from tests.browser.here import answering
from tests.chromium import QUIET, WHOLE
from tests.doors.site import open_site

pytestmark = pytest.mark.browser

KEPT = """<!doctype html><title>Kept</title><h1>Kept</h1>
<script>addEventListener("pageshow", event => { window.cameBack = event.persisted; });</script>"""
WATCH = "addEventListener('pageshow', event => { window.cameBack = event.persisted; });"


@pytest.fixture
def keeping(chromium):
    """A Chromium that keeps pages for Back, as people's browsers do and those of tests are told not to."""
    browser = chromium.browser_type.launch(
        executable_path=WHOLE, args=QUIET, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield browser
    browser.close()


@pytest.fixture
def here(tmp_path):
    site = open_site(tmp_path / "demo")
    with answering(site.app) as (port, front):
        front.pages["/kept"] = KEPT
        yield site, f"http://127.0.0.1:{port}"
    site.running.database.close()


def sign_in(site, page, url):
    page.goto(f"{url}/sign-in")
    page.get_by_label("Your e-mail address").fill(demo.CUSTOMER)
    page.get_by_role("button", name="Send me the link").click()
    page.wait_for_url("**/check-mail*")
    page.goto(url + site.link_of(demo.CUSTOMER))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")


def test_H8_back_shows_nothing_after_signing_out_here_or_in_another_tab(keeping, here):
    site, url = here
    context = keeping.new_context(reduced_motion="reduce")
    context.set_default_timeout(15_000)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(f"{url}/kept")
    page.goto(f"{url}/help")
    page.go_back(wait_until="commit")
    assert page.evaluate("window.cameBack"), "this browser does keep pages"
    sign_in(site, page, url)
    page.goto(f"{url}/data")
    assert "entries about you" in page.locator("main").inner_text()
    page.goto(f"{url}/kept")
    other = context.new_page()
    other.goto(f"{url}/sessions")
    other.get_by_role("button", name="Sign out", exact=True).first.click()
    other.wait_for_url("**/sign-in*")
    page.go_back(wait_until="commit")
    page.wait_for_load_state()
    assert "entries about you" not in page.locator("body").inner_text()
    assert demo.CUSTOMER not in page.content()
    assert not page.evaluate("window.cameBack")
    for _ in range(2):
        other.go_back(wait_until="commit")
        other.wait_for_load_state()
        assert demo.CUSTOMER not in other.content()
        assert not other.evaluate("window.cameBack")
    context.close()
