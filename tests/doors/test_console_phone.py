"""The phone desk: nothing without a yes on the customer's own page, and even then no copy, no deletion, no change of address."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.cases.model import Case
from portal.cases.phone.asking import A_DAY, LASTS, WAITS, prune_calls
from portal.cases.phone.model import PhoneAct, PhoneSession
from portal.cases.scope import Scope, load_scope
from portal.consent.choices import choices_of, history_of
from portal.consent.words import Act, Actor
from portal.core import clock
from portal.people.service import EMAIL, Identifier, find_person
from tests.doors.staff import AGENT, hired
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN, OTHER, token_on

COLLEAGUE = "colleague@example.net"
QUESTION = {"kind": "question", "text": "Who told you my birthday?"}


def reading(site):
    return site.running.database.reading(registry.ids()["fjordkaffe"])


def rows(site, table):
    with reading(site) as db:
        return list(db.scalars(select(table).order_by(table.id)))


def find(browser, address=MAREN):
    browser.open("/console/find")
    browser.submit("Find their cases", kind="email", email=address, reason="A call.")


def called(site, staff=None):
    """Maren signed in, and a colleague who asks for her yes."""
    maren = site.signed_in(MAREN)
    browser = staff or hired(site)
    find(browser)
    browser.submit("Ask for their yes")
    assert browser.path.startswith("/console/phone/"), browser.path
    return maren, browser


def agreed(site):
    maren, browser = called(site)
    maren.open("/phone")
    maren.submit("Yes, go ahead")
    browser.open(browser.path)
    return maren, browser


def posts(browser, act, **values):
    """A press as by hand, also where the page does not offer it."""
    (base,) = re.findall(r"^/console/phone/[\w-]+", browser.path)
    browser.post(f"{base}/{act}", {"csrf_token": token_on(browser), **values})


def test_the_customer_s_own_page_says_who_asks_and_for_what_and_nothing_is_done_before_the_yes(site):
    maren, browser = called(site)
    maren.open("/")
    assert "asks for your yes on the telephone" in maren.words
    maren.open("/phone")
    assert "support asks for your yes" in maren.words and "stop all advertising, and open a request" in maren.words
    assert "Colleague" not in maren.answer.text and AGENT not in maren.answer.text
    before = digest(site)
    for act, values in (("case", QUESTION), ("stop", {})):
        posts(browser, act, **values)
        assert browser.status == 409 and "has not answered yet" in browser.words
    assert changed(before, digest(site)) <= {"limit_counter", "staff_session"}
    assert rows(site, Case) == []


def test_after_the_yes_a_case_is_opened_that_proves_nobody_and_is_told_at_once_and_by_mail(site):
    maren, browser = agreed(site)
    assert "The customer said yes." in browser.words
    maren.open("/phone")
    (seen,) = re.findall(r'data-wait="([^"]+)"', maren.answer.text)
    assert maren.open(seen).json == {}
    browser.submit("Open it", **QUESTION)
    assert "Opened. The customer sees it now" in browser.words and "A question" in browser.words
    (case,) = rows(site, Case)
    assert (case.kind, case.source, load_scope(case.proven)) == ("question", "phone", Scope())
    assert maren.open(seen).json == {"go": "/phone"}
    maren.open("/phone")
    assert "A request was opened: A question" in maren.words
    mail = next(one for one in site.mails(MAREN) if "/phone" in one.text)
    assert mail.subject.startswith("Something was done for you") and "by telephone on" in mail.text
    for secret in ("birthday", "Colleague", AGENT, "question"):
        assert secret not in mail.text


def test_adverts_stop_at_once_and_the_ledger_says_who_told_it(site):
    maren, browser = agreed(site)
    maren.open("/preferences")
    browser.submit("Stop it all")
    assert "All advertising was stopped." in browser.words
    assert any("All advertising was stopped." in one.text for one in site.mails(MAREN))
    with reading(site) as db:
        person = db.scalars(select(PhoneSession.person_id)).one()
        said = [one.event for one in history_of(db, person) if one.event.collection_point == "console:phone"]
    assert said and {one.actor for one in said} == {Actor.STAFF}
    assert not {one.act for one in said} & {Act.GIVEN, Act.RESUMED}


@pytest.mark.parametrize("kind", ["access", "portability", "erasure", "address", "appeal", ""])
def test_a_copy_a_deletion_and_a_change_of_address_cannot_be_begun_by_telephone(site, kind):
    _maren, browser = agreed(site)
    offered = {one.attributes["value"] for one in browser.page.all("option")}
    assert "question" in offered and kind not in offered - {""}
    before = digest(site)
    posts(browser, "case", kind=kind, text="Do it now, please.")
    assert browser.status == 422 and "Do it now, please." in browser.answer.text
    assert changed(before, digest(site)) <= {"limit_counter", "staff_session"}


@pytest.mark.parametrize("press", ["No", "End it now"])
def test_a_no_and_an_end_hold_at_once(site, press):
    maren, browser = called(site) if press == "No" else agreed(site)
    maren.open("/phone")
    maren.submit(press)
    assert "Nobody can do anything for you by telephone now." in maren.words
    posts(browser, "case", **QUESTION)
    assert browser.status == 409 and rows(site, Case) == []


def test_an_asking_and_a_yes_end_by_themselves(site):
    maren, _browser = called(site)
    maren.open("/phone")
    token = rows(site, PhoneSession)[0].token
    with clock.moved(WAITS + timedelta(seconds=1)):
        maren.post(f"/phone/{token}/yes", {"csrf_token": token_on(maren)})
    assert "Nothing was done." in maren.words and rows(site, PhoneSession)[0].agreed_at is None


def test_a_yes_holds_for_a_quarter_of_an_hour(site):
    _maren, browser = agreed(site)
    with clock.moved(LASTS + timedelta(seconds=1)):
        posts(browser, "case", **QUESTION)
    assert browser.status == 409 and "This is over." in browser.words and rows(site, Case) == []


def test_nobody_else_can_use_or_answer_it(site):
    maren, browser = called(site)
    token = rows(site, PhoneSession)[0].token
    other = site.signed_in(OTHER)
    other.open("/phone")
    assert "Nobody asks for your yes now." in other.words
    other.open("/sessions")
    other.post(f"/phone/{token}/yes", {"csrf_token": token_on(other)})
    assert other.status == 404 and rows(site, PhoneSession)[0].agreed_at is None
    maren.open("/phone")
    maren.submit("Yes, go ahead")
    colleague = hired(site, address=COLLEAGUE)
    colleague.open(browser.path)
    assert colleague.status == 404
    find(colleague)
    colleague.submit("Ask for their yes")
    assert colleague.status == 409 and "A colleague is on the telephone" in colleague.words


def test_it_opens_no_page_of_the_customer(site):
    _maren, browser = agreed(site)
    for path in ("/", "/data", "/requests", "/preferences", "/get-a-copy", "/erase"):
        browser.open(path)
        assert browser.path == "/sign-in", path


def test_a_customer_is_not_asked_again_and_again(site):
    _maren, browser = called(site)
    for _again in range(A_DAY - 1):
        find(browser)
        browser.submit("Ask for their yes")
        assert browser.status == 200
    find(browser)
    browser.submit("Ask for their yes")
    assert browser.status == 409 and "asked too often today" in browser.words


def test_K_nobody_asks_themselves_and_nobody_is_asked_where_nobody_is_found(site):
    browser = hired(site)
    site.signed_in(AGENT)
    for address in (AGENT, "nobody.at.all@example.org"):
        find(browser, address)
        assert "Ask for their yes" not in browser.words
        browser.post(f"{browser.path}/phone", {"csrf_token": token_on(browser)})
        assert browser.status == 404
    assert rows(site, PhoneSession) == []


def test_every_act_of_both_sides_is_written_down_without_a_name(site):
    maren, browser = agreed(site)
    browser.submit("Open it", **QUESTION)
    browser.submit("The call is over")
    entries = {one.act: one for one in rows(site, AuditEntry)}
    assert {"phone.asked", "phone.agreed", "phone.case_opened", "phone.ended"} <= entries.keys()
    assert MAREN not in str([one.detail for one in entries.values()])
    maren.open("/phone")
    assert "Nobody asks for your yes now." in maren.words and "A request was opened: A question" in maren.words


def test_what_is_over_goes_on_its_day_with_its_acts(site):
    _maren, browser = agreed(site)
    browser.submit("Open it", **QUESTION)
    company = registry.config().portal.companies["fjordkaffe"]
    for later, left in ((timedelta(), 1), (timedelta(days=400), 0)):
        with clock.moved(later), site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
            prune_calls(db, company)
        assert len(rows(site, PhoneSession)) == len(rows(site, PhoneAct)) == left
    assert len(rows(site, Case)) == 1


def test_what_was_stopped_by_telephone_is_taken_back_from_the_mailbox_with_the_address_typed(site):
    maren, browser = agreed(site)
    maren.open("/preferences")
    path, values = maren.form("Save choices")
    maren.post(path, {**values, "say-newsletter-email": "yes"})
    site.work()
    before = said(site)
    browser.submit("Stop it all")
    assert said(site) != before
    site.work()
    (undo,) = {url for mail in site.mails(MAREN) for url in re.findall(r"https?://[^/\s]+(/undo/\S+)", mail.text)}
    stranger = site.browser()
    stranger.open(undo)
    stranger.submit("Undo it", email=OTHER)
    assert stranger.status == 422 and said(site) != before
    stranger.submit("Undo it", email=MAREN)
    assert "as they were before" in stranger.words and said(site) == before


def test_a_case_opened_by_telephone_carries_no_undo(site):
    _maren, browser = agreed(site)
    browser.submit("Open it", **QUESTION)
    site.work()
    assert all("/undo/" not in mail.text for mail in site.mails(MAREN))


def said(site):
    """What Maren's choices are used for now."""
    company_id = registry.ids()["fjordkaffe"]
    with site.running.database.reading(company_id) as db:
        person = find_person(db, Identifier(EMAIL, MAREN))
        assert person is not None
        choices = choices_of(db, registry.company(company_id), person.id)
        return {(one.key, channel.key): channel.answer.allowed for one in choices for channel in one.channels}
