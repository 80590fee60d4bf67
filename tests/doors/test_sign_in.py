"""The right person: the whole way in through pages, forms and the mailbox, as people, scanners and attackers walk it."""

from datetime import timedelta

import pytest

import demo
from portal.core import clock
from portal.people.addresses import masked
from tests.doors.site import FIRST_HOST, SECOND_HOST, open_site
from tests.doors.tables import changed, digest, shape, strip
from tests.pages import fields_of

MAREN = demo.CUSTOMER
NOBODY = "nobody.at.all@example.net"


def is_in(browser):
    browser.open("/")
    return browser.path == "/"


def test_a_customer_comes_in_by_the_button_of_the_mail(site):
    browser = site.signed_in(MAREN)
    assert browser.path == "/"
    assert browser.page.all("h1")[0].words == "Your privacy at Fjordkaffe"


def test_browser_a_asks_and_browser_b_presses_so_b_is_in_and_a_is_not(site):
    asking, pressing = site.browser(), site.browser()
    asking.ask_for_link(MAREN)
    pressing.open(site.link_of(MAREN))
    pressing.submit("Sign in", email=MAREN)
    assert is_in(pressing)
    assert not is_in(asking)
    assert asking.open("/check-mail/progress").json == {}


def test_the_other_order_too_a_presses_and_b_never_gets_in(site):
    asking, other = site.browser(), site.browser()
    asking.ask_for_link(MAREN)
    asking.open(site.link_of(MAREN))
    asking.submit("Sign in")
    other.open(site.link_of(MAREN))
    assert "This link has ended" in other.words
    assert is_in(asking)
    assert not is_in(other)


def test_who_opens_the_mail_once_more_is_told_that_they_are_in_and_nobody_else_is(site):
    browser, other = site.browser(), site.browser()
    browser.ask_for_link(MAREN)
    browser.open(site.link_of(MAREN))
    browser.submit("Sign in")
    browser.open(site.link_of(MAREN))
    assert browser.status == 410
    assert "You are signed in." in browser.words
    assert browser.page.all("a", class_="main")[0].words == "Go on"
    other.open(site.link_of(MAREN))
    assert "You are signed in." not in other.words
    browser.open("/")
    browser.submit("Sign out")
    browser.open(site.link_of(MAREN))
    assert "You are signed in." not in browser.words


def test_another_browser_has_to_type_the_address_and_a_wrong_one_burns_nothing(site):
    asking, other = site.browser(), site.browser()
    asking.ask_for_link(MAREN)
    other.open(site.link_of(MAREN))
    other.submit("Sign in", email="someone.else@example.org")
    assert other.status == 422
    assert "The link still works" in other.words
    other.submit("Sign in", email=" MAREN@example.org ")
    assert is_in(other)


def test_the_code_signs_in_where_it_was_asked_for(site):
    browser = site.browser()
    browser.ask_for_link(MAREN)
    browser.submit("Continue", code=site.code_of(MAREN))
    assert browser.path == "/"


def test_five_wrong_codes_then_the_right_one_is_refused_after_a_restart_too(portal_url, tmp_path):
    site = open_site(tmp_path / "demo", portal_url)
    browser = site.browser()
    browser.ask_for_link(MAREN)
    code = site.code_of(MAREN)
    wrong = "1111 1111" if code != "1111 1111" else "2222 2222"
    for left in (4, 3, 2, 1):
        browser.submit("Continue", code=wrong)
        assert f"{left} tr" in browser.words
    browser.submit("Continue", code=wrong)
    cookie = browser.client
    site.running.database.close()
    again = open_site(tmp_path / "demo", portal_url)
    cookie.application = again.app
    browser.site = again
    browser.open("/check-mail")
    assert not browser.page.all("input", name="code"), "only the link is left"
    browser.post("/check-mail", {**dict(fields_of(browser.page.all("form")[0])), "code": code})
    assert "Too many wrong codes" in browser.words
    assert not is_in(browser)
    browser.open(again.link_of(MAREN))
    browser.submit("Sign in")
    assert is_in(browser), "links never suffer from wrong codes"
    again.running.database.close()


def test_a_used_link_offers_a_fresh_one_and_keeps_the_destination(site):
    browser = site.browser()
    browser.open("/requests")
    assert browser.path == "/sign-in"
    browser.submit("Send me the link", email=MAREN)
    link = site.link_of(MAREN)
    with clock.moved(timedelta(minutes=11)):
        browser.open(link)
        assert browser.status == 410
        assert "Your requests" in browser.words
        browser.submit("Send a new link")
        browser.open(site.link_of(MAREN))
        browser.submit("Sign in")
        assert browser.path == "/requests"


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 10_000, "%00", "..", "é" * 20])
def test_a_token_that_was_never_ours_says_so_and_tells_nothing(site, token):
    browser = site.browser()
    browser.open(f"/in/{token}")
    assert browser.status in (404, 410)
    assert "@" not in browser.words


def test_a_truncated_link_and_one_of_another_company_are_unknown(site):
    browser = site.browser()
    browser.ask_for_link(MAREN)
    link = site.link_of(MAREN)
    for path, host in ((link[:-1], FIRST_HOST), (link.swapcase(), FIRST_HOST), (link, SECOND_HOST)):
        other = site.browser(host)
        other.open(path)
        assert other.status in (404, 410)
        assert "example.org" not in other.words


def test_this_was_not_me_kills_link_and_code(site):
    browser = site.browser()
    browser.ask_for_link(MAREN)
    link, code = site.link_of(MAREN), site.code_of(MAREN)
    owner = site.browser()
    owner.open(link)
    owner.submit("This was not me")
    owner.submit("Stop link and code")
    owner.submit("Stop link and code", email="somebody@example.net")
    assert "The link still works" in owner.words
    owner.submit("Stop link and code", email=MAREN)
    assert "Link and code are stopped" in owner.words
    browser.submit("Continue", code=code)
    assert not is_in(browser)
    browser.open(link)
    assert browser.status == 410


def test_S5_another_person_who_is_signed_in_is_named_and_ended_first(site):
    victim = site.signed_in(MAREN)
    attacker = site.browser()
    attacker.ask_for_link("attacker@example.net")
    link = site.link_of("attacker@example.net")
    victim.open(link)
    assert "Signed in here now: m" in victim.words
    assert "a" in victim.page.all("main")[0].words
    victim.submit("Sign in", email="attacker@example.net")
    assert is_in(victim)
    victim.open("/sessions")
    assert len(victim.page.all("li", class_="line-end")) == 1


def test_S6_a_planted_destination_does_not_follow_the_victim(site):
    attacker, victim = site.browser(), site.browser()
    attacker.open("/get-a-copy")
    attacker.submit("Send me the link", email=MAREN)
    victim.open(site.link_of(MAREN))
    assert "copy" not in victim.words
    victim.submit("Sign in", email=MAREN)
    assert victim.path == "/"


def test_S7_nothing_that_the_asker_sent_stands_in_the_mail(site):
    attacker = site.browser(**{"User-Agent": "Call +47 815 49 300 or https://evil.example/ now", "Accept-Language": "xx-evil"})
    attacker.open("/sign-in?lang=de&next=https://evil.example/")
    attacker.submit(
        "Link schicken" if "Link schicken" in attacker.words else attacker.page.all("main")[0].all("button")[0].words, email=MAREN
    )
    mail = site.mails(MAREN)[0]
    everything = mail.subject + mail.text + mail.html + str(mail.headers)
    assert "evil" not in everything
    assert "815 49 300" not in everything


def test_S10_known_and_unknown_addresses_get_the_same_page_rows_and_mail(site):
    answers = {}
    for address in (MAREN, NOBODY):
        browser = site.browser()
        before = digest(site)
        answer = browser.ask_for_link(address)
        answers[address] = (
            browser.status,
            browser.path,
            browser.answer.text.replace(masked(address), "X"),
            changed(before, digest(site)),
        )
        assert answer.request.path == "/check-mail"
    known, unknown = answers.values()
    assert strip(known[2]) == strip(unknown[2])
    assert known[:2] == unknown[:2]
    assert known[3] == unknown[3]
    mails = [site.mails(address)[0] for address in (MAREN, NOBODY)]
    assert next(shape(mail.text) for mail in mails) == [shape(mail.text) for mail in mails][1]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "maren",
        "maren@",
        "@example.org",
        "maren@example..org",
        "maren@example\u3002org",
        "mar\u0131en@example.org",
        "\u212aare@example.org",
        "m\u0430ren@example.org",
        "maren@example.org\r\nBcc: x@example.org",
        "maren@" + "x" * 10_000 + ".org",
        "a" * 10_000,
        "a@b@c.org",
        "maren@example.invalid",
        '"<script>alert(1)</script>"@example.org',
    ],
)
def test_S9_look_alikes_and_rubbish_are_answered_in_words_and_nothing_is_kept(site, address):
    before = digest(site)
    browser = site.browser()
    browser.ask_for_link(address)
    assert browser.status in (413, 422)
    assert "<script>alert" not in browser.answer.text
    assert changed(before, digest(site)) - {"limit_counter"} == set()


def test_S15_sign_in_gives_a_new_cookie_and_sign_out_ends_the_session(site):
    browser = site.browser()
    browser.ask_for_link(MAREN)
    before = browser.client.get_cookie("portal", domain="127.0.0.1")
    browser.open(site.link_of(MAREN))
    browser.submit("Sign in")
    after = browser.client.get_cookie("portal", domain="127.0.0.1")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    thief = site.browser()
    thief.client.set_cookie("portal", after.value, domain="127.0.0.1")
    assert is_in(thief)
    browser.open("/")
    browser.submit("Sign out")
    assert "Clear-Site-Data" not in browser.answer.headers or '"cookies"' not in browser.answer.headers["Clear-Site-Data"]
    assert not is_in(thief)


def test_a_session_ends_when_nobody_uses_it(site):
    browser = site.signed_in(MAREN)
    with clock.moved(timedelta(minutes=31)):
        assert not is_in(browser)


def test_signing_out_everywhere_ends_every_session(site):
    one, other = site.signed_in(MAREN), site.signed_in(MAREN)
    one.open("/sessions")
    one.submit("Sign out everywhere")
    assert not is_in(one)
    assert not is_in(other)


def test_H16_a_cookie_of_one_company_means_nothing_at_another(site):
    browser = site.signed_in(MAREN)
    cookie = browser.client.get_cookie("portal", domain="127.0.0.1")
    other = site.browser(SECOND_HOST)
    other.client.set_cookie("portal", cookie.value, domain="alpenrad.localhost")
    assert not is_in(other)
