"""C2 at the door: what one person of a shared mailbox proved and asked for is not there for the other one."""

import demo
from tests.doors.site import PHONE
from tests.doors.walked import token_on

ONE, OTHER = demo.SHARED


def proven(site):
    """A browser in which the first of the two proved who they are, with a copy that was asked for and made."""
    browser = site.signed_in(demo.SHARED_ADDRESS)
    browser.open("/data/open")
    browser.submit("Open my data", kind="customer_number", value=ONE.customer_number)
    browser.open("/get-a-copy")
    browser.submit("Continue", scope="all")
    browser.submit("Make my copy")
    site.work()
    return browser, browser.path


def test_C2_a_copy_asked_for_under_a_proof_is_handed_to_nobody_who_proved_less(site):
    browser, page = proven(site)
    browser.open(page)
    action, values = browser.form("Download")
    other = site.signed_in(demo.SHARED_ADDRESS)
    other.open("/requests")
    assert page not in other.answer.text
    other.open(page)
    assert other.path == "/data/open"
    token = other.form("Open my data")[1]["csrf_token"]
    answer = other.post(action, {**values, "csrf_token": token})
    assert answer.status_code == 404
    other.post(page + "/stop", {"csrf_token": token})
    browser.open(page)
    browser.submit("Download")
    assert browser.answer.data[:2] == b"PK"


def test_C2_whether_the_other_person_has_asked_for_something_cannot_be_read_from_the_lists(site):
    def lists():
        browser = site.signed_in(demo.SHARED_ADDRESS)
        pages = []
        for path in ("/", "/requests"):
            browser.open(path)
            pages.append(browser.words)
        return pages

    before = lists()
    proven(site)
    assert lists() == before


def test_C2_the_next_person_in_the_same_browser_starts_with_nothing_proven(site):
    browser, _page = proven(site)
    browser.ask_for_link(demo.SHARED_ADDRESS)
    browser.open(site.link_of(demo.SHARED_ADDRESS))
    browser.submit("Sign in")
    browser.open("/data")
    assert browser.path == "/data/open"
    assert ONE.customer_number not in browser.answer.text


def test_C2_who_reads_a_shared_mailbox_cannot_move_everybody_to_an_address_of_their_own(site):
    browser, page = proven(site)
    other = site.signed_in(demo.SHARED_ADDRESS)
    other.open("/address")
    assert "A person has to help here" in other.words and not other.page.all("input", name="email")
    other.open("/sessions")
    other.post("/address", {"csrf_token": token_on(other), "email": "only.mine@example.com"})
    assert other.status == 422 and "Several people may use this address" in other.answer.text
    assert site.mails("only.mine@example.com") == []
    browser.open(page)
    browser.submit("Download")
    assert browser.answer.data[:2] == b"PK"


def test_a_fresh_sign_in_asked_for_by_the_session_itself_keeps_what_was_proven(site):
    browser, _page = proven(site)
    browser.open("/again")
    browser.submit("Send me the link")
    browser.open(site.link_of(demo.SHARED_ADDRESS))
    browser.submit("Sign in")
    browser.open("/data")
    assert browser.path == "/data"


def test_S4_a_link_alone_never_tells_the_address_it_was_sent_to(site):
    asking, finder = site.browser(), site.browser(**{"User-Agent": PHONE + " other"})
    asking.ask_for_link(demo.CUSTOMER)
    link = site.link_of(demo.CUSTOMER)
    finder.open(link)
    token = link.rsplit("/", 1)[1]
    csrf = finder.form("Sign in")[1]["csrf_token"]
    finder.post("/in/fresh", {"token": token, "csrf_token": csrf})
    assert demo.CUSTOMER not in finder.answer.text
    finder.open("/check-mail")
    assert demo.CUSTOMER not in finder.answer.text
