"""What may be abuse: signs are shown to staff alone, a mark asks for a second person, and nothing is refused or delayed by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.accounts.staff import staff_of
from portal.cases import abuse
from portal.cases.abuse import Sign, signs_of
from portal.cases.dates import due_of
from portal.cases.model import Case, CaseKind, CaseState
from portal.cases.proposal_model import Act
from portal.cases.service import case_by_number
from portal.cases.two_people import needs_two
from portal.core import clock
from portal.people.model import PersonIdentifier
from tests.doors.staff import hired
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN, token_on

SECOND = "second@example.net"
WHY = "Asks for the copy of somebody whose name they cannot spell."


def reading(site):
    return site.running.database.reading(registry.ids()["fjordkaffe"])


def writing(site):
    return site.running.database.writing(registry.ids()["fjordkaffe"])


def case_of(walked):
    with reading(walked.site) as db:
        return db.scalars(select(Case).filter_by(number=walked.number)).one()


def signs(walked):
    with reading(walked.site) as db:
        case = case_by_number(db, walked.number)
        return {one.sign: one for one in signs_of(db, case, due_of(db, case).law)}


def again(walked, times, *, kind=CaseKind.ACCESS, days=10, state=CaseState.CANCELLED):
    """The same person asked for it before, so many times."""
    with writing(walked.site) as db:
        case = case_by_number(db, walked.number)
        for number in range(times):
            columns = {
                name: getattr(case, name)
                for name in ("person_id", "law", "law_version", "language", "source", "choice", "proven")
            }
            at = case.received_at - timedelta(days=days, minutes=number)
            db.add(Case(**columns, number=f"{kind[:6]}-{days}-{number}", kind=kind, state=state, received_at=at, closed_at=at))


def marked(walked, browser, why=WHY):
    browser.open(f"/console/cases/{walked.number}")
    browser.submit("Mark it", suspicion=why)


def test_a_first_request_bears_no_sign_and_can_still_be_marked_with_a_reason(walked):
    browser = hired(walked.site)
    browser.open(f"/console/cases/{walked.number}")
    section = browser.page.all("section", **{"aria-labelledby": "abuse"})[0]
    assert "There are none." in section.words and signs(walked) == {}
    before = digest(walked.site)
    browser.submit("Mark it", suspicion="  ")
    assert browser.status == 422 and "Say why in one sentence." in browser.words
    assert changed(before, digest(walked.site)) <= {"limit_counter"}
    marked(walked, browser)
    assert "Marked. Only staff see it" in browser.words and WHY in browser.words
    assert case_of(walked).suspected_at is not None
    with reading(walked.site) as db:
        assert db.scalars(select(AuditEntry).filter_by(act="case.marked")).one().target == f"case:{walked.number}"


def test_the_customer_reads_nothing_of_a_mark_and_gets_no_mail(walked):
    customer, browser = walked.person(), hired(walked.site)
    browser.open(f"/console/cases/{walked.number}")
    customer.open(f"/requests/{walked.number}")
    said, mails = customer.page.all("ol")[0].words, len(walked.site.mails(MAREN))
    marked(walked, browser)
    customer.open(f"/requests/{walked.number}")
    assert customer.page.all("ol")[0].words == said and len(walked.site.mails(MAREN)) == mails
    assert WHY not in customer.words and "abuse" not in customer.words.lower() and "marked" not in customer.words.lower()


def test_a_marked_case_is_found_in_the_queue_until_the_mark_is_lifted(walked):
    browser = hired(walked.site)
    browser.open("/console/cases?stage=marked")
    assert "No open case fits." in browser.words
    marked(walked, browser)
    browser.open("/console/cases?stage=marked")
    assert walked.number in browser.words and "May be abuse" in browser.page.all("table")[0].words
    browser.open(f"/console/cases/{walked.number}")
    browser.submit("Lift the mark")
    assert "The mark is lifted." in browser.words and WHY in browser.words
    browser.open("/console/cases?stage=marked")
    assert "No open case fits." in browser.words
    with reading(walked.site) as db:
        assert len(db.scalars(select(AuditEntry).filter_by(act="case.unmarked")).all()) == 1


def test_K6_two_people_let_go_of_the_texts_of_a_marked_case_or_refuse_it_and_one_cannot(walked):
    with reading(walked.site) as db:
        case = case_by_number(db, walked.number)
        assert not needs_two(db, case, Act.RELEASE) and not needs_two(db, case, Act.REFUSE)
    one, two = hired(walked.site, "approver"), hired(walked.site, "approver", address=SECOND)
    marked(walked, one)
    with reading(walked.site) as db:
        case = case_by_number(db, walked.number)
        assert needs_two(db, case, Act.RELEASE) and needs_two(db, case, Act.REFUSE) and not needs_two(db, case, Act.EXTEND)
    one.open(f"/console/cases/{walked.number}/refuse")
    one.submit("Propose the refusal", ground="cannot_identify", words="The name they gave is not that of the customer.")
    assert "Nothing is done before a colleague has approved it" in one.words
    assert case_of(walked).state is not CaseState.REFUSED
    two.open(f"/console/cases/{walked.number}/proposal")
    two.submit("Approve")
    assert case_of(walked).state is CaseState.REFUSED


def test_who_comes_second_is_told_and_nothing_is_marked_or_lifted_twice(walked):
    one, two = hired(walked.site), hired(walked.site, address=SECOND)
    two.open(f"/console/cases/{walked.number}")
    marked(walked, one)
    two.submit("Mark it", suspicion="I had the same thought.")
    assert two.status == 409 and "Somebody was faster" in two.words
    one.open(f"/console/cases/{walked.number}")
    token, seen = token_on(one), one.page.all("input", name="seen")[0].attributes["value"]
    one.post(f"/console/cases/{walked.number}/abuse", {"csrf_token": token, "seen": seen, "suspicion": "Twice."})
    assert one.status == 422 and "cannot be marked any more" in one.words
    one.submit("Lift the mark")
    one.post(f"/console/cases/{walked.number}/abuse/lift", {"csrf_token": token, "seen": seen})
    assert one.status == 409


def test_who_asks_again_and_again_is_shown_with_what_the_law_says_of_it(walked):
    again(walked, 2)
    again(walked, 1, days=400)
    again(walked, 1, kind=CaseKind.ERASURE)
    (seen,) = signs(walked).values()
    assert (seen.sign, seen.count, seen.free, seen.article) == (Sign.REPEATED, 2, None, "GDPR Art. 12(5)")
    browser = hired(walked.site)
    browser.open(f"/console/cases/{walked.number}")
    assert "The same was asked for 2 times in the 12 months before." in browser.words
    assert "only what is plainly unfounded or excessive may be refused (GDPR Art. 12(5))" in browser.words
    with writing(walked.site) as db:
        case_by_number(db, walked.number).law = "us_ca"
        case_by_number(db, walked.number).law_version = 1
    browser.open(f"/console/cases/{walked.number}")
    assert "The law lets 2 within 12 months be free of charge (Civ. Code 1798.130(a)(2); 11 CCR 7021)." in browser.words


def test_many_cases_in_a_day_an_address_that_is_new_and_a_stopped_sign_in_are_signs(walked):
    assert signs(walked) == {}
    again(walked, 2, kind=CaseKind.QUESTION, days=0, state=CaseState.ANSWERED)
    assert signs(walked)[Sign.MANY].count == 3
    with writing(walked.site) as db:
        db.execute(
            update(PersonIdentifier).where(PersonIdentifier.person_id == case_of(walked).person_id).values(joined_at=clock.now())
        )
    assert Sign.NEW_ADDRESS in signs(walked)
    stranger = walked.site.browser()
    stranger.ask_for_link(MAREN)
    walked.site.work()
    stranger.open(walked.site.link_of(MAREN))
    stranger.submit("This was not me")
    assert signs(walked)[Sign.NOT_THEM].count == 1
    with clock.moved(timedelta(days=31)):
        assert Sign.NEW_ADDRESS not in signs(walked)


def test_cases_that_no_single_day_holds_are_not_said_to_be_of_one_day(walked):
    again(walked, 1, kind=CaseKind.QUESTION, days=0.8, state=CaseState.ANSWERED)
    again(walked, 1, kind=CaseKind.QUESTION, days=-0.8, state=CaseState.ANSWERED)
    assert Sign.MANY not in signs(walked)
    again(walked, 1, kind=CaseKind.QUESTION, days=-0.1, state=CaseState.ANSWERED)
    assert signs(walked)[Sign.MANY].count == 3


@pytest.mark.parametrize("kind", sorted(abuse.NEVER_MARKED))
def test_what_only_stops_something_or_asks_for_a_second_look_is_never_marked(walked, kind):
    hired(walked.site)
    with writing(walked.site) as db:
        case = case_by_number(db, walked.number)
        case.kind = kind
        db.flush()
        (by,) = staff_of(db)
        with pytest.raises(abuse.CannotBeMarked):
            abuse.mark(db, case, reason=WHY, by=by)
        assert signs_of(db, case, due_of(db, case).law) == []
        db.rollback()


def test_an_auditor_sees_the_signs_and_marks_nothing(walked):
    again(walked, 1)
    browser = hired(walked.site, "auditor")
    browser.open(f"/console/cases/{walked.number}")
    assert "The same was asked for once in the 12 months before." in browser.words
    assert not browser.page.all("button", value="Mark it") and "Mark as possible abuse" not in browser.words
