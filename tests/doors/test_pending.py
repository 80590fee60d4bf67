"""Door 1, a yes that is confirmed twice: it waits, counts as no, and can be sent again or let go; only the mailbox makes it a yes."""

import re
from pathlib import Path

import pytest

import demo
from portal.consent.words import Act
from tests.doors.choosing import events
from tests.doors.links import token_for
from tests.doors.site import SECOND_HOST
from tests.doors.tables import changed, digest

SOMEONE = "somebody.new@example.net"
NEWS = "say-newsletter-email"
ICONS = Path(__file__).parents[2] / "static/icons.svg"


@pytest.fixture
def asked(site):
    """A new customer of the second company who said yes to its newsletter."""
    browser = site.signed_in(SOMEONE, SECOND_HOST)
    browser.open("/preferences?lang=en")
    browser.submit("Save choices", **{NEWS: "yes"})
    browser.open("/preferences")
    return browser


def mails(site):
    return [mail for mail in site.mails(SOMEONE) if "/in/" not in mail.text]


def told(browser):
    return next(
        one.words for one in browser.page.all("div") if one.attributes.get("role") == "status" and one.all("h2", id="told")
    )


def state(browser):
    return browser.page.all("fieldset", id="choice-newsletter-email")[0]


def test_a_yes_waits_for_the_mailbox_and_says_so(site, asked):
    assert [one.act for one in events(site, SOMEONE, "alpenrad")] == [Act.ASKED]
    assert "Waits for you News from the workshop, E-mail" in asked.words
    assert "it counts as no" in state(asked).words
    assert not [one for one in state(asked).all("input") if "checked" in one.attributes]
    assert len(mails(site)) == 1


def test_what_waits_is_not_said_to_count_from_now_on(site):
    browser = site.signed_in(SOMEONE, SECOND_HOST)
    browser.open("/preferences?lang=en")
    browser.submit("Save choices", **{NEWS: "yes"})
    assert "counts once you confirm it" in told(browser) and "from now on" not in told(browser)
    browser.open("/preferences")
    browser.submit("Save choices", **{"say-inspection_reminder-email": "yes"})
    assert "from now on" in told(browser) and "once you confirm" not in told(browser)


def test_the_mail_can_be_sent_again_and_the_yes_let_go(site, asked):
    asked.submit("Send the mail again")
    assert "Sent again." in asked.answer.text
    assert len(mails(site)) == 2
    asked.submit("Cancel it")
    assert "Cancelled." in asked.answer.text
    assert "Waits for you" not in asked.words
    assert [one.act for one in events(site, SOMEONE, "alpenrad")] == [Act.ASKED, Act.EXPIRED]
    asked.open("/preferences/history")
    assert "No longer wanted" in asked.words
    assert "on these pages" in next(li.words for li in asked.page.all("li", id="act-2"))


def test_the_button_of_the_earlier_mail_and_of_a_cancelled_one_does_nothing(site, asked):
    (first,) = mails(site)
    asked.submit("Send the mail again")
    (second,) = [mail for mail in mails(site) if mail.text != first.text]
    asked.submit("Cancel it")
    for mail in (first, second):
        link = re.search(r"https?://[^/\s]+(/confirm/[\w-]+)", mail.text)
        assert link
        mailbox = site.browser(SECOND_HOST)
        mailbox.open(link[1])
        assert "This link has ended" in mailbox.words
    assert Act.GIVEN not in [one.act for one in events(site, SOMEONE, "alpenrad")]


def test_a_second_press_of_either_button_is_told_the_truth(site, asked):
    stale = site.signed_in(SOMEONE, SECOND_HOST)
    stale.open("/preferences")
    asked.submit("Cancel it")
    page = stale.answer
    stale.submit("Cancel it")
    assert "There was nothing left to cancel." in stale.answer.text
    stale.answer = page
    stale.submit("Send the mail again")
    assert "No further mail was sent" in stale.answer.text
    assert len(mails(site)) == 1


def test_only_a_few_mails_go_out_in_a_day_and_the_page_says_so(site, asked):
    for _ in range(6):
        asked.open("/preferences")
        asked.submit("Send the mail again")
    assert "No further mail was sent" in asked.answer.text
    assert len(mails(site)) == 5


def test_L1_a_look_sends_and_ends_nothing(site, asked):
    before = digest(site)
    for path in ("/preferences", "/preferences/pending/resend", "/preferences/pending/cancel"):
        asked.client.get(path, base_url=f"http://{SECOND_HOST}", headers=asked.headers)
    assert changed(before, digest(site)) - {"limit_counter", "session"} == set()


def test_who_is_not_signed_in_is_led_to_the_sign_in(site):
    stranger = site.browser(SECOND_HOST)
    stranger.open("/sign-in")
    token = re.search(r'name="csrf_token" value="([^"]+)"', stranger.answer.text)
    assert token
    for act in ("resend", "cancel"):
        stranger.post(f"/preferences/pending/{act}", {"csrf_token": token[1]})
        assert stranger.path == "/sign-in"


def test_saying_no_on_the_page_ends_the_wait(site, asked):
    asked.submit("Save choices", **{NEWS: "no"})
    asked.open("/preferences")
    assert "Waits for you" not in asked.words
    assert "refused" in state(asked).attributes["class"]


def test_nobody_ends_anothers_wait(site, asked):
    anna = site.signed_in(demo.stars.ANNA.email, SECOND_HOST)
    anna.open("/preferences")
    token = re.search(r'name="csrf_token" value="([^"]+)"', anna.answer.text)
    assert token
    before = len(events(site, SOMEONE, "alpenrad"))
    for path in ("/preferences/pending/cancel", "/preferences/pending/resend"):
        anna.post(path, {"csrf_token": token[1]})
    assert len(events(site, SOMEONE, "alpenrad")) == before
    assert len(mails(site)) == 1


ANNA, TOPICS = demo.stars.ANNA.email, "topics-newsletter-email"


@pytest.fixture
def anna(site):
    """A customer of the second company with a yes to one of two topics of its newsletter, who asked for the other one, too."""
    browser = site.signed_in(ANNA, SECOND_HOST)
    browser.open("/preferences?lang=en")
    browser.submit("Save choices", **{NEWS: "yes", TOPICS: ["bicycles"]})
    browser.submit("Save choices", **{NEWS: "yes", TOPICS: ["bicycles", "tours"]})
    return browser


def asked_of(site, address=ANNA):
    return [mail for mail in site.mails(address) if "/confirm/" in mail.text]


def buttons(browser):
    return [one.words for one in browser.page.all("button")]


def test_a_topic_on_top_of_a_yes_waits_and_the_page_says_so(site, anna):
    assert "Saved." in told(anna) and "News from the workshop, E-mail: Tours: waits for you to confirm it" in told(anna)
    assert "once you confirm it" in told(anna) and "from now on" not in told(anna)
    anna.open("/preferences")
    assert "Waits for you News from the workshop, E-mail: Tours" in anna.words
    assert "what you said yes to before goes on" in anna.words and "it counts as no. On" not in anna.words
    assert "given" in state(anna).attributes["class"] and "Tours: waits for you to confirm it" in state(anna).words
    assert {"Send the mail again", "Cancel it"} <= set(buttons(anna))
    [mail] = asked_of(site)
    assert "News from the workshop (Tours)" in mail.text and "what you said yes to before goes on" in mail.text


def test_asking_for_it_again_sends_no_second_mail_and_the_button_does(site, anna):
    before = events(site, ANNA, "alpenrad")
    for _ in range(3):
        anna.submit("Save choices", **{NEWS: "yes", TOPICS: ["bicycles", "tours"]})
        assert "Tours: waits for you to confirm it" in told(anna)
    assert len(asked_of(site)) == 1 and events(site, ANNA, "alpenrad") == before
    anna.submit("Save choices")
    assert "Nothing had to be changed." in anna.answer.text and "Saved." not in anna.words
    anna.submit("Send the mail again")
    assert len(asked_of(site)) == 2


def test_the_mailbox_says_yes_or_no_to_what_comes_on_top_and_is_told_the_truth(site, anna):
    for answer in ("No, leave it as it is", "Yes, I want this"):
        link = re.search(r"https?://[^/\s]+(/confirm/[\w-]+)", asked_of(site)[0].text)
        assert link
        anna.open(link[1])
        assert "what you said yes to before goes on" in anna.words
        anna.submit(answer)
        if answer.startswith("No"):
            assert "It stays as it is" in anna.words and "What you said yes to before goes on." in anna.words
            assert "Nothing is sent to you" not in anna.words
            assert events(site, ANNA, "alpenrad")[-1].topics == ("bicycles",)
            anna.open("/preferences")
            assert "Waits for you" not in anna.words
            anna.submit("Save choices", **{NEWS: "yes", TOPICS: ["bicycles", "tours"]})
    assert events(site, ANNA, "alpenrad")[-1].topics == ("bicycles", "tours")


def test_what_comes_on_top_can_be_let_go_and_what_stands_stays(site, anna):
    before = events(site, ANNA, "alpenrad")
    anna.open("/preferences")
    anna.submit("Cancel it")
    assert "your choices stand as you see them" in anna.answer.text
    assert "Waits for you" not in anna.words and "Tours: waits" not in anna.words
    assert events(site, ANNA, "alpenrad") == before


def confirm_link(site, address):
    found = re.search(r"https?://[^/\s]+(/confirm/[\w-]+)", asked_of(site, address)[0].text)
    assert found
    return found[1]


def test_C7_a_no_that_is_undone_leaves_the_wait_with_its_mail_and_buttons(site, asked):
    link = confirm_link(site, SOMEONE)
    asked.submit("Save choices", **{NEWS: "no"})
    asked.submit("Undo")
    assert "Undone." in told(asked) and "What waits counts once you confirm it" in told(asked)
    assert "on its way" not in told(asked) and "from now on" not in told(asked)
    asked.open("/preferences")
    assert "Waits for you News from the workshop, E-mail" in asked.words
    assert {"Send the mail again", "Cancel it"} <= set(buttons(asked))
    asked.open(link)
    asked.submit("Yes, I want this")
    assert "Confirmed" in asked.words
    assert events(site, SOMEONE, "alpenrad")[-1].act is Act.GIVEN


def test_C7_an_undo_after_the_question_ended_says_so_and_nothing_waits(site, asked):
    link = confirm_link(site, SOMEONE)
    asked.submit("Save choices", **{NEWS: "no"})
    path, values = asked.form("Undo")
    mailbox = site.browser(SECOND_HOST)
    mailbox.open(link)
    mailbox.submit("No, leave it off")
    asked.post(path, values)
    assert "that yes does not wait any more" in asked.words and "Waits for you" not in asked.words
    assert "unset" in state(asked).attributes["class"]
    asked.submit("Save choices", **{NEWS: "yes"})
    assert len(asked_of(site, SOMEONE)) == 2 and "Waits for you" in asked.words


def test_C7_stopping_all_by_a_link_and_undoing_it_leaves_the_mail_good(site):
    token, browser = token_for(demo.CUSTOMER), site.browser()
    browser.open(f"/p/{token}")
    browser.submit("Save", **{"say-partners-email": "yes"})
    link = confirm_link(site, demo.CUSTOMER)
    browser.open(f"/p/{token}")
    browser.submit("Stop all advertising")
    browser.submit("Undo")
    assert "Your choices are as they were before." in browser.words and "does not wait any more" not in browser.words
    mailbox = site.browser()
    mailbox.open(link)
    mailbox.submit("Yes, I want this", email=demo.CUSTOMER)
    assert "Confirmed" in mailbox.words
    assert events(site, demo.CUSTOMER)[-1].act is Act.GIVEN


def test_what_waits_has_a_sign_of_its_own_and_is_counted_as_waiting(site, asked):
    assert state(asked).attributes["class"].split() == ["choice", "pending"]
    assert [one.attributes["href"].partition("#")[2] for one in state(asked).all("use")] == ["pending"]
    for path in ("/preferences", "/"):
        asked.open(path)
        assert "One waits for you to confirm it." in asked.words and "2 are not answered." in asked.words
    assert "pending" in [one.attributes["class"].split()[-1] for one in asked.page.all("span", class_="state")]
    drawings = re.findall(r'<symbol id="(unset|given|refused|withdrawn|paused|pending)"[^>]*>(.+?)</symbol>', ICONS.read_text())
    assert len(drawings) == 6 == len({drawing for _name, drawing in drawings})


def test_no_system_is_said_to_have_confirmed_what_waits(site):
    browser = site.signed_in(ANNA, SECOND_HOST)
    browser.open("/preferences?lang=en")
    browser.submit("Save choices", **{NEWS: "no"})
    assert "on its way" in state(browser).words
    browser.submit("Save choices", **{NEWS: "yes"})
    assert "counts once you confirm it" in told(browser) and "on its way" not in told(browser)
    assert "pending" in state(browser).attributes["class"] and "on its way" not in state(browser).words


def test_the_mail_lists_what_was_chosen_as_its_language_does(site):
    browser, newcomer = site.browser(), "new.in.arabic@example.net"
    path = f"/p/{token_for(newcomer)}?lang=ar"
    browser.open(path)
    seen = browser.page.all("input", name="seen")[0].attributes["value"]
    browser.post(path, {"seen": seen, NEWS: "yes", "say-partners-email": "yes", "say-personal_offers-orders": "yes"})
    [mail] = [one for one in site.mails(newcomer) if "/confirm/" in one.text]
    [chosen] = [line for line in mail.text.splitlines() if "عروض شركائنا" in line]
    assert "،" in chosen and "," not in chosen
