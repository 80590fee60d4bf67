"""Numbers beside the address: taken on by what an own record holds, never by someone's word, and let go without raising anything."""

import demo
from portal.consent.events import Choice
from portal.consent.telling import Source, record_lowering
from portal.consent.words import Act
from portal.people.numbers import CUSTOMER_NUMBER, PHONE, comparable, hint
from portal.people.service import Identifier, find_identifier, person_for
from portal.people.suppressions import is_suppressed

MAREN = next(person for person in demo.people("fjordkaffe") if person.email == demo.CUSTOMER)
OTHER = next(one for one in demo.people("fjordkaffe") if one.email != MAREN.email and one.customer_number and one.phone)


def typed(browser, kind, value):
    """The number typed on the page."""
    browser.open("/numbers")
    browser.submit("Add the number", kind=kind, value=value)


def row_of(site, kind, value):
    """Whose number it is, if anyone's: (person, whether proven)."""
    with site.running.database.reading(1) as db:
        row = find_identifier(db, Identifier(kind, value))
        return row and (row.person_id, row.proven_at is not None)


def test_a_number_that_stands_in_an_own_record_is_taken_on_as_the_system_spells_it(site):
    browser = site.signed_in(MAREN.email)
    typed(browser, CUSTOMER_NUMBER, f" {MAREN.customer_number.lower()} ")
    assert "is yours here now" in browser.words
    assert MAREN.customer_number not in browser.answer.text
    assert hint(MAREN.customer_number) in browser.words
    person = row_of(site, CUSTOMER_NUMBER, MAREN.customer_number)
    assert person == (row_of(site, "email", MAREN.email)[0], True)


def test_a_telephone_number_fits_however_it_is_written(site):
    assert MAREN.phone
    browser = site.signed_in(MAREN.email)
    typed(browser, PHONE, MAREN.phone.removeprefix("+47").replace(" ", ""))
    assert "is yours here now" in browser.words
    assert row_of(site, PHONE, MAREN.phone)


def test_S17_a_number_of_someone_else_and_one_of_nobody_are_refused_alike_and_leave_nothing(site):
    browser = site.signed_in(MAREN.email)
    pages = []
    for number in (OTHER.customer_number, "FK-999999"):
        typed(browser, CUSTOMER_NUMBER, number)
        assert browser.status == 422
        pages.append(browser.words.replace("twice", "").replace("once more", ""))
        assert row_of(site, CUSTOMER_NUMBER, number) is None
    assert pages[0].split("You can try")[0] == pages[1].split("You can try")[0]


def test_S17_after_three_tries_nothing_more_is_compared_today(site):
    browser = site.signed_in(MAREN.email)
    for _time in range(3):
        typed(browser, CUSTOMER_NUMBER, "FK-999999")
    assert "last try for today" in browser.open("/numbers").text
    path, values = "/numbers", {"csrf_token": browser.open("/sessions") and browser.form("Sign out everywhere")[1]["csrf_token"]}
    browser.post(path, {**values, "kind": CUSTOMER_NUMBER, "value": MAREN.customer_number})
    assert browser.status == 422
    assert row_of(site, CUSTOMER_NUMBER, MAREN.customer_number) is None


def test_a_number_under_which_somebody_chose_something_stays_with_them(site):
    with site.running.database.writing(1) as db:
        person = person_for(db, Identifier(CUSTOMER_NUMBER, MAREN.customer_number)).id
        record_lowering(
            db,
            Identifier(CUSTOMER_NUMBER, MAREN.customer_number),
            Choice("newsletter", "email"),
            Act.REFUSED,
            source=Source("shop", "k1"),
        )
    browser = site.signed_in(MAREN.email)
    typed(browser, CUSTOMER_NUMBER, MAREN.customer_number)
    assert browser.status == 422
    assert row_of(site, CUSTOMER_NUMBER, MAREN.customer_number)[0] == person


def test_C1_at_a_shared_address_no_number_is_taken_on_before_a_record_is_open(site):
    ours = [person for person in demo.people("fjordkaffe") if person.customer_number]
    couple = next(one for one in ours if sum(other.email == one.email for other in ours) > 1)
    browser = site.signed_in(couple.email)
    typed(browser, CUSTOMER_NUMBER, couple.customer_number)
    assert browser.status == 422
    assert row_of(site, CUSTOMER_NUMBER, couple.customer_number) is None


def test_a_number_that_is_let_go_keeps_every_no(site):
    browser = site.signed_in(MAREN.email)
    typed(browser, CUSTOMER_NUMBER, MAREN.customer_number)
    browser.open("/preferences")
    browser.submit("Save choices", **{"say-newsletter-email": "no"})
    browser.open("/numbers")
    browser.submit("Remove")
    assert "The number is gone from here" in browser.words
    number = Identifier(CUSTOMER_NUMBER, MAREN.customer_number)
    assert row_of(site, CUSTOMER_NUMBER, MAREN.customer_number) is None
    with site.running.database.reading(1) as db:
        assert is_suppressed(db, number, purpose="newsletter", channel="email")
        assert not is_suppressed(db, Identifier(CUSTOMER_NUMBER, "FK-999999"), purpose="newsletter", channel="email")


def test_C1_nobody_lets_go_of_another_persons_number(site):
    browser = site.signed_in(MAREN.email)
    typed(browser, CUSTOMER_NUMBER, MAREN.customer_number)
    path, values = browser.form("Remove")
    other = site.signed_in(OTHER.email)
    token = other.open("/sessions") and other.form("Sign out everywhere")[1]["csrf_token"]
    other.post(path, {**values, "csrf_token": token})
    assert other.status == 404
    assert row_of(site, CUSTOMER_NUMBER, MAREN.customer_number)


def test_what_is_no_number_compares_to_nothing():
    assert [comparable(PHONE, text, country="NO") for text in ("", "abc", "12", "+47 400 00 001 ext. 5")] == ["", "", "", ""]
    assert comparable(PHONE, "0047 400 00 001", country="NO") == comparable(PHONE, "40000001", country="NO") == "+4740000001"
