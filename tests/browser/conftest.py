"""Chromium against the demo, served by `portal demo` in another process, as a newcomer starts it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.chromium import shared_chromium
from tests.served import Served, link_in, serve_demo

# A phone whose owner asked for no motion: a press lands where the button is, and not where it was before the page slid.
STILL = {"viewport": {"width": 390, "height": 844}, "reduced_motion": "reduce"}


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo in a process of its own, for all browser tests of this worker."""
    with serve_demo(tmp_path_factory.mktemp("demo")) as served:
        yield served


@pytest.fixture(scope="session")
def chromium() -> Browser:
    """One Chromium for all tests of this worker."""
    return shared_chromium()


class Walker:
    """One person's browser: what they do, and what the browser complained about."""

    def __init__(self, context: BrowserContext, served: Served) -> None:
        self.context, self.served = context, served
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        context.on(
            "console", lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None
        )
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.page.goto(self.served.url + path)

    def press(self, words: str) -> None:
        """Press the button or link with these words."""
        name = re.compile(f"^{re.escape(words)}")
        self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name)).first.click()

    def ask_for_link(self, address: str) -> dict[str, str]:
        """Ask for a link; gives the mail."""
        before = len(self.served.mails(address))
        self.go("/sign-in")
        self.page.get_by_label("Your e-mail address").fill(address)
        self.press("Send me the link")
        return self.served.wait_for_mail(address, more_than=before)

    def sign_in(self, address: str) -> None:
        """The whole way in, by link, in this browser."""
        mail = self.ask_for_link(address)
        self.page.goto(link_in(mail))
        self.press("Sign in")
        self.page.wait_for_url(self.served.url + "/**")


@pytest.fixture(scope="package")
def kept() -> dict[str, Any]:
    """What tests of this worker share: the state of one signed-in browser."""
    return {}


@pytest.fixture
def walker(chromium: Browser, served: Served, kept: dict[str, Any]) -> Iterator["WalkerMaker"]:
    """Makes browsers of their own: `walker()`, `walker(java_script_enabled=False)`, `walker(color_scheme="dark")`."""
    maker = WalkerMaker(chromium, served, kept)
    yield maker
    maker.close()


class WalkerMaker:
    """Opens contexts and closes them all."""

    def __init__(self, chromium: Browser, served: Served, kept: dict[str, Any]) -> None:
        self.chromium, self.served, self.kept = chromium, served, kept
        self.contexts: list[BrowserContext] = []

    def __call__(self, **options: object) -> Walker:
        context = self.chromium.new_context(**{**STILL, **options})  # type: ignore[arg-type]  # Playwright checks them
        context.set_default_timeout(60_000)
        self.contexts.append(context)
        return Walker(context, self.served)

    def signed_in(self, **options: object) -> Walker:
        """A browser that has the cookie of the star customer's one session: addresses get a limited number of links an hour."""
        if "state" not in self.kept:
            first = self()
            first.sign_in(self.served.customer)
            self.kept["state"] = first.context.storage_state()
        return self(storage_state=self.kept["state"], **options)

    def close(self) -> None:
        """Close every context."""
        for context in self.contexts:
            context.close()
