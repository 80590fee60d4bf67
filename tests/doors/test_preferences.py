"""Door 1, preferences: one Save, what changed is told and can be undone, and nothing is written that the person did not choose there."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

import demo
from portal.consent.words import Act, Actor
from portal.core import clock
from portal.site import preferences_words
from tests.doors.choosing import events, write
from tests.doors.tables import changed, digest

MAREN, OTHER = demo.CUSTOMER, demo.stars.MANY_ORDERS.email
EMAIL, SMS, POST = "say-newsletter-email", "say-newsletter-sms", "say-newsletter-post"


@pytest.fixture
def maren(site):
    browser = site.signed_in(MAREN)
    browser.open("/preferences")
    return browser


def acts(site, since, address=MAREN):
    """What came into the ledger after so many events: purpose, channel, act."""
    return [(one.choice.purpose, one.choice.channel, one.act.value) for one in events(site, address)[since:]]


def states(browser):
    """How each choice is drawn: name and class."""
    return {
        one.attributes["id"].removeprefix("choice-"): one.attributes["class"].split()[1]
        for one in browser.page.all("fieldset", class_="choice")
    }


def told(browser):
    return browser.page.all("h2", id="told")[0].words if browser.page.all("h2", id="told") else ""


def test_the_form_shows_what_stands_and_ticks_nothing_for_anyone_else(site, maren):
    ticked = {
        one.attributes["name"]: one.attributes["value"]
        for one in maren.page.all("input")
        if "checked" in one.attributes and one.attributes["type"] == "radio"
    }
    assert ticked[EMAIL] == "yes"
    assert ticked[SMS] == "no"
    assert POST not in ticked
    new = site.signed_in(demo.NOBODY)
    new.open("/preferences")
    assert set(states(new).values()) == {"unset"}
    assert not [one for one in new.page.all("input") if "checked" in one.attributes]


def test_one_save_changes_what_was_changed_and_says_so(site, maren):
    before = len(events(site, MAREN))
    maren.submit("Save choices", **{EMAIL: "no", POST: "yes"})
    assert acts(site, before) == [("newsletter", "email", "withdrawn"), ("newsletter", "post", "given")]
    assert maren.path == "/preferences"
    assert told(maren) == "Saved."
    assert "News and offers, E-mail: Taken back" in maren.words
    assert states(maren)["newsletter-email"] == "withdrawn"
    assert states(maren)["newsletter-post"] == "given"


def test_a_yes_keeps_the_words_that_stood_on_the_page_in_their_language(site, maren):
    maren.open("/preferences?lang=de")
    notice = maren.page.all("section")
    assert any("Das kann ich jederzeit widerrufen" in one.words for one in notice)
    maren.submit("Auswahl speichern", **{POST: "yes"})
    given = events(site, MAREN)[-1]
    assert given.language == "de"
    maren.open("/preferences/history")
    newest = next(one for one in maren.page.all("li") if one.attributes.get("id", "").startswith("act-"))
    assert "Ich möchte, dass Fjordkaffe AS mir Neues" in newest.words
    assert given.notice_hash


def test_saving_nothing_new_writes_nothing(site, maren):
    before = digest(site)
    maren.submit("Save choices")
    assert "Nothing had to be changed." in maren.answer.text
    assert changed(before, digest(site)) <= {"session"}


def test_a_double_submit_is_one_event(site, maren):
    before = len(events(site, MAREN))
    path, values = maren.form("Save choices")
    for _ in range(2):
        maren.post(path, {**values, EMAIL: "no"})
    assert acts(site, before) == [("newsletter", "email", "withdrawn")]


def test_two_saves_at_the_same_moment_are_one_event(both_sites):
    site = both_sites
    browsers = [site.signed_in(MAREN) for _ in range(2)]
    before = len(events(site, MAREN))
    forms = []
    for browser in browsers:
        browser.open("/preferences")
        forms.append(browser.form("Save choices"))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda at: browsers[at].post(forms[at][0], {**forms[at][1], EMAIL: "no"}).status_code, range(2)))
    assert set(answers) <= {200, 409}
    assert acts(site, before) == [("newsletter", "email", "withdrawn")]


def test_C6_a_page_from_before_a_newer_choice_neither_lowers_nor_raises_it(site, maren):
    stale = site.signed_in(MAREN)
    stale.open("/preferences")
    path, values = stale.form("Save choices")
    maren.submit("Save choices", **{EMAIL: "no", SMS: "yes"})
    before = len(events(site, MAREN))
    stale.post(path, {**values, POST: "no"})
    assert stale.status == 409
    assert acts(site, before) == [("newsletter", "post", "refused")]
    assert "Changed elsewhere since this page was opened" in stale.words
    named = [one.words for one in stale.page.all("div", role="status")[0].all("li")]
    assert named[1:] == ["News and offers, E-mail", "News and offers, Text message"]
    assert states(stale)["newsletter-email"] == "withdrawn"
    assert states(stale)["newsletter-sms"] == "given"
    # The page that says so is current: from here a choice counts again.
    stale.submit("Save choices", **{SMS: "no"})
    assert acts(site, before)[1:] == [("newsletter", "sms", "withdrawn")]


def test_C6_opening_and_leaving_writes_nothing(site, maren):
    maren.open("/")
    before = digest(site)
    maren.open("/preferences")
    maren.open("/")
    assert changed(before, digest(site)) <= {"session", "held_read"}


def test_undo_brings_back_what_stood_once(site, maren):
    maren.submit("Save choices", **{EMAIL: "no", POST: "yes"})
    path, values = maren.form("Undo")
    maren.submit("Undo")
    assert told(maren) == "Undone."
    assert states(maren)["newsletter-email"] == "given"
    assert states(maren)["newsletter-post"] == "unset"
    assert "Undo" not in [button.words for button in maren.page.all("button")]
    before = len(events(site, MAREN))
    maren.post(path, values)
    assert "There is nothing to undo any more." in maren.answer.text
    assert acts(site, before) == []


def test_C7_undo_leaves_alone_what_was_chosen_since(site, maren):
    maren.submit("Save choices", **{EMAIL: "no"})
    path, values = maren.form("Undo")
    other = site.signed_in(MAREN)
    other.open("/preferences")
    other.submit("Save choices", **{EMAIL: "yes"})
    other.submit("Save choices", **{EMAIL: "no"})
    before = len(events(site, MAREN))
    maren.post(path, values)
    assert acts(site, before) == []
    assert states(maren)["newsletter-email"] == "withdrawn"


def test_C7_undo_ends_after_ten_minutes_and_takes_nothing_but_what_was_done_here(site, maren, monkeypatch):
    outside = write(
        site, MAREN, purpose="newsletter", channel="post", act=Act.REFUSED, actor=Actor.PERSON, collection_point="link:p"
    )
    imported = events(site, MAREN)[0].sequence
    maren.open("/preferences")
    maren.submit("Save choices", **{EMAIL: "no"})
    path, values = maren.form("Undo")
    before = len(events(site, MAREN))
    for others in (outside.sequence, imported, 999, -1, "x", "9" * 5000, ""):
        maren.post(path, {**values, "acts": str(others)})
        assert acts(site, before) == [], others
    later = clock.now() + timedelta(minutes=10)
    monkeypatch.setattr(clock, "now", lambda: later)
    maren.post(path, values)
    assert acts(site, before) == []


def test_C7_nobody_undoes_anothers_choice(site, maren):
    maren.submit("Save choices", **{EMAIL: "no"})
    _path, values = maren.form("Undo")
    other = site.signed_in(OTHER)
    other.open("/preferences")
    theirs, mine = len(events(site, OTHER)), len(events(site, MAREN))
    path, own = other.form("Save choices")
    other.post("/preferences/undo", {"csrf_token": own["csrf_token"], "acts": values["acts"]})
    assert (len(events(site, OTHER)), len(events(site, MAREN))) == (theirs, mine)
    assert path == "/preferences"


def test_one_press_stops_every_advert_and_one_takes_it_back(site, maren):
    before, stood = len(events(site, MAREN)), states(maren)
    maren.submit("Stop all marketing")
    stopped = acts(site, before)
    assert ("newsletter", "email", "withdrawn") in stopped
    assert ("newsletter", "post", "refused") in stopped
    assert {state for name, state in states(maren).items() if name.startswith("newsletter")} <= {"withdrawn", "refused"}
    assert "Stop all marketing" not in [button.words for button in maren.page.all("button")]
    maren.submit("Undo")
    assert states(maren) == stood


def test_a_break_begins_moves_and_ends_and_the_choices_stay(site, maren):
    before = len(events(site, MAREN))
    day = (clock.now() + timedelta(days=40)).date()
    maren.submit("Pause", until=day.isoformat())
    assert states(maren)["newsletter-email"] == "paused"
    assert f"Quiet until {day.day} {day:%B %Y}" in maren.words
    assert {act for _purpose, _channel, act in acts(site, before)} == {"paused"}
    assert states(maren)["newsletter-sms"] == "refused"
    maren.submit("End the break now")
    assert states(maren)["newsletter-email"] == "given"


@pytest.mark.parametrize("day", ["2020-01-01", "0001-01-01", "9999-12-31", "", "soon", "2027-02-30", "٢٠٢٧-٠١-٠١", "1" * 500])
def test_a_day_that_is_no_day_ahead_is_said_at_the_field_and_writes_nothing(site, maren, day):
    before = digest(site)
    maren.submit("Pause", until=day)
    assert maren.status == 422
    field = maren.page.all("input", id="until")[0]
    assert field.attributes["aria-describedby"] == "until-error"
    assert "between tomorrow and one year from now" in maren.page.all("p", id="until-error")[0].words
    assert changed(before, digest(site)) <= {"session"}


def test_today_is_too_early_and_a_year_and_a_day_too_late(site, maren):
    today = clock.now().astimezone(ZoneInfo("Europe/Oslo")).date()  # where the company is
    for days, status in ((0, 422), (1, 200), (365, 200), (367, 422)):
        maren.open("/preferences")
        maren.submit("Pause", until=(today + timedelta(days=days)).isoformat())
        assert maren.status == status, days


def test_topics_and_rhythm_are_saved_and_shown(site, maren):
    maren.submit("Save choices", **{"topics-newsletter-email": ["coffees"], "often-newsletter-email": "monthly"})
    newest = events(site, MAREN)[-1]
    assert (newest.act, newest.topics, newest.frequency) == (Act.GIVEN, ("coffees",), "monthly")
    ticked = {(one.attributes["name"], one.attributes["value"]) for one in maren.page.all("input") if "checked" in one.attributes}
    assert ("topics-newsletter-email", "coffees") in ticked
    assert ("topics-newsletter-email", "prices") not in ticked
    assert ("often-newsletter-email", "monthly") in ticked


def test_a_yes_without_any_topic_left_is_asked_about(site, maren):
    before = digest(site)
    path, values = maren.form("Save choices")
    values.pop("topics-newsletter-email")
    maren.post(path, values)
    assert maren.status == 422
    assert "Tick at least one, or choose No above." in maren.words
    assert [one for one in maren.page.all("details") if "open" in one.attributes]
    assert changed(before, digest(site)) <= {"session"}


@pytest.mark.parametrize(
    "typed",
    [
        {EMAIL: "maybe"},
        {"topics-newsletter-email": ["nothing"]},
        {"often-newsletter-email": "hourly"},
        {"seen": "x"},
        {"seen": ""},
        {"seen": "-1"},
        {"seen": "9" * 30},
    ],
)
def test_what_the_form_never_offered_changes_nothing(site, maren, typed):
    before = digest(site)
    maren.submit("Save choices", **{SMS: "yes", **typed})
    assert maren.status == 422
    assert maren.page.all("div", role="alert")
    assert changed(before, digest(site)) <= {"session"}


def test_a_purpose_that_is_gone_is_said_and_the_rest_is_saved(site, maren):
    before = len(events(site, MAREN))
    maren.submit("Save choices", **{"say-raffle-email": "yes", EMAIL: "no"})
    assert acts(site, before) == [("newsletter", "email", "withdrawn")]
    assert "Something on the page is no longer asked for." in maren.answer.text


def test_who_is_not_signed_in_saves_nothing(site, maren):
    path, values = maren.form("Save choices")
    stranger = site.browser()
    stranger.open("/sign-in")
    before = digest(site)
    stranger.post(path, {**values, "csrf_token": stranger.form("Send me the link")[1]["csrf_token"], EMAIL: "no"})
    assert stranger.path == "/sign-in"
    assert changed(before, digest(site)) <= {"limit_counter"}


def test_every_purpose_says_on_what_basis_and_what_still_arrives(maren):
    assert "your agreement" in maren.words
    assert "Messages about your orders and deliveries still reach you." in maren.words
    always = next(one for one in maren.page.all("section") if one.attributes.get("aria-labelledby") == "always")
    assert "a duty by law" in always.words
    assert not always.all("input")


def test_each_use_without_a_switch_leads_to_where_it_is_objected_to_or_taken_back(maren):
    always, elsewhere = (
        next(one for one in maren.page.all("section") if one.attributes.get("aria-labelledby") == name)
        for name in ("always", "elsewhere")
    )
    # What rests on an agreement is not said to need none.
    assert "Tastings" in elsewhere.words and "Tastings" not in always.words and "your agreement" not in always.words
    objections = [one.attributes["href"] for one in always.all("a")]
    assert objections == [f"/rights/objection?about={key}" for key in ("support", "reviews", "care")]
    [back] = [one.attributes["href"] for one in elsewhere.all("a")]
    for address, button, sentence in (
        (objections[1], "Send to a person", "I object to: Reviews."),
        (back, "Take it back", "I take back my agreement to: Tastings."),
    ):
        maren.open(address)
        path, _values = maren.form(button)
        [words] = maren.page.all("textarea")
        assert maren.status == 200 and words.words.strip() == sentence and path == address
    maren.open("/rights/objection?about=newsletter")
    assert not maren.page.all("textarea")[0].words.strip()


def test_a_break_is_no_agreement_to_what_nobody_answered(site):
    browser = site.signed_in("nobody.yet@example.net")
    browser.open("/preferences")
    assert "You have agreed to nothing" in browser.words
    browser.submit("Pause", until=(clock.now() + timedelta(days=30)).date().isoformat())
    assert "Quiet until" in browser.words and "You have agreed to nothing" in browser.words


TOPICS, OFTEN = "topics-newsletter-email", "often-newsletter-email"
SMS_TOPICS, SMS_OFTEN = "topics-newsletter-sms", "often-newsletter-sms"
FORMS: tuple[dict[str, str | list[str]], ...] = (
    {EMAIL: "yes"}, {EMAIL: "yes"}, {EMAIL: "yes", TOPICS: ["coffees"], OFTEN: "monthly"}, {EMAIL: "yes", TOPICS: ["coffees"]},
    {EMAIL: "yes", TOPICS: ["coffees", "prices"]}, {EMAIL: "maybe"}, {EMAIL: "no", OFTEN: "hourly"}, {EMAIL: "yes", TOPICS: ["x"]},
    {EMAIL: ["yes", "no"], TOPICS: ["prices"]}, {EMAIL: "no", SMS: "yes"}, {POST: "yes"}, {POST: "no", SMS: "no", EMAIL: ""},
    {OFTEN: "monthly"}, {SMS_TOPICS: ["coffees"]}, {SMS: "no", SMS_TOPICS: ["coffees"]}, {SMS: "", SMS_OFTEN: "monthly"},
    {SMS: "yes", SMS_TOPICS: ["coffees"]}, {SMS: "no", SMS_TOPICS: ["coffees"], SMS_OFTEN: "monthly"}, {"say-newsletter-fax": "yes", POST: "yes"}, {POST: "yes", "seen": "x"}, {POST: "no", "seen": "0"}, {},
)  # fmt: skip


def test_a_form_that_is_read_as_it_came_leaves_what_the_form_that_is_made_leaves(site, monkeypatch):
    told = []
    for address, is_plain in (("one@example.net", True), ("other@example.net", False)):
        if not is_plain:
            monkeypatch.setattr(preferences_words, "plain_changes", lambda *anything: None)
        browser, answers = site.signed_in(address), []
        for fields in FORMS:
            browser.open("/preferences")
            path, values = browser.form("Save choices")
            browser.post(path, {"csrf_token": values["csrf_token"], "seen": values["seen"], **fields})
            answers.append((browser.status, states(browser)))
        done = [(one.choice, one.act, one.topics, one.frequency, one.language) for one in events(site, address)]
        told.append((answers, done))
    assert told[0] == told[1]
    assert {status for status, _states in told[0][0]} == {200, 409, 422} and len(told[0][1]) > 5


def break_of(browser):
    return next(one.words for one in browser.page.all("section") if one.attributes.get("aria-labelledby") == "break")


def note(browser):
    return next(one.words for one in browser.page.all("div", role="status") if one.all("h2", id="told"))


def test_a_yes_during_a_break_counts_and_the_page_names_what_is_quiet(maren):
    until = (clock.now() + timedelta(days=40)).date()
    day = f"{until.day} {until:%B %Y}"
    maren.submit("Pause", until=until.isoformat())
    assert f"Quiet until {day}" in break_of(maren) and "as you chose" not in break_of(maren)
    maren.submit("Save choices", **{POST: "yes"})
    assert "News and offers, Post: Yes" in note(maren) and "It counts from now on." in note(maren)
    said = break_of(maren)
    assert f"Quiet until {day} : News and offers, E-mail " in said and "News and offers, Post" not in said
    assert "your choices count again" not in said and "What is not named here comes as you chose." in said
    # The day that is named next is for all of it.
    maren.submit("Pause", until=until.isoformat())
    assert f"Quiet until {day}" in break_of(maren)


def test_a_change_of_what_is_quiet_counts_from_its_day_on(maren):
    until = (clock.now() + timedelta(days=40)).date()
    maren.submit("Pause", until=until.isoformat())
    assert "It counts from now on." in note(maren)
    maren.submit("Save choices", **{"topics-newsletter-email": ["coffees"]})
    assert f"E-mail: Yes, only New coffees (Once a week at most), from {until.day} {until:%B %Y} on" in note(maren)
    assert "from now on" not in note(maren)
    assert states(maren)["newsletter-email"] == "paused"
    maren.submit("Undo")
    assert "from now on" not in note(maren)


def test_what_was_saved_says_what_it_is_about_and_how_often(maren):
    maren.submit("Save choices", **{"topics-newsletter-email": ["coffees"], "often-newsletter-email": "monthly"})
    assert "E-mail: Yes, only New coffees (Once a month at most)" in note(maren) and "It counts from now on." in note(maren)
    every = [
        one.attributes["value"] for one in maren.page.all("input") if one.attributes.get("name") == "topics-newsletter-email"
    ]
    maren.submit("Save choices", **{"topics-newsletter-email": every})
    assert "E-mail: Yes, to all of it (Once a month at most)" in note(maren)


@pytest.mark.parametrize("typed", [{"topics-newsletter-post": ["coffees"]}, {"often-newsletter-post": "monthly"}])
def test_what_is_ticked_under_no_answer_is_asked_about_and_kept(site, maren, typed):
    before = digest(site)
    maren.submit("Save choices", **{EMAIL: "no", **typed})
    assert maren.status == 422
    choice = maren.page.all("fieldset", id="choice-newsletter-post")[0]
    assert "Choose “Yes” or “No” for Post." in choice.words
    [link] = maren.page.all("div", role="alert")[0].all("a")
    assert link.words == "Choose “Yes” or “No” for Post."
    assert choice.all("div", id=link.attributes["href"].removeprefix("#"))
    assert "open" in choice.all("details")[0].attributes
    (field, value), *_none = typed.items()
    ticked = [
        one.attributes["value"] for one in choice.all("input") if one.attributes["name"] == field and "checked" in one.attributes
    ]
    assert ticked == ([value] if isinstance(value, str) else value)
    assert changed(before, digest(site)) <= {"session"}
    maren.submit("Save choices", **{POST: "yes"})
    assert events(site, MAREN)[-1].topics == (("coffees",) if "topics-newsletter-post" in typed else None)
    assert states(maren)["newsletter-post"] == "given" and states(maren)["newsletter-email"] == "withdrawn"


def test_what_is_ticked_under_a_no_that_stands_is_asked_about_and_a_new_no_never_is(site, maren):
    before = digest(site)
    maren.submit("Save choices", **{SMS_TOPICS: ["coffees"]})
    assert maren.status == 422 and "Text message stands at “No”. Choose “Yes” to get this" in maren.words
    assert changed(before, digest(site)) <= {"session"}
    maren.open("/preferences")
    count = len(events(site, MAREN))
    maren.submit("Save choices", **{POST: "no", "topics-newsletter-post": ["coffees"], EMAIL: "no"})
    assert acts(site, count) == [("newsletter", "email", "withdrawn"), ("newsletter", "post", "refused")]


def test_a_page_from_before_a_no_sends_its_topics_along_and_is_told_of_no_mistake(site, maren):
    stale = site.signed_in(MAREN)
    stale.open("/preferences")
    path, values = stale.form("Save choices")
    maren.submit("Save choices", **{EMAIL: "no"})
    for form in ({**values, EMAIL: "no"}, {name: value for name, value in values.items() if name != EMAIL}):
        stale.post(path, form)
        assert stale.status == 200 and "Nothing had to be changed." in stale.answer.text


def test_an_objection_to_choosing_adverts_acts_at_once_and_asks_no_reason(site, maren):
    before = len(events(site, MAREN))
    choice = next(one for one in maren.page.all("section") if one.attributes.get("aria-labelledby") == "purpose-targeting")
    assert "You can object at any time. It counts at once and needs no reason." in choice.words
    maren.submit("Save choices", **{"say-targeting-profile": "no"})
    assert acts(site, before) == [("targeting", "profile", "objected")]
    assert "It counts from now on." in maren.words
    maren.submit("Save choices", **{"say-targeting-profile": "yes"})
    maren.submit("Stop all marketing")
    assert ("targeting", "profile", "objected") in acts(site, before + 2)


def test_the_names_of_choices_are_listed_as_the_language_lists_them(site, maren):
    maren.open("/preferences?lang=ar")
    names = [one.words for one in maren.page.all("legend")]
    hidden = [one.words for one in maren.page.all("span", class_="hide")]
    assert any("،" in one for one in hidden)
    assert [one for one in [*names, *hidden] if "," in one] == []


def test_going_back_to_what_was_undone_offers_no_undo_and_says_nothing_was_saved(site, maren):
    before = len(events(site, MAREN))
    maren.submit("Save choices", **{EMAIL: "no"})
    assert maren.address.endswith(f"since={before}")
    maren.submit("Undo")
    maren.open(f"/preferences?since={before}")
    assert told(maren) == ""
    assert "Undo" not in [button.words for button in maren.page.all("button")]


def test_going_back_to_what_was_saved_and_changed_elsewhere_since_offers_no_undo(site, maren):
    before = len(events(site, MAREN))
    maren.submit("Save choices", **{EMAIL: "no", POST: "yes"})
    mine = {"actor": Actor.PERSON, "collection_point": "link:p"}
    write(site, MAREN, purpose="newsletter", channel="email", act=Act.GIVEN, **mine)
    maren.open(f"/preferences?since={before}")
    assert told(maren) == "Saved."
    maren.submit("Undo")
    assert states(maren)["newsletter-post"] == "unset" and states(maren)["newsletter-email"] == "given"
    write(site, MAREN, purpose="newsletter", channel="post", act=Act.REFUSED, **mine)
    maren.open(f"/preferences?since={before}")
    assert "Undo" not in [button.words for button in maren.page.all("button")]


def test_what_was_saved_some_minutes_ago_says_when_and_nothing_after_ten(site, maren):
    before = len(events(site, MAREN))
    maren.submit("Save choices", **{EMAIL: "no"})
    assert told(maren) == "Saved." and "It counts from now on." in note(maren)
    with clock.moved(timedelta(minutes=4)):
        maren.open(f"/preferences?since={before}")
        assert told(maren).startswith("Saved at ") and "It counts since then." in note(maren)
        maren.submit("Undo")
        assert told(maren) == "Undone."
    with clock.moved(timedelta(minutes=15)):
        maren.open(f"/preferences?since={before}")
        assert told(maren) == ""
