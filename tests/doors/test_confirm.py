"""A choice that waits, as a person meets it: the mail, the page with two buttons, and what stands afterwards."""

import re

import pytest

import demo
from portal.accounts import registry
from portal.consent.saving import Answer, Change, save_choices, version_of
from portal.people.service import EMAIL, Identifier, person_for

MAREN = demo.CUSTOMER
OFFERS = ("partners", "email")


def standing(site, person_id):
    from portal.consent.choices import choices_of

    company_id = registry.ids()["fjordkaffe"]
    with site.running.database.reading(company_id) as db:
        shown = choices_of(db, registry.company(company_id), person_id)
        return next(one for one in shown if one.key == OFFERS[0]).channels[0].answer.allowed


@pytest.fixture
def waiting(site):
    """Maren, who said yes by a link in a mail; and the link that she was sent."""
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        maren = person_for(db, Identifier(EMAIL, MAREN))
        changes = [Change(*OFFERS, Answer.NO)]
        for answer, confirmed in ((changes, True), ([Change(*OFFERS, Answer.YES)], False)):
            save_choices(
                db, maren.id, answer, seen=version_of(db, maren.id), language="en", collection_point="link:page", confirmed=confirmed
            )  # fmt: skip
    found = re.search(r"https?://[^/\s]+(/confirm/[\w-]+)", site.mails(MAREN)[0].text)
    assert found
    return maren.id, found[1]


def test_a_look_confirms_nothing_and_the_button_does_once(site, waiting):
    person_id, link = waiting
    browser = site.browser()
    for _ in range(2):
        browser.open(link)
        assert "Confirm your choice" in browser.words
        assert MAREN not in browser.words
        assert not standing(site, person_id)
    browser.submit("Yes, I want this", email=MAREN)
    assert "Confirmed" in browser.words
    assert standing(site, person_id)
    browser.open(link)
    assert (browser.status, "This link has ended" in browser.words) == (410, True)


def test_S4_a_gateway_that_submits_every_form_of_the_page_raises_nothing(site, waiting):
    person_id, link = waiting
    gateway = site.browser()
    for typed in ("", "guess@example.org", "rubbish"):
        gateway.open(link)
        assert MAREN not in gateway.answer.text
        gateway.submit("Yes, I want this", email=typed)
        assert gateway.status == 422 and MAREN not in gateway.answer.text
        assert not standing(site, person_id)
    person = site.browser()
    person.open(link)
    person.submit("Yes, I want this", email=MAREN)
    assert standing(site, person_id)


def test_who_is_signed_in_as_the_person_types_nothing_and_anyone_else_does(site, waiting):
    person_id, link = waiting
    other = site.signed_in(demo.stars.MANY_ORDERS.email)
    other.open(link)
    other.submit("Yes, I want this")
    assert other.status == 422 and not standing(site, person_id)
    maren = site.signed_in(MAREN)
    maren.open(link)
    assert not [field for field in maren.page.all("input") if field.attributes.get("name") == "email"]
    maren.submit("Yes, I want this")
    assert standing(site, person_id)


def test_no_leaves_it_off(site, waiting):
    person_id, link = waiting
    browser = site.browser()
    browser.open(link)
    browser.submit("No, leave it off")
    assert "It stays off" in browser.words
    browser.open(link)
    assert browser.status == 410
    assert not standing(site, person_id)


@pytest.mark.parametrize("cut", ["", "upper", "foreign"])
def test_a_link_that_is_none_says_nothing_of_anyone(site, waiting, cut):
    link = {"": waiting[1][:-3], "upper": waiting[1][:9] + waiting[1][9:].upper(), "foreign": "/confirm/" + "x" * 43}[cut]
    browser = site.browser()
    browser.open(link)
    assert (browser.status, "This link has ended" in browser.words) == (410, True)
