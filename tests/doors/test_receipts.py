"""Door 1, receipts: each act's own for its person to keep, and a page that tells anyone whether a pasted one is genuine."""

import json

import pytest

import demo
from portal.accounts import registry
from portal.consent.receipts import read_receipt
from portal.consent.words import Act, Actor
from portal.core.signatures import key_set, sign
from tests.doors.choosing import events, person_of, write
from tests.doors.site import SECOND_HOST
from tests.doors.tables import changed, digest

MAREN = demo.CUSTOMER
ONLY_CHECKED_IN_PASSING = {"limit_counter", "session"}


@pytest.fixture
def maren(site):
    """Maren, who just said yes to news by SMS, on the page of her history."""
    write(
        site, MAREN, purpose="newsletter", channel="sms", act=Act.GIVEN, actor=Actor.PERSON, collection_point="site:preferences"
    )  # fmt: skip
    browser = site.signed_in(MAREN)
    browser.open("/preferences/history")
    return browser


def receipt_of(browser):
    """The receipt behind the newest act's button."""
    link = next(a for a in browser.page.all("a") if a.words.startswith("Keep the receipt"))
    return browser.open(link.attributes["href"])


def paste(browser, text):
    browser.open("/receipt")
    browser.submit("Check it", receipt=text)
    return browser.words


def test_each_act_has_a_receipt_that_comes_as_a_file_and_fits_the_ledger(site, maren):
    links = [a for a in maren.page.all("a") if a.words.startswith("Keep the receipt")]
    assert len(links) == len(events(site, MAREN))
    before = digest(site)
    answer = receipt_of(maren)
    assert changed(before, digest(site)) - ONLY_CHECKED_IN_PASSING == set()
    newest = events(site, MAREN)[-1]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="receipt-{newest.sequence}.txt"'
    assert "no-store" in answer.headers["Cache-Control"]
    read = read_receipt(answer.text, key_set("fjordkaffe"))
    assert (read.number, read.act, read.purpose, read.channel) == (newest.sequence, Act.GIVEN, "newsletter", "sms")
    assert MAREN not in answer.text


def test_whoever_is_shown_a_receipt_learns_that_it_is_genuine_and_what_it_says(site, maren):
    receipt = receipt_of(maren).text
    stranger = site.browser()
    before = digest(site)
    words = paste(stranger, receipt)
    assert stranger.status == 200
    assert "This receipt is genuine" in words
    assert "Fjordkaffe AS wrote it" in words
    assert "on these pages" in words
    assert "The words that were shown" in words
    assert read_receipt(receipt, key_set("fjordkaffe")).notice in words
    assert changed(before, digest(site)) - ONLY_CHECKED_IN_PASSING == set()
    assert receipt.strip() not in stranger.answer.text


def test_a_mail_that_broke_its_line_and_a_later_change_leave_it_genuine(site, maren):
    receipt = receipt_of(maren).text
    write(
        site, MAREN, purpose="newsletter", channel="sms", act=Act.WITHDRAWN, actor=Actor.PERSON, collection_point="site:preferences"
    )  # fmt: skip
    broken = "\r\n".join(receipt[start : start + 76] for start in range(0, len(receipt), 76))
    words = paste(site.browser(), f"  {broken}\n\n")
    assert "This receipt is genuine" in words
    assert "Something newer may have been chosen since." in words


def test_what_was_changed_cut_or_signed_to_say_something_else_is_none_of_ours_and_not_shown(site, maren):
    receipt = receipt_of(maren).text.strip()
    head, body, signature = receipt.split(".")
    swapped = body[:-9] + ("A" if body[-9] != "A" else "B") + body[-8:]
    for bad in (
        f"{head}.{swapped}.{signature}",
        receipt[:-5],
        f"{head}.{body}.",
        receipt.upper(),
        sign("fjordkaffe", "certificate", {"dct:publisher": {"dpv:hasName": "<b>Evil</b>"}}),
        sign("fjordkaffe", "receipt", {"ledger:title": "<b>Evil</b>"}),
        "<script>alert(1)</script>",
        "é" * 50,
        "." * 60_000,
        "{}",
    ):
        browser = site.browser()
        assert "This is no receipt of ours" in paste(browser, bad), bad[:40]
        assert browser.status == 422
        assert bad not in browser.answer.text
        assert "Evil" not in browser.answer.text


def test_another_companys_receipt_is_no_receipt_of_ours(site, maren):
    receipt = receipt_of(maren).text
    assert "This is no receipt of ours" in paste(site.browser(SECOND_HOST), receipt)


def test_nothing_pasted_is_asked_for_again_and_too_much_is_refused(site):
    browser = site.browser()
    browser.open("/receipt")
    browser.submit("Check it", receipt="   ")
    assert (browser.status, "Paste the text of the receipt." in browser.words) == (422, True)
    browser.open("/receipt")
    browser.submit("Check it", receipt="x" * 70_000)
    assert browser.status == 413


def test_H3_a_receipt_goes_to_its_own_person_only(site, maren):
    newest = events(site, MAREN)[-1].sequence
    other = site.signed_in(demo.stars.MANY_ORDERS.email)
    own = len(events(site, demo.stars.MANY_ORDERS.email))
    assert own < newest, "the test needs a number that only Maren has"
    assert other.open(f"/preferences/history/receipt?act={newest}").status_code == 404
    stranger = site.browser()
    stranger.open(f"/preferences/history/receipt?act={newest}")
    assert stranger.path == "/sign-in"
    for odd in ("", "0", "-1", "x", "9" * 30, str(newest + 1)):
        assert maren.open(f"/preferences/history/receipt?act={odd}").status_code == 404


def test_a_receipt_of_staff_says_staff_and_no_name(site, maren):
    write(
        site, MAREN, purpose="newsletter", channel="sms", act=Act.WITHDRAWN, actor=Actor.STAFF, collection_point="console:ingrid"
    )  # fmt: skip
    maren.open("/preferences/history")
    words = paste(site.browser(), receipt_of(maren).text)
    assert "our staff" in words
    assert "ingrid" not in words


def test_an_act_of_a_purpose_that_is_gone_is_told_by_its_own_words(site, maren, monkeypatch):
    from tests.doors.links import with_company

    receipt = receipt_of(maren).text
    company = registry.company(registry.ids()["fjordkaffe"])
    with_company(monkeypatch, purposes={key: one for key, one in company.purposes.items() if key != "newsletter"})
    words = paste(site.browser(), receipt)
    assert "This receipt is genuine" in words
    assert person_of(site, MAREN)
    assert read_receipt(receipt, key_set("fjordkaffe")).purpose_title in words


def test_the_page_and_the_published_keys_agree(site, maren):
    receipt = receipt_of(maren).text
    keys = json.loads(site.browser().open("/.well-known/jwks.json").text)
    assert read_receipt(receipt, keys).act is Act.GIVEN
