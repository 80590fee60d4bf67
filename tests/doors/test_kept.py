"""Who comes back after an erasure sees what had to stay and why; others at the address, and other people, see nothing of it."""

import re
from datetime import timedelta

import demo
from portal.core import clock
from tests.doors.test_erase import MAREN, confirmed


def come_back(site):
    """Maren's erasure has ended; she signs in again with the same address."""
    confirmed(site)
    with clock.moved(timedelta(hours=73)):
        site.work()
    return site.signed_in(MAREN)


def test_who_comes_back_is_told_what_was_kept_by_what_law_and_until_when(site):
    with clock.moved(timedelta(hours=80)):
        browser = come_back(site)
        browser.open("/data")
        assert "Kept from an earlier deletion" in browser.words
        section = next(one for one in browser.page.all("section") if one.attributes.get("aria-labelledby") == "kept")
        assert re.search(r"\d+ entr", section.words) and "Law" in section.words and "Until" in section.words
        for path in ("/", "/requests"):
            browser.open(path)
            assert "from an earlier deletion" in browser.words, path


def test_C2_nobody_else_is_told_of_what_was_kept(site):
    with clock.moved(timedelta(hours=80)):
        come_back(site)
        for address in (demo.NOBODY, demo.stars.SHARED_ADDRESS):
            other = site.signed_in(address)
            for path in ("/", "/data", "/requests"):
                other.open(path)
                assert "earlier deletion" not in other.words, (address, path)
