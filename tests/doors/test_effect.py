"""Door 1, the effect before saving: counted from what was sent, for the answers as typed; nothing is saved by looking."""

import demo
from tests.doors.tables import changed, digest

MAREN = demo.CUSTOMER
KEPT = {"held_count", "limit_counter", "session"}


def test_the_effect_follows_the_answers_and_saves_nothing(site):
    browser = site.signed_in(MAREN)
    browser.open("/preferences")
    before = digest(site)
    said = {}
    for answer in ("yes", "no"):
        browser.submit("Show what this would mean", **{"say-newsletter-email": answer})
        assert browser.status == 200
        said[answer] = next(one.words for one in browser.page.all("section") if one.attributes.get("aria-labelledby") == "effect")
        ticked = [one for one in browser.page.all("input", name="say-newsletter-email") if "checked" in one.attributes]
        assert [one.attributes["value"] for one in ticked] == [answer]
    assert "With these answers you would have got" in said["yes"]
    assert said["yes"] != said["no"]
    assert changed(before, digest(site)) <= KEPT


def test_what_does_not_fit_is_said_instead(site):
    browser = site.signed_in(MAREN)
    browser.open("/preferences")
    browser.submit("Show what this would mean", **{"say-newsletter-email": "perhaps"})
    assert browser.status == 422


def test_who_got_nothing_is_told_so(site):
    browser = site.signed_in(demo.NOBODY)
    browser.open("/preferences")
    browser.submit("Show what this would mean")
    assert "We sent you nothing in the last 30 days." in browser.words
