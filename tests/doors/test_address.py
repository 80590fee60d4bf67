"""Changing the address at the door: two mailboxes, two buttons, and a wall of 14 days before anything can be taken away (C4)."""

import re
from datetime import timedelta

import demo
from portal.core import clock
from tests.doors.links import token_for
from tests.doors.walked import token_on

MAREN = demo.CUSTOMER
NEW = "maren.new@example.net"


def link_to(site, address):
    """The path of the link in the newest mail to an address."""
    texts = [mail.text for mail in site.mails(address)]
    return next(found[1] for text in texts if (found := re.search(r"https?://[^/\s]+(/address/[\w-]+)", text)))


def asked(browser):
    """Ask for the change on the page."""
    browser.open("/address")
    browser.submit("Send both mails", email=NEW)
    assert "Two mails are on their way" in browser.answer.text


def changed(site, browser):
    """Both mailboxes say yes; gives the path that undoes it."""
    asked(browser)
    for to in (MAREN, NEW):
        browser.open(link_to(site, to))
        browser.submit("Yes, change it")
    assert "Your address was changed" in browser.words
    return link_to(site, MAREN)


MALLORY, VICTIM = "mallory@example.net", demo.stars.NEARLY_EMPTY.email
THEIRS = demo.stars.NEARLY_EMPTY.customer_number


def test_S5_a_stranger_gets_nothing_of_a_mailbox_whose_reader_says_yes_to_them(site):
    mallory, victim = site.signed_in(MALLORY), site.browser()
    mallory.open("/address")
    mallory.submit("Send both mails", email=VICTIM)
    mallory.open(link_to(site, MALLORY))
    mallory.submit("Yes, change it")
    victim.open(link_to(site, VICTIM))
    assert "m•••y@example.net" in victim.words and "Say yes only if you asked for it yourself." in victim.words
    assert not any(button.words == "Yes, change it" for button in victim.page.all("button"))
    path, values = victim.form("This was not me")
    victim.post(path, {**values, "act": "confirm", "email": VICTIM})
    assert victim.status == 422 and "in the browser in which you asked" in victim.words
    again = site.signed_in(MALLORY)
    again.open("/data")
    assert THEIRS not in again.answer.text
    again.open("/address")
    assert "has not said yes yet" in again.words


def test_S5_until_it_is_settled_the_old_address_reads_nothing_of_the_new_one(site, monkeypatch):
    """Even where the reader of the new mailbox gave the code away."""
    mallory = site.signed_in(MALLORY)
    mallory.open("/address")
    mallory.submit("Send both mails", email=VICTIM)
    code = site.code_of(VICTIM)
    mallory.open(link_to(site, MALLORY))
    mallory.submit("Yes, change it")
    mallory.open("/address")
    mallory.submit("Confirm by code", code="1234")
    assert mallory.status == 422 and "This is not the code" in mallory.words
    mallory.submit("Confirm by code", code=code)
    assert "Your address was changed" in mallory.words
    for browser in (mallory, site.signed_in(MALLORY)):
        browser.open("/data")
        assert browser.status == 200 and THEIRS not in browser.answer.text
    owner = site.signed_in(VICTIM)
    owner.open("/data")
    assert THEIRS in owner.answer.text
    owner.open(link_to(site, VICTIM))
    owner.submit("Undo the change", email=VICTIM)
    assert "The change was undone" in owner.words
    later = clock.now() + timedelta(days=15)
    monkeypatch.setattr(clock, "now", lambda: later)
    browser = site.signed_in(MALLORY)
    browser.open("/data")
    assert THEIRS not in browser.answer.text


def test_C4_an_address_is_changed_by_two_buttons_and_undone_without_a_session(site):
    browser = site.signed_in(MAREN)
    undo = changed(site, browser)
    assert "Changed lately" in site.signed_in(NEW).open("/address").text
    stranger = site.browser()
    stranger.open(undo)
    stranger.submit("Undo the change")
    assert "Type the address that got the mail." in stranger.words
    stranger.submit("Undo the change", email=MAREN)
    assert "The change was undone" in stranger.words
    browser.open("/")
    assert browser.path == "/sign-in"
    stranger.open(undo)
    assert stranger.status == 410


def test_after_a_change_page_and_mails_name_the_new_address_and_what_can_be_undone(site):
    browser = site.signed_in(MAREN)
    changed(site, browser)
    for mine in (browser, site.signed_in(NEW), site.signed_in(MAREN)):
        mine.open("/address")
        assert "m•••w@example.net is how you sign in, and where our mails go." in mine.words
    for to in (MAREN, NEW):
        told = next(mail.text for mail in site.mails(to) if "was changed" in mail.subject)
        assert "Both mailboxes had said yes.\nYou can undo this until" in told


def test_a_link_in_a_mail_to_an_address_that_was_left_stops_and_shows_nothing(site):
    changed(site, site.signed_in(MAREN))
    reader = site.browser()
    reader.open(f"/p/{token_for(MAREN)}")
    assert "Save" in reader.words, "as long as the change can be undone both are theirs"
    with clock.moved(timedelta(days=15)):
        reader.open(f"/p/{token_for(MAREN)}")
        assert reader.status == 200 and "Yes, since" not in reader.words and "Save" not in reader.words
        reader.submit("Stop all advertising")
        assert reader.status == 200 and "Undo" not in reader.words


def test_C4_nothing_is_downloaded_until_the_change_is_settled(walked, monkeypatch):
    site = walked.site
    browser = walked.person()
    changed(site, browser)
    for address in (MAREN, NEW):
        person = walked.person(address)
        person.open(f"/requests/{walked.number}")
        person.submit("Download")
        assert person.path == "/address" and "Downloads and deletion wait" in person.words
    later = clock.now() + timedelta(days=13, hours=23)
    monkeypatch.setattr(clock, "now", lambda: later)
    person = walked.person(NEW)
    person.open(f"/requests/{walked.number}")
    person.submit("Download")
    assert person.path == "/address"


def test_C4_the_start_of_the_act_wants_a_fresh_sign_in(site, monkeypatch):
    browser = site.signed_in(MAREN)
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    browser.open("/address")
    assert browser.path == "/again"
    browser.post("/address", {"csrf_token": token_on(browser), "email": NEW})
    assert browser.path == "/again"
    assert site.mails(NEW) == []


def test_S7_nothing_that_was_typed_stands_in_the_mails_of_a_change(site):
    browser = site.signed_in(MAREN)
    browser.headers["User-Agent"] = "Firefox/1 call +47 22 00 00 00 http://evil.example"
    asked(browser)
    for to in (MAREN, NEW):
        mail = site.mails(to)[0]
        for word in ("maren", "evil.example", "22 00 00"):
            assert word not in (mail.subject + mail.text + mail.html).lower()


def test_a_look_changes_nothing_and_a_gateway_that_presses_gets_asked_for_the_address(site):
    browser, gateway = site.signed_in(MAREN), site.browser()
    asked(browser)
    for to, buttons in ((MAREN, ("Yes, change it", "This was not me")), (NEW, ("This was not me",))):
        for button in buttons:
            gateway.open(link_to(site, to))
            gateway.submit(button)
            assert gateway.status == 422
    browser.open("/address")
    assert "has said yes" not in browser.words.replace("has not said yes", "")


def test_this_was_not_me_stops_the_change(site):
    browser, owner = site.signed_in(MAREN), site.browser()
    asked(browser)
    owner.open(link_to(site, MAREN))
    owner.submit("This was not me", email=MAREN)
    assert "The change was stopped" in owner.words
    browser.open(link_to(site, NEW))
    assert browser.status == 410


def test_an_address_that_cannot_be_changed_to_is_said_beside_the_field(site):
    browser = site.signed_in(MAREN)
    browser.open("/address")
    browser.submit("Send both mails", email=MAREN)
    assert browser.status == 422 and "This is your address already." in browser.words
    browser.submit("Send both mails", email="rubbish")
    assert browser.status == 422
