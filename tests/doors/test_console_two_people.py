"""Four eyes: one colleague proposes, another approves or declines; never the same, never of a case that has gone on (K6, K9)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.accounts.staff import set_roles, staff_of
from portal.adapters.contract import KeptRow
from portal.cases.kept import remember_kept
from portal.cases.kept_model import KeptHold
from portal.cases.model import Case, CaseState
from portal.cases.proposal_model import Proposal, ProposalState
from portal.cases.redacting import Decided
from portal.cases.reviewing import look_at_texts, marks_of, release_texts
from portal.cases.service import case_by_number
from portal.cases.two_people import SecondPersonNeeded
from portal.core import clock
from portal.identity.recovery_codes import make_codes
from portal.people.model import PersonIdentifier
from tests.doors.links import with_company
from tests.doors.staff import AGENT, black_all, hired
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN, token_on

SECOND, THIRD = "second@example.net", "third@example.net"
FAR = date(2090, 1, 1)


def reading(site):
    return site.running.database.reading(registry.ids()["fjordkaffe"])


def writing(site):
    return site.running.database.writing(registry.ids()["fjordkaffe"])


def audit_of(site, act):
    with reading(site) as db:
        return db.scalars(select(AuditEntry).filter_by(act=act).order_by(AuditEntry.id)).all()


def case_of(walked):
    with reading(walked.site) as db:
        return db.scalars(select(Case).filter_by(number=walked.number)).one()


def state_of_proposal(site):
    with reading(site) as db:
        return db.scalars(select(Proposal).order_by(Proposal.id.desc())).first().state


def propose_refusal(walked, browser, words="Asked nine times this week."):
    """The burden of proof is the company's: this ground is decided by two."""
    browser.open(f"/console/cases/{walked.number}/refuse")
    browser.submit("Refuse and tell", ground="excessive", words=words)
    assert "Nothing is done before a colleague has approved it" in browser.words


def test_K6_a_ground_that_two_people_decide_is_refused_only_when_a_second_one_approves(walked):
    site, customer = walked.site, walked.person()
    one, agent = hired(site, "approver"), hired(site, "agent", address=THIRD)
    propose_refusal(walked, one)
    mails = len(site.mails(MAREN))
    assert case_of(walked).state is not CaseState.REFUSED
    one.open("/console/cases")
    assert "Waits for a second person" in one.page.all("table")[0].words
    one.open(f"/console/cases/{walked.number}/proposal")
    assert "Asked nine times" in one.words and not one.page.all("button", name="approve")
    (token,) = {box.attributes["value"] for box in one.page.all("input", name="proposal")}
    before = digest(site)
    one.post(f"/console/cases/{walked.number}/proposal/approve", {"csrf_token": token_on(one), "proposal": token})
    assert one.status == 409 and "You proposed this. A colleague has to approve it." in one.words
    agent.open(f"/console/cases/{walked.number}/proposal")
    assert "Asked nine times" in agent.words and not agent.page.all("input", name="proposal")
    agent.post(f"/console/cases/{walked.number}/proposal/approve", {"csrf_token": token_on(agent), "proposal": token})
    assert agent.status == 403
    agent.post(f"/console/cases/{walked.number}/proposal/decline", {"csrf_token": token_on(agent), "proposal": token})
    assert agent.status == 409
    assert changed(before, digest(site)) <= {"audit_entry", "staff_session"}
    second = hired(site, "approver", address=SECOND)
    second.open(f"/console/cases/{walked.number}/proposal")
    second.submit("Approve, and do it now")
    assert "Both names stand in the audit" in second.words
    assert case_of(walked).state is CaseState.REFUSED and len(site.mails(MAREN)) == mails + 1
    customer.open(f"/requests/{walked.number}")
    assert "Asked nine times this week." in customer.words
    with reading(site) as db:
        actors = {one.address: one.actor for one in staff_of(db)}
    (approved,), (refused,) = audit_of(site, "proposal.approved"), audit_of(site, "case.refused")
    assert (approved.actor, approved.detail["first"]) == (actors[SECOND], actors[AGENT])
    assert (refused.actor, refused.detail["second"]) == (actors[AGENT], actors[SECOND])
    second.post(f"/console/cases/{walked.number}/proposal/approve", {"csrf_token": token_on(second), "proposal": token})
    assert second.status == 409 and "It was decided already" in second.words


def test_K6_nobody_decides_of_a_case_of_their_own(walked):
    site = walked.site
    propose_refusal(walked, hired(site, "approver"))
    about = hired(site, "approver", address=MAREN)
    about.open("/console/proposals")
    assert walked.number not in about.words
    with reading(site) as db:
        token = db.scalars(select(Proposal.token)).one()
    for act in ("approve", "decline"):
        about.post(f"/console/cases/{walked.number}/proposal/{act}", {"csrf_token": token_on(about), "proposal": token})
        assert about.status == 403
    about.post("/console/proposals/approve", {"csrf_token": token_on(about), "proposal": token})
    assert state_of_proposal(site) is ProposalState.OPEN


def test_a_colleague_says_no_with_a_reason_and_who_proposed_it_reads_it(walked):
    site, one, second = walked.site, hired(walked.site, "approver"), hired(walked.site, "approver", address=SECOND)
    propose_refusal(walked, one)
    second.open(f"/console/cases/{walked.number}/proposal")
    second.submit("Decline it")
    assert second.status == 409 and "Say why, in one sentence" in second.words
    second.submit("Decline it", reason="Nine is not many.")
    one.open(f"/console/cases/{walked.number}")
    assert "Nine is not many." in one.words and case_of(walked).state is not CaseState.REFUSED
    propose_refusal(walked, one, "Ten times now.")
    one.open(f"/console/cases/{walked.number}/proposal")
    one.submit("Call it off")
    assert [entry.detail["what"] for entry in audit_of(site, "proposal.withdrawn")] == ["refuse"]


@pytest.mark.parametrize("went_on", ["the customer wrote", "the proposer lost the right"])
def test_what_was_proposed_of_a_case_that_went_on_is_told_and_not_carried_out(walked, went_on):
    site, customer = walked.site, walked.person()
    one, second = hired(site, "approver"), hired(site, "approver", address=SECOND)
    propose_refusal(walked, one)
    second.open(f"/console/cases/{walked.number}/proposal")
    if went_on == "the customer wrote":
        customer.open(f"/requests/{walked.number}")
        customer.submit("Send", message="I only asked once.")
    else:
        with writing(site) as db:
            (who,) = [one for one in staff_of(db) if one.address == AGENT]
            set_roles(db, who.public_id, ["agent"], by="test")
    second.submit("Approve, and do it now")
    assert second.status == 409 and "The case has gone on since this was proposed" in second.words
    assert case_of(walked).state is not CaseState.REFUSED and state_of_proposal(site) is ProposalState.STALE
    assert [entry.detail["what"] for entry in audit_of(site, "proposal.stale")] == ["refuse"]


def test_only_one_thing_waits_at_a_time_and_notes_do_not_make_it_stale(walked):
    one, second = hired(walked.site, "approver"), hired(walked.site, "approver", address=SECOND)
    propose_refusal(walked, one)
    second.open(f"/console/cases/{walked.number}/refuse")
    second.submit("Refuse and tell", ground="unfounded", words="No basis.")
    assert second.status == 422 and "waits for a second person already" in second.words
    one.open(f"/console/cases/{walked.number}")
    one.submit("Keep the note", note="Look at this, please.")
    second.open(f"/console/cases/{walked.number}/proposal")
    second.submit("Approve, and do it now")
    assert case_of(walked).state is CaseState.REFUSED


def test_a_decision_needs_a_fresh_proof_and_what_was_typed_waits_for_it(walked):
    site, one, second = walked.site, hired(walked.site, "approver"), hired(walked.site, "approver", address=SECOND)
    propose_refusal(walked, one)
    with clock.moved(timedelta(minutes=11)):
        second.open(f"/console/cases/{walked.number}/proposal")
        before = digest(site)
        second.submit("Decline it", reason="Nine is not many.")
        assert second.status == 428 and "what you typed is kept on this page" in second.words
        assert changed(before, digest(site)) <= {"staff_session"}
        waits = second.form("I have shown it")
        second.post(*waits)
        assert second.status == 428, "pressing on without it asks once more"
        with writing(site) as db:
            (who,) = [one for one in staff_of(db) if one.address == SECOND]
            (code,) = make_codes(db, who, by="test", count=1)
        second.open("/console/second")
        second.submit("Use this code", code=code)
        second.post(*waits)
        assert second.status == 200 and "Nothing of it was done" in second.words
    assert state_of_proposal(site) is ProposalState.DECLINED
    second.open("/console/own")
    token = token_on(second)
    with clock.moved(timedelta(minutes=30)):
        second.open("/console/own")
        if second.path == "/console/own":
            second.post(f"/console/cases/{walked.number}/release", {"csrf_token": token})
            assert second.path == "/console/second", "letting go of texts wants a fresh proof of its own"


def test_texts_go_to_a_new_address_only_when_two_people_have_read_them(walked):
    site, company_id = walked.site, registry.ids()["fjordkaffe"]
    one, second = hired(site, "approver"), hired(site, "approver", address=SECOND)
    with writing(site) as db:
        person = case_by_number(db, walked.number).person_id
        theirs = update(PersonIdentifier).where(PersonIdentifier.person_id == person, PersonIdentifier.kind == "email")
        db.execute(theirs.values(joined_at=clock.now() - timedelta(days=29)).execution_options(synchronize_session=False))
    look_at_texts(site.running.database, company_id, walked.number, actor="s-1")
    left = Decided(leave=marks_of(site.running.database, company_id, walked.number))
    for named in ("", "s-1"):
        with pytest.raises(SecondPersonNeeded):
            release_texts(site.running.database, company_id, walked.number, actor="s-1", withhold={}, decided=left, second=named)
    one.open(f"/console/cases/{walked.number}")
    one.submit("Read the texts")
    first = one.page.all("input", name="withhold")[0].attributes["value"]
    one.submit(
        "See it as the customer will", withhold=first, **{f"reason-{first}": "It names another customer."}, **black_all(one)
    )
    assert "[redacted: name of another person]" in one.words
    one.submit("Propose to hand this out")
    assert "Nothing is done before a colleague" in one.words and audit_of(site, "case.release") == []
    second.open(f"/console/cases/{walked.number}/proposal")
    assert "It names another customer." in second.words and "see the texts" in second.words
    second.submit("Approve, and do it now")
    assert second.status == 409 and "Read the texts first" in second.words
    second.submit("Read the texts")
    assert "proposed to be blacked out" in second.words
    assert "Proposed not to be handed out: It names another customer." in second.words
    second.open(f"/console/cases/{walked.number}/proposal")
    second.submit("Approve, and do it now")
    assert "Both names stand in the audit" in second.words, second.words
    (released,) = audit_of(site, "case.release")
    assert released.detail["second"].startswith("staff:") and released.detail["second"] != released.actor
    site.work()
    customer = walked.person()
    customer.open(f"/requests/{walked.number}")
    assert "It names another customer." in customer.words


def test_an_address_of_more_than_thirty_days_needs_one_person(walked):
    site, company_id = walked.site, registry.ids()["fjordkaffe"]
    with writing(site) as db:
        person = case_by_number(db, walked.number).person_id
        theirs = update(PersonIdentifier).where(PersonIdentifier.person_id == person)
        db.execute(theirs.values(joined_at=clock.now() - timedelta(days=31)).execution_options(synchronize_session=False))
    look_at_texts(site.running.database, company_id, walked.number, actor="s-1")
    left = Decided(leave=marks_of(site.running.database, company_id, walked.number))
    release_texts(site.running.database, company_id, walked.number, actor="s-1", withhold={}, decided=left)
    assert len(audit_of(site, "case.release")) == 1


def test_K9_a_hold_has_an_article_an_end_and_a_second_person_and_is_shown(walked):
    site, one, second = walked.site, hired(walked.site, "approver"), hired(walked.site, "approver", address=SECOND)
    with writing(site) as db:
        case = case_by_number(db, walked.number)
        assert case.person_id is not None
        rows = [KeptRow("fjordkaffe_shop.orders", f"orders:{key}", "bookkeeping", FAR) for key in (1, 2)]
        remember_kept(db, case, person_id=case.person_id, system="shop", rows=rows)
    one.open(f"/console/cases/{walked.number}")
    assert "What had to stay" in one.words
    one.open(f"/console/cases/{walked.number}/kept")
    laws = [box.attributes["value"] for box in one.page.all("input", name="law")]
    assert any("17(3)" in law for law in laws) and not [box for box in one.page.all("input") if "checked" in box.attributes]
    law = next(law for law in laws if "17(3)" in law)
    whole = {"system": "shop", "law": law, "until": (FAR + timedelta(days=99)).isoformat(), "reason": "A court looks at order 2."}
    for missing in ("system", "law", "until", "reason"):
        one.open(f"/console/cases/{walked.number}/kept")
        one.submit("Propose the hold", **{name: value for name, value in whole.items() if name != missing})
        assert one.status == 422, missing
    one.submit("Propose the hold", **{**whole, "until": "2020-01-01"})
    assert one.status == 422 and "it lies in the future" in one.words
    one.submit("Propose the hold", **whole)
    with reading(site) as db:
        assert db.scalars(select(KeptHold)).all() == [], "nothing is held on one word"
    second.open(f"/console/cases/{walked.number}/proposal")
    assert "A court looks at order 2." in second.words and law in second.words
    second.submit("Approve, and do it now")
    with reading(site) as db:
        hold = db.scalars(select(KeptHold)).one()
    assert (hold.law, hold.until) == (law, FAR + timedelta(days=99)) and hold.approved_by not in (None, hold.placed_by)
    second.open(f"/console/cases/{walked.number}")
    shown = second.page.all("section", **{"aria-labelledby": "kept"})[0].words
    assert "A court looks at order 2." in shown and law in shown
    second.open(f"/console/cases/{walked.number}/kept")
    second.submit("Lift hold")
    assert "The hold is lifted" in second.words
    second.open(f"/console/cases/{walked.number}")
    assert "A court looks at order 2." not in second.words


def test_K9_many_are_approved_together_only_after_each_was_read_and_never_more_than_a_few(walked):
    site, one, second = walked.site, hired(walked.site, "approver"), hired(walked.site, "approver", address=SECOND)
    customer = walked.person()
    numbers = [walked.number]
    for words in ("I have reasons.", "And more of them."):
        customer.open("/rights/objection")
        path, values = customer.form(customer.page.all("main")[0].all("form")[0].all("button")[0].words)
        customer.post(path, {**values, "message": words})
        numbers.append(customer.path.rpartition("/")[2])
    for number in numbers:
        one.open(f"/console/cases/{number}/refuse")
        one.submit("Refuse and tell", ground="excessive", words=f"Reason for {number}.")
    one.open("/console/proposals")
    assert not one.page.all("input", name="pick"), "who proposed them picks none"
    second.open("/console/proposals")
    tokens = [box.attributes["value"] for box in second.page.all("input", name="pick")]
    assert len(tokens) == len(numbers) >= 2 and not [box for box in second.page.all("input") if "checked" in box.attributes]
    second.open("/console/proposals/several?" + "&".join(f"pick={token}" for token in tokens))
    assert all(f"Reason for {number}." in second.words for number in numbers), "each stands there in full"
    too_many: dict[str, str | list[str]] = {
        "csrf_token": token_on(second),
        "proposal": [f"AAAA-BBBB-{number:04}" for number in range(21)],
    }
    press = second.form("Approve ")
    second.post("/console/proposals/approve", too_many)
    assert second.status == 422 and "between one and 20" in second.words
    with writing(site) as db:
        db.execute(update(Case).where(Case.number == numbers[-1]).values(state=CaseState.DONE))
    second.post(press[0], {**press[1], "proposal": tokens})
    assert second.status == 409 and numbers[-1] in second.words and "The case has gone on" in second.words
    with reading(site) as db:
        states = [db.scalars(select(Case.state).filter_by(number=number)).one() for number in numbers]
    assert states == [CaseState.REFUSED] * (len(numbers) - 1) + [CaseState.DONE]
    approved = audit_of(site, "proposal.approved")
    assert [entry.detail["together"] for entry in approved] == [len(tokens)] * (len(numbers) - 1)


def test_a_company_asks_for_two_people_for_more(walked, monkeypatch):
    with_company(monkeypatch, two_people=["extend", "release", "refuse"])
    site, one, second = walked.site, hired(walked.site, "approver"), hired(walked.site, "approver", address=SECOND)
    due = case_of(walked).due_on
    one.open(f"/console/cases/{walked.number}/date")
    one.submit("Propose the later date", because="complex", words="Many old orders.")
    assert case_of(walked).due_on == due
    second.open(f"/console/cases/{walked.number}/proposal")
    assert "Many old orders." in second.words
    second.submit("Approve, and do it now")
    assert case_of(walked).due_on > due
    one.open(f"/console/cases/{walked.number}/refuse")
    one.submit("Propose the refusal", ground="cannot_identify", words="Two share it.")
    assert case_of(walked).state is not CaseState.REFUSED and state_of_proposal(site) is ProposalState.OPEN
