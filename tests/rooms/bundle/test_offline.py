"""F1: the pages opened from a disk in a real browser, with values that try to run, load or lead away."""

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog

from tests.chromium import shared_chromium
from tests.rooms.bundle.samples import content, make

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Browser:
    return shared_chromium()


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    server, calls = socket.create_server(("127.0.0.1", 0)), list[str]()

    def serve() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            calls.append(caller.recv(100).decode(errors="replace"))
            caller.close()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1], calls
    server.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_F1_nothing_runs_and_nothing_is_asked_for(
    tmp_path: Path, chromium: Browser, listener: tuple[int, list[str]], language: str
) -> None:
    port, calls = listener
    kept, _ = make(tmp_path / "spools", content(language, port=port))
    kept.zip().extractall(tmp_path / "package")
    context = chromium.new_context(viewport={"width": 320, "height": 800})
    asked, complaints = list[str](), list[str]()
    context.on("request", lambda request: asked.append(request.url))
    context.on("dialog", lambda dialog: complaints.append(dialog.message))
    context.on("console", lambda message: complaints.append(message.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    files = sorted(path.name for path in (tmp_path / "package").glob("*.html"))
    assert len(files) == 7
    for name in files:
        page.goto((tmp_path / "package" / name).as_uri())
        for summary in page.locator("summary").all():
            summary.click()
        assert page.locator("details:not([open])").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate("document.scripts.length") == 0
        assert page.evaluate("getComputedStyle(document.body).margin") == "0px"
    own = [(tmp_path / "package" / name).as_uri() for name in files]
    assert [url for url in asked if not url.startswith("data:image/svg+xml;base64,")] == own
    assert complaints == []
    assert calls == []
    context.close()


SLIPPED = """<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)></svg>
<link rel=stylesheet href=http://127.0.0.1:{port}/a.css><img src=http://127.0.0.1:{port}/b.png><iframe src=http://127.0.0.1:{port}/c></iframe>
<form action=http://127.0.0.1:{port}/d><button id=send>x</button></form><object data=http://127.0.0.1:{port}/e></object>"""


@pytest.mark.parametrize("guarded", [True, False], ids=["with the page's policy", "without"])
def test_F1_the_policy_in_the_page_would_stop_even_what_was_not_escaped(
    tmp_path: Path, chromium: Browser, listener: tuple[int, list[str]], guarded: bool
) -> None:
    port, calls = listener
    text = make(tmp_path / "spools", content())[0].text("index.html")
    if not guarded:
        text, gone = re.subn(r"<meta http-equiv=.?Content-Security-Policy[^>]*>", "", text)
        assert gone == 1
    (tmp_path / "index.html").write_text(text.replace("</h1>", "</h1>" + SLIPPED.replace("{port}", str(port)), 1))
    page, dialogs = chromium.new_page(), list[str]()

    def heard(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", heard)
    page.goto((tmp_path / "index.html").as_uri(), wait_until="domcontentloaded")
    page.wait_for_timeout(500)
    page.evaluate("document.getElementById('send').click()")
    page.wait_for_timeout(500)
    page.close()
    # Chromium may open a connection ahead of what it then may not ask for; nothing is said on it.
    assert any(calls) is bool(dialogs) is not guarded


def test_every_link_leads_somewhere_without_the_network(tmp_path: Path, chromium: Browser) -> None:
    kept, _ = make(tmp_path / "spools", content())
    kept.zip().extractall(tmp_path / "package")
    page = chromium.new_page()
    page.goto((tmp_path / "package" / "index.html").as_uri())
    page.get_by_role("link", name="What you bought").click()
    assert page.get_by_role("heading", level=1).inner_text() == "What you bought"
    page.locator("summary").filter(has_text="F-10003").click()
    assert page.locator("details[open]").get_by_text("Brought to you").is_visible()
    page.get_by_role("link", name="Back to the first page").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Your data"
    page.close()
