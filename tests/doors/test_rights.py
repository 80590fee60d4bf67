"""What can be asked for besides a copy and a deletion: offered by law, a case with its date, and an opt-out that waits for nobody."""

from dataclasses import replace

import pytest

import demo
from portal.accounts import registry
from portal.cases.answering import CannotBeClosed, answer_case
from portal.cases.dates import due_of
from portal.cases.laws.promise import NO_LAW
from portal.cases.model import Case
from portal.cases.service import case_by_number, resolve_step
from portal.cases.workflow import RIGHT
from portal.config.model import LawReview
from portal.consent.events import Choice
from portal.consent.states import states_of
from portal.core import clock
from portal.engine.service import steps_of
from tests.doors.links import with_company
from tests.doors.staff import hired

MAREN = demo.CUSTOMER
SALE = Choice("adverts_elsewhere", "networks")


@pytest.fixture
def california(site):
    """The first company, with California's law beside the one of Europe."""
    config, ids = registry.config(), registry.ids()
    changed = config.company("fjordkaffe").model_copy(update={"laws": ["eu_gdpr", "us_ca"]})
    portal = config.portal.model_copy(update={"companies": {**config.portal.companies, "fjordkaffe": changed}})
    registry.use_companies(replace(config, portal=portal), ids)
    yield site
    registry.use_companies(config, ids)


def writing(site):
    return site.running.database.writing(registry.ids()["fjordkaffe"])


def reading(site):
    return site.running.database.reading(registry.ids()["fjordkaffe"])


def asks(browser, kind, button="Send to a person", **typed):
    browser.open(f"/rights/{kind}")
    browser.submit(button, **typed)
    return browser.path.rpartition("/")[2]


def test_only_what_a_law_of_the_company_gives_is_offered_and_a_complaint_always(site):
    browser = site.signed_in(MAREN)
    browser.open("/requests")
    assert [one for one in browser.page.all("a") if one.attributes.get("href") == "/rights"]
    browser.open("/rights")
    offered = {one.attributes["href"] for one in browser.page.all("a") if one.attributes.get("href", "").startswith("/rights/")}
    kinds = ("correction", "restriction", "objection", "human_review", "complaint")
    assert offered == {f"/rights/{kind}" for kind in kinds}
    for kind in ("opt_out_of_sale", "access", "appeal", "x"):
        browser.open(f"/rights/{kind}")
        assert browser.status == 404


def test_a_restriction_is_a_task_in_every_system_and_ends_when_all_are_settled_and_somebody_has_answered(site):
    browser = site.signed_in(MAREN)
    number = asks(browser, "restriction")
    assert "Keep it, but do not use it" in browser.words and "Date in law" in browser.words and "GDPR Art. 12(3)" in browser.words
    [mail] = [mail for mail in site.mails(MAREN) if number in mail.text]
    assert "restrict" not in mail.text and "use it" not in mail.text
    site.work()
    browser.open(f"/requests/{number}")
    systems = registry.company(registry.ids()["fjordkaffe"]).systems
    assert browser.words.count("A person looks here by hand") == len(systems)
    with writing(site) as db, pytest.raises(CannotBeClosed):
        answer_case(db, number, text="Done.", actor="s-1", closes=True)
    for system in systems:
        with writing(site) as db:
            resolve_step(db, number, system=system, outcome="done", reason=f"Locked in {system}.", actor="s-1")
    with writing(site) as db:
        answer_case(db, number, text="It is locked everywhere.", actor="s-1", closes=True)
    browser.open(f"/requests/{number}")
    assert "It is locked everywhere." in browser.words and "Locked in shop." in browser.words
    assert "We have answered" in browser.words or "A person has answered" in browser.words


def test_an_objection_stops_all_advertising_at_once_where_that_is_ticked(site):
    browser = site.signed_in(MAREN)
    asks(browser, "objection", message="My situation is special.")
    assert "What we could stop at once" not in browser.words
    asks(browser, "objection", message="And adverts, too.", marketing="y")
    assert "What we could stop at once has stopped" in browser.words
    with reading(site) as db:
        person = case_by_number(db, browser.path.rpartition("/")[2]).person_id
        assert person is not None
        found = [state for choice, state in states_of(db, person).items() if choice.purpose == "newsletter"]
        assert found and not any(state.allows(clock.now()) for state in found)


def test_an_opt_out_needs_no_words_no_proof_and_no_person_and_is_in_force_at_once(california):
    browser = california.signed_in(demo.SHARED_ADDRESS)
    for _ in range(12):
        number = asks(browser, "opt_out_of_sale", "Do not sell or share my data")
    assert "What we could stop at once has stopped" in browser.words
    with reading(california) as db:
        case = case_by_number(db, number)
        assert (case.law, case.law_version) == ("us_ca", 1)
        assert 15 <= (due_of(db, case).day - case.received_at.date()).days <= 30
        assert case.person_id is not None
        assert states_of(db, case.person_id)[SALE].said == "objected"
    with california.running.database.engine.connect() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM \"case\" WHERE kind = 'opt_out_of_sale'").scalar_one()
    assert count == 1


@pytest.mark.parametrize(
    ("kind", "button", "stops"),
    [("opt_out_of_targeted_ads", "No targeted adverts", True), ("opt_out_of_profiling", "No profiling", False)],
)
def test_targeted_adverts_and_profiling_are_opted_out_of_where_a_law_gives_it(site, monkeypatch, kind, button, stops):
    review = LawReview(by="Kari, legal", on=clock.now().date())
    with_company(monkeypatch, laws=["eu_gdpr", "us_va"], law_reviews={"us_va": review})
    browser = site.signed_in(demo.SHARED_ADDRESS)
    browser.open("/rights")
    assert f"/rights/{kind}" in browser.answer.text
    for _ in range(3):
        number = asks(browser, kind, button)
    assert ("What we could stop at once has stopped" in browser.words) is stops
    with reading(site) as db:
        case = case_by_number(db, number)
        assert case.law == "us_va" and db.query(Case).filter_by(kind=kind).count() == 1
        assert case.person_id is not None
        said = states_of(db, case.person_id).get(SALE)
        assert (said is not None and said.said == "objected") is stops
        steps = steps_of(db, (RIGHT,), case.id)
        assert {step.system for step in steps} == set(registry.company(case.company_id).systems), (
            "each system is told by a person"
        )
    staff = hired(site)
    staff.open(f"/console/cases?kind={kind}")
    assert number in staff.words


def test_a_complaint_has_the_company_s_own_day_and_names_the_authority(site):
    browser = site.signed_in(MAREN)
    browser.open("/rights/complaint")
    assert "Datatilsynet" in browser.words
    asks(browser, "complaint")
    assert browser.status == 422 and "Write what it is about." in browser.words
    number = asks(browser, "complaint", message="You did not answer.")
    assert "No law sets a day for this. It is our own word." in browser.words and "You did not answer." in browser.words
    with reading(site) as db:
        assert case_by_number(db, number).law == NO_LAW
    assert asks(browser, "complaint", message="You did not answer.") == number


def test_a_value_that_is_wrong_is_a_correction_with_its_date_in_law_and_a_task_in_its_system_only(site):
    browser = site.signed_in(MAREN)
    browser.open("/data")
    path = next(
        one.attributes["href"]
        for one in browser.page.all("a")
        if "last_name" in one.attributes.get("href", "") and "wrong" in one.attributes["href"]
    )
    browser.open(path)
    browser.submit("Send to a person", message="It is spelt otherwise.")
    assert "Correct something" in browser.words and "Date in law" in browser.words
    site.work()
    browser.open(browser.path)
    assert browser.words.count("A person looks here by hand") == 1
