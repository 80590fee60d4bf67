"""S12, S13: a token of one purpose means nothing anywhere else, and no last step can be taken without those before it."""

from datetime import timedelta

import pytest
from werkzeug.test import Client

import demo
from portal.core import clock, crypto
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN, OTHER, token_on

SHARED = demo.SHARED_ADDRESS
MAY_COUNT = {"limit_counter", "held_read"}


def send(browser, path, **typed):
    """A form sent directly, without having seen the page it stands on; redirects are not followed."""
    if not browser.client.get_cookie("portal", domain=browser.host.partition(":")[0]):
        browser.open("/sign-in")
    if "csrf_token" not in browser.answer.text:
        browser.open("/sign-in")
    typed = {"csrf_token": token_on(browser), **typed}
    headers = {**browser.headers, "Sec-Fetch-Site": "same-origin"}
    return browser.client.post(path, data=typed, base_url=f"http://{browser.host}", headers=headers)


def cookie_of(browser):
    return browser.client.get_cookie("portal", domain=browser.host.partition(":")[0]).value


@pytest.fixture
def tokens(walked):
    """One good token of each kind, all Maren's."""
    browser = walked.person()
    inside = crypto.signer("site-cookie").loads(cookie_of(browser))
    asking = walked.site.browser()
    asking.ask_for_link(MAREN)
    return walked.site, {
        "link": walked.site.link_of(MAREN).rsplit("/", 1)[1],
        "code": walked.site.code_of(MAREN),
        "session": inside["sid"],
        "cookie": cookie_of(browser),
        "nonce": crypto.signer("site-cookie").loads(cookie_of(asking))["nonce"],
        "form": token_on(browser) if "csrf_token" in browser.answer.text else token_on(asking),
        "next": crypto.signer("next-step").dumps("copies.show"),
        "case": walked.number,
        "number": "FK-10001",
    }


PLACES = {
    "the link": ("link", lambda browser, token: browser.client.get(f"/in/{token}", base_url=f"http://{browser.host}")),
    "the press": ("link", lambda browser, token: send(browser, "/in", token=token, email=MAREN)),
    "not me": ("link", lambda browser, token: send(browser, "/in/not-me", token=token, email=demo.CUSTOMER)),
    "a fresh link": ("link", lambda browser, token: send(browser, "/in/fresh", token=token)),
    "the code": ("code", lambda browser, token: send(browser, "/check-mail", code=token)),
    "a file": ("case", lambda browser, token: send(browser, f"/requests/{token}/download")),
    "a request": ("case", lambda browser, token: send(browser, f"/requests/{token}/stop")),
    "the form": ("form", lambda browser, token: send(browser, "/sign-in", csrf_token=token, email=MAREN)),
}


@pytest.mark.parametrize("place", PLACES)
def test_S12_a_token_of_one_purpose_is_unknown_at_every_other(tokens, place):
    site, all_tokens = tokens
    own, act = PLACES[place]
    other = site.signed_in(OTHER)
    other.open("/")
    for kind, token in all_tokens.items():
        if kind == own:
            continue
        before, browsers = digest(site), (site.browser(), other)
        for browser in browsers:
            answer = act(browser, token)
            assert answer.status_code in (302, 308, 400, 404, 405, 410, 422), (kind, answer.status_code)
            assert MAREN not in answer.text, kind
            assert answer.headers.get("Location", "/sign-in").partition("?")[0] in ("/sign-in", "/check-mail"), kind
        assert changed(before, digest(site)) - MAY_COUNT == set(), kind
        for browser in browsers:
            browser.open("/sessions")
            assert browser.path == ("/sessions" if browser is other else "/sign-in"), kind


def test_S12_no_other_token_is_a_cookie_and_none_is_a_next_step(tokens):
    site, all_tokens = tokens
    signed = {
        purpose: crypto.signer(purpose).dumps({"company": "fjordkaffe", "sid": all_tokens["session"]})
        for purpose in ("next-step", "undo")
    }
    for token in (*all_tokens.values(), *signed.values()):
        if token == all_tokens["cookie"]:
            continue
        browser = site.browser()
        browser.client.set_cookie("portal", token, domain="127.0.0.1")
        browser.open("/data")
        assert browser.path == "/sign-in"
    for kind, token in all_tokens.items():
        if kind == "next":
            continue
        browser, address = site.browser(), f"{kind}@example.net"
        browser.open(f"/sign-in?next={token}")
        browser.submit("Send me the link", email=address)
        browser.open(site.link_of(address))
        browser.submit("Sign in")
        assert browser.path == "/", kind


def test_S13_a_copy_cannot_be_asked_for_by_whoever_skipped_a_step(walked):
    site = walked.site
    waiting, looking = site.browser(), site.browser()
    waiting.ask_for_link(OTHER)
    looking.open(site.link_of(OTHER))
    shared = site.signed_in(SHARED)
    before = digest(site)
    for browser in (site.browser(), waiting, looking, shared):
        answer = send(browser, "/get-a-copy/ask", scope="all")
        assert "/requests/" not in answer.headers.get("Location", ""), browser.path
    assert changed(before, digest(site)) - MAY_COUNT == set()
    stale = walked.person(OTHER)
    stale.open("/sessions")
    with clock.moved(timedelta(minutes=16)):
        for path in ("/get-a-copy", "/get-a-copy/ask", f"/requests/{walked.number}/download"):
            answer = send(stale, path, scope="all")
            assert answer.location.startswith("/again?next="), path
    assert "case" not in changed(before, digest(site))


def test_S13_nothing_happens_to_a_code_that_this_browser_did_not_ask_for(site):
    asking, stranger, other = site.browser(), site.browser(), site.browser()
    asking.ask_for_link(MAREN)
    code = site.code_of(MAREN)
    other.ask_for_link("other@example.net")
    site.work()
    for browser in (stranger, other):
        send(browser, "/check-mail", code=code)
        browser.open("/")
        assert browser.path == "/sign-in"
    asking.submit("Continue", code=code)
    assert asking.path == "/", "a guess from elsewhere costs the asker nothing"


def test_S13_a_sensitive_value_is_not_had_by_naming_its_kind_in_the_form(site):
    lena = site.signed_in(demo.stars.SENSITIVE.email)
    lena.open("/")
    lena.open("/sessions")
    before = digest(site)
    answer = send(lena, "/get-a-copy/ask", scope="some", categories="health")
    assert answer.status_code == 422
    for kind in ("", "birth_date", "name", "email"):
        assert send(lena, "/data/open", kind=kind, value="1979-12-05").status_code == 422
    assert changed(before, digest(site)) - MAY_COUNT == set()


def test_S2_wrong_codes_of_a_stranger_take_nothing_from_the_person(site):
    attackers = [site.browser() for _ in range(3)]
    for attacker in attackers:
        attacker.ask_for_link(MAREN)
        for _ in range(5):
            site.work()
            attacker.submit("Continue", code="0000 0000")
    person = site.browser()
    person.ask_for_link(MAREN)
    person.submit("Continue", code=site.code_of(MAREN))
    assert person.path == "/check-mail", "the day's tries for this address are used up"
    person.open(site.link_of(MAREN))
    person.submit("Sign in")
    assert person.path == "/", "links never suffer from wrong codes"
    with clock.moved(timedelta(days=1)):
        again = site.browser()
        again.ask_for_link(MAREN)
        again.submit("Continue", code=site.code_of(MAREN))
        assert again.path == "/", "it recovers by itself"


@pytest.mark.slow
class From(Client):
    """A browser in a network of its own."""

    def __init__(self, app, address):
        super().__init__(app)
        self.address = address

    def run_wsgi_app(self, environ, buffered=False):
        return super().run_wsgi_app({**environ, "REMOTE_ADDR": self.address}, buffered)


@pytest.mark.long
def test_S2_the_ceiling_needs_many_browsers_leaves_links_alone_and_ends_by_itself(site):
    lonely = site.browser()
    for number in range(3):
        lonely.ask_for_link(f"lonely{number}@example.com")
        for _ in range(5):
            site.work()
            lonely.submit("Continue", code="0000 0000")
    crowd = [site.browser() for _ in range(99)]
    for number, browser in enumerate(crowd):
        # One network counts ten times an hour at most, so a crowd that trips the ceiling comes from many.
        browser.client = From(site.app, f"198.51.100.{number + 1}")
        browser.ask_for_link(f"crowd{number}@example.net")
    site.work()
    for browser in crowd[:98]:
        browser.submit("Continue", code="0000 0000")
    person = site.signed_in(MAREN)
    person.open("/sessions")
    person.submit("Sign out")
    person.ask_for_link(MAREN)
    assert site.code_of(MAREN), "below the ceiling codes go out, and no success of anyone has cleared a counter"
    crowd[98].submit("Continue", code="0000 0000")
    other = site.browser()
    other.ask_for_link(OTHER)
    other.open("/check-mail")
    assert "Codes are switched off for a while" in other.words or not other.page.all("input", name="code")
    other.open(site.link_of(OTHER))
    other.submit("Sign in")
    assert other.path == "/"
    with clock.moved(timedelta(hours=2)):
        late = site.browser()
        late.ask_for_link(OTHER)
        late.submit("Continue", code=site.code_of(OTHER))
        assert late.path == "/"
