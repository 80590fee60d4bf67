"""The page of a task in Chromium: without scripts, on a narrow phone, by keyboard, right to left and dark, without one complaint."""

import pytest
from axe_playwright_python.sync_playwright import Axe

import demo
from tests.browser.here import answering
from tests.browser.test_walk import AXE
from tests.doors.site import open_site
from tests.doors.test_tasks import add_archive, ask, link_of, state_of

pytestmark = pytest.mark.browser


@pytest.fixture
def link(tmp_path):
    site = open_site(tmp_path / "demo")
    undo = add_archive()
    ask(site)
    with answering(site.app) as (port, _front):
        yield site, f"http://127.0.0.1:{port}{link_of(site).partition('?')[0]}"
    undo()
    site.running.database.close()


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize(("language", "scheme", "width"), [("en", "light", 1100), ("ar", "dark", 390)])
def test_axe_finds_nothing_on_the_pages_of_a_task_with_their_mistakes_open(chromium, link, language, scheme, width):
    _site, url = link
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "warning" else None)
    try:
        for step, press in (("door", ""), ("form", "main form button"), ("mistakes", "main form button")):
            page.goto(f"{url}?lang={language}") if not press else page.locator(press).last.click()
            found = Axe().run(page, options=AXE)
            assert not found.response["violations"], (step, found.generate_report())
            assert fits(page), step
        page.goto(f"{url}x?lang={language}")
        assert fits(page) and not Axe().run(page, options=AXE).response["violations"]
        assert not complaints
        assert context.cookies() == []
    finally:
        context.close()


def test_a_task_is_answered_by_keyboard_without_scripts_at_320_pixels(chromium, link):
    site, url = link
    context = chromium.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    page = context.new_page()
    try:
        page.goto(f"{url}?lang=en")
        assert demo.CUSTOMER not in page.content() and state_of(site) == (None, False)
        page.get_by_role("button", name="See the task").press("Enter")
        assert demo.CUSTOMER in page.content()
        page.get_by_role("radio", name="Looked, and nothing is there about this person").press("Space")
        page.get_by_label("Note for our staff (optional)").fill("Looked in all boxes.")
        page.get_by_role("button", name="Send the answer").press("Enter")
        assert page.get_by_role("heading", name="Your answer has arrived").is_visible()
        assert state_of(site) == ("not_found", True) and context.cookies() == []
    finally:
        context.close()
