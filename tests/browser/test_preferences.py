"""Preferences in Chromium: no is as big and as near as yes, with and without JavaScript, and it works with one thumb."""

import pytest

pytestmark = pytest.mark.browser

PHONE, DESKTOP, SMALL = {"width": 390, "height": 844}, {"width": 1280, "height": 900}, {"width": 320, "height": 640}


@pytest.mark.parametrize(
    ("language", "size"),
    [
        ("ar", PHONE),
        ("en", DESKTOP),
        ("de", SMALL),
        *(
            pytest.param(language, size, marks=pytest.mark.long)
            for language, size in (("en", PHONE), ("de", PHONE), ("de", DESKTOP), ("ar", DESKTOP), ("en", SMALL), ("ar", SMALL))
        ),
    ],
)
def test_no_is_as_big_as_yes_and_one_press_away_like_it(walker, size, language):
    walk = walker.signed_in(viewport=size)
    walk.go(f"/preferences?lang={language}")
    choices = walk.page.locator("fieldset.choice")
    assert choices.count() >= 6
    for number in range(choices.count()):
        yes, no = (choices.nth(number).locator("> .picks > .pick > span").nth(which).bounding_box() for which in (0, 1))
        assert (yes["width"], yes["height"]) == (no["width"], no["height"]), number
        assert yes["y"] == no["y"], number
        assert min(no["height"], no["width"]) >= 44
        styles = (
            choices.nth(number)
            .locator("> .picks > .pick > span")
            .evaluate_all("all => all.map(one => [getComputedStyle(one).fontSize, getComputedStyle(one).color])")
        )
        assert styles[0] == styles[1]


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_choice_is_two_presses_and_so_is_its_undoing(walker, served, script):
    walk = walker(java_script_enabled=script)
    walk.sign_in("two.presses.js@example.net" if script else "two.presses@example.net")
    walk.go("/preferences")
    for answer, stands in (("Yes", "given"), ("No", "withdrawn")):
        walk.page.locator("#choice-newsletter-post .pick", has_text=answer).first.click()
        walk.press("Save choices")
        walk.page.wait_for_url("**/preferences?since=*")
        assert "Saved." in walk.page.get_by_role("status").inner_text()
        assert stands in walk.page.locator("#choice-newsletter-post").get_attribute("class")
    walk.press("Undo")
    walk.page.wait_for_load_state()
    assert "given" in walk.page.locator("#choice-newsletter-post").get_attribute("class")
    assert walk.complaints == []


def test_C6_two_tabs_and_the_older_one_changes_nothing_newer(walker):
    walk = walker()
    walk.sign_in("two.tabs@example.net")
    old = walk.context.new_page()
    walk.go("/preferences")
    old.goto(walk.served.url + "/preferences")
    walk.page.locator("#choice-newsletter-email .pick", has_text="Yes").first.click()
    walk.press("Save choices")
    walk.page.wait_for_url("**/preferences?since=*")
    old.locator("#choice-newsletter-email .pick", has_text="No").first.click()
    old.get_by_role("button", name="Save choices").click()
    old.wait_for_load_state()
    assert "Changed elsewhere since this page was opened" in old.get_by_role("status").inner_text()
    assert "given" in old.locator("#choice-newsletter-email").get_attribute("class")


def test_a_day_in_the_past_is_said_at_the_field_where_the_browser_lets_it_through(walker):
    walk = walker()
    walk.sign_in("a.day.that.is.over@example.net")
    walk.go("/preferences")
    walk.page.locator("#choice-newsletter-email .pick", has_text="Yes").first.click()
    walk.press("Save choices")
    walk.page.wait_for_url("**/preferences?since=*")
    walk.page.locator("#until").evaluate("one => { one.removeAttribute('min'); one.value = '2020-01-01'; }")
    walk.press("Pause")
    walk.page.wait_for_selector("#until-error")
    assert walk.page.locator("#until").get_attribute("aria-invalid") == "true"
