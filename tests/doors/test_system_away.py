"""A system that is away while somebody comes: it is named, nothing false is said, no try is lost, and a request waits for it."""

from contextlib import contextmanager

import demo
from portal.cases.service import resolve_step
from portal.cases.systems import close_systems
from tests.doors.test_systems_down import ask_for_copy, at, settle

CARELESS, NOBODY = "careless@example.org", "somebody.new@example.org"


@contextmanager
def away(site):
    """The table of customers is gone; what was learnt of the database is forgotten, as it is after a while."""
    close_systems()
    with at(site.folder / "fjordkaffe_shop.db", "ALTER TABLE customers RENAME TO customers_away"):
        yield
        close_systems()


def test_a_silent_system_is_named_and_nobody_is_said_to_share_the_address(site):
    with away(site):
        browser = site.signed_in(CARELESS)
        words = browser.open("/") and browser.words
        assert "Several people may use your address" not in words
        assert "No answer from: Our shop." in words
        browser.open("/data")
        assert "No answer from: Our shop." in browser.words
        assert "You can try 3 times today" in browser.words
        browser.submit("Open my data", kind="customer_number", value="FK-10010")
        assert browser.status == 503
        assert "this was not counted" in browser.words
        assert "You can try 3 times today" in browser.words


def test_a_copy_asked_for_while_a_system_is_silent_waits_for_it_and_holds_it_in_the_end(site):
    with away(site):
        browser = site.signed_in(CARELESS)
        browser.open("/get-a-copy")
        assert "Your request is accepted all the same" in browser.words
        number = ask_for_copy(browser)
        site.work()
        browser.open(f"/requests/{number}")
        assert "Download" not in browser.words
    settle(site, number, waits=False)
    browser.open(f"/requests/{number}")
    assert "Our shop Done" in browser.words
    assert "The shop is mended." in browser.words
    assert "Download" in browser.words


def test_nothing_is_found_yet_where_a_system_has_not_answered(site):
    with away(site):
        browser = site.signed_in(NOBODY)
        browser.open("/data")
        assert browser.page.all("h1")[0].words.startswith("Nothing found yet under")
        assert "No answer from: Our shop" in browser.words
    browser.submit("Look again")
    assert browser.page.all("h1")[0].words.startswith("We found nothing under")


def test_a_copy_without_a_system_is_partly_ready_and_says_without_which_and_why(site):
    site.signed_in(demo.CUSTOMER).open("/data")
    browser = site.signed_in(demo.CUSTOMER)
    with away(site):
        number = ask_for_copy(browser)
        site.work()
        with site.running.database.writing(1) as db:
            resolve_step(db, number, system="shop", outcome="skip", reason="The shop burnt down.", actor="staff-1")
        site.work()
        browser.open(f"/requests/{number}")
    assert "Partly ready" in browser.words
    assert "without: Our shop" in browser.words
    assert "The shop burnt down." in browser.words


def test_after_five_wrong_codes_only_the_link_is_offered(site):
    browser = site.browser()
    browser.ask_for_link(CARELESS)
    for _ in range(5):
        browser.submit("Continue", code="1234 5678")
    assert "Too many wrong codes." in browser.words
    assert "type its code here" not in browser.words
    assert not browser.page.all("input", name="code")
    browser.open(site.link_of(CARELESS))
    browser.submit("Sign in")
    assert browser.status == 200
    assert browser.path == "/"


def test_only_where_scripts_run_it_is_said_that_the_page_goes_on_by_itself(site):
    browser = site.browser()
    browser.ask_for_link(CARELESS)
    [words] = [one for one in browser.page.all("span") if "goes on by itself" in one.words]
    assert "hidden" in words.attributes
    assert "data-scripted" in words.attributes
