"""Door 2, the whole choice from a mail: topics, how often and a break beside yes and no. Less acts at once, more waits for the mailbox."""

import re
from datetime import timedelta

import pytest

import demo
from portal.accounts import registry
from portal.cases.joining import upsert_person
from portal.consent.choices import choices_of
from portal.consent.telling import Source
from portal.consent.words import Act
from portal.core import clock
from portal.people.numbers import CUSTOMER_NUMBER
from portal.people.service import EMAIL, Identifier, find_person
from tests.doors.links import events, standing, suppressed, token_for, with_company

MAREN, STRANGER, SAID_YES = demo.CUSTOMER, "ingen.kjenner@example.net", "newsletter.email"
TOPICS, OFTEN = "topics-newsletter-email", "often-newsletter-email"


def newsletter(site, address=MAREN):
    """Topics (None: all), how often, and until when the newsletter by mail is quiet."""
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        person = find_person(db, Identifier(EMAIL, address))
        assert person is not None
        purposes = choices_of(db, registry.config().company("fjordkaffe"), person.id)
        (choice,) = [one for purpose in purposes if purpose.key == "newsletter" for one in purpose.channels if one.key == "email"]
        return choice.topics, choice.frequency, choice.until


def opened(site, address=MAREN, **link):
    browser = site.browser()
    browser.open(f"/p/{token_for(address, **link)}")
    return browser


def mails_to_confirm(site, address=MAREN):
    return [mail for mail in site.mails(address) if "/confirm/" in mail.text]


def test_fewer_topics_and_fewer_messages_count_at_once_and_can_be_undone(both_sites):
    site = both_sites
    before, browser = newsletter(site), opened(site)
    browser.submit("Save", **{TOPICS: ["coffees"], OFTEN: "monthly"})
    assert browser.status == 200 and newsletter(site) == (("coffees",), "monthly", None)
    assert "From now on you get less of this" in browser.words and "News and offers, E-mail" in browser.words
    assert "counts as no" not in browser.words and browser.page.all("h1")[0].words == "Saved."
    assert standing(site, MAREN)[SAID_YES] == "given" and mails_to_confirm(site) == []
    assert events(site, MAREN)[-1].collection_point == "link:page"
    again = opened(site)
    ticked = [one.attributes["value"] for one in again.page.all("input", name=TOPICS) if "checked" in one.attributes]
    assert ticked == ["coffees"], "the page shows them as they stand"
    browser.submit("Undo")
    assert (set(newsletter(site)[0] or ("coffees", "courses", "prices")), newsletter(site)[1] or "weekly") == (
        set(before[0] or ("coffees", "courses", "prices")),
        before[1] or "weekly",
    )


def test_more_topics_wait_for_the_mailbox_and_what_stands_goes_on(both_sites):
    site, browser = both_sites, opened(both_sites)
    browser.submit("Save", **{TOPICS: ["coffees"], OFTEN: "monthly"})
    browser = opened(site)
    browser.submit("Save", **{TOPICS: ["coffees", "prices"], OFTEN: "weekly"})
    assert "asks for your yes to more" in browser.words and "what you said before goes on" in browser.words
    assert "counts as no" not in browser.words and not [one for one in browser.page.all("button") if one.words == "Undo"]
    assert newsletter(site)[:2] == (("coffees",), "monthly")
    (mail,) = mails_to_confirm(site)
    link = re.search(r"https?://[^/\s]+(/confirm/[\w-]+)", mail.text)
    assert link
    mailbox = site.browser()
    mailbox.open(link[1])
    mailbox.submit("Yes, I want this", email=MAREN)
    assert set(newsletter(site)[0]) == {"coffees", "prices"} and newsletter(site)[1] == "weekly"


def test_a_yes_without_any_topic_is_asked_about_and_kept_as_typed_through_a_change_of_language(site):
    browser, count = opened(site), len(events(site, MAREN))
    path, values = browser.form("Save")
    browser.post(path, {**{name: value for name, value in values.items() if name != TOPICS}, OFTEN: "monthly"})
    assert browser.status == 422 and "Tick at least one, or choose No above." in browser.words
    (german,) = [one for one in browser.page.all("button", form="typed") if one.attributes["lang"] == "de"]
    path, values = browser.form("Save")
    browser.post(browser.path + german.attributes["formaction"], {**values, "only_shown": "1", TOPICS: ["coffees"]})
    assert browser.page.all("html", lang="de") and len(events(site, MAREN)) == count
    kept = [one.attributes["value"] for one in browser.page.all("input", name=OFTEN) if "checked" in one.attributes]
    assert kept == ["monthly"]
    browser.submit("Speichern")
    assert newsletter(site)[:2] == (("coffees",), "monthly") and "Set-Cookie" not in browser.answer.headers


def test_each_choice_says_on_what_ground_it_stands_and_since_when_with_the_answers_of_that_ground(site):
    browser = opened(site)
    assert "Yes, since 8 May 2024" in browser.words and "What you say yes to:" in browser.words
    (feedback,) = browser.page.all("section", **{"aria-labelledby": "purpose-feedback"})
    assert "our legitimate interest" in feedback.words and "to make better what we sell" in feedback.words
    assert [label.words for label in feedback.all("label")] == ["Allow", "Object"]
    browser.submit("Save", **{"say-feedback-email": "no"})
    assert standing(site, MAREN)["feedback.email"] == "objected"
    assert events(site, MAREN)[-1].act is Act.OBJECTED


def test_a_break_counts_at_once_and_one_that_ends_sooner_waits_for_the_mailbox(both_sites):
    site, browser = both_sites, opened(both_sites)
    today = clock.now().date()
    late, soon = (today + timedelta(days=days) for days in (60, 20))
    browser.submit("Pause", until=late.isoformat())
    assert browser.page.all("h1")[0].words == "Paused" and newsletter(site)[2].date() in (late, late - timedelta(days=1))
    browser = opened(site)
    assert "Quiet until" in browser.words
    until = newsletter(site)[2]
    browser.submit("Pause", until=soon.isoformat())
    assert newsletter(site)[2] == until and len(mails_to_confirm(site)) == 1
    assert "asks for your yes to more" in browser.words


def test_the_undo_of_a_break_ends_it(site):
    browser = opened(site)
    browser.submit("Until")
    assert standing(site, MAREN)[SAID_YES] == "paused"
    browser.submit("Undo")
    assert standing(site, MAREN)[SAID_YES] == "given"


@pytest.mark.parametrize("typed", ["", "yesterday", "2020-01-01", "2999-01-01"])
def test_a_day_that_is_none_is_said_beside_the_field_and_pauses_nothing(site, typed):
    browser, count = opened(site), len(events(site, MAREN))
    browser.submit("Pause", until=typed)
    assert browser.status == 422 and browser.page.all("p", id="until-error")
    assert len(events(site, MAREN)) == count


def test_of_a_choice_that_is_not_named_nothing_is_paused_and_nothing_saved(site, monkeypatch):
    purposes = registry.config().company("fjordkaffe").purposes
    hidden = purposes["newsletter"].model_copy(update={"sensitive": True})
    with_company(monkeypatch, purposes={**purposes, "newsletter": hidden})
    browser, before = opened(site), newsletter(site)
    assert TOPICS not in browser.answer.text
    assert "News and offers" not in browser.words
    path, values = browser.form("Save")
    browser.post(path, {**values, "say-newsletter-email": "no", TOPICS: "coffees", OFTEN: "monthly"})
    browser = opened(site)
    browser.submit("Until")
    assert newsletter(site) == before and standing(site, MAREN)[SAID_YES] == "given"


def test_a_link_for_a_number_takes_less_and_sends_who_wants_more_to_the_sign_in(site):
    number = "FK-77777"
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        upsert_person(db, [Identifier(EMAIL, MAREN), Identifier(CUSTOMER_NUMBER, number)], source=Source("shop", "k1"))
    browser = opened(site, number, kind="customer_number")
    assert "Yes, since" in browser.words and not browser.page.all("input", name="topics-newsletter-sms")
    browser.submit("Save", **{TOPICS: ["coffees"]})
    assert newsletter(site)[0] == ("coffees",)
    browser = opened(site, number, kind="customer_number")
    browser.submit("Save", **{TOPICS: ["coffees", "prices"]})
    assert browser.status == 422 and "sign in with your e-mail address" in browser.words
    assert newsletter(site)[0] == ("coffees",)
    # What the page does not offer there, sent all the same.
    path, values = opened(site, number, kind="customer_number").form("Save")
    browser.post(path, {**values, "say-newsletter-post": "yes", "often-newsletter-post": values[OFTEN]})
    assert browser.status == 422 and "sign in with your e-mail address" in browser.words


def test_who_is_not_known_has_no_break_to_take_and_a_yes_with_topics_waits_as_it_was_asked(site):
    browser = opened(site, STRANGER)
    assert "Take a break" not in browser.words
    browser.post(f"{browser.path}/pause", {"until": (clock.now().date() + timedelta(days=9)).isoformat()})
    assert browser.status == 200 and suppressed(site, STRANGER) == set() and standing(site, STRANGER) == {}
    browser = opened(site, STRANGER)
    browser.submit("Save", **{"say-newsletter-email": "yes", TOPICS: ["coffees"], OFTEN: "monthly"})
    assert standing(site, STRANGER)[SAID_YES] == "pending" and "counts as no" in browser.words
    link = re.search(r"https?://[^/\s]+(/confirm/[\w-]+)", mails_to_confirm(site, STRANGER)[0].text)
    assert link
    browser.open(link[1])
    browser.submit("Yes, I want this", email=STRANGER)
    assert newsletter(site, STRANGER)[:2] == (("coffees",), "monthly")
