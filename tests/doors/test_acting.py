"""Asking for somebody else: what only stops something counts at once, all else waits for staff and for the person, and who acts learns nothing."""

import re

import pytest
from sqlalchemy import select

import demo
from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.accounts.staff import staff_of
from portal.cases.acting import deciding
from portal.cases.acting_model import ActingRequest, Mandate, Word
from portal.cases.file_model import CaseFile
from portal.cases.joining import merge_people, split_person
from portal.cases.model import Case, CaseKind, CaseState
from portal.cases.service import case_by_number
from portal.consent.telling import Source
from portal.people.service import EMAIL, Identifier, find_person
from tests.attachments import PDF, SVG, sent
from tests.doors.staff import hired
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN

ACTS, STRANGER, OTHER = "acts@agents.example", "nobody.knows@example.org", demo.HOUSEHOLD[0].email
HERS = "KEEP-THIS-FROM-THEM"


def reading(site):
    return site.running.database.reading(registry.ids()["fjordkaffe"])


def asks(site, browser=None, **typed):
    """An agent's browser after the form was sent."""
    browser = browser or site.signed_in(ACTS)
    browser.open("/for-somebody-else/ask")
    said = {
        "role": "agent",
        "named": "Ada Agent",
        "whose": MAREN,
        "wish": "access",
        "message": HERS,
        "files": sent(("mandate.pdf", PDF)),
    }
    browser.submit("Send", **{**said, **typed})
    return browser


def row_of(site, number):
    with reading(site) as db:
        return db.get(ActingRequest, case_by_number(db, number).id)


def case_of(site, number):
    with reading(site) as db:
        return case_by_number(db, number)


def theirs(site, address=MAREN):
    """The cases of the person."""
    with reading(site) as db:
        person = find_person(db, Identifier(EMAIL, address))
        return list(db.scalars(select(Case).filter_by(person_id=person.id).order_by(Case.id))) if person else []


def decides(site, staff, number, **typed):
    staff.open(f"/console/cases/{number}")
    staff.submit("Decide about the paper", **{"mandate": "accept", **typed})


def number_of(browser):
    assert browser.path.startswith("/requests/"), (browser.path, browser.words)
    return browser.path.rpartition("/")[2]


def subjects(site, to):
    return [mail.subject for mail in site.mails(to)]


def test_the_page_says_how_it_works_before_any_sign_in_and_the_form_asks_for_one(site):
    browser = site.browser()
    browser.open("/for-somebody-else")
    assert browser.status == 200 and "An agent does not get the data." in browser.words
    browser.open("/for-somebody-else/ask")
    assert browser.path == "/sign-in"
    browser = site.signed_in(ACTS)
    browser.open("/for-somebody-else/ask")
    assert not browser.page.all("input", checked="") and not browser.page.all("input", checked="checked")


def test_an_opt_out_counts_at_once_and_the_person_hears_of_it_and_can_take_it_back(site):
    maren = site.signed_in(MAREN)
    maren.open("/preferences")
    before = len(theirs(site))
    browser = asks(site, wish="stop_marketing", message="", files=[])
    assert case_of(site, number_of(browser)).state is CaseState.ANSWERED
    assert "It counts from now on, and waits for nobody." in browser.words
    [mail] = [one for one in site.mails(MAREN) if "Somebody acted for you" in one.subject]
    assert "Ada" not in mail.text + mail.html and ACTS not in mail.text + mail.html
    maren.open("/preferences/history")
    assert "someone who acts for you" in maren.words and "through someone you asked to act for you" in maren.words
    assert len(theirs(site)) == before, "what the ledger stops needs no case"
    undo = re.search(r"https?://[^/\s]+(/undo/\S+)", mail.text)
    assert undo
    somewhere = site.browser()
    somewhere.open(undo[1])
    somewhere.submit(somewhere.page.all("main")[0].all("button")[0].words, email=MAREN)
    maren.open("/preferences/history")
    assert "Undone, back to: Yes" in maren.words
    assert somewhere.status == 200


@pytest.mark.parametrize("wish", ["stop_marketing", "access"])
def test_who_acts_reads_the_same_whether_the_person_is_known_or_not(site, wish):
    site.signed_in(MAREN)
    browser, said, written = site.signed_in(ACTS), [], []
    for whose in (MAREN, STRANGER, "FK-10001", "FK-99999"):
        before = digest(site)
        asks(site, browser, whose=whose, wish=wish)
        written.append(changed(before, digest(site)) - {"session"})
        number = number_of(browser)
        for _look in range(2):
            site.work()
            browser.open(f"/requests/{number}")
            said.append(re.sub(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}|\d\d:\d\d", "", browser.words))
    assert len(set(said)) == 1, said
    assert all(one == written[0] for one in written), written


def test_nothing_of_the_person_goes_to_an_agent_even_after_paper_and_person_said_yes(site):
    site.signed_in(MAREN)
    browser = asks(site)
    number = number_of(browser)
    assert "A person of ours looks at your paper first." in browser.words
    assert any("asks" in one and "in your name" in one for one in subjects(site, MAREN))
    before = len(theirs(site))
    staff = hired(site)
    staff.open(f"/console/cases/{number}")
    for words in (
        "An agent with a mandate",
        "Ada Agent",
        MAREN,
        "Copy of the data",
        "Waits for you to look at it",
        "mandate.pdf",
    ):
        assert words in staff.words, words
    decides(site, staff, number)
    assert "Accepted." in staff.words
    assert row_of(site, number).mandate is Mandate.ACCEPTED and len(theirs(site)) == before, "the person was not asked yet"
    maren = site.signed_in(MAREN)
    maren.open("/requests")
    assert "Somebody asks for you" in maren.words
    maren.open(f"/for-you/{number}")
    for words in ("Ada Agent", ACTS, "A copy of your data", HERS):
        assert words in maren.words
    maren.submit("Yes, I want this")
    site.work()
    [case] = theirs(site)[before:]
    assert case.kind is CaseKind.ACCESS and case.source == f"agent:{number}" and case.state in (CaseState.READY, CaseState.PARTLY)
    assert case_of(site, number).state is CaseState.ANSWERED
    maren.open(f"/requests/{case.number}")
    assert "Somebody acting for you asked for a copy of your data" in maren.words and "Download" in maren.words
    browser.open(f"/requests/{number}")
    assert "The person gets the answer themselves" in browser.words and "Download" not in browser.words
    for path in (f"/requests/{case.number}", f"/for-you/{number}"):
        browser.open(path)
        assert browser.status == 404, path
    staff.open(f"/console/cases/{case.number}")
    assert f"Through somebody acting for the customer, request {number}" in staff.words
    with reading(site) as db:
        acts = db.scalars(select(AuditEntry.act).where(AuditEntry.act.like("mandate.%")).order_by(AuditEntry.id)).all()
    assert acts == ["mandate.accepted", "mandate.confirmed"]


def test_a_no_of_the_person_ends_an_agents_mandate(site):
    site.signed_in(MAREN)
    number = number_of(asks(site))
    site.work()
    maren = site.signed_in(MAREN)
    maren.open(f"/for-you/{number}")
    maren.submit("No, I do not want this")
    assert "You said that you do not want this." in maren.words
    staff, before = hired(site), len(theirs(site))
    decides(site, staff, number)
    assert staff.status == 422 and "The person says that they do not want this." in staff.words
    staff.open(f"/console/cases/{number}/refuse")
    assert staff.status in (200, 403)
    assert row_of(site, number).mandate is Mandate.WAITS and row_of(site, number).word is Word.NO and len(theirs(site)) == before


def test_a_deletion_is_confirmed_by_the_person_alone(site):
    site.signed_in(MAREN)
    number = number_of(asks(site, wish="erasure"))
    decides(site, hired(site), number)
    maren = site.signed_in(MAREN)
    maren.open(f"/for-you/{number}")
    maren.submit("Yes, I want this")
    assert maren.path == "/erase" and not [one for one in theirs(site) if one.kind is CaseKind.ERASURE]


def test_for_a_child_or_the_dead_staff_decide_alone_and_answer_with_a_file(site):
    site.signed_in(MAREN)
    browser = asks(site, role="deceased")
    number = number_of(browser)
    assert not any("in your name" in one for one in subjects(site, MAREN)), "nobody writes to the dead"
    staff = hired(site)
    decides(site, staff, number)
    assert case_of(site, number).state is CaseState.OPEN
    staff.submit("Send to the customer", answer="Here is what we hold.", closes="y", files=sent(("copy.pdf", PDF)))
    browser.open(f"/requests/{number}")
    assert "Here is what we hold." in browser.words and case_of(site, number).state is CaseState.ANSWERED
    maren = site.signed_in(MAREN)
    maren.open(f"/for-you/{number}")
    assert maren.status == 404


def test_a_better_paper_is_asked_for_in_words_that_stand_on_the_page(site):
    browser = asks(site)
    number, staff = number_of(browser), hired(site)
    decides(site, staff, number, mandate="better", missing=" ")
    assert staff.status == 422 and "Say what is missing" in staff.words
    decides(site, staff, number, mandate="better", missing="The signature is missing.")
    browser.open(f"/requests/{number}")
    assert "We need a better paper from you." in browser.words and "The signature is missing." in browser.words
    decides(site, staff, number)
    assert row_of(site, number).mandate is Mandate.ACCEPTED


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"files": []}, "Add the paper that lets you act."),
        ({"files": sent(("a.svg", SVG))}, "a.svg"),
        ({"whose": "no address@"}, "Type an e-mail address or a customer number"),
        ({"whose": ACTS}, "This is your own address."),
        ({"message": "\u202e "}, "Say in your words what you ask for."),
        ({"role": "king"}, "Choose as what you act."),
        ({"wish": "appeal"}, "Choose what you ask for."),
        ({"named": " "}, "Type your name."),
    ],
)
def test_what_is_missing_is_said_beside_its_field_and_nothing_is_stored(site, typed, words):
    browser = site.signed_in(ACTS)
    before = digest(site)
    asks(site, browser, **typed)
    assert browser.status == 422 and words in browser.words and "mandate" not in browser.path
    assert changed(before, digest(site)) <= {"limit_counter", "session"}


def test_no_colleague_decides_over_what_is_asked_for_themselves_or_sees_it(site):
    staff = hired(site)
    with reading(site) as db:
        address = staff_of(db)[0].address
    number = number_of(asks(site, whose=address))
    staff.open(f"/console/cases/{number}")
    assert staff.status == 403


def test_names_and_papers_lie_sealed(site):
    asks(site)
    with reading(site) as db:
        assert db.scalars(select(CaseFile)).all()
    stored = b"".join(path.read_bytes() for path in site.folder.rglob("*.sqlite*"))
    for words in (b"Ada Agent", HERS.encode(), b"mandate.pdf"):
        assert words not in stored


def with_company_that_trusts_paper(site, monkeypatch):
    """The first company, which takes an agent's paper alone."""
    trusting = registry.config().company("fjordkaffe").model_copy(update={"agents_need_the_person": False})
    companies = registry.company

    monkeypatch.setattr(
        registry, "company", lambda number: trusting if number == registry.ids()["fjordkaffe"] else companies(number)
    )


def test_a_company_may_let_the_paper_be_enough_and_the_copy_is_still_the_persons(site, monkeypatch):
    site.signed_in(MAREN)
    with_company_that_trusts_paper(site, monkeypatch)
    browser, before = asks(site), len(theirs(site))
    number, staff = number_of(browser), hired(site)
    decides(site, staff, number)
    site.work()
    [case] = theirs(site)[before:]
    assert case.source == f"agent:{number}" and any("Somebody acted for you" in one for one in subjects(site, MAREN))
    browser.open(f"/requests/{number}")
    assert "The person gets the answer themselves" in browser.words and "Download" not in browser.words
    deletion = number_of(asks(site, browser, wish="erasure"))
    decides(site, staff, deletion)
    assert not [one for one in theirs(site) if one.kind is CaseKind.ERASURE], "a deletion needs the person all the same"


def test_past_ten_a_day_the_persons_yes_waits_and_nothing_breaks(site):
    maren = site.signed_in(MAREN)
    number = number_of(asks(site))
    decides(site, hired(site), number)
    for count in range(10):
        maren.open("/ask")
        maren.submit("Send to a person", message=f"Question {count}")
    maren.open(f"/for-you/{number}")
    maren.submit("Yes, I want this")
    assert maren.status == 200 and row_of(site, number).word is Word.ASKED
    assert case_of(site, number).state is CaseState.OPEN


def test_what_is_asked_for_an_address_follows_it_to_whoever_has_it(site):
    for address in (MAREN, OTHER):
        site.signed_in(address)
    number = number_of(asks(site, whose=OTHER))
    site.work()
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        merge_people(db, Identifier(EMAIL, MAREN), Identifier(EMAIL, OTHER), source=Source("shop", "k1"))
    maren = site.signed_in(MAREN)
    maren.open(f"/for-you/{number}")
    assert maren.status == 200 and "Ada Agent" in maren.words
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        split_person(db, Identifier(EMAIL, OTHER), source=Source("shop", "k1"))
    maren = site.signed_in(MAREN)
    maren.open(f"/for-you/{number}")
    assert maren.status == 404
    other = site.signed_in(OTHER)
    other.open(f"/for-you/{number}")
    assert other.status == 200


def test_who_acts_learns_nothing_of_a_persons_word_before_their_paper_was_good(site):
    """Only who is known here is asked before staff have looked: that one said no, or yes, tells that there is somebody (S10)."""
    site.signed_in(MAREN)
    unknown, browser = asks(site, whose=STRANGER), asks(site)
    number, reads = number_of(browser), []
    site.work()
    maren = site.signed_in(MAREN)
    maren.open(f"/for-you/{number}")
    maren.submit("No, I do not want this")
    for one in (unknown, browser):
        one.open(f"/requests/{number_of(one)}")
        reads.append(re.sub(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}|\d\d:\d\d", "", one.words))
    assert reads[0] == reads[1]
    staff = hired(site)
    staff.open(f"/console/cases/{number}")
    assert "The person says that they do not want this" in staff.words


def test_nobody_is_kept_from_hearing_of_a_stop_by_asking_much_for_them_before(site):
    site.signed_in(MAREN)
    browser = site.signed_in(ACTS)
    for count in range(4):
        asks(site, browser, message=f"Once more, {count}")
        site.work()
    asks(site, browser, wish="stop_marketing", message="", files=[])
    assert len([one for one in subjects(site, MAREN) if "in your name" in one]) == 3
    assert any("Somebody acted for you" in one for one in subjects(site, MAREN))


def test_a_paper_that_staff_took_for_good_reaches_the_person_however_much_was_asked_for_them_that_day(site):
    number = next(one.customer_number for one in demo.people("fjordkaffe") if one.email == MAREN)
    maren, browser = site.signed_in(MAREN), site.signed_in(ACTS)
    maren.open("/numbers")
    maren.submit("Add the number", kind="customer_number", value=number)
    for count in range(3):
        asks(site, browser, message=f"Once more, {count}")
        site.work()
    case, staff = number_of(asks(site, site.signed_in("honest@agents.example"), whose=number)), hired(site)
    site.work()
    decides(site, staff, case)
    assert "Accepted." in staff.words, staff.words
    maren = site.signed_in(MAREN)
    maren.open(f"/for-you/{case}")
    assert maren.status == 200 and len([one for one in subjects(site, MAREN) if "in your name" in one]) == 4


@pytest.mark.postgres
@pytest.mark.parametrize("portal_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("first", ["staff", "yes", "no"])
def test_S1_of_staff_and_person_who_press_at_once_the_second_sees_what_the_first_said(own_sites, first):
    """Each has read the request before; only PostgreSQL lets both at it side by side."""
    site = own_sites
    site.signed_in(MAREN)
    number = number_of(asks(site))
    site.work()
    hired(site)
    company, before, database = registry.ids()["fjordkaffe"], len(theirs(site)), site.running.database

    def accepts(db):
        deciding.accept_mandate(db, case_by_number(db, number), by=staff_of(db)[0])

    def says(db, *, wants=True):
        deciding.say(db, case_by_number(db, number), wants=wants)

    with database.writing(company) as second:
        seen = deciding.request_of(second, case_by_number(second, number))
        assert seen is not None and (seen.word, seen.mandate) == (Word.ASKED, Mandate.WAITS)
        with database.writing(company) as db:
            if first == "staff":
                accepts(db)
            else:
                says(db, wants=first == "yes")
        if first == "no":
            with pytest.raises(deciding.PersonObjects):
                accepts(second)
        elif first == "yes":
            accepts(second)
        else:
            says(second)
    assert row_of(site, number).word is (Word.NO if first == "no" else Word.YES)
    assert len(theirs(site)) == before + (first != "no"), "a yes and a good paper lead to the person's own request, a no to none"
