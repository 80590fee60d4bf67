"""Staff hear by mail that a customer wrote: the right ones, without a word of it, and as often as it helps."""

import pytest
from sqlalchemy import update

import demo
from portal.accounts import registry
from portal.accounts.staff import staff_of
from portal.cases.model import Case
from tests.doors.staff import AGENT, hire, hired

SECOND, AUDITOR = "second@example.net", "auditor@example.net"
SECRET = "My neighbour Kari Hansen has the other key."


@pytest.fixture
def asked(site):
    """A customer with an open question, a desk of two and somebody who only looks."""
    hire(site, "agent", address=SECOND)
    hire(site, "auditor", address=AUDITOR)
    customer = site.signed_in(demo.CUSTOMER)
    customer.open("/rights/complaint")
    customer.submit("Send to a person", message="Nobody answers.")
    return customer, customer.path.rpartition("/")[2]


def told(site, address):
    return [mail for mail in site.mails(address) if "customer wrote" in mail.subject]


def write(customer, number, words):
    customer.open(f"/requests/{number}")
    customer.submit("Send", message=words)
    assert "A person reads it" in customer.words


def test_while_nobody_has_the_case_everybody_at_the_desk_is_told_once_until_it_is_answered(site, asked):
    customer, number = asked
    browser = hired(site, "agent")
    write(customer, number, SECRET)
    write(customer, number, "And another thing.")
    assert [len(told(site, address)) for address in (AGENT, SECOND, AUDITOR, demo.CUSTOMER)] == [1, 1, 0, 0]
    (mail,) = told(site, SECOND)
    assert number in mail.subject and f"/console/cases/{number}" in mail.text
    assert "that nobody has in hand" in mail.text and "nobody has in hand" in mail.html
    for part in (mail.subject, mail.text, mail.html):
        assert "Kari" not in part and "key" not in part and "Maren" not in part and demo.CUSTOMER not in part
    browser.open(f"/console/cases/{number}")
    browser.submit("Send to the customer", answer="We have written to them.")
    write(customer, number, "Thank you.")
    assert len(told(site, SECOND)) == 2


def test_who_has_the_case_is_told_each_time_and_nobody_else(site, asked):
    customer, number = asked
    browser = hired(site, "agent")
    browser.open("/console/cases")
    browser.submit("Take the next one")
    assert number in browser.path
    write(customer, number, SECRET)
    write(customer, number, "And another thing.")
    assert len(told(site, AGENT)) == 2 and told(site, SECOND) == []
    assert "that you have in hand" in told(site, AGENT)[0].text


def test_nobody_is_told_of_what_concerns_themselves(site, asked):
    customer, number = asked
    hire(site, "agent", address=demo.CUSTOMER)
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        own = next(one for one in staff_of(db) if one.address == demo.CUSTOMER)
        db.execute(update(Case).where(Case.number == number).values(owner=own.actor))
    write(customer, number, SECRET)
    assert told(site, demo.CUSTOMER) == []
