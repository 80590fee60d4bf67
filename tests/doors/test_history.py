"""Door 1, history and published keys: what was done is told as the ledger has it, to the person alone; keys are there for everyone."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

import demo
from portal.consent.words import Act, Actor
from portal.core.signatures import sign, verify
from tests.doors.choosing import events, write
from tests.doors.site import SECOND_HOST

MAREN, OTHER = demo.CUSTOMER, demo.stars.MANY_ORDERS.email


def acts_on(browser):
    """The acts of the page, as words, newest first."""
    return [item.words for item in browser.page.all("main")[0].all("li") if item.attributes.get("id", "").startswith("act-")]


def test_every_act_is_told_newest_first_with_its_time_its_place_and_its_words(site):
    browser = site.signed_in(MAREN)
    browser.open("/preferences")
    browser.open(browser.page.all("a", href="/preferences/history")[0].attributes["href"])
    acts = acts_on(browser)
    assert len(acts) == 6
    assert "From your visits to our shop" in acts[0]
    assert "Taken back" in acts[0]
    assert all("before these pages, from our own records" in act for act in acts)
    assert all("The words you saw" in act and "Fjordkaffe AS" in act for act in acts)


def test_an_act_of_someone_else_names_what_kind_of_someone_and_never_who(site):
    write(
        site,
        MAREN,
        purpose="newsletter",
        channel="email",
        act=Act.WITHDRAWN,
        actor=Actor.STAFF,
        collection_point="console:ingrid",
    )
    browser = site.signed_in(MAREN)
    browser.open("/preferences/history")
    newest = acts_on(browser)[0]
    assert "our staff" in newest
    assert "ingrid" not in browser.answer.text


def test_a_pause_names_its_day_and_topics_are_named(site):
    until = datetime.now(ZoneInfo("Europe/Oslo")) + timedelta(days=40)  # the day is that of the company
    write(
        site, MAREN, purpose="newsletter", channel="email", act=Act.GIVEN, actor=Actor.PERSON, collection_point="site:preferences",
        topics=("coffees", "courses"),
    )  # fmt: skip
    write(
        site, MAREN, purpose="newsletter", channel="email", act=Act.PAUSED, actor=Actor.PERSON, collection_point="site:preferences",
        until=until,
    )  # fmt: skip
    browser = site.signed_in(MAREN)
    browser.open("/preferences/history")
    pause, yes = acts_on(browser)[:2]
    assert f"Quiet until {until.day} {until:%B %Y}" in pause
    assert "New coffees and Courses and tastings" in yes
    assert "on these pages" in yes


def test_a_long_history_comes_in_pages_that_lack_nothing(site):
    for number in range(55):
        write(
            site, MAREN, purpose="newsletter", channel="sms", act=(Act.GIVEN, Act.WITHDRAWN)[number % 2], actor=Actor.PERSON,
            collection_point="site:preferences",
        )  # fmt: skip
    browser = site.signed_in(MAREN)
    browser.open("/preferences/history")
    first = acts_on(browser)
    browser.open(next(a for a in browser.page.all("a") if a.words == "Show older ones").attributes["href"])
    assert len(first) == 50
    assert len(acts_on(browser)) == 11
    for odd in ("0", "-1", "x", "9" * 40, "1"):
        assert browser.open(f"/preferences/history?before={odd}").status_code == 200


def test_who_never_chose_is_told_so(site):
    browser = site.signed_in(demo.NOBODY)
    browser.open("/preferences/history")
    assert "Nothing was chosen yet." in browser.words


def test_nobody_sees_anothers_history(site):
    write(
        site,
        MAREN,
        purpose="newsletter",
        channel="email",
        act=Act.WITHDRAWN,
        actor=Actor.PERSON,
        collection_point="site:preferences",
    )
    other = site.signed_in(OTHER)
    theirs = len(acts_on(other)) if other.open("/preferences/history") else 0
    assert theirs == len(events(site, OTHER))
    stranger = site.browser()
    stranger.open("/preferences/history")
    assert stranger.path == "/sign-in"


def test_the_old_address_of_the_choices_leads_on(site):
    browser = site.signed_in(MAREN)
    browser.open("/choices")
    assert browser.path == "/preferences"
    assert site.browser().open("/choices").request.path == "/sign-in"


@pytest.mark.parametrize("host", ["127.0.0.1:8080", SECOND_HOST])
def test_a_statement_can_be_checked_with_the_keys_that_are_published(site, host):
    company = {"127.0.0.1:8080": "fjordkaffe", SECOND_HOST: "alpenrad"}[host]
    browser = site.browser(host)
    answer = browser.open("/.well-known/jwks.json")
    assert answer.content_type == "application/jwk-set+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    keys = json.loads(answer.text)
    assert verify(sign(company, "receipt", {"said": "yes"}), "receipt", keys) == {"said": "yes"}
    assert not {"d", "k", "p", "q"} & {name for key in keys["keys"] for name in key}


def signs_on(browser):
    """How the acts of the page are drawn, newest first: class and words."""
    acts = [item for item in browser.page.all("main")[0].all("li") if item.attributes.get("id", "").startswith("act-")]
    states = [next(one for one in act.all("span") if one.attributes.get("class", "").startswith("state ")) for act in acts]
    return [(one.attributes["class"].removeprefix("state "), one.words) for one in states]


def test_the_end_of_a_break_and_an_undo_are_drawn_and_told_as_what_stood_after_them(site):
    nobody = site.signed_in(demo.NOBODY)
    until = datetime.now(ZoneInfo("Europe/Oslo")) + timedelta(days=40)
    mine = {"actor": Actor.PERSON, "collection_point": "site:preferences"}
    email, post = {"purpose": "newsletter", "channel": "email", **mine}, {"purpose": "newsletter", "channel": "post", **mine}
    write(site, demo.NOBODY, **post, act=Act.PAUSED, until=until)
    write(site, demo.NOBODY, **post, act=Act.RESUMED)
    write(site, demo.NOBODY, **email, act=Act.GIVEN)
    write(site, demo.NOBODY, **email, act=Act.PAUSED, until=until)
    write(site, demo.NOBODY, **email, act=Act.RESUMED)
    taken_back = write(site, demo.NOBODY, **email, act=Act.WITHDRAWN)
    write(site, demo.NOBODY, **email, act=Act.UNDONE, undoes=taken_back.sequence)
    refused = write(site, demo.NOBODY, **post, act=Act.REFUSED)
    undone = write(site, demo.NOBODY, **post, act=Act.UNDONE, undoes=refused.sequence)
    nobody.open("/preferences/history")
    told = signs_on(nobody)
    assert [told[0], told[2], told[4], told[7]] == [
        ("unset", "Undone, back to: Not answered"),
        ("given", "Undone, back to: Yes"),
        ("given", "Break ended, back to: Yes"),
        ("unset", "Break ended, back to: Not answered"),
    ]
    nobody.open(f"/preferences/history?before={undone.sequence}")
    assert signs_on(nobody) == told[1:], "what stood is the same on an older page"


def test_an_act_on_one_topic_says_what_stood_for_that_topic(site):
    nobody = site.signed_in(demo.NOBODY)
    mine = {"actor": Actor.PERSON, "collection_point": "link:preferences", "purpose": "newsletter", "channel": "email"}
    write(site, demo.NOBODY, **mine, act=Act.GIVEN)
    stopped = write(site, demo.NOBODY, **mine, topic="prices", act=Act.WITHDRAWN)
    write(site, demo.NOBODY, **mine, topic="prices", act=Act.UNDONE, undoes=stopped.sequence)
    nobody.open("/preferences/history")
    assert signs_on(nobody)[0] == ("unset", "Undone, back to: Not answered")
