"""A company with laws of two places: the customer says where they live, once and only there; rights, dates and grounds follow."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

import demo
from portal.accounts import registry
from portal.cases.dates import due_of
from portal.cases.model import Case, CaseKind
from portal.cases.service import case_by_number
from portal.cases.workflow import RIGHT
from portal.consent.verify import verify_person
from portal.core.errors import PortalError
from portal.engine.model import Step
from portal.people.numbers import CUSTOMER_NUMBER
from portal.people.service import EMAIL, Identifier, find_person
from portal.starting import check_names
from tests.doors.staff import hired
from tests.doors.tables import changed, digest

MAREN = demo.CUSTOMER
OTHER = demo.HOUSEHOLD[0].email
TITLE = {"en": "California", "de": "Kalifornien", "ar": "كاليفورنيا"}


def changed_config(**update):
    config = registry.config()
    company = config.company("fjordkaffe").model_copy(update=update)
    return replace(
        config, portal=config.portal.model_copy(update={"companies": {**config.portal.companies, "fjordkaffe": company}})
    )


@pytest.fixture
def places(site):
    """The first company, with California's law for those who live there."""
    before, ids = registry.config(), registry.ids()
    registry.use_companies(changed_config(laws=["eu_gdpr", "us_ca"], law_places={"us_ca": TITLE}), ids)
    yield site
    registry.use_companies(before, ids)


def case_of(site, number):
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        case = case_by_number(db, number)
        received = case.received_at.astimezone(ZoneInfo(registry.company(case.company_id).time_zone))
        return case, (due_of(db, case).day - received.date()).days


def complains(browser):
    browser.open("/rights/correction")
    browser.submit("Send to a person", message=f"My name, {browser.path}")
    assert browser.path.startswith("/requests/"), browser.words
    return browser.path.rpartition("/")[2]


def says(browser, place):
    browser.open("/where")
    browser.submit("Save", place=place)


def test_who_says_nothing_is_asked_and_answered_under_the_law_of_no_place(places):
    browser = places.signed_in(MAREN)
    browser.open("/rights")
    assert "Say where you live" in browser.words and "Do not sell or share my data" not in browser.words
    case, days = case_of(places, complains(browser))
    assert (case.law, case.place) == ("eu_gdpr", None) and days <= 33
    browser.open("/where")
    assert not browser.page.all("input", type="radio", checked="") and "rather not say" in browser.words


def test_the_place_picks_rights_dates_and_articles_and_what_runs_keeps_its_law(places):
    browser = places.signed_in(MAREN)
    before, _days = case_of(places, complains(browser))
    says(browser, "us_ca")
    assert "Say where you live" not in browser.words
    browser.open("/rights")
    assert "Do not sell or share my data" in browser.words and "Object to a use" not in browser.words
    browser.open("/rights/correction")
    browser.submit("Send to a person", message="And my street.")
    number = browser.path.rpartition("/")[2]
    case, days = case_of(places, number)
    assert (case.law, case.place) == ("us_ca", "us_ca") and days == 45
    assert case_of(places, before.number)[0].law == "eu_gdpr"
    browser.open("/get-a-copy")
    browser.submit("Continue", scope="all")
    assert "Civ. Code" in browser.words or "1798" in browser.words, browser.words
    browser.submit("Make my copy")
    assert case_of(places, browser.path.rpartition("/")[2])[0].law == "us_ca"
    staff = hired(places)
    staff.open(f"/console/cases/{number}")
    assert "The customer says that they live here: California." in staff.words
    staff.open(f"/console/cases/{before.number}")
    assert "The customer said no place" in staff.words


def test_what_was_said_stands_with_the_rights_that_follow_it_and_can_be_said_anew(places):
    browser = places.signed_in(OTHER)
    browser.open("/rights")
    assert "These follow where you live" not in browser.words
    says(browser, "us_ca")
    browser.open("/rights")
    assert "These follow where you live: California." in browser.words
    assert "/where" in [link.attributes["href"] for link in browser.page.all("a") if link.words == "Say it anew"]
    says(browser, "elsewhere")
    browser.open("/rights")
    assert "These follow where you live: another place, or not said." in browser.words


def test_somewhere_else_is_an_answer_and_is_not_asked_again(places):
    browser = places.signed_in(OTHER)
    says(browser, "elsewhere")
    browser.open("/requests")
    assert "Say where you live" not in browser.words
    case, _days = case_of(places, complains(browser))
    assert (case.law, case.place) == ("eu_gdpr", "")
    for place in ("uk_gdpr", "", "us_ca\u202e"):
        before = digest(places)
        says(browser, place)
        assert browser.status == 422 and "Choose where you live" in browser.words
        assert changed(before, digest(places)) <= {"session", "limit_counter"}


def test_a_company_of_one_place_asks_nobody(site):
    browser = site.signed_in(MAREN)
    browser.open("/where")
    assert browser.path == "/requests" and "Say where you live" not in browser.words


def test_C1_nobody_keeps_a_customer_from_their_number_by_asking_something_for_it_first(places):
    """An agent's opt-out for a number that nobody is known by makes a person of it; its owner takes the number on all the same."""
    maren = next(person for person in demo.people("fjordkaffe") if person.email == MAREN)
    agent = places.signed_in("acts@agents.example")
    agent.open("/for-somebody-else/ask")
    agent.submit("Send", role="agent", named="Ada", whose=maren.customer_number, wish=CaseKind.OPT_OUT_OF_SALE.value, message="")
    assert agent.path.startswith("/requests/"), agent.words
    places.work()
    browser = places.signed_in(MAREN)
    browser.open("/numbers")
    browser.submit("Add the number", kind=CUSTOMER_NUMBER, value=maren.customer_number)
    assert browser.status == 200 and "is yours here now" in browser.words, browser.words
    with places.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        person, number = (find_person(db, Identifier(*one)) for one in ((EMAIL, MAREN), (CUSTOMER_NUMBER, maren.customer_number)))
        assert person is not None and number is not None and person.id == number.id
        [case] = db.scalars(select(Case).filter_by(person_id=person.id, kind=CaseKind.OPT_OUT_OF_SALE))
        assert case.source.startswith("agent:")
        steps = db.scalars(select(Step).filter_by(act=RIGHT, subject_id=case.id)).all()
        assert steps and {step.person_id for step in steps} == {person.id}
        assert verify_person(db, person.id).whole
    browser.open(f"/requests/{case.number}")
    assert browser.status == 200
    other = places.signed_in(OTHER)
    other.open("/numbers")
    other.submit("Add the number", kind=CUSTOMER_NUMBER, value=maren.customer_number)
    assert other.status == 422, "and still nobody else does"


def test_a_place_for_a_law_that_is_not_the_companys_stops_the_start(site):
    with pytest.raises(PortalError, match="is not one of the company's laws"):
        check_names(changed_config(law_places={"us_ca": TITLE}))
