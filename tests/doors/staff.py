"""Staff of the demo's first company, and browsers in which they sign in as people do."""

import re

from werkzeug.test import Cookie

from portal.accounts import registry
from portal.accounts.staff import add_staff
from portal.identity.recovery_codes import make_codes
from tests.doors.site import FIRST_HOST, Browser, Site

AGENT = "agent@example.net"
LOCALHOST = "localhost:8080"


def hire(site: Site, *roles: str, address: str = AGENT, company: str = "fjordkaffe") -> list[str]:
    """A member of staff with these roles; gives their recovery codes."""
    with site.running.database.writing(registry.ids()[company]) as db:
        staff = add_staff(
            db, address=address, name=f"Colleague {address.partition('@')[0]}", roles=roles or ("agent",), by="test"
        )
        return make_codes(db, staff, by="test")


def half_in(site: Site, address: str = AGENT, host: str = LOCALHOST) -> Browser:
    """A browser in which the link was used, and nothing more."""
    browser = site.browser(host)
    browser.open("/console/sign-in")
    browser.submit("Send me the link", email=address)
    assert browser.path == "/console/sent"
    browser.open(link_of(site, address))
    browser.submit("Go on")
    assert browser.path == "/console/second", browser.path
    return browser


def at_work(site: Site, code: str, address: str = AGENT, host: str = LOCALHOST) -> Browser:
    """A browser in which this member of staff has just signed in."""
    browser = half_in(site, address, host)
    browser.submit("Use this code", code=code)
    assert browser.status == 200 and browser.path != "/console/second", browser.path
    return browser


def hired(site: Site, *roles: str, address: str = AGENT, company: str = "fjordkaffe", host: str = LOCALHOST) -> Browser:
    """Hired and signed in."""
    return at_work(site, hire(site, *roles, address=address, company=company)[0], address, host)


def black_all(browser: Browser) -> dict[str, str]:
    """What to send with a page of texts so that every mark on it is blacked out."""
    return {box.attributes["name"]: "black" for box in browser.page.all("input", type="radio")}


def cookies_of(browser: Browser) -> list[Cookie]:
    """Every cookie that the browser holds."""
    return list((browser.client._cookies or {}).values())


def link_of(site: Site, address: str) -> str:
    """The path of the newest staff link that was mailed to an address."""
    found = re.search(r"https?://[^/\s]+(/console/in/[\w-]+)", site.mails(address)[0].text)
    assert found, "no staff link in the newest mail"
    return found[1]


__all__ = ["AGENT", "FIRST_HOST", "LOCALHOST", "at_work", "black_all", "cookies_of", "half_in", "hire", "hired", "link_of"]
