"""The demo with one walk behind it: Maren has asked for a copy of everything, and its first part is there to be fetched."""

import atexit
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import demo
from tests.doors.site import FIRST_HOST, SECOND_HOST, Browser, Site, open_site, standing_site

MAREN, OTHER, FOREIGN = demo.CUSTOMER, demo.stars.MANY_ORDERS.email, demo.stars.ANNA.email


@dataclass
class Walked:
    """The site, the number of Maren's case, and people who sign in where a test asks for them."""

    site: Site
    number: str

    def person(self, address: str = MAREN, host: str = FIRST_HOST) -> Browser:
        """A browser in which this person has just signed in."""
        browser = self.site.signed_in(address, host)
        # A system's first answer leaves numbers with the person: whoever compares tables afterwards wants it behind them.
        browser.open("/")
        return browser

    def three(self) -> tuple[Browser, Browser, Browser]:
        """Maren, another customer, and a customer of the other company."""
        return self.person(), self.person(OTHER), self.person(FOREIGN, SECOND_HOST)


@cache
def _walked_demo() -> tuple[Path, str]:
    """Made once a process."""
    folder = Path(mkdtemp(prefix="portal-walked-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    site = open_site(folder / "demo")
    browser = site.signed_in(MAREN)
    browser.open("/get-a-copy")
    browser.submit("Continue", scope="all")
    browser.submit("Make my copy")
    found = re.fullmatch(r"/requests/([\w-]+)", browser.path)
    assert found, browser.path
    site.work()
    site.running.database.close()
    return folder / "demo", found[1]


@contextmanager
def standing_walked() -> Iterator[Walked]:
    """The site on a copy of it, with sessions yet to be begun."""
    made, number = _walked_demo()
    with standing_site(made) as site:
        yield Walked(site, number)


def token_on(browser: Browser) -> str:
    """The token that forms of this browser need, from whatever form the page it is on has."""
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', browser.answer.text)
    assert found, f"no form on {browser.path}"
    return found[1]
