"""What the customer sees of a no: why, the article, the authority, and a second look without new proof."""

import demo
from portal.accounts import registry
from portal.cases.laws.model import Ground
from portal.cases.model import CaseState
from portal.cases.refusing import decide_appeal, refuse_case
from portal.cases.service import case_by_number

MAREN, OTHER = demo.CUSTOMER, demo.HOUSEHOLD[0].email


def writing(site):
    return site.running.database.writing(registry.ids()["fjordkaffe"])


def confirmed_deletion(browser):
    browser.open("/erase/plan")
    if browser.page.all("input", name="value"):
        path, values = browser.form(browser.page.all("main")[0].all("form")[0].all("button")[0].words)
        browser.post(path, {**values, "kind": "customer_number", "value": demo.HOUSEHOLD[0].customer_number})
        browser.open("/erase/plan")
    path, values = browser.form(browser.page.all("main")[0].all("form")[0].all("button")[0].words)
    browser.post(path, {**values, "understood": "y"})
    return browser.path.rpartition("/")[2]


def refused_request(site):
    browser = site.signed_in(MAREN)
    browser.open("/get-a-copy")
    browser.submit("Continue", scope="all")
    browser.submit("Make my copy")
    number = browser.path.rpartition("/")[2]
    with writing(site) as db:
        refuse_case(db, number, ground=Ground.CANNOT_IDENTIFY, words="Two of you <b>share</b> it.", actor="s-1")
    browser.open(f"/requests/{number}")
    return browser, number


def test_the_page_and_the_mail_say_why_by_which_law_and_where_else_to_go(site):
    browser, number = refused_request(site)
    for words in (
        "Refused",
        "We cannot tell which data is yours",
        "GDPR Art. 11(2), 12(2)",
        "Two of you <b>share</b> it.",
        "Datatilsynet",
        "The answer was due by",
        "Nothing more is done here: this request is over.",
    ):
        assert words in browser.words
    assert "Day 0 of" not in browser.words and "at the latest" not in browser.words and "Waits for its turn" not in browser.words
    [mail] = [mail for mail in site.mails(MAREN) if "has answered your request" in mail.subject]
    for part in (mail.text, mail.html):
        for words in (
            "We cannot tell which data is yours",
            "GDPR Art. 11(2), 12(2)",
            "Datatilsynet",
            "court",
            "looked at again",
            number,
        ):
            assert words in part
        assert "share" not in part
    browser.open("/requests")
    assert "Refused" in browser.words and "None is open." in browser.words


def test_a_second_look_needs_no_proof_and_is_decided_by_somebody_else(site):
    browser, number = refused_request(site)
    browser.open(f"/requests/{number}/appeal")
    browser.submit("Send to a person", message=" ")
    assert browser.status == 422 and "Write why we should look again." in browser.words
    browser.submit("Send to a person", message="I am the older one.")
    appeal = browser.path.rpartition("/")[2]
    assert appeal != number and "Have a refusal looked at again" in browser.words and "I am the older one." in browser.words
    browser.open(f"/requests/{number}/appeal")
    assert browser.path == f"/requests/{number}"
    with writing(site) as db:
        decide_appeal(db, appeal, granted=False, words="Nothing tells you apart.", actor="s-2")
    browser.open(f"/requests/{appeal}")
    assert "Nothing tells you apart." in browser.words and "the answer stays" in browser.words
    [mail] = [mail for mail in site.mails(MAREN) if "has looked again" in mail.subject]
    assert "Datatilsynet" in mail.text and "court" in mail.text and "apart" not in mail.text + mail.html


def test_nobody_else_comes_to_an_appeal_and_a_request_that_was_not_refused_has_none(site):
    _browser, number = refused_request(site)
    other = site.signed_in(OTHER)
    other.open(f"/requests/{number}/appeal")
    assert other.status == 404
    other.open("/ask")
    other.submit("Send to a person", message="Hello")
    path = other.path
    other.open(f"{path}/appeal")
    assert other.path == path


def test_a_deletion_can_be_refused_before_it_begins_and_not_after(site):
    browser = site.signed_in(OTHER)
    case = confirmed_deletion(browser)
    with writing(site) as db:
        refuse_case(db, case, ground=Ground.LEGAL_CLAIMS, words="A claim is open.", actor="s-1")
    site.work()
    browser.open(f"/requests/{case}")
    assert browser.status == 200 and "The data is needed for a claim in court." in browser.words and "Refused" in browser.words
    with writing(site) as db:
        assert case_by_number(db, case).state is CaseState.REFUSED


def test_a_deletion_that_was_refused_wrongly_leads_to_the_plan_of_today_and_to_nothing_else(site):
    browser = site.signed_in(OTHER)
    case = confirmed_deletion(browser)
    with writing(site) as db:
        refuse_case(db, case, ground=Ground.LEGAL_CLAIMS, words="A claim is open.", actor="s-1")
    browser.open(f"/requests/{case}/appeal")
    browser.submit("Send to a person", message="That claim was settled.")
    appeal = browser.path.rpartition("/")[2]
    with writing(site) as db:
        decide_appeal(db, appeal, granted=True, words="It was settled indeed.", actor="s-2")
    site.work()
    with writing(site) as db:
        assert case_by_number(db, case).state is CaseState.CANCELLED
    [mail] = [mail for mail in site.mails(OTHER) if "has looked again" in mail.subject]
    for part in (mail.text, mail.html):
        assert f"/requests/{case}" in part and "Nothing is deleted yet" in part and "court" not in part
    for number in (appeal, case):
        browser.open(f"/requests/{number}")
        assert "Nothing is deleted yet." in browser.words
    assert "Nothing was deleted so far." in browser.words and "Refused" not in browser.words
    [link] = [one for one in browser.page.all("a") if one.words == "See what would be deleted"]
    assert link.attributes["href"] == "/erase/plan"
    anew = confirmed_deletion(browser)
    assert anew != case
    browser.open(f"/requests/{case}")
    assert "See what would be deleted" not in browser.words
