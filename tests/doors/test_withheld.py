"""What staff did not hand out: the customer's page names it with the reason and the way to complain, and never the text."""

import demo
from portal.cases.redacting import Decided
from portal.cases.reviewing import look_at_texts, marks_of, release_texts
from tests.doors.test_systems_down import ask_for_copy


def test_the_page_says_what_is_withheld_and_why_and_where_to_complain(site):
    browser = site.signed_in(demo.CUSTOMER)
    number = ask_for_copy(browser)
    site.work()
    held = look_at_texts(site.running.database, 1, number, actor="staff-1")
    about = next(one for one in held if "Aasen" in one.text)
    left = Decided(leave=marks_of(site.running.database, 1, number))
    release_texts(
        site.running.database, 1, number, actor="staff-1", withhold={about.number: "It names another customer."}, decided=left
    )
    site.work()
    browser.open(f"/requests/{number}")
    assert "Not handed out" in browser.words
    assert "It names another customer." in browser.words
    assert "1 text of “" in browser.words
    assert "you can go to court" in browser.words
    assert "Aasen" not in browser.words


def test_the_page_says_how_much_is_blacked_out_and_why_and_never_what(site):
    browser = site.signed_in(demo.CUSTOMER)
    number = ask_for_copy(browser)
    site.work()
    look_at_texts(site.running.database, 1, number, actor="staff-1")
    every = Decided(black_out=marks_of(site.running.database, 1, number), words=("cinnamon buns",))
    release_texts(site.running.database, 1, number, actor="staff-1", withhold={}, decided=every)
    site.work()
    browser.open(f"/requests/{number}")
    assert "Blacked out in what you or others wrote: " in browser.words
    assert "1 number" in browser.words and "1 other place" in browser.words
    assert "rights of their own" in browser.words and "blacked out what tells of others" in browser.words
    assert "Aasen" not in browser.words and "cinnamon" not in browser.words
