"""What the customer sees of a clock that was moved: the later date with its reason, and a pause that their own words end."""

import demo
from portal.accounts import registry
from portal.cases.clocks import extend_deadline, pause_clock
from portal.cases.laws.model import StopReason
from portal.cases.model import LongerBecause

MAREN = demo.CUSTOMER


def asked(site):
    browser = site.signed_in(MAREN)
    browser.open("/get-a-copy")
    browser.submit("Continue", scope="all")
    browser.submit("Make my copy")
    return browser, browser.path.rpartition("/")[2]


def test_a_later_date_stands_on_the_page_and_in_the_mail_with_its_reason_and_the_authority(site):
    browser, number = asked(site)
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        longer = extend_deadline(db, number, because=LongerBecause.COMPLEX, words="Four <i>shops</i> have to look.", actor="s-1")
    browser.open(f"/requests/{number}")
    assert "We told you before then that we need longer" in browser.words
    assert "Four <i>shops</i> have to look." in browser.words
    assert f"{longer.then:%-d %B %Y}" in browser.words and f"{longer.now:%-d %B %Y}" in browser.words
    [mail] = [mail for mail in site.mails(MAREN) if "needs longer" in mail.subject]
    for part in (mail.text, mail.html):
        assert f"{longer.then:%-d %B %Y}" in part and f"{longer.now:%-d %B %Y}" in part
        assert "hangs together" in part and "GDPR Art. 12(3)" in part and "Datatilsynet" in part and "court" in part
        assert "shops" not in part


def test_a_pause_is_shown_as_needing_the_person_and_their_words_end_it(site):
    browser, number = asked(site)
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        pause_clock(db, number, reason=StopReason.IDENTITY, text="Which of the two are you?", actor="s-1")
    browser.open(f"/requests/{number}")
    assert "Needs you" in browser.words and "The clock stands still since" in browser.words
    assert "Which of the two are you?" in browser.words
    [mail] = [mail for mail in site.mails(MAREN) if "needs something from you" in mail.subject]
    assert "Which of the two" not in mail.text + mail.html
    browser.submit("Send message", message="The younger one.")
    assert "Needs you" not in browser.words and "The clock runs again" in browser.words
