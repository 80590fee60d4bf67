"""The staff's door: a mailed link and a passkey or code, rights from the rows at each request, an audit entry for each act."""

import json
from datetime import timedelta

from sqlalchemy import select

import demo
from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.accounts.staff import remove_staff, set_roles, staff_at
from portal.core import clock
from tests.doors.authenticator import PRESENT, Authenticator
from tests.doors.site import FIRST_HOST, SECOND_HOST
from tests.doors.staff import AGENT, LOCALHOST, at_work, cookies_of, half_in, hire, hired, link_of
from tests.doors.tables import changed, digest, strip

ORIGIN = f"http://{LOCALHOST}"


def in_first(site):
    return site.running.database.writing(registry.ids()["fjordkaffe"])


def audit_of(site, act):
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        return db.scalars(select(AuditEntry).filter_by(act=act)).all()


def asked(browser, address, *, page):
    """What the page's script asks the server for before a ceremony."""
    browser.open(page)
    token = browser.page.all("input", name="csrf_token")[0].attributes["value"]
    browser.post(address, {"csrf_token": token})
    return token, json.loads(browser.answer.text)


def makes_passkey(browser, key, **changed):
    token, options = asked(browser, "/console/own/options", page="/console/own")
    browser.post("/console/own/passkey", {"csrf_token": token, "answer": key.makes(options, **changed)})
    return options


def shows_passkey(browser, key, **changed):
    token, options = asked(browser, "/console/second/options", page="/console/second")
    answer = key.shows(options, **changed)
    browser.post("/console/second/passkey", {"csrf_token": token, "answer": answer})
    return token, answer


def test_staff_sign_in_by_link_and_code_and_the_code_is_good_once(site):
    codes = hire(site)
    browser = at_work(site, codes[0])
    assert browser.path == "/console/cases"
    browser.open("/console/own")
    assert "9 codes are left" in browser.words
    again = half_in(site)
    again.submit("Use this code", code=codes[0])
    assert again.status == 422 and "not one of your codes" in again.words
    again.submit("Use this code", code=codes[1].lower().replace("-", " "))
    assert again.path == "/console/cases"


def test_half_a_sign_in_opens_nothing_but_the_second_half(site):
    hire(site)
    half = half_in(site)
    for rule in site.app.url_map.iter_rules():
        guard = site.app.view_functions[rule.endpoint].guard
        if guard.kind == "staff" and guard.detail != "arriving" and "GET" in rule.methods and not rule.arguments:
            half.open(str(rule))
            assert half.path == "/console/second", rule
    with clock.moved(timedelta(minutes=11)):
        half.open("/console/second")
        assert half.path == "/console/sign-in"


def test_the_link_works_once_and_only_in_the_browser_that_asked(site):
    hire(site)
    browser = site.browser(LOCALHOST)
    browser.open("/console/sign-in")
    browser.submit("Send me the link", email=AGENT)
    link, gateway = link_of(site, AGENT), site.browser(LOCALHOST)
    gateway.open(link)
    gateway.submit("Go on")
    assert gateway.status == 410
    before = digest(site)
    for _look in range(2):
        browser.open(link)
    assert changed(before, digest(site)) == set()
    browser.submit("Go on")
    assert browser.path == "/console/second"
    browser.open(link)
    browser.submit("Go on")
    assert browser.status == 410


def test_K11_a_stranger_gets_the_same_page_and_no_mail(site):
    hire(site)
    pages = []
    for address in (AGENT, "stranger@example.net", demo.CUSTOMER):
        browser = site.browser(LOCALHOST)
        browser.open("/console/sign-in")
        browser.submit("Send me the link", email=address)
        pages.append((browser.status, browser.path, strip(browser.answer.text)))
        assert bool(site.mails(address)) is (address == AGENT)
    assert pages[0] == pages[1] == pages[2]


def test_K3_who_is_removed_or_loses_a_role_has_lost_it_at_the_next_request(site):
    browser, link = hired(site, "auditor"), None
    with in_first(site) as db:
        staff = staff_at(db, AGENT)
        assert staff is not None
        set_roles(db, staff.public_id, ["agent"], by="operator:test")
    waiting = site.browser(LOCALHOST)
    waiting.open("/console/sign-in")
    waiting.submit("Send me the link", email=AGENT)
    link = link_of(site, AGENT)
    with in_first(site) as db:
        remove_staff(db, staff.public_id, by="operator:test")
    browser.open("/console/own")
    assert browser.path == "/console/sign-in"
    waiting.open(link)
    waiting.submit("Go on")
    assert waiting.status == 410


def test_K4_a_passkey_is_kept_for_who_is_signed_in_and_only_after_a_fresh_proof(site):
    browser, key = hired(site), Authenticator(ORIGIN, "localhost")
    other = hired(site, address="other@example.net")
    options = makes_passkey(browser, key)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert "The passkey is kept" in browser.words
    # An answer to one's own challenge that carries a colleague's credential is refused, and theirs stays theirs.
    makes_passkey(other, key)
    assert "could not be kept" in other.words
    with clock.moved(timedelta(minutes=11)):
        browser.open("/console/own")
        token = browser.page.all("input", name="csrf_token")[0].attributes["value"]
        browser.post("/console/own/options", {"csrf_token": token})
        assert browser.path == "/console/second"


def test_staff_sign_in_by_link_and_passkey(site):
    browser, key = hired(site), Authenticator(ORIGIN, "localhost")
    makes_passkey(browser, key)
    again = half_in(site)
    shows_passkey(again, key)
    assert again.path == "/console/cases" and again.status == 200


def test_K5_an_answer_that_is_not_exactly_ours_opens_nothing(site):
    browser, key = hired(site), Authenticator(ORIGIN, "localhost")
    makes_passkey(browser, key)
    stranger = Authenticator(ORIGIN, "localhost", credential_id=key.credential_id)
    unknown = Authenticator(ORIGIN, "localhost", credential_id=b"x" * 32)
    half = half_in(site)
    for wrong, said in (
        (key, {"challenge": "bXktb3duLWNoYWxsZW5nZQ"}),
        (key, {"origin": "http://localhost:9999"}),
        (key, {"origin": "http://evil.localhost:8080"}),
        (key, {"type": "webauthn.create"}),
        (stranger, {}),
        (unknown, {}),
    ):
        shows_passkey(half, wrong, **said)
        assert half.status == 422 and half.path == "/console/second/passkey", said
        half.open("/console/own")
        assert half.path == "/console/second"
    for attribute, value in (("flags", PRESENT), ("host", "evil.localhost")):
        kept = getattr(key, attribute)
        setattr(key, attribute, value)
        shows_passkey(half, key)
        assert half.status == 422, attribute
        setattr(key, attribute, kept)
    _token, answer = shows_passkey(half, key)
    assert half.path == "/console/cases"
    half.open("/console/second")
    token = half.page.all("input", name="csrf_token")[0].attributes["value"]
    half.post("/console/second/passkey", {"csrf_token": token, "answer": answer})
    assert half.status == 422, "the challenge was used up"
    for rubbish in ("", "{}", "[]", "null", '{"id": 1}', "x" * 30_000):
        half.open("/console/second")
        half.post("/console/second/passkey", {"csrf_token": token, "answer": rubbish})
        assert half.status == 422, rubbish


def test_K5_codes_are_counted_before_they_are_compared(site):
    codes = hire(site)
    half = half_in(site)
    for _try in range(5):
        half.submit("Use this code", code="2222-2222-2222")
        assert half.status == 422
    half.submit("Use this code", code=codes[0])
    assert half.status == 422
    with clock.moved(timedelta(minutes=16)):
        at_work(site, codes[0])


def test_K5_a_passkey_of_another_company_opens_nothing(site):
    key = Authenticator("http://alpenrad.localhost:8080", "alpenrad.localhost")
    browser = hired(site, company="alpenrad", host=SECOND_HOST)
    makes_passkey(browser, key)
    assert "The passkey is kept" in browser.words
    hire(site)
    half = half_in(site)
    shows_passkey(half, Authenticator(ORIGIN, "localhost", credential_id=key.credential_id, key=key.key))
    assert half.status == 422


def test_the_bare_number_of_the_demo_has_no_passkeys_and_says_so(site):
    browser = hired(site, host=FIRST_HOST)
    browser.open("/console/own")
    assert "only for a host with a name" in browser.words
    assert not browser.page.all("form", **{"data-passkey": "create"})


def test_K8_no_act_without_its_audit_entry(site, monkeypatch):
    browser = hired(site)
    browser.open("/console/own")
    monkeypatch.setattr("portal.identity.recovery_codes.record_audit", lambda *_given, **_more: None)
    before = digest(site)
    browser.submit("Make new codes")
    assert browser.status == 500
    assert changed(before, digest(site)) - {"limit_counter"} == set()
    monkeypatch.undo()

    def breaks(*_given, **_more):
        raise RuntimeError("no room on the disk")

    browser.open("/console/own")
    monkeypatch.setattr("portal.identity.recovery_codes.record_audit", breaks)
    browser.submit("Make new codes")
    assert browser.status == 500
    assert changed(before, digest(site)) - {"limit_counter"} == set()


def test_codes_are_shown_once_and_end_those_of_before(site):
    codes = hire(site)
    browser = at_work(site, codes[0])
    browser.open("/console/own")
    browser.submit("Make new codes")
    new = [item.words for item in browser.page.all("ul", **{"class": "list num read"})[0].all("li")]
    assert len(new) == 10 and not set(new) & set(codes)
    browser.open("/console/own")
    assert new[0] not in browser.answer.text
    late = half_in(site)
    late.submit("Use this code", code=codes[1])
    assert late.status == 422
    late.submit("Use this code", code=new[0])
    assert late.path == "/console/cases"
    assert {entry.detail["count"] for entry in audit_of(site, "staff.codes_made")} == {10}


def test_K12_the_staffs_cookie_is_strict_and_is_read_below_the_console_alone(site):
    browser = hired(site)
    (cookie,) = [one for one in cookies_of(browser) if one.key == "staff"]
    assert cookie.same_site == "Strict" and cookie.http_only
    browser.open("/")
    assert browser.path == "/sign-in", "the site knows nothing of a session of staff"
    customer = site.signed_in(demo.CUSTOMER, LOCALHOST)
    customer.open("/console/own")
    assert customer.path == "/console/sign-in", "the console knows nothing of a session of a customer"
    # The site's cookie under the staff's name is rubbish: each is signed for its own door.
    (theirs,) = [one for one in cookies_of(customer) if one.key == "portal"]
    customer.client.set_cookie("staff", theirs.value, domain="localhost")
    customer.open("/console/own")
    assert customer.path == "/console/sign-in"


def test_K12_a_visit_from_another_site_neither_acts_nor_signs_out(site):
    browser = hired(site)
    bare = site.browser(LOCALHOST)
    bare.open("/console/own", **{"Sec-Fetch-Site": "cross-site"})
    assert "You come from another site" in bare.words and not cookies_of(bare)
    assert [link.attributes["href"] for link in bare.page.all("main")[0].all("a")] == ["/console/own"]
    for site_said in ("cross-site", "same-site"):
        before = digest(site)
        browser.post("/console/own/codes", {}, **{"Sec-Fetch-Site": site_said})
        assert browser.status in (400, 403)
        assert changed(before, digest(site)) == set()
    browser.open("/console/own")
    assert browser.path == "/console/own"


def test_a_session_ends_after_half_an_hour_and_by_its_owner(site):
    codes = hire(site)
    one, other = at_work(site, codes[0]), at_work(site, codes[1])
    other.open("/console/own")
    assert "2 browsers" in other.words
    other.submit("Sign out everywhere else")
    one.open("/console/own")
    assert one.path == "/console/sign-in"
    other.submit("Sign out")
    other.open("/console/own")
    assert other.path == "/console/sign-in"
    third = at_work(site, codes[2])
    with clock.moved(timedelta(minutes=31)):
        third.open("/console/own")
        assert third.path == "/console/sign-in"


def test_the_pages_of_staff_name_no_colleague_to_strangers(site):
    hire(site)
    stranger = site.browser(LOCALHOST)
    for rule in site.app.url_map.iter_rules():
        if str(rule).startswith("/console") and "GET" in rule.methods:
            stranger.open(str(rule).replace("<token>", "x" * 43).replace("<number>", "7KQ2-M9XD-4TBR"))
            assert "Colleague" not in stranger.answer.text and AGENT not in stranger.answer.text, rule
