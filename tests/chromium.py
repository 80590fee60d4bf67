"""One Chromium a test process: Playwright's sync interface can be started once in a thread, so whoever needs a browser shares it."""

import atexit
from functools import cache
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
WHOLE = next((path for path in PLACES if Path(path).exists()), None)
"""The browser that people have: for what the shell leaves out, such as keeping pages for Back."""

SHELL = "/usr/bin/chromium-headless-shell"
CHROMIUM = SHELL if Path(SHELL).exists() else WHOLE
"""The same engine without windows where it is there: the whole browser draws bars and menus for each page that nobody sees, at three times the work."""

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@cache
def shared_chromium() -> Browser:
    """The browser of this process, started at the first call and closed at exit."""
    assert CHROMIUM, "Chromium is not installed; ./run test installs it or says how."
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
    atexit.register(playwright.stop)
    atexit.register(browser.close)
    return browser
