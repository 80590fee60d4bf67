"""Asking a human at the door: the number and the words become a case with a page, and every refusal keeps what was typed."""

import demo
from portal.accounts import registry
from portal.cases import filing
from portal.cases.answering import answer_case
from portal.core import limits
from portal.web.strangers import ASKING
from tests.doors.site import SECOND_HOST
from tests.doors.staff import hired
from tests.doors.test_systems_down import rubbish

MAREN = demo.CUSTOMER


def ask(browser, **typed):
    """Ask on the page."""
    browser.open("/ask")
    return browser.submit("Send to a person", **typed)


def test_who_found_nothing_gives_a_number_and_reads_it_again_on_the_case_s_page(site):
    nobody = site.signed_in(demo.NOBODY)
    nobody.open("/data")
    assert [link for link in nobody.page.all("a") if link.attributes.get("href") == "/ask" and link.words == "Give a number"]
    ask(nobody, number="FK-10482", message="I once ordered by telephone.")
    assert nobody.path.startswith("/requests/")
    assert "Number: FK-10482" in nobody.words and "I once ordered by telephone." in nobody.words
    assert "Date in law" not in nobody.words and "at the latest" in nobody.words
    [mail] = [mail for mail in site.mails(demo.NOBODY) if "question" in mail.subject]
    assert "FK-10482" not in mail.text + mail.html and "telephone" not in mail.text + mail.html
    nobody.open("/requests")
    assert "A question" in nobody.words


def test_a_number_that_somebody_else_has_is_answered_like_one_that_nobody_has(site):
    theirs = next(person for person in demo.people("fjordkaffe") if person.email != demo.NOBODY).customer_number
    pages = []
    for number in (theirs, "K-9999999"):
        browser = site.signed_in(demo.NOBODY)
        ask(browser, number=number)
        pages.append(browser.words.replace(number, "N").replace(browser.path.rpartition("/")[2], "C"))
    assert pages[0] == pages[1]


def test_an_empty_question_is_refused_and_what_was_typed_too_long_comes_back(site):
    browser = site.signed_in(MAREN)
    ask(browser)
    assert browser.status == 422 and "Give a number, or write what it is about." in browser.words
    ask(browser, number="x" * 61, message="kept")
    assert browser.status == 422 and "too long for a number" in browser.words and "kept" in browser.answer.text
    ask(browser, message="y" * 4001)
    assert browser.status == 422 and "Send it in two messages" in browser.words


def test_C9_a_message_is_shown_as_it_was_typed_and_never_as_markup_or_link(site):
    browser = site.signed_in(MAREN)
    ask(browser, message="Hello")
    browser.submit("Send message", message="<script>alert(1)</script> https://evil.example \u202eabc")
    said = [element for element in browser.page.all("p") if "evil.example" in element.words]
    assert said and said[0].words == "<script>alert(1)</script> https://evil.example abc"
    assert not said[0].all("a") and not said[0].all("script")
    assert said[0].attributes["dir"] == "auto"


def test_the_answer_stands_on_the_page_and_opening_it_makes_the_next_one_worth_a_mail(site):
    browser = site.signed_in(MAREN)
    ask(browser, message="Where is my parcel?")
    number = browser.path.rpartition("/")[2]

    def answers(text):
        with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
            answer_case(db, number, text=text, actor="staff-7")

    def told():
        return len([mail for mail in site.mails(MAREN) if "A message from" in mail.subject])

    answers("In Hammerfest <b>harbour</b>.")
    answers("It leaves tomorrow.")
    assert told() == 1
    [mail] = [mail for mail in site.mails(MAREN) if "A message from" in mail.subject]
    assert "Hammerfest" not in mail.text + mail.html and number in mail.text
    browser.open(f"/requests/{number}")
    assert "In Hammerfest <b>harbour</b>." in browser.words and "We wrote to you" in browser.words
    answers("It has arrived.")
    assert told() == 2


def test_C11_the_eleventh_request_of_a_day_is_refused_in_plain_words(site):
    browser = site.signed_in(MAREN)
    for number in range(filing.CASES_A_DAY.count):
        ask(browser, message=f"Question {number}")
        browser.submit("Stop this request")
    ask(browser, message="One more")
    assert browser.status == 422 and "you can open the next one tomorrow" in browser.words
    browser.open("/get-a-copy")
    browser.submit("Continue", scope="all")
    browser.submit("Make my copy")
    assert browser.path == "/requests" and "you can open the next one tomorrow" in browser.answer.text


def test_the_page_that_waits_shows_the_address_masked(site):
    browser = site.browser()
    browser.ask_for_link(MAREN)
    assert browser.path == "/check-mail"
    assert MAREN not in browser.answer.text and "•••" in browser.words


def test_a_network_that_asks_too_often_is_told_so_on_a_plain_page_whatever_the_address(site):
    browser = site.browser()
    with site.running.database.writing("all") as db:
        for _ in range(ASKING.count):
            limits.count_once(db, ASKING, "0.0.0.0")  # what stands for a connection without an address
    pages = set()
    for address in (MAREN, demo.NOBODY):
        browser.ask_for_link(address)
        assert browser.status == 429
        pages.add(browser.words)
    assert len(pages) == 1 and "Try again in an hour" in pages.pop()
    assert site.mails(MAREN) == []


def test_when_every_system_is_broken_home_does_not_say_that_nothing_is_held(site):
    with rubbish(site.folder / "alpenrad_billing.db"), rubbish(site.folder / "alpenrad_crm.db"):
        browser = site.signed_in(demo.stars.ANNA.email, SECOND_HOST)
        browser.open("/")
        assert "facts" not in browser.words
        assert "We cannot say yet." in browser.words and "None of our systems could be read." in browser.words
        browser.open("/data")
        assert "We found nothing" not in browser.answer.text
        assert browser.page.all("h1")[0].words == "We cannot say yet what we hold"


def test_when_some_systems_are_broken_and_the_others_hold_nothing_home_says_just_that(site):
    with rubbish(site.folder / "fjordkaffe_shop.db"):
        browser = site.signed_in(demo.NOBODY)
        browser.open("/")
        assert "facts" not in browser.words
        assert "We cannot say yet. What we could read holds nothing about you." in browser.words


def take_back(browser):
    """From the choices, as somebody does who agreed when they booked."""
    browser.open("/preferences")
    [link] = [one for one in browser.page.all("a") if one.words == "Take it back: Tastings"]
    browser.open(link.attributes["href"])


def test_taking_an_agreement_back_says_so_in_a_whole_sentence_and_is_one_press(site):
    browser = site.signed_in(MAREN)
    take_back(browser)
    assert browser.page.all("h1")[0].words == "Take back your agreement: Tastings"
    assert browser.page.all("textarea")[0].words.strip() == "I take back my agreement to: Tastings."
    assert "Ask us" not in browser.words
    browser.submit("Take it back")
    assert browser.path.startswith("/requests/")
    assert "You have taken back your agreement." in browser.answer.text
    assert browser.page.all("h1")[0].words.startswith("You took back your agreement: Tastings")
    assert "I take back my agreement to: Tastings." in browser.words
    assert "question" not in browser.words.lower() and "date in law" not in browser.words.lower(), "there is one"
    assert "You asked us something" not in browser.words and "You took back your agreement" in browser.words
    mail = site.mails(MAREN)[0]
    assert "request" in mail.subject and "question" not in mail.subject + mail.text
    assert "Tastings" not in mail.subject + mail.text + mail.html


def test_an_emptied_text_still_takes_it_back_and_every_language_has_the_sentence(site):
    for language, sentence in (
        ("de", "Ich widerrufe meine Einwilligung: Verkostungen."),
        ("ar", "أسحب موافقتي على: جلسات التذوق."),
    ):
        browser = site.signed_in(MAREN)
        browser.open(f"/ask?about=tastings&lang={language}")
        assert browser.page.all("textarea")[0].words.strip() == sentence
        path, values = browser.form(browser.page.all("main")[0].all("button")[-1].words)
        browser.post(path, {**values, "message": ""})
        assert browser.path.startswith("/requests/") and sentence in browser.words


def test_staff_read_it_as_a_withdrawal_and_never_as_a_question(site):
    browser = site.signed_in(MAREN)
    take_back(browser)
    browser.submit("Take it back", message="Please forget my allergy, too.")
    number = browser.path.rpartition("/")[2]
    desk = hired(site, "agent")
    desk.open("/console/cases")
    assert any(one.words == f"{number} Agreement taken back: Tastings" for one in desk.page.all("a"))
    desk.open(f"/console/cases/{number}")
    assert desk.page.all("h1")[0].words == f"Agreement taken back: Tastings {number}"
    assert "You asked us something" not in desk.words


def test_taking_back_is_never_too_much_for_today_and_only_what_is_agreed_elsewhere_is_taken_back(site):
    browser = site.signed_in(MAREN)
    for turn in range(10):
        ask(browser, message=f"Question {turn}")
    assert browser.path.startswith("/requests/")
    ask(browser, message="One more")
    assert browser.status == 422
    take_back(browser)
    browser.submit("Take it back")
    assert browser.path.startswith("/requests/")
    take_back(browser)
    browser.submit("Take it back", message="Once more, in other words.")
    assert browser.status == 422, "it is taken back already: more words are counted"
    for other in ("newsletter", "reviews", "nothing", "<b>"):
        browser.open(f"/ask?about={other}")
        assert browser.page.all("h1")[0].words == "Ask us"


def test_who_was_signed_out_comes_back_to_what_they_take_back(site):
    browser = site.browser()
    browser.open("/ask?about=tastings")
    browser.submit("Send me the link", email=MAREN)
    browser.open(site.link_of(MAREN))
    browser.submit("Sign in")
    assert browser.page.all("h1")[0].words == "Take back your agreement: Tastings"
