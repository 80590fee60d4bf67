"""Chromium against the demo, served by `portal demo` in another process, as a newcomer starts it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome") if Path(path).exists()), None)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@dataclass
class Served:
    """The demo as it runs: its address, its mailbox, and everything it wrote to standard error."""

    url: str
    mailbox: str
    customer: str
    folder: Path
    log: Path

    def mails(self, to: str) -> list[dict[str, str]]:
        """Mails to one recipient, newest first."""
        answer = httpx.get(f"{self.mailbox}.json", trust_env=False, timeout=10)
        return [mail for mail in answer.json() if mail["to"] == to]

    def wait_for_mail(self, to: str, *, more_than: int = 0) -> dict[str, str]:
        """The newest mail to someone, once there are more than so many."""
        for _ in range(100):
            mails = self.mails(to)
            if len(mails) > more_than:
                return mails[0]
            threading.Event().wait(0.1)
        raise AssertionError("no mail came")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`portal demo --json` in a process of its own, for all browser tests of this worker."""
    folder = tmp_path_factory.mktemp("demo")
    log = folder / "log"
    port = 20_000 + os.getpid() % 20_000
    command = [sys.executable, "-m", "portal", "demo", "--json", "--port", str(port), "--folder", str(folder)]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        facts = json.loads(line)
        yield Served(facts["url"], facts["mailbox"], facts["customer"], folder, log)
        process.send_signal(signal.SIGINT)
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of this worker."""
    assert CHROMIUM, "Chromium is not installed; ./run test installs it or says how."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


class Walker:
    """One person's browser: what they do, and what the browser complained about."""

    def __init__(self, context: BrowserContext, served: Served) -> None:
        self.context, self.served = context, served
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        context.on("console", lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.page.goto(self.served.url + path)

    def press(self, words: str) -> None:
        """Press the button or link with these words."""
        target = self.page.get_by_role("button", name=re.compile(f"^{re.escape(words)}"))
        (target if target.count() else self.page.get_by_role("link", name=re.compile(f"^{re.escape(words)}"))).first.click()

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


def link_in(mail: dict[str, str]) -> str:
    """The link of a sign-in mail."""
    found = re.search(r"https?://\S+/in/[\w-]+", mail["text"])
    assert found
    return found[0]


def code_in(mail: dict[str, str]) -> str:
    """The code of a sign-in mail."""
    found = re.search(r"^(\d{4} \d{4})$", mail["text"], re.MULTILINE)
    assert found
    return found[1]


@pytest.fixture
def walker(chromium: Browser, served: Served) -> Iterator["WalkerMaker"]:
    """Makes browsers of their own: `walker()`, `walker(java_script_enabled=False)`, `walker(color_scheme="dark")`."""
    maker = WalkerMaker(chromium, served)
    yield maker
    maker.close()


class WalkerMaker:
    """Opens contexts and closes them all."""

    def __init__(self, chromium: Browser, served: Served) -> None:
        self.chromium, self.served = chromium, served
        self.contexts: list[BrowserContext] = []

    def __call__(self, **options: object) -> Walker:
        context = self.chromium.new_context(**{"viewport": {"width": 390, "height": 844}, **options})  # type: ignore[arg-type]  # Playwright checks them
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        return Walker(context, self.served)

    def close(self) -> None:
        """Close every context."""
        for context in self.contexts:
            context.close()
