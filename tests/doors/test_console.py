"""The staff's work: the queue by the law's clock, finding without browsing, and one case with everything that may be done about it."""

import itertools
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

import demo
from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.cases.model import Case, CaseEvent, CaseKind, CaseState
from portal.console import words
from portal.core import clock, crypto
from portal.engine.model import Step, StepState
from portal.people.service import Identifier, find_identifier, identifier_for
from tests.doors.site import SECOND_HOST
from tests.doors.staff import black_all, hired
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN, OTHER
from tests.watched import statements_on

COLLEAGUE = "colleague@example.net"


def writing(site, company="fjordkaffe"):
    return site.running.database.writing(registry.ids()[company])


def audit_of(site, act, company="fjordkaffe"):
    with site.running.database.reading(registry.ids()[company]) as db:
        return db.scalars(select(AuditEntry).filter_by(act=act).order_by(AuditEntry.id)).all()


def add_cases(site, count, *, days_apart=0):
    """Open questions, each due so many days after the one before."""
    now = clock.now()
    with writing(site) as db:
        for number in range(count):
            db.add(
                Case(
                    number=crypto.random_public_id(), person_id=None, kind=CaseKind.QUESTION, state=CaseState.OPEN, law="none",
                    language="en", source="site", choice=[], proven="{}", received_at=now,
                    due_on=(now + timedelta(days=1 + number * days_apart)).date(),
                )
            )  # fmt: skip


def numbers_on(browser):
    return re.findall(r"/console/cases/([0-9A-Z-]{14})\"", browser.answer.text)


def test_the_queue_shows_what_is_due_first_and_each_case_once_over_all_its_pages(walked):
    site = walked.site
    add_cases(site, 130)
    browser = hired(site)
    seen, pages = [], 0
    browser.open("/console/cases")
    while True:
        seen += numbers_on(browser)
        pages += 1
        more = [link.attributes["href"] for link in browser.page.all("a") if link.words == "More cases"]
        if not more:
            break
        browser.open(more[0])
    assert pages == 3 and len(seen) == len(set(seen)) == 131
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        due = {case.number: case.due_on for case in db.scalars(select(Case))}
    assert [due[number] for number in seen] == sorted(due[number] for number in seen)


def test_the_clock_is_told_in_words_and_late_is_late(walked):
    site = walked.site
    code_browser = hired(site)
    code_browser.open("/console/cases")
    assert re.search(r"\d+ days left", code_browser.words)
    with clock.moved(timedelta(days=60)):
        late = hired(site, address=COLLEAGUE)
        late.open("/console/cases?stage=late")
        assert re.search(r"\d+ days late", late.words) and walked.number in late.answer.text
        assert late.page.all("dd", **{"class": "bad"})[0].words == "1"


def test_filters_stand_in_the_address_and_rubbish_in_it_is_left_out(walked):
    site, browser = walked.site, hired(walked.site)
    add_cases(site, 2)
    for query, count in (
        ("kind=question", 2), ("kind=access", 1), ("stage=decision", 1), ("whose=nobody", 3), ("whose=mine", 0), ("stage=late", 0),
        ("kind=rubbish&stage=x&whose=y&after=never.1", 3), ("after=2026-13-45.9", 3),
    ):  # fmt: skip
        browser.open(f"/console/cases?{query}")
        assert browser.status == 200 and len(numbers_on(browser)) == count, query


def test_the_next_one_is_what_is_due_first_and_no_two_get_the_same(walked):
    site = walked.site
    add_cases(site, 3, days_apart=1)
    one, other = hired(site), hired(site, address=COLLEAGUE)
    got = []
    for browser in (one, other, one, other):
        browser.open("/console/cases")
        browser.submit("Take the next one")
        assert "This case is yours now" in browser.words
        got.append(browser.path)
    assert len(set(got)) == 4
    one.open("/console/cases")
    one.submit("Take the next one")
    assert "every open case has an owner" in one.words
    one.open("/console/cases?whose=mine")
    assert len(numbers_on(one)) == 2
    assert [entry.act for entry in audit_of(site, "case.taken")] == ["case.taken"] * 4


def test_many_cases_are_handed_over_at_once_and_what_somebody_took_meanwhile_is_left(walked):
    site, one = walked.site, hired(walked.site)
    hired(site, "agent", address=COLLEAGUE)
    add_cases(site, 3)
    one.open("/console/cases")
    boxes = [box.attributes["value"] for box in one.page.all("input", name="pick")]
    assert len(boxes) == 4 and not [box for box in one.page.all("input") if "checked" in box.attributes]
    path, values = one.form("Hand over")
    (theirs,) = [option.attributes["value"] for option in one.page.all("option") if option.words == f"Colleague {COLLEAGUE[:9]}"]
    with writing(site) as db:
        db.execute(update(Case).where(Case.number == boxes[1]).values(owner="staff:other"))
    one.post(path, {**values, "pick": [*boxes[:3], "AAAA-BBBB-CCCC"], "owner": theirs})
    assert "2 cases handed over." in one.words and "2 cases were left as they are" in one.words
    with writing(site) as db:
        owners = {case.number: case.owner for case in db.scalars(select(Case))}
    assert [owners[number] for number in boxes] == [f"staff:{theirs}", "staff:other", f"staff:{theirs}", None]
    assert [entry.detail["to"] for entry in audit_of(site, "case.handed")] == [f"staff:{theirs}"] * 2
    one.post(path, {**values, "pick": boxes[:1], "owner": "no-such-one"})
    assert "0 cases handed over." in one.words


def test_K7_a_customer_is_found_by_the_exact_address_with_a_reason_and_never_in_an_address_bar(walked):
    site, browser = walked.site, hired(walked.site)
    browser.open("/console/find")
    browser.submit("Find their cases", email=MAREN)
    assert browser.status == 422 and "Say why" in browser.words
    for address, count in ((MAREN, 1), (MAREN.upper(), 1), (MAREN[1:], 0), (OTHER, 0)):
        browser.open("/console/find")
        browser.submit("Find their cases", email=address, reason="A call about a parcel")
        assert browser.status == 200 and re.fullmatch(r"/console/found/[\w-]{43}", browser.path), address
        assert len(numbers_on(browser)) == count, address
        assert address not in browser.answer.text
    found = browser.path
    assert [entry.detail["found"] for entry in audit_of(site, "people.searched")] == [True, True, False, True]
    assert len(audit_of(site, "people.found")) == 4
    colleague = hired(site, address=COLLEAGUE)
    colleague.open(found)
    assert colleague.status == 404
    with clock.moved(timedelta(minutes=25)):
        browser.open("/console/cases")
    with clock.moved(timedelta(minutes=50)):
        browser.open("/console/cases")
    with clock.moved(timedelta(minutes=61)):
        browser.open(found)
        assert browser.status == 404
    for entry in audit_of(site, "people.searched"):
        assert MAREN not in repr((entry.actor, entry.target, entry.detail))


def test_K7_whoever_opens_a_case_is_written_down_and_another_companys_is_as_if_missing(walked):
    site, browser = walked.site, hired(walked.site)
    browser.open(f"/console/cases/{walked.number}")
    assert browser.status == 200
    (read,) = audit_of(site, "case.read")
    assert read.target == f"case:{walked.number}" and read.actor.startswith("staff:")
    foreign = hired(site, "privacy_officer", company="alpenrad", host=SECOND_HOST, address="anna.desk@example.net")
    pages = []
    for number in (walked.number, "AAAA-BBBB-CCCC"):
        foreign.open(f"/console/cases/{number}")
        pages.append((foreign.status, foreign.answer.text.replace(number, "")))
    assert pages[0] == pages[1] and pages[0][0] == 404
    assert {entry.target for entry in audit_of(site, "case.missing", "alpenrad")} == {
        f"case:{walked.number}",
        "case:AAAA-BBBB-CCCC",
    }
    for act in ("note", "answer", "settle", "owner", "texts", "preview", "release"):
        before = digest(site)
        foreign.open("/console/own")
        token = foreign.page.all("input", name="csrf_token")[0].attributes["value"]
        foreign.post(f"/console/cases/{walked.number}/{act}", {"csrf_token": token, "note": "x", "seen": "x"})
        assert foreign.status == 404, act
        assert changed(before, digest(site)) - {"staff_session"} == set(), act


def test_a_case_tells_staff_what_it_tells_the_customer_and_by_when(walked):
    browser = hired(walked.site)
    browser.open(f"/console/cases/{walked.number}")
    customer = walked.person()
    customer.open(f"/requests/{walked.number}")
    theirs = [line.all("strong")[0].words for line in customer.page.all("ol", **{"class": "line"})[0].all("li")]
    ours = [line.all("strong")[0].words for line in browser.page.all("ol", **{"class": "line"})[0].all("li")]
    assert theirs == ours and len(ours) > 3
    assert "GDPR" in browser.words and MAREN not in browser.answer.text


def test_notes_are_for_colleagues_and_answers_for_the_customer(walked):
    site, browser, customer = walked.site, hired(walked.site), walked.person()
    browser.open(f"/console/cases/{walked.number}")
    browser.submit("Keep the note", note="Called twice, <b>nobody</b> there")
    assert browser.status == 200 and "Called twice, <b>nobody</b> there" in browser.words
    mails = len(site.mails(MAREN))
    browser.submit("Send to the customer", answer="The rest follows on Monday, promised.")
    assert "Sent. The customer gets a mail" in browser.words
    (mail, *_rest) = site.mails(MAREN)
    assert len(site.mails(MAREN)) == mails + 1 and "Monday, promised" not in mail.text + mail.html
    customer.open(f"/requests/{walked.number}")
    assert "The rest follows on Monday, promised." in customer.words
    assert "nobody" not in customer.answer.text
    for empty in ("", "   "):
        browser.open(f"/console/cases/{walked.number}")
        browser.submit("Send to the customer", answer=empty)
        assert browser.status == 422
    assert [entry.act for entry in audit_of(site, "case.noted") + audit_of(site, "case.answered")] == [
        "case.noted",
        "case.answered",
    ]


def test_who_acts_on_a_page_that_was_overtaken_is_told_and_overwrites_nothing(walked):
    site, one, other = walked.site, hired(walked.site), hired(walked.site, address=COLLEAGUE)
    for browser in (one, other):
        browser.open(f"/console/cases/{walked.number}")
    form, values = other.form("Send to the customer")
    owner, choices = other.form("Hand over")
    one.submit("Send to the customer", answer="First answer")
    before = digest(site)
    other.post(form, {**values, "answer": "Second answer"})
    assert other.status == 409 and "Somebody was faster" in other.words and "Second answer" in other.answer.text
    other.post(owner, choices)
    assert other.status == 409
    assert changed(before, digest(site)) == set()
    other.submit("Send to the customer", answer="Second answer")
    assert other.status == 200
    customer = walked.person()
    customer.open(f"/requests/{walked.number}")
    # A word of the customer overtakes a page as well.
    customer.submit("Send message", message="One more thing")
    other.submit("Send to the customer", answer="Too late")
    assert other.status == 409


def test_nobody_handles_a_case_about_themselves(walked):
    site = walked.site
    themselves = hired(site, "privacy_officer", address=MAREN)
    colleague = hired(site, "agent")
    themselves.open(f"/console/cases/{walked.number}")
    assert themselves.status == 403 and "about you" in themselves.words
    themselves.open("/console/cases")
    token = themselves.page.all("input", name="csrf_token")[0].attributes["value"]
    for act in ("note", "answer", "settle", "owner", "texts", "preview", "release"):
        themselves.post(f"/console/cases/{walked.number}/{act}", {"csrf_token": token, "note": "x", "seen": "x"})
        assert themselves.status == 403, act
    themselves.open("/console/cases")
    themselves.submit("Take the next one")
    assert "every open case has an owner" in themselves.words
    themselves.open("/console/find")
    themselves.submit("Find their cases", email=MAREN, reason="Mine")
    assert not numbers_on(themselves)
    colleague.open(f"/console/cases/{walked.number}")
    path, values = colleague.form("Hand over")
    (option,) = [one for one in colleague.page.all("option") if "Colleague maren" in one.words]
    colleague.post(path, {**values, "owner": option.attributes["value"]})
    assert "cannot be theirs" in colleague.words


@pytest.mark.parametrize("outcome", ["retry", "skip", "done"])
def test_a_step_in_doubt_is_settled_with_a_reason_that_the_customer_reads(walked, outcome):
    site, browser, customer = walked.site, hired(walked.site), walked.person()
    with writing(site) as db:
        case = db.scalars(select(Case).filter_by(number=walked.number)).one()
        last = db.scalars(select(Step).filter_by(subject_id=case.id, act="access.export").order_by(Step.id).limit(1)).one()
        db.execute(update(Step).where(Step.id == last.id).values(state=StepState.IN_DOUBT))
        system = last.system
    browser.open(f"/console/cases/{walked.number}")
    assert "In doubt" in browser.words
    browser.submit("Settle this step", system=system, outcome=outcome)
    assert browser.status == 422 and "Say why" in browser.words
    browser.submit("Settle this step", system="no such system", outcome=outcome, reason="Seen in their list.")
    assert browser.status == 422
    browser.submit("Settle this step", system=system, outcome=outcome, reason="Seen in their list.")
    assert "Settled." in browser.words
    (entry,) = audit_of(site, "case.settled")
    assert entry.detail == {"system": system, "outcome": outcome}
    customer.open(f"/requests/{walked.number}")
    assert "Seen in their list." in customer.words


def test_texts_are_let_go_of_only_by_who_may_and_has_read_them(walked):
    site, agent, approver = walked.site, hired(walked.site), hired(walked.site, "approver", address=COLLEAGUE)
    agent.open(f"/console/cases/{walked.number}")
    assert "Somebody who may release" in agent.words
    approver.open(f"/console/cases/{walked.number}")
    token = approver.page.all("input", name="csrf_token")[0].attributes["value"]
    approver.post(f"/console/cases/{walked.number}/release", {"csrf_token": token})
    assert "look at them once more" in approver.words, "nobody has read them yet"
    approver.submit("Read the texts")
    texts = approver.page.all("input", name="withhold")
    assert len(texts) >= 1 and not any("checked" in box.attributes for box in texts)
    first = texts[0].attributes["value"]
    approver.submit("See it as the customer will", withhold=first, **black_all(approver))
    assert approver.status == 422 and "needs a reason" in approver.words
    approver.submit("See it as the customer will", **{f"reason-{first}": "It names another customer."})
    assert "Not handed out: It names another customer." in approver.words
    approver.submit("Hand this out")
    assert "Let go." in approver.words
    site.work()
    customer = walked.person()
    customer.open(f"/requests/{walked.number}")
    assert "It names another customer." in customer.words
    assert [len(audit_of(site, act)) for act in ("case.texts", "case.release")] == [3, 1]


def test_a_fresh_proof_leads_back_to_the_case_that_wanted_it(walked):
    site, approver = walked.site, hired(walked.site, "approver")
    with clock.moved(timedelta(minutes=11)):
        approver.open(f"/console/cases/{walked.number}")
        approver.submit("Read the texts")
        assert approver.path == "/console/second"
        with writing(site) as db:
            from portal.accounts.staff import staff_at
            from portal.identity.recovery_codes import make_codes

            staff = staff_at(db, "agent@example.net")
            assert staff is not None
            (code,) = make_codes(db, staff, by="test", count=1)
        approver.submit("Use this code", code=code)
        assert approver.path == f"/console/cases/{walked.number}"


def test_H12_what_a_customer_writes_is_never_markup_or_a_link_for_staff(walked):
    site, customer = walked.site, walked.person()
    customer.open(f"/requests/{walked.number}")
    customer.submit("Send message", message="<script>alert(1)</script> https://evil.example/console javascript:alert(1)")
    browser = hired(site)
    browser.open(f"/console/cases/{walked.number}")
    main = browser.page.all("main")[0]
    assert "https://evil.example/console" in main.words
    assert not main.all("script")
    assert not [link for link in main.all("a") if "evil" in link.attributes.get("href", "")]


def test_a_question_is_answered_and_closed_from_the_console_alone(site):
    customer = site.signed_in(demo.CUSTOMER)
    customer.open("/ask")
    customer.submit("Send", number="", message="Where is my parcel?")
    browser = hired(site)
    browser.open("/console/cases")
    browser.submit("Take the next one")
    assert "Where is my parcel?" in browser.words and "Message to answer" in browser.words
    browser.submit("Send to the customer", answer="It left this morning.", closes="y")
    assert browser.status == 200
    browser.open("/console/cases")
    assert "No open case fits" in browser.words
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        (case,) = db.scalars(select(Case))
        assert case.state is CaseState.ANSWERED and db.scalars(select(CaseEvent).filter_by(case_id=case.id)).all()


def test_K7_a_customer_is_found_by_a_whole_number_and_never_by_a_part_or_under_another_kind(walked):
    site, browser = walked.site, hired(walked.site)
    with writing(site) as db:
        maren = find_identifier(db, Identifier("email", MAREN))
        assert maren
        for kind, value in (("customer_number", "FK-10001"), ("phone", "+4740000001")):
            identifier_for(db, Identifier(kind, value)).person_id = maren.person_id
    tries = [
        ("customer_number", "fk-10001", 1), ("customer_number", "FK-1000", 0), ("phone", "FK-10001", 0), ("phone", "400 00 001", 1),
        ("customer_number", "%", 0), ("phone", "", None), ("fax", "FK-10001", None),
    ]  # fmt: skip
    for kind, typed, count in tries:
        browser.open("/console/find")
        browser.submit("Find their cases", kind=kind, email=typed, reason="A call")
        assert browser.status == (422 if count is None else 200), (kind, typed)
        assert count is None or len(numbers_on(browser)) == count, (kind, typed)
    assert not [entry for entry in audit_of(site, "people.searched") if "10001" in repr(entry.detail)]


def test_numbers_are_found_however_they_are_typed(walked):
    browser = hired(walked.site)
    for typed in (walked.number, walked.number.lower(), walked.number.replace("-", ""), walked.number.replace("-", " ")):
        browser.open("/console/find")
        browser.submit("Open the case", number=typed)
        assert browser.path == f"/console/cases/{walked.number}", typed
    for rubbish, status in (("", 422), ("12", 422), ("<script>", 422), ("AAAA-BBBB-CCCC", 404)):
        browser.open("/console/find")
        browser.submit("Open the case", number=rubbish)
        assert browser.status == status, rubbish


def test_K7_every_page_that_shows_a_customers_case_leaves_its_entry(walked):
    site, browser = walked.site, hired(walked.site, "privacy_officer")
    browser.open("/console/find")
    browser.submit("Find their cases", email=MAREN, reason="A letter")
    pages = {"case.read": f"/console/cases/{walked.number}", "people.found": browser.path}
    for (act, path), _again in itertools.product(pages.items(), range(2)):
        before = len(audit_of(site, act))
        browser.open(path)
        assert browser.status == 200 and len(audit_of(site, act)) == before + 1, path


def test_every_kind_and_state_has_words(site):
    assert words.KINDS.keys() == set(CaseKind) and words.STATES.keys() == set(CaseState)


def test_the_queue_looks_up_each_case_once_and_no_case_of_the_company_for_a_task(site):
    """A case named anew inside a look-up is looked for among all of the company, for each line."""
    add_cases(site, 3)
    browser = hired(site)
    for address in ("/console/cases", "/console/cases?stage=decision"):
        with statements_on(site.running.database.engine) as told:
            browser.open(address)
        asked = [one for one in told if "case_task" in one]
        assert asked and [one for one in asked if re.search(r'FROM [^()]*,\s*"case"', one)] == [], address
