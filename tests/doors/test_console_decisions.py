"""What staff decide: a later date, a question that stops the clock, a refusal, an appeal, roles; and what is kept of it."""

import csv
import io
import re
from datetime import timedelta

from sqlalchemy import select

from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.accounts.staff import staff_of
from portal.cases.model import Case, CaseState
from portal.core import clock
from tests.doors.staff import AGENT, hired
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN

COLLEAGUE = "colleague@example.net"


def reading(site):
    return site.running.database.reading(registry.ids()["fjordkaffe"])


def case_of(walked):
    with reading(walked.site) as db:
        return db.scalars(select(Case).filter_by(number=walked.number)).one()


def test_a_later_date_is_shown_before_it_goes_and_told_with_its_reason_once(walked):
    site, browser, customer = walked.site, hired(walked.site), walked.person()
    before = case_of(walked).due_on
    browser.open(f"/console/cases/{walked.number}/date")
    shown = browser.page.all("section", **{"aria-labelledby": "longer"})[0].all("time")[0].attributes["datetime"]
    assert shown > before.isoformat()
    browser.submit("Move the date", words="Many old orders.")
    assert browser.status == 422 and "Choose the reason" in browser.words
    mails = len(site.mails(MAREN))
    browser.submit("Move the date", because="complex", words="Many old orders.")
    assert "The date is moved" in browser.words and len(site.mails(MAREN)) == mails + 1
    assert case_of(walked).due_on.isoformat() == shown
    customer.open(f"/requests/{walked.number}")
    assert "Many old orders." in customer.words
    browser.open(f"/console/cases/{walked.number}/date")
    assert not browser.page.all("section", **{"aria-labelledby": "longer"})


def test_no_later_date_after_the_date(walked):
    site = walked.site
    with clock.moved(timedelta(days=60)):
        browser = hired(site)
        browser.open(f"/console/cases/{walked.number}/date")
        assert "The law gives no longer time here" in browser.words
        browser.open(f"/console/cases/{walked.number}")
        path, values = browser.form("Keep the note")
        before = digest(site)
        browser.post(path.replace("/note", "/date/extend"), {**values, "because": "complex", "words": "Too late"})
        assert browser.status == 422
        assert changed(before, digest(site)) == set()


def test_a_question_stops_the_clock_until_it_is_settled_and_the_queue_says_so(walked):
    browser, customer = hired(walked.site), walked.person()
    browser.open(f"/console/cases/{walked.number}/date")
    browser.submit("Ask, and stop the clock", reason="identity")
    assert browser.status == 422 and "Ask the customer for what you need" in browser.words
    browser.submit("Ask, and stop the clock", reason="identity", text="Which of the two customer numbers is yours?")
    assert "the clock stands still until they answer" in browser.words
    customer.open(f"/requests/{walked.number}")
    assert "Which of the two customer numbers is yours?" in customer.words
    browser.open("/console/cases")
    assert "Clock stopped" in browser.words
    browser.open(f"/console/cases/{walked.number}/date")
    path, values = browser.form("It is settled")
    browser.post(path, values)
    assert "The clock runs again" in browser.words
    browser.post(path, values)
    assert browser.status == 409, "there is nothing to resume any more"
    browser.open("/console/cases")
    assert "Clock stopped" not in browser.words


def test_a_refusal_names_its_ground_and_an_appeal_is_decided_by_somebody_else(walked):
    site, agent, customer = walked.site, hired(walked.site), walked.person()
    one, other = hired(site, "approver", address=COLLEAGUE), hired(site, "approver", address="third@example.net")
    agent.open(f"/console/cases/{walked.number}/refuse")
    assert agent.status == 403
    one.open(f"/console/cases/{walked.number}/refuse")
    grounds = [box.attributes["value"] for box in one.page.all("input", name="ground")]
    assert grounds and not [box for box in one.page.all("input", name="ground") if "checked" in box.attributes]
    for typed in (
        {"words": "Others are named."},
        {"ground": "no such ground", "words": "x"},
        {"ground": grounds[0], "words": " "},
    ):
        one.submit("Refuse and tell", **typed)
        assert one.status == 422, typed
    other.open(f"/console/cases/{walked.number}/refuse")
    one.submit("Refuse and tell", ground=grounds[0], words="Others are named in all of it.")
    assert "Refused. The customer is told" in one.words
    before = digest(site)
    other.submit("Refuse and tell", ground=grounds[0], words="Me too.")
    assert other.status == 409 and "Somebody was faster" in other.words
    assert changed(before, digest(site)) == set()
    assert case_of(walked).state is CaseState.REFUSED
    customer.open(f"/requests/{walked.number}")
    assert "Others are named in all of it." in customer.words
    customer.open(f"/requests/{walked.number}/appeal")
    button = next(form for form in customer.page.all("main")[0].all("form")).all("button")[0].words
    customer.submit(button, message="Not in my letters.")
    with reading(site) as db:
        appeal = db.scalars(select(Case).filter_by(kind="appeal")).one()
    one.open(f"/console/cases/{appeal.number}/appeal")
    one.submit("Decide and tell", outcome="denied", words="It stands.")
    assert one.status == 422 and "You were part of the refusal" in one.words
    other.open(f"/console/cases/{appeal.number}/appeal")
    other.submit("Decide and tell", outcome="granted", words="The letters are yours.")
    assert "Decided. The customer is told" in other.words
    assert case_of(walked).state in (CaseState.OPEN, CaseState.PARTLY)


def test_K6_nobody_changes_their_own_roles_in_the_console_or_grants_above_them(site):
    admin, other = hired(site, "admin"), hired(site, "privacy_officer", "agent", address=COLLEAGUE)
    with reading(site) as db:
        ids = {one.address: one.public_id for one in staff_of(db)}
    admin.open("/console/staff")
    token = admin.page.all("input", name="csrf_token")[0].attributes["value"]
    assert not [form for form in admin.page.all("form") if ids[AGENT] in form.attributes["action"]]
    for act in ("roles", "remove"):
        admin.post(f"/console/staff/{ids[AGENT]}/{act}", {"csrf_token": token, "role": ["admin", "privacy_officer"]})
        assert admin.status == 422 and "Nobody changes their own roles" in admin.words
        other.open("/console/own")
        theirs = other.page.all("input", name="csrf_token")[0].attributes["value"]
        other.post(f"/console/staff/{ids[AGENT]}/{act}", {"csrf_token": theirs, "role": "agent"})
        assert other.status == 403
    admin.post(f"/console/staff/{ids[COLLEAGUE]}/roles", {"csrf_token": token, "role": "emperor"})
    assert admin.status == 422
    admin.post(f"/console/staff/{ids[COLLEAGUE]}/roles", {"csrf_token": token, "role": "auditor"})
    assert admin.status == 200 and "The roles are changed" in admin.words
    other.open("/console/find")
    assert not other.page.all("input", name="email"), "what the role gave is gone at the next page (K3)"
    admin.post(f"/console/staff/{ids[COLLEAGUE]}/remove", {"csrf_token": token})
    other.open("/console/own")
    assert other.path == "/console/sign-in"


def test_the_audit_is_read_page_by_page_and_taken_out_without_formulas(walked):
    site = walked.site
    agent, auditor = hired(site), hired(site, "auditor", address=COLLEAGUE)
    agent.open(f"/console/cases/{walked.number}")
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        for number in range(230):
            db.add(AuditEntry(at=clock.now(), actor="=cmd()", act="test.entry", target=f"test:{number}", detail={}))
    auditor.open("/console/audit")
    seen = re.findall(r"test:(\d+)", auditor.answer.text)
    while True:
        more = [link.attributes["href"] for link in auditor.page.all("a") if link.words == "Older entries"]
        if not more:
            break
        auditor.open(more[0])
        seen += re.findall(r"test:(\d+)", auditor.answer.text)
    assert [int(one) for one in seen] == list(range(229, -1, -1))
    auditor.open(f"/console/audit?target=case:{walked.number}")
    assert "case.read" in auditor.words and "Colleague agent" in auditor.words and "test.entry" not in auditor.words
    auditor.submit("Take it out as CSV")
    assert auditor.answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(auditor.answer.text)))
    assert {row["actor"] for row in rows if row["act"] == "test.entry"} == {"'=cmd()"}
    assert MAREN not in auditor.answer.text
    with reading(site) as db:
        assert db.scalars(select(AuditEntry).filter_by(act="audit.exported")).one().actor.startswith("staff:")
