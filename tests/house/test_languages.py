"""The choice of the language at the foot of every page, also of one that answers a form: it leads to a page, and to no mistake."""

import re
from urllib.parse import urljoin

import pytest

import demo
from tests.doors.links import events, standing, token_for
from tests.doors.tables import changed, digest
from tests.house import test_pages as walks
from tests.pages import fields_of

MAREN, SAID_YES = demo.CUSTOMER, "newsletter.email"
HERE, ELSEWHERE = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site"}
"""The latter of a look that the browser's cookie does not remember: the walk goes on in its own language."""


def languages(browser):
    """The addresses behind the choice of the language, by language."""
    links = [one for one in browser.page.all("a") if "hreflang" in one.attributes]
    return {one.attributes["hreflang"]: urljoin(browser.path, one.attributes["href"]) for one in links}


def switched(browser, language="de"):
    """The browser after a press on a language at the foot of its page."""
    browser.open(languages(browser)[language])
    assert browser.page.all("html", lang=language)
    return browser


@pytest.mark.parametrize("walk", ["pages", "refused_pages", "acting_pages", "console_pages"])
def test_the_choice_of_the_language_leads_to_a_page_wherever_one_is(site, walk):
    seen = set()
    for browser in getattr(walks, walk)(site, "en"):
        found, again = languages(browser), browser.page.all("button", form="typed", lang="de")
        if not found and not again:
            continue
        seen.add(browser.answer.request.method)
        sent = {"base_url": f"http://{browser.host}", "follow_redirects": True}
        if again:
            (form,) = browser.page.all("form", id="typed")
            own = {one.attributes["name"]: "1" for one in again if "name" in one.attributes}
            address = urljoin(browser.path, again[0].attributes["formaction"])
            answer = browser.client.post(address, data={**fields_of(form), **own}, headers={**browser.headers, **HERE}, **sent)
            browser.client.get("/help?lang=en", **sent)
        else:
            address = found["de"]
            answer = browser.client.get(address, headers={**browser.headers, **ELSEWHERE}, **sent)
        assert answer.status_code < 400 or answer.status_code == browser.status, (browser.address, browser.status, address)
        assert re.search(r'<html lang="de"', answer.text), (browser.address, address)
    assert seen == {"GET", "POST"}


def test_what_a_link_just_stopped_is_told_in_the_other_language_with_its_undo(both_sites):
    site, browser = both_sites, both_sites.browser()
    browser.open(f"/p/{token_for(MAREN, SAID_YES)}")
    browser.submit("Stop “News and offers, E-mail”")
    before, count = digest(site), len(events(site, MAREN))
    assert browser.answer.request.method == "GET", "loading it again sends nothing again"
    switched(browser)
    assert "Ab jetzt gilt als Nein" in browser.words
    assert changed(before, digest(site)) == set() and len(events(site, MAREN)) == count
    browser.submit("Rückgängig")
    assert standing(site, MAREN)[SAID_YES] == "given"
    switched(browser, "ar")
    assert standing(site, MAREN)[SAID_YES] == "given" and "Set-Cookie" not in browser.answer.headers


def in_another_language(browser, language, **typed):
    """Press a language that sends the form of this page again, with what was typed there."""
    (pressed,) = [one for one in browser.page.all("button", form="typed") if one.attributes["lang"] == language]
    (form,) = browser.page.all("form", id="typed")
    own = {pressed.attributes["name"]: pressed.attributes["value"]} if "name" in pressed.attributes else {}
    browser.post(urljoin(browser.path, pressed.attributes["formaction"]), {**fields_of(form), **own, **typed})
    assert browser.page.all("html", lang=language)
    return browser


def test_what_was_typed_is_kept_through_a_change_of_language_and_is_not_sent(site):
    browser = site.signed_in(MAREN)
    browser.open("/ask")
    browser.submit("Send", number="x" * 61, message="Where is it?")
    assert browser.status == 422
    before = digest(site)
    for language, status in (("de", "61"), ("ar", "fits now")):
        number = "x" * 61 if status == "61" else "FK-1"
        in_another_language(browser, language, number=number)
        assert browser.page.all("textarea", name="message")[0].words == "Where is it?"
        assert browser.page.all("input", value=number)
        assert changed(before, digest(site)) <= {"session"}, "a form that would fit now is only shown, too"


def test_the_effect_of_choices_is_shown_in_the_other_language_with_the_choices_as_they_were_made(site):
    browser = site.signed_in(MAREN)
    browser.open("/preferences")
    count = len(events(site, MAREN))
    browser.submit("Show what this would mean", **{"say-newsletter-email": "no"})
    assert "With these answers you would have got" in browser.words
    in_another_language(browser, "de")
    assert browser.path == "/preferences/effect" and "Mit diesen Antworten" in browser.words
    (kept,) = browser.page.all("input", name="say-newsletter-email", value="no")
    assert "checked" in kept.attributes and len(events(site, MAREN)) == count


def test_an_address_that_was_mistyped_stays_typed_and_opts_nobody_out_by_a_change_of_language(site):
    browser = site.browser()
    browser.open("/unsubscribe")
    browser.submit("Stop advertising", email="maren@")
    before = digest(site)
    in_another_language(browser, "de", email=MAREN)
    assert browser.page.all("input", name="email", value=MAREN)
    assert changed(before, digest(site)) == set() and standing(site, MAREN)[SAID_YES] == "given"
    in_another_language(browser, "ar")
    browser.submit("إيقاف الإعلانات")
    assert standing(site, MAREN)[SAID_YES] == "suppressed" and not browser.page.all("form")
    switched(browser)
    assert browser.page.all("h1")[0].words == "Gestoppt" and not browser.page.all("form")


def test_one_click_answers_at_once_and_its_page_stays_true_in_the_other_language(site):
    browser = site.browser()
    browser.open(f"/u/{token_for(MAREN, SAID_YES)}")
    browser.submit("Unsubscribe")
    assert browser.answer.request.method == "POST" and browser.page.all("h1")[0].words == "Unsubscribed"
    switched(browser)
    assert browser.page.all("h1")[0].words == "Abbestellt" and not browser.page.all("form")
    forged = site.browser()
    forged.open(f"/u/{token_for(demo.SHARED_ADDRESS, SAID_YES)}?{browser.address.partition('?')[2]}")
    assert forged.page.all("h1")[0].words != "Abbestellt", "what was said to one link is not said to another"


def test_a_choice_that_was_confirmed_is_told_in_the_other_language_and_not_as_a_link_that_has_ended(site):
    browser = site.browser()
    browser.open(f"/p/{token_for('new@example.net')}")
    browser.submit("Save", **{"say-newsletter-email": "yes"})
    link = re.search(r"https?://[^/\s]+(/confirm/[\w-]+)", site.mails("new@example.net")[0].text)
    assert link
    browser.open(link[1])
    browser.submit("Yes, I want this", email="other@example.net")
    assert browser.status == 422
    in_another_language(browser, "de")
    assert browser.page.all("input", value="other@example.net") and standing(site, "new@example.net")[SAID_YES] == "pending"
    in_another_language(browser, "en")
    browser.submit("Yes, I want this", email="new@example.net")
    assert standing(site, "new@example.net")[SAID_YES] == "given" and browser.page.all("h1")[0].words == "Confirmed"
    switched(browser)
    assert browser.page.all("h1")[0].words == "Bestätigt"
    browser.open(link[1])
    assert browser.status == 410


@pytest.mark.parametrize("path", ["/preferences/effect", "/p/{token}/stop", "/p/{token}/signal"])
def test_an_address_that_takes_no_GET_never_claims_that_nothing_happened(site, path):
    browser = site.browser()
    browser.open(path.format(token=token_for(MAREN)))
    assert browser.status == 405
    assert "Nothing" not in browser.words and "What you did before stands as it is" in browser.words
    browser.open(languages(browser)["de"])
    assert browser.status == 200


@pytest.mark.parametrize("path", ["/in", "/confirm/no", "/undo/x", "/erase/stop", "/erase/result", "/t/x/answer", "/p/x/stop"])
def test_a_form_that_is_too_large_is_told_so_with_the_choice_of_the_language(site, path):
    browser = site.browser()
    browser.open("/sign-in")
    token = str(browser.form("Send")[1]["csrf_token"])
    browser.post(path, {"csrf_token": token, "token": "x", "filling": "x" * 3_000_000})
    assert browser.status in (404, 413), browser.status
    browser.open(languages(browser)["de"])
    assert browser.status < 500 and browser.page.all("html", lang="de")
