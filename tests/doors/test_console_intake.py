"""What comes by letter, telephone or at the counter: taken in once, dated by its arrival, and never counted as proof."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.cases.dates import today_of
from portal.cases.intake import kinds_to_take_in
from portal.cases.model import Case, CaseKind
from portal.cases.right_words import OPT_OUTS
from portal.cases.scope import Scope, load_scope
from tests.attachments import PNG, SVG, sent
from tests.doors.staff import AGENT, hired
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN

STRANGER = "writes.letters@example.org"


def reading(site):
    return site.running.database.reading(registry.ids()["fjordkaffe"])


def letter(site, **other):
    """What a colleague types of a letter that came ten days ago."""
    with reading(site) as db:
        came = today_of(db) - timedelta(days=10)
    typed = {"came_by": "letter", "received_on": came.isoformat(), "email": MAREN, "kind": "question", "language": "en",
             "text": "Who told you my birthday?"}  # fmt: skip
    return {**typed, **other}


def take_in(browser, **typed):
    browser.open("/console/intake")
    browser.submit("Take it in", **typed)


def cases(site):
    with reading(site) as db:
        return list(db.scalars(select(Case).order_by(Case.id)))


@pytest.mark.parametrize("address", [MAREN, STRANGER])
def test_every_kind_becomes_a_case_whose_date_counts_from_its_arrival_and_the_customer_is_told(site, address):
    browser = hired(site)
    with reading(site) as db:
        kinds, arrived = kinds_to_take_in(db), today_of(db) - timedelta(days=10)
    assert CaseKind.ACCESS in kinds and CaseKind.ERASURE not in kinds and len(kinds) > 5
    for kind in kinds:
        take_in(browser, **letter(site, email=address, kind=kind.value))
        assert "Taken in. The customer gets a mail." in browser.words and "By letter" in browser.words, kind
        case = cases(site)[-1]
        assert (case.kind, case.source, case.received_at.date()) == (kind, "letter", arrived)
        assert case.due_on < today_plus(site, 31), "a law of thirty days or a month has run for ten of them"
        assert case.number in site.mails(address)[0].text
        assert "Who told you my birthday?" in browser.words or kind in OPT_OUTS
    assert len(cases(site)) == len(kinds)


def today_plus(site, days):
    with reading(site) as db:
        return today_of(db) + timedelta(days=days)


def test_who_took_it_in_and_when_it_arrived_is_written_down(site):
    take_in(hired(site), **letter(site))
    with reading(site) as db:
        entry = db.scalars(select(AuditEntry).filter_by(act="case.taken_in")).one()
    assert entry.target == f"case:{cases(site)[-1].number}"
    assert (entry.detail["came_by"], entry.detail["files"]) == ("letter", 0)


def test_a_letter_proves_nobody(site):
    take_in(hired(site), **letter(site, kind="access"))
    case = cases(site)[-1]
    assert load_scope(case.proven) == Scope()
    stranger = site.browser()
    stranger.open(f"/requests/{case.number}")
    assert stranger.path == "/sign-in"


def test_a_scan_goes_with_it_and_what_lies_about_itself_is_refused_with_the_words_kept(site):
    browser = hired(site)
    before = digest(site)
    take_in(browser, **letter(site), files=sent(("scan.svg", SVG)))
    assert browser.status == 422 and "Who told you my birthday?" in browser.answer.text
    assert changed(before, digest(site)) <= {"limit_counter", "staff_session"}
    take_in(browser, **letter(site), files=sent(("scan.png", PNG)))
    assert "Taken in" in browser.words
    (link,) = [one for one in browser.page.all("a") if "/files/" in one.attributes["href"]]
    assert browser.client.get(link.attributes["href"], base_url=f"http://{browser.host}").data == PNG


def test_the_same_request_once_more_is_asked_about_and_becomes_one_message_more_or_a_case_of_its_own(site):
    browser = hired(site)
    take_in(browser, **letter(site))
    (first,) = cases(site)
    take_in(browser, **letter(site, text="I wrote to you before. Who told you?"))
    assert browser.status == 422 and f"It belongs to {first.number}" in browser.words
    assert "I wrote to you before." in browser.answer.text and len(cases(site)) == 1
    browser.submit("Take it in", belongs=first.number)
    assert "I wrote to you before." in browser.words and first.number in browser.words and len(cases(site)) == 1
    take_in(browser, **letter(site, text="And where do you keep it?"))
    browser.submit("Take it in", belongs="7KQ2-M9XD-4TBR")
    assert browser.status == 422 and len(cases(site)) == 1
    browser.submit("Take it in", belongs="own")
    assert len(cases(site)) == 2


def test_K_nobody_takes_in_a_request_of_their_own(site):
    browser = hired(site)
    before = digest(site)
    take_in(browser, **letter(site, email=AGENT))
    assert browser.status == 422 and "A colleague has to take this in." in browser.words
    assert "case" not in changed(before, digest(site))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"received_on": ""}, "Say on which day it arrived."),
        ({"email": "nobody"}, "address"),
        ({"kind": "erasure"}, "Choose what is asked for."),
        ({"came_by": "pigeon"}, "Say how it came."),
        ({"language": "tlh"}, "Choose a language."),
        ({"text": " "}, "Type what the customer asks."),
        ({"text": "x" * 4001}, "Shorten it"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_kept(site, typed, said):
    browser = hired(site)
    before = digest(site)
    take_in(browser, **letter(site, **typed))
    assert browser.status == 422 and said in browser.words
    assert changed(before, digest(site)) <= {"limit_counter", "staff_session"}


@pytest.mark.parametrize(("days", "said"), [(-1, "It cannot have arrived after today."), (91, "more than 90 days ago")])
def test_a_day_that_cannot_be_is_refused(site, days, said):
    browser = hired(site)
    take_in(browser, **letter(site, received_on=today_plus(site, -days).isoformat()))
    assert browser.status == 422 and said in browser.words and cases(site) == []


def test_a_letter_that_lay_for_long_is_late_and_its_copy_is_made_all_the_same(site):
    take_in(hired(site), **letter(site, kind="access", received_on=today_plus(site, -80).isoformat()))
    case = cases(site)[-1]
    assert case.due_on < today_plus(site, 0)
    site.work()
    assert cases(site)[-1].state in ("ready", "partly")
