"""The people that tests and the walk-through rely on are really there, with what makes them special."""

import re
from collections import Counter
from datetime import date, timedelta

import pytest

import demo
from demo import stars, texts
from demo.database import moment
from demo.stars import Person
from tests.demo.conftest import TODAY, Rows

SHOP = "DEMO_FJORDKAFFE_SHOP_URL"
MAIL = "DEMO_FJORDKAFFE_MAIL_URL"
CRM = "DEMO_ALPENRAD_CRM_URL"
BOOKS = "DEMO_ALPENRAD_BILLING_URL"
OF_A_CUSTOMER = (
    "orders invoices deliveries subscriptions newsletter_subscriptions support_tickets reviews loyalty_accounts loyalty_points "
    "marketing_profiles derived_traits customer_addresses"
)


def of(rows: Rows, table: str, person: Person) -> list[dict[str, object]]:
    [customer] = [row["id"] for row in rows(SHOP, "customers") if row["customer_number"] == person.customer_number]
    return [row for row in rows(SHOP, table) if row.get("customer_id", row.get("id")) == customer]


def test_each_company_has_its_hundreds(rows: Rows) -> None:
    assert len(rows(SHOP, "customers")) == len(demo.people("fjordkaffe")) == 600
    assert len(rows(CRM, "kontakt")) == len(demo.people("alpenrad")) == 230


@pytest.mark.parametrize("person", stars.FJORDKAFFE, ids=lambda person: person.customer_number)
def test_what_would_prove_a_star_of_fjordkaffe_is_stored(rows: Rows, person: Person) -> None:
    [account] = of(rows, "customers", person)
    assert (account["email"], account["first_name"], account["last_name"]) == (person.email, person.first_name, person.last_name)
    assert account["birth_date"] == person.birth_date
    assert (person.order_number in {row["order_number"] for row in of(rows, "orders", person)}) or not person.order_number
    places = {row["id"]: row["postcode"] for row in rows(SHOP, "addresses")}
    assert person.postcode in {places[row["address_id"]] for row in of(rows, "customer_addresses", person)} or not person.postcode


@pytest.mark.parametrize("person", stars.ALPENRAD, ids=lambda person: person.customer_number)
def test_what_would_prove_a_star_of_alpenrad_is_stored(rows: Rows, person: Person) -> None:
    addresses = [row["adresse"] for row in rows(CRM, "kontakt_email") if row["kontakt_nr"] == person.customer_number]
    assert addresses == [person.email, *person.more_emails]
    [debtor] = [row["debitor_nr"] for row in rows(BOOKS, "debitor") if row["crm_kontakt_nr"] == person.customer_number]
    assert person.order_number in {row["beleg_nr"] for row in rows(BOOKS, "rechnung") if row["debitor_nr"] == debtor}
    assert person.postcode in {row["plz"] for row in rows(CRM, "anschrift") if row["kontakt_nr"] == person.customer_number}


def test_maren_has_something_nearly_everywhere_and_two_facts_that_she_did_not_give(rows: Rows) -> None:
    counts = {table: len(of(rows, table, stars.MAREN)) for table in OF_A_CUSTOMER.split()}
    assert all(counts.values()), counts
    assert counts["orders"] == 12
    assert (
        sum(len([value for value in row.values() if value is not None]) for t in counts for row in of(rows, t, stars.MAREN)) >= 60
    )
    [bought] = of(rows, "marketing_profiles", stars.MAREN)
    assert (bought["household_income"], bought["job_guess"]) == ("600,000 to 800,000 kroner", "Teacher")
    [account] = of(rows, "loyalty_accounts", stars.MAREN)
    assert account["points"] == 230
    assert {row["card_last_four"] for row in of(rows, "subscriptions", stars.MAREN)} == {"4412"}
    assert not of(rows, "page_views", stars.MAREN), "she took that consent back"
    assert stars.MAREN.email in {row["email"] for row in rows(MAIL, "contacts")}


def test_marens_choices_are_one_of_each() -> None:
    last = {
        (act.purpose, act.channel): act.act for act in demo.consent_history("fjordkaffe", TODAY) if act.email == demo.CUSTOMER
    }
    assert last == {
        ("newsletter", "email"): "given",
        ("newsletter", "sms"): "refused",
        ("personal_offers", "orders"): "given",
        ("personal_offers", "visits"): "withdrawn",
        ("partners", "email"): "refused",
    }


def test_one_address_is_used_by_two_different_customers_in_each_company(rows: Rows) -> None:
    several = [row for row in rows(SHOP, "customers") if row["email"] == demo.SHARED_ADDRESS]
    assert len({(row["customer_number"], row["last_name"], row["birth_date"]) for row in several}) == 2
    everyone = Counter(str(row["email"]).lower() for row in rows(SHOP, "customers"))
    assert [address for address, count in everyone.items() if count > 1] == [demo.SHARED_ADDRESS]
    shared = [row["kontakt_nr"] for row in rows(CRM, "kontakt_email") if row["adresse"] == stars.ALPENRAD_SHARED[0].email]
    assert len(shared) == 2


def test_a_household_shares_the_address_row_and_nothing_else(rows: Rows) -> None:
    one, other = ({row["address_id"] for row in of(rows, "customer_addresses", person)} for person in demo.HOUSEHOLD)
    assert one & other
    assert len({person.email for person in demo.HOUSEHOLD}) == 2


def test_there_is_one_with_capitals_one_nearly_empty_and_one_with_very_many_orders(rows: Rows) -> None:
    assert stars.CAPITALS.email != stars.CAPITALS.email.lower()
    [guest] = of(rows, "customers", stars.NEARLY_EMPTY)
    assert {name for name, value in guest.items() if value in (None, False)} >= {"first_name", "last_name", "birth_date", "phone"}
    assert all(not of(rows, table, stars.NEARLY_EMPTY) for table in OF_A_CUSTOMER.split())
    assert len(of(rows, "orders", stars.MANY_ORDERS)) == 300


def test_hostile_and_careless_texts_stand_where_customers_write(rows: Rows) -> None:
    tickets = {row["id"] for row in of(rows, "support_tickets", stars.HOSTILE)}
    written = {row["body"] for row in rows(SHOP, "ticket_messages") if row["ticket_id"] in tickets}
    assert set(texts.HOSTILE) <= written
    assert set(texts.HOSTILE) - {texts.VERY_LONG} <= {row["body"] for row in of(rows, "reviews", stars.HOSTILE)}
    everything = " ".join(str(row["body"]) for row in rows(SHOP, "ticket_messages"))
    assert texts.CARELESS_TICKET in everything
    assert all(text in everything for text in texts.ABOUT_OTHERS)
    assert "\x00" not in everything


def test_a_parcel_of_marens_names_the_neighbour_who_took_it_in(rows: Rows) -> None:
    [neighbour] = of(rows, "customers", stars.NEIGHBOUR)
    assert [row["left_with_customer_id"] for row in of(rows, "deliveries", stars.MAREN) if row["left_with_customer_id"]] == [
        neighbour["id"]
    ]


def test_the_newsletter_tables_tell_the_same_as_the_acts(rows: Rows) -> None:
    last = {
        act.email: act.act
        for act in demo.consent_history("fjordkaffe", TODAY)
        if (act.purpose, act.channel) == ("newsletter", "email") and act.act != "refused"
    }
    stored = {row["email"]: row["status"] for row in rows(SHOP, "newsletter_subscriptions")}
    assert stored == {email: "unsubscribed" if act == "withdrawn" else "subscribed" for email, act in last.items()}
    assert {row["email"] for row in rows(MAIL, "contacts")} == {email.lower() for email in last}


def test_alpenrads_office_has_the_same_answers_as_the_acts(rows: Rows) -> None:
    last = {(act.email, act.purpose): act.act for act in demo.consent_history("alpenrad", TODAY)}
    addresses = {row["kontakt_nr"]: row["adresse"] for row in rows(CRM, "kontakt_email") if row["lfd_nr"] == 1}
    purposes = {"Rundbrief": "newsletter", "Inspektion": "inspection_reminder"}
    stored = {
        (addresses[row["kontakt_nr"]], purposes[str(row["zweck"])]): row["antwort"] == "ja" for row in rows(CRM, "einwilligung")
    }
    assert stored == {key: act == "given" for key, act in last.items()}


def test_the_mail_tool_sends_to_who_agreed_and_says_about_what(rows: Rows) -> None:
    active = {row["id"] for row in rows(MAIL, "contacts") if row["status"] == "active"}
    since = moment(TODAY, 30).replace(tzinfo=None)
    month = [row for row in rows(MAIL, "sent_messages") if str(row["sent_at"]) > str(since)]
    assert len(month) > 1000
    withdrawn = {row["contact_id"] for row in month if str(row["sent_at"]) > str(since + timedelta(days=26))} - active
    assert withdrawn == set()
    assert {(row["purpose"], row["topic"]) for row in month} == {
        ("newsletter", topic) for topic in ("coffees", "courses", "prices")
    }


def test_consent_acts_are_of_hundreds_in_order_and_in_the_past() -> None:
    acts = list(demo.consent_history("fjordkaffe", TODAY))
    assert len({act.email for act in acts}) >= 400
    assert {act.act for act in acts} == {"given", "refused", "withdrawn", "imported"}
    assert [act.at for act in acts] == sorted(act.at for act in acts)
    assert all(act.at.utcoffset() == timedelta() and act.at.date() < TODAY for act in acts)


def test_nothing_lies_in_the_future_or_before_its_account(rows: Rows) -> None:
    joined = {row["id"]: row["created_at"] for row in rows(SHOP, "customers")}
    for order in rows(SHOP, "orders"):
        assert str(joined[order["customer_id"]])[:10] <= str(order["ordered_at"])[:10] < TODAY.isoformat()
    assert all(
        row["ridden"] < TODAY
        for row in ({"ridden": row["datum"]} for row in rows(CRM, "probefahrt"))
        if isinstance(row["ridden"], date)
    )


def test_every_address_is_one_that_nobody_can_have(rows: Rows) -> None:
    stored = [row["email"] for row in rows(SHOP, "customers")] + [row["adresse"] for row in rows(CRM, "kontakt_email")]
    assert all(re.search(r"@([a-z-]+\.)*(example\.(org|net|com)|invalid)$", str(address).lower()) for address in stored)


def test_who_is_whom_does_not_depend_on_the_day() -> None:
    assert [person.email for person in demo.people("fjordkaffe")[: len(stars.FJORDKAFFE)]] == [
        person.email for person in stars.FJORDKAFFE
    ]
    assert len({person.customer_number for person in demo.people("fjordkaffe")}) == 600
    assert demo.NOBODY not in {person.email for company in ("fjordkaffe", "alpenrad") for person in demo.people(company)}
