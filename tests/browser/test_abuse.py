"""H12: a customer who wrote markup, scripts and formulas wherever a text can be written: no page of theirs runs or loads anything of it."""

import pytest

import demo
from tests.served import link_in

pytestmark = pytest.mark.browser

HOSTILE = demo.stars.HOSTILE.email
PAGES = (
    "/",
    "/data",
    "/data/open",
    "/preferences",
    "/get-a-copy",
    "/get-a-copy?group=who",
    "/requests",
    "/sessions",
    "/help",
    "/again",
)
AGENT = '<script>alert("agent")</script><img src=x onerror=alert(1)> =HYPERLINK("https://evil.example")'


@pytest.fixture
def watched(walker, served):
    """A browser that writes down each dialog, each request and each complaint."""
    walk = walker(user_agent=AGENT, extra_http_headers={"Accept-Language": 'en, <script>alert("language")</script>'})
    seen: dict[str, list[str]] = {"dialogs": [], "foreign": []}

    def on_dialog(dialog):
        seen["dialogs"].append(dialog.message)
        dialog.dismiss()

    def on_request(request):
        if not request.url.startswith((served.url, "data:")):
            seen["foreign"].append(request.url)

    walk.context.on("dialog", on_dialog)
    walk.context.on("request", on_request)
    # A report-uri needs a server; the browser tells the page itself of each refusal as well.
    walk.context.add_init_script(
        "window.refused = []; document.addEventListener('securitypolicyviolation', e => window.refused.push(e.violatedDirective))"
    )
    return walk, seen


def open_all(walk):
    """Open every fold of the page, and give what the policy refused on it."""
    walk.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    walk.page.wait_for_load_state("load")
    return walk.page.evaluate("window.refused")


def test_H12_nothing_that_a_hostile_customer_wrote_runs_on_any_page(watched, served):
    walk, seen = watched
    walk.sign_in(HOSTILE)
    for path in (
        *PAGES,
        f"/in/{'%3Cscript%3E' * 3}",
        "/nowhere/%3Cscript%3Ealert(1)%3C/script%3E",
        "/data?group=%22%3E%3Cscript%3E",
    ):
        walk.go(path)
        assert open_all(walk) == [], path
    walk.go("/data")
    assert "<script>alert" in (walk.page.locator("main").text_content() or ""), "it is shown as the text that it is"
    walk.go("/get-a-copy")
    walk.page.get_by_text("All of it", exact=True).click()
    walk.press("Continue")
    assert open_all(walk) == []
    walk.press("Make my copy")
    walk.page.wait_for_url("**/requests/*")
    for _ in range(60):
        if walk.page.get_by_role("button", name="Download").count():
            break
        walk.page.wait_for_timeout(500)
        walk.page.reload()
    assert open_all(walk) == []
    walk.go("/data/open")
    walk.page.get_by_label("The detail itself").fill('"><script>alert("typed")</script>')
    walk.page.locator("input[type=radio]").first.check()
    walk.page.locator("main form button").first.click()
    walk.page.wait_for_load_state()
    assert open_all(walk) == []
    assert seen == {"dialogs": [], "foreign": []}
    assert [line for line in walk.complaints if "404" not in line and "422" not in line and "410" not in line] == []


def test_H12_the_mailbox_shows_hostile_mails_without_running_them(watched, served):
    walk, seen = watched
    mail = walk.ask_for_link(HOSTILE)
    assert "evil" not in mail["html"] + mail["text"]
    for path in ("/demo/mailbox", *(f"/demo/mailbox/{one['id']}" for one in served.mails(HOSTILE)[:3])):
        walk.go(path)
        assert open_all(walk) == [], path
    walk.page.goto(link_in(mail))
    assert open_all(walk) == []
    assert seen == {"dialogs": [], "foreign": []}
    assert walk.complaints == []
