"""A form that is sent after its session has ended: nothing comes of it, that is said, and what was answered comes back to its person alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

import demo
from portal.accounts import registry
from portal.cases.model import Case
from portal.core import clock, crypto
from portal.core.db import ALL_COMPANIES
from portal.identity.sessions import end_all_sessions
from portal.site import own_data
from portal.web import kept_answers, steps
from portal.web.guards import current_session
from tests.doors.choosing import events, write
from tests.doors.tables import changed, digest
from tests.doors.test_erase import plan_of

MAREN, OTHER = demo.CUSTOMER, demo.stars.MANY_ORDERS.email
EMAIL, SMS, POST = "say-newsletter-email", "say-newsletter-sms", "say-newsletter-post"
NOTHING_YET = "You were signed out, so nothing was saved yet. Sign in, and we go on where you were."
AS_TYPED = "These are the answers you gave before you were signed out."


@pytest.fixture
def phone(site):
    """Maren's browser with her choices open, whose session another browser of hers has just ended."""
    return ended_elsewhere(site)


def ended_elsewhere(site):
    phone = site.signed_in(MAREN)
    phone.open("/preferences")
    laptop = site.signed_in(MAREN)
    laptop.open("/sessions")
    laptop.submit("Sign out everywhere")
    return phone


def sign_in_there(browser, address=MAREN):
    """From the sign-in page that it was led to."""
    assert browser.path == "/sign-in"
    browser.submit("Send me the link", email=address)
    browser.open(browser.site.link_of(address))
    browser.submit("Sign in")


def ticked(browser):
    return {
        one.attributes["name"]: one.attributes["value"]
        for one in browser.page.all("input")
        if "checked" in one.attributes and one.attributes["type"] == "radio"
    }


def cookie_of(browser):
    return crypto.signer("site-cookie").loads(browser.client.get_cookie("portal", domain="127.0.0.1").value)


def test_answers_that_were_sent_too_late_are_shown_again_and_saved_only_when_they_are_pressed_again(site, phone):
    stood = ticked(phone)
    before, acts = digest(site), len(events(site, MAREN))
    phone.submit("Save choices", **{EMAIL: "no", POST: "yes"})
    assert NOTHING_YET in phone.words
    assert changed(before, digest(site)) == set()
    assert "newsletter" not in phone.address
    sign_in_there(phone)
    assert phone.path == "/preferences"
    assert AS_TYPED in phone.words
    assert ticked(phone) == {**stood, EMAIL: "no", POST: "yes"}
    assert len(events(site, MAREN)) == acts, "shown is not saved"
    phone.submit("Save choices")
    assert [(one.choice.channel, one.act.value) for one in events(site, MAREN)[acts:]] == [
        ("email", "withdrawn"),
        ("post", "given"),
    ]
    assert AS_TYPED not in phone.words


def test_they_are_shown_once_and_are_gone_when_the_page_was_left(site, phone):
    phone.submit("Save choices", **{EMAIL: "no"})
    sign_in_there(phone)
    assert ticked(phone)[EMAIL] == "no"
    phone.open("/preferences")
    assert ticked(phone)[EMAIL] == "yes"
    assert AS_TYPED not in phone.words
    assert kept_answers.NAME not in cookie_of(phone)


def test_topics_and_rhythm_come_back_and_can_be_seen(site, phone):
    _path, values = phone.form("Save choices")
    topics, often = "topics-newsletter-email", "often-newsletter-email"
    options = {name: [one.attributes["value"] for one in phone.page.all("input", name=name)] for name in (topics, often)}
    wanted = {topics: [options[topics][-1]], often: options[often][-1]}
    assert wanted[topics] != values[topics]
    assert wanted[often] != values[often]
    phone.submit("Save choices", **wanted)
    sign_in_there(phone)
    _path, values = phone.form("Save choices")
    assert values[topics] in (wanted[topics], wanted[topics][0])
    assert values[often] == wanted[often]
    choice = next(one for one in phone.page.all("fieldset") if one.attributes.get("id") == "choice-newsletter-email")
    assert "open" in choice.all("details")[0].attributes


def test_looking_at_what_answers_would_mean_keeps_them_too(site, phone):
    phone.submit("Show what this would mean", **{EMAIL: "no"})
    assert NOTHING_YET in phone.words
    sign_in_there(phone)
    assert ticked(phone)[EMAIL] == "no"


def test_somebody_else_who_signs_in_there_never_sees_them(site, phone):
    phone.submit("Save choices", **{POST: "yes", SMS: "yes"})
    sign_in_there(phone, OTHER)
    assert phone.path == "/preferences"
    own = site.signed_in(OTHER)
    own.open("/preferences")
    assert ticked(phone) == ticked(own)
    assert AS_TYPED not in phone.words
    assert kept_answers.NAME not in cookie_of(phone)


def test_the_cookie_tells_nobody_what_was_answered(site, phone):
    phone.submit("Save choices", **{EMAIL: "no"})
    kept = str(cookie_of(phone))
    assert kept_answers.NAME in kept
    assert "newsletter" not in kept
    assert len(phone.client.get_cookie("portal", domain="127.0.0.1").value) < 3000


def test_what_changed_elsewhere_meanwhile_stands(both_sites):
    site, phone = both_sites, ended_elsewhere(both_sites)
    write(
        site, MAREN, purpose="newsletter", channel="email", act="withdrawn", actor="person", collection_point="link:preferences"
    )
    phone.submit("Save choices", **{POST: "yes"})
    sign_in_there(phone)
    shown = ticked(phone)
    assert shown[EMAIL] == "no", "the yes that stood on the old page was not given again"
    assert shown[POST] == "yes"


def test_after_an_hour_they_are_gone(site, phone):
    phone.submit("Save choices", **{EMAIL: "no"})
    with clock.moved(timedelta(minutes=61)):
        phone.open("/sign-in")
        sign_in_there(phone)
        phone.open("/preferences")
        assert ticked(phone)[EMAIL] == "yes"


def test_answers_too_many_for_a_cookie_are_not_kept_and_that_is_said(site, phone, monkeypatch):
    monkeypatch.setattr(kept_answers, "MOST", 40)
    phone.submit("Save choices", **{EMAIL: "no"})
    assert "You were signed out, so nothing was saved. Sign in, and give your answers once more." in phone.words
    sign_in_there(phone)
    assert phone.path == "/preferences"
    assert ticked(phone)[EMAIL] == "yes"


def test_only_what_the_company_asks_is_kept_and_no_free_text(site, phone):
    phone.submit("Save choices", **{EMAIL: "I am ill", "say-gone-email": "yes", "note": "secret", POST: "yes"})
    sign_in_there(phone)
    assert ticked(phone)[EMAIL] == "yes"
    assert ticked(phone)[POST] == "yes"


@pytest.mark.parametrize(
    "sent", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"token": "wrong"}, {"token": ""}]
)
def test_H10_another_site_plants_no_answers(site, phone, sent):
    path, values = phone.form("Save choices")
    token = sent.pop("token", values["csrf_token"])
    phone.post(path, {**values, POST: "yes", "csrf_token": token}, **sent)
    assert phone.status in (400, 403)
    assert kept_answers.NAME not in cookie_of(phone)
    phone.open("/preferences")
    sign_in_there(phone)
    assert POST not in ticked(phone)


def test_after_signing_out_in_this_browser_the_form_is_refused_and_the_way_back_is_shown(site):
    browser = site.signed_in(MAREN)
    browser.open("/preferences")
    path, values = browser.form("Save choices")
    browser.open("/")
    browser.submit("Sign out")
    before = digest(site)
    browser.post(path, {**values, EMAIL: "no"})
    assert browser.status == 400
    assert "You are signed out" in browser.words
    assert "Nothing was saved or sent. Sign in, and we go on where you were." in browser.words
    assert changed(before, digest(site)) == set()
    browser.open(next(one.attributes["href"] for one in browser.page.all("a") if one.words == "Sign in"))
    sign_in_there(browser)
    assert browser.path == "/preferences"
    assert ticked(browser)[EMAIL] == "yes", "nothing is kept of a form without its token"


@pytest.mark.parametrize(
    ("page", "button"), [("/ask", "Send"), ("/rights/restriction", "Send"), ("/preferences", "Stop all marketing")]
)
def test_other_forms_lead_back_to_their_page_and_say_that_nothing_was_sent(site, page, button):
    browser = site.signed_in(MAREN)
    browser.open(page)
    assert browser.path == page
    path, values = browser.form(button)
    with clock.moved(timedelta(minutes=31)):
        before = digest(site)
        browser.post(path, values)
        assert "You were signed out, so nothing was sent yet. Sign in, and we go on where you were." in browser.words
        assert changed(before, digest(site)) == set()
        sign_in_there(browser)
        assert browser.path == page


def test_every_form_of_somebody_signed_in_has_a_page_to_go_back_to(site):
    ends = {"sessions.sign_out", "sessions.end_all", "sessions.end", "again.send"}
    for rule in site.app.url_map.iter_rules():
        guard = site.app.view_functions[rule.endpoint].guard
        if "POST" in (rule.methods or ()) and guard.kind == "person" and rule.endpoint not in ends:
            assert steps.STARTS.get(rule.endpoint, rule.endpoint) in steps.STEPS, rule.endpoint


def test_who_wanted_to_be_signed_out_and_was_already_is_not_told_that_something_was_lost(site, phone):
    phone.open("/sign-in")
    other = site.signed_in(MAREN)
    other.open("/")
    path, values = other.form("Sign out")
    with clock.moved(timedelta(minutes=31)):
        other.post(path, values)
        assert other.path == "/sign-in"
        assert "You were signed out" not in other.words


def question_of(site):
    browser = site.signed_in(MAREN)
    browser.open("/ask")
    return browser


@pytest.mark.parametrize(
    ("opened", "button", "typed"),
    [(question_of, "Send to a person", {"message": "When do you open?"}), (plan_of, "Delete my data", {"understood": "y"})],
)
def test_S5_who_is_signed_out_while_systems_are_asked_does_nothing_any_more(both_sites, monkeypatch, opened, button, typed):
    browser, read = opened(both_sites), own_data.read

    def read_while_signed_out():
        found, current = read(), current_session()
        with both_sites.running.database.writing(registry.ids()["fjordkaffe"]) as db:
            assert end_all_sessions(db, current.person_id) > 0
        return found

    monkeypatch.setattr(own_data, "read", read_while_signed_out)
    with both_sites.running.database.reading(ALL_COMPANIES) as db:
        before = db.scalars(select(Case.number)).all()
    browser.submit(button, **typed)
    assert "You were signed out, so nothing was sent yet." in browser.words
    with both_sites.running.database.reading(ALL_COMPANIES) as db:
        assert db.scalars(select(Case.number)).all() == before
