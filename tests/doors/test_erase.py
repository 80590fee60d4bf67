"""Deleting one's data at the door, as a person does it: looked at, confirmed once, cancelled, done, and read without a sign-in."""

import base64
import re
from datetime import timedelta

import pytest

import demo
from portal.cases.certificate.signed import verify_certificate
from portal.core import clock
from portal.site import certificates

MAREN = demo.CUSTOMER


def plan_of(site):
    """Maren has shown one detail and looks at the plan."""
    browser = site.signed_in(MAREN)
    browser.open("/erase")
    assert browser.status == 200
    browser.open("/erase/plan")
    if browser.path != "/erase/plan":
        assert browser.path == "/data/open"
        number = next(person.customer_number for person in demo.people("fjordkaffe") if person.email == MAREN)
        browser.submit("Open my data", kind="customer_number", value=number)
    assert browser.path == "/erase/plan", browser.path
    return browser


def confirmed(site):
    browser = plan_of(site)
    browser.submit("Delete my data", understood="y")
    assert browser.path.startswith("/requests/")
    return browser


def stop_link(site):
    mail = next(mail for mail in site.mails(MAREN) if "/erase/stop/" in mail.text)
    found = re.search(r"/erase/stop/[\w-]+", mail.text)
    assert found
    return found[0]


def test_C4_deleting_begins_with_a_detail_that_shows_whose_data_it_is(site):
    browser = site.signed_in(MAREN)
    browser.open("/erase/plan")
    assert browser.path == "/data/open"
    assert "Before anything can be deleted" in browser.words


def test_C4_the_plan_wants_a_sign_in_under_fifteen_minutes_old(site):
    browser = plan_of(site)
    with clock.moved(timedelta(minutes=16)):
        browser.open("/erase/plan")
        assert browser.path == "/again"


def test_the_box_is_empty_and_has_to_be_ticked(site):
    browser = plan_of(site)
    assert not [control for control in browser.page.all("input") if "checked" in control.attributes]
    browser.submit("Delete my data")
    assert browser.status == 422
    assert "Tick the box" in browser.words
    assert not [mail for mail in site.mails(MAREN) if "/erase/stop/" in mail.text]


def test_confirmed_twice_is_one_request(site):
    browser = plan_of(site)
    path, values = browser.form("Delete my data")
    browser.post(path, {**values, "understood": "y"})
    first = browser.path
    browser.post(path, {**values, "understood": "y"})
    assert browser.path == first


def test_another_plan_than_the_one_that_was_seen_is_not_confirmed(site):
    browser = plan_of(site)
    path, values = browser.form("Delete my data")
    browser.post(path, {**values, "understood": "y", "seen": "0" * 64})
    assert browser.path.startswith("/erase/plan")
    assert "has changed" in browser.words


def test_the_request_says_when_it_begins_and_one_button_cancels_it(site):
    browser = confirmed(site)
    assert browser.page.all("h1")[0].words == "Deleting your data"
    assert "Until then one button stops it." in browser.words
    browser.submit("Cancel the deletion")
    assert "Cancelled. Nothing was deleted" in browser.words
    assert "Nothing was deleted." in browser.words


def test_the_mailed_link_stops_it_without_a_sign_in_and_only_by_its_button(site):
    browser = confirmed(site)
    link = stop_link(site)
    stranger = site.browser()
    stranger.open(link)
    assert stranger.status == 200
    assert MAREN not in stranger.answer.text and "Maren" not in stranger.answer.text
    browser.open(browser.path)
    assert "Until then one button stops it." in browser.words
    for typed in ("", "guess@example.org", "rubbish"):
        stranger.submit("Stop the deletion", email=typed)
        assert stranger.status == 422 and MAREN not in stranger.answer.text
    browser.open(browser.path)
    assert "Until then one button stops it." in browser.words, "a program that submits every form (S4) stops nothing"
    stranger.submit("Stop the deletion", email=MAREN)
    assert "The deletion is stopped" in stranger.words
    browser.open(browser.path)
    assert "Nothing was deleted." in browser.words
    stranger.open(link)
    assert "nothing left to stop" in stranger.words
    assert "This was not you?" in site.mails(MAREN)[0].text


def test_a_link_that_nobody_mailed_leads_nowhere(site):
    stranger = site.browser()
    for kind in ("stop", "result"):
        stranger.open(f"/erase/{kind}/" + "x" * 43)
        assert stranger.status == 410


def test_marketing_alone_stops_at_once_and_needs_no_detail_and_no_fresh_sign_in(site):
    browser = site.signed_in(MAREN)
    with clock.moved(timedelta(minutes=16)):
        browser.open("/erase")
        browser.submit("Only stop marketing")
        assert browser.path == "/preferences"
        assert "marketing" in browser.words
    with site.running.database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM \"case\" WHERE kind = 'erasure'").scalar() == 0


@pytest.mark.parametrize("group", ["who", "bought"])
def test_some_kinds_have_a_plan_of_their_own(site, group):
    plan_of(site)
    browser = site.signed_in(MAREN)
    browser.open("/erase/some")
    browser.submit("See what would go")
    assert browser.status == 422
    browser.open(f"/erase/plan?group={group}")
    assert browser.status == 200


def shown(site, browser, path):
    """Maren gives one detail where a page asks for it, and is back on that page."""
    browser.open(path)
    assert browser.path == "/data/open"
    number = next(person.customer_number for person in demo.people("fjordkaffe") if person.email == MAREN)
    return browser.submit("Open my data", kind="customer_number", value=number)


def test_what_was_chosen_does_not_grow_to_everything_over_a_detail_or_a_fresh_sign_in(site):
    browser = site.signed_in(MAREN)
    shown(site, browser, "/erase/plan?group=bought&group=wrote")
    chosen = "This is the plan for: What you bought and What you wrote."
    assert (browser.path, chosen in browser.words) == ("/erase/plan", True)
    with clock.moved(timedelta(minutes=16)):
        path, values = browser.form("Delete my data")
        browser.post(path, {**values, "group": ["bought", "wrote"], "understood": "y"})
        assert browser.path == "/again"
        browser.submit("Send me the link")
        browser.open(site.link_of(MAREN))
        browser.submit("Sign in")
        assert (browser.path, chosen in browser.words) == ("/erase/plan", True)


def test_kinds_that_nobody_knows_are_never_everything(site):
    browser = plan_of(site)
    for named in ("group=everything", "group=bought&group=rubbish", "group="):
        browser.open(f"/erase/plan?{named}")
        assert browser.path == "/erase/some", named


def test_another_wish_while_a_deletion_is_under_way_adds_nothing_and_says_so(site):
    browser = plan_of(site)
    browser.open("/erase/plan?group=bought")
    browser.submit("Delete my data", understood="y")
    request, word = browser.path, "Nothing was added to it"
    assert "Your request has arrived" in browser.words and word not in browser.words
    browser.open("/erase/plan")
    browser.submit("Delete my data", understood="y")
    assert browser.path == request
    assert word in browser.words and "Your request has arrived" not in browser.words


def test_who_signs_in_anew_is_told_how_to_see_a_deletion_that_is_under_way_and_its_mailed_link_leads_to_it(site):
    request, promise = confirmed(site).path, "are listed once you give one again"
    browser = site.signed_in(MAREN)
    for page in ("/", "/requests"):
        browser.open(page)
        assert promise in browser.words and "No requests yet" not in browser.words
        assert request not in browser.answer.text
    link = next(one.attributes["href"] for one in browser.page.all("a") if one.words == "Give one detail")
    shown(site, browser, link)
    assert (browser.path, request in browser.answer.text) == ("/requests", True)
    assert promise not in browser.words
    again = site.signed_in(MAREN)
    shown(site, again, request)
    assert again.path == request
    again.submit("Cancel the deletion")
    assert "Nothing was deleted." in again.words
    assert "Waiting" not in again.words and "Stopped" in again.words


def erased(site):
    """Maren's erasure has ended; a stranger's browser stands on the result behind the link of the last mail."""
    confirmed(site)
    with clock.moved(timedelta(hours=73)):
        site.work()
        mail = next(mail for mail in site.mails(MAREN) if "/erase/result/" in mail.text)
    assert "certificate" in mail.text
    link = re.search(r"/erase/result/[\w-]+", mail.text)
    assert link
    stranger = site.browser()
    stranger.open(link[0])
    stranger.submit("See the result")
    assert stranger.status == 200
    return stranger


def file_name(answer):
    return answer.headers["Content-Disposition"]


def test_F9_the_last_mail_leads_to_the_certificate_which_anyone_can_check_and_which_names_nobody(site, monkeypatch):
    stranger = erased(site)
    path, values = stranger.form("Signed file (JWS)")
    answer = stranger.post(path, values)
    assert (answer.status_code, file_name(answer)) == (200, 'attachment; filename="certificate.jws"')
    told = verify_certificate(answer.text, site.browser().open("/.well-known/jwks.json").json)
    assert (told.company, told.is_complete) == ("fjordkaffe", True)
    payload = base64.urlsafe_b64decode(answer.text.split(".")[1] + "==").decode()
    assert MAREN not in payload and "Maren" not in payload
    monkeypatch.setattr(certificates, "certificate_pdf", setting(site, b"%PDF-1.7 set"))
    answer = stranger.post(path, {**values, "kind": "paper"})
    assert (answer.data, file_name(answer)) == (b"%PDF-1.7 set", 'attachment; filename="certificate.pdf"')
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"


def setting(site, pdf):
    """Stands for the child that sets the page, and sees that the door holds no connection of the database meanwhile."""

    def set_page(result, *, seconds):
        assert site.running.database.engine.pool.checkedout() == 0
        return pdf

    return set_page


def test_where_no_pdf_can_be_set_the_signed_certificate_is_offered(site, monkeypatch):
    stranger = erased(site)
    monkeypatch.setattr(certificates, "certificate_pdf", setting(site, None))
    stranger.submit("On paper (PDF)")
    assert stranger.status == 503
    assert "The signed file says the same" in stranger.words
    stranger.submit("Signed file (JWS)")
    assert file_name(stranger.answer) == 'attachment; filename="certificate.jws"'


def test_the_certificate_of_one_case_is_not_set_on_paper_for_ever(site, monkeypatch):
    stranger = erased(site)
    monkeypatch.setattr(certificates, "certificate_pdf", setting(site, b"%PDF-1.7 set"))
    path, values = stranger.form("On paper (PDF)")
    answers = [stranger.post(path, values).status_code for _ in range(21)]
    assert answers == [200] * 20 + [503]
    assert stranger.post(path, {**values, "kind": "rubbish"}).status_code == 400
    assert stranger.post(path, {**values, "token": "x" * 43}).status_code == 410


def test_H3_the_certificate_on_the_request_page_is_the_persons_alone_and_there_only_once_it_has_ended(site):
    plan_of(site)
    browser = site.signed_in(MAREN)
    number = next(person.customer_number for person in demo.people("fjordkaffe") if person.email == MAREN)
    browser.open("/erase/plan?group=bought")
    if browser.path == "/data/open":
        browser.submit("Open my data", kind="customer_number", value=number)
        browser.open("/erase/plan?group=bought")
    browser.submit("Delete my data", understood="y")
    request = browser.path
    _path, values = browser.form("Cancel the deletion")
    assert "Certificate of deletion" not in browser.words
    assert browser.post(f"{request}/certificate", {**values, "kind": "signed"}).status_code == 404
    with clock.moved(timedelta(hours=73)):
        site.work()
        browser = site.signed_in(MAREN)
        browser.open(request)
        if browser.path == "/data/open":
            browser.submit("Open my data", kind="customer_number", value=number)
            browser.open(request)
        path, values = browser.form("Signed file (JWS)")
        answer = browser.post(path, values)
        assert verify_certificate(answer.text, site.browser().open("/.well-known/jwks.json").json).groups == ("bought",)
        other = site.signed_in(demo.NOBODY)
        other.open("/erase")
        stolen = {"kind": "signed", "csrf_token": other.form("Only stop marketing")[1]["csrf_token"]}
        assert other.post(path, stolen).status_code == 404


def test_C4_what_would_be_lost_is_named_where_one_chooses_and_only_once_the_data_is_shown_to_be_theirs(site):
    browser = site.signed_in(MAREN)
    browser.open("/erase")
    assert "this would go with it" not in browser.words
    browser = plan_of(site)
    note = next(one for one in browser.page.all("div", class_="warn") if "With it would go" in one.words)
    losses = [line.words for line in note.all("li")]
    assert losses
    for path in ("/erase", "/erase/some"):
        browser.open(path)
        assert all(loss in browser.words for loss in losses), path
        assert browser.words.index(losses[0]) < browser.words.index("A copy first?")


def test_home_and_history_say_that_a_deletion_is_under_way_and_what_it_did_to_the_choices(site):
    browser = confirmed(site)
    request = browser.path
    browser.open("/")
    assert "Until then one button stops it." in browser.words
    browser.open("/preferences/history")
    assert "on the pages for deleting your data" in browser.words
    deletions = next(one for one in browser.page.all("section") if one.attributes.get("aria-labelledby") == "erasures")
    assert request in [link.attributes["href"] for link in deletions.all("a")]
    browser.open(request)
    browser.submit("Cancel the deletion")
    browser.open("/")
    assert "one button stops it" not in browser.words
