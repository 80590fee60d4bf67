"""Staff who sign in by the company's own service (OpenID Connect), at one of somebody else's making on this machine."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from portal.accounts import registry
from portal.accounts.staff import remove_staff, staff_at
from portal.core import clock
from portal.core.db import Base
from portal.core.documents import DocumentError
from portal.identity import oidc
from tests.doors.signing_service import agree, signing_service, with_service
from tests.doors.site import FIRST_HOST, PHONE
from tests.doors.staff import AGENT, cookies_of, hire

ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Origin": ""}


@pytest.fixture(scope="module")
def service():
    with signing_service() as issuer:
        yield issuer


@pytest.fixture
def desk(site, service):
    """The site, whose first company has that service."""
    with with_service(site, service):
        yield site


def go(browser):
    """Press the way in; gives the address at the service."""
    browser.open("/console/sign-in")
    (link,) = [one for one in browser.page.all("a") if one.words == "Go on to Fjord accounts"]
    answer = browser.client.get(link.attributes["href"], base_url=f"http://{browser.host}", headers=browser.headers)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def come_back(browser, path):
    """As a browser does that another site leads here: the Strict cookie stays behind."""
    kept = [one for one in cookies_of(browser) if one.key == "staff"]
    for one in kept:
        browser.client.delete_cookie(one.key, domain=one.domain, path=one.path)
    answer = browser.open(path, **ELSEWHERE)
    assert not answer.headers.getlist("Set-Cookie"), "the page of the way back sets none"
    for one in kept:
        browser.client.set_cookie(one.key, one.value, domain=one.domain, path=one.path)
    return answer


def sign_in(browser, who="ida"):
    come_back(browser, agree(go(browser), who))
    return browser.submit("Go on")


def rows(site, table):
    """Rows of a table as they stand, those of this company's tests being all there are."""
    with site.running.database.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(Base.metadata.tables[table])).mappings()]


def audits(site, act):
    return [row for row in rows(site, "audit_entry") if row["act"] == act]


def test_the_service_vouches_and_a_colleague_is_at_work_without_mail_or_passkey(desk):
    hire(desk, "agent")
    browser = desk.browser()
    sign_in(browser)
    assert (browser.status, browser.path) == (200, "/console/cases")
    assert desk.mails(AGENT) == []
    assert [row["detail"]["by"] for row in audits(desk, "staff.signed_in")] == ["provider"]
    assert {one.key for one in cookies_of(browser)} == {"staff"}, "what the beginning kept is gone"


def test_coming_back_is_a_page_with_one_button_that_signs_nobody_in_by_itself(desk):
    hire(desk, "agent")
    browser = desk.browser()
    path = agree(go(browser), "ida")
    for _ in range(2):
        come_back(browser, path)
        assert [button.words for button in browser.page.all("main")[0].all("button")] == ["Go on"]
        assert browser.answer.headers["Referrer-Policy"] == "no-referrer"
    browser.client.head(path, base_url=f"http://{browser.host}")
    assert rows(desk, "staff_session") == []
    come_back(browser, path)
    browser.submit("Go on")
    assert browser.path == "/console/cases", "looking at it burnt nothing"


def test_only_the_browser_that_began_comes_in_and_a_code_is_good_once(desk):
    hire(desk, "agent")
    ours, other = desk.browser(), desk.browser()
    path = agree(go(ours), "ida")
    come_back(other, path)
    other.submit("Go on")
    assert other.status == 410 and "began in another browser" in other.words
    come_back(other, agree(go(other), "ida").replace("state=", "state=x"))
    other.submit("Go on")
    assert other.status == 410
    kept = next(one for one in cookies_of(ours) if one.key == "staff-account")
    come_back(ours, path)
    ours.submit("Go on")
    assert ours.path == "/console/cases"
    again = desk.browser()
    again.client.set_cookie(kept.key, kept.value, domain="127.0.0.1")
    come_back(again, path)
    again.submit("Go on")
    assert again.status == 401 and len(rows(desk, "staff_session")) == 1


def test_ten_minutes_are_enough_and_no_more(desk):
    hire(desk, "agent")
    browser = desk.browser()
    path = agree(go(browser), "ida")
    with clock.moved(timedelta(minutes=11)):
        come_back(browser, path)
        browser.submit("Go on")
    assert browser.status == 410 and rows(desk, "staff_session") == []


@pytest.mark.parametrize("who", ["stranger", "unproven", "silent"])
def test_an_account_is_staff_only_by_an_address_that_the_service_vouches_for(desk, who):
    hire(desk, "agent")
    browser = desk.browser()
    sign_in(browser, who)
    assert browser.status == 403 and "Nobody at the privacy desk has this account" in browser.words
    assert rows(desk, "staff_session") == [] and len(audits(desk, "staff.account_unknown")) == 1


def test_an_account_is_bound_once_and_no_other_with_the_same_address_comes_after_it(desk):
    hire(desk, "agent")
    sign_in(desk.browser())
    later = desk.browser()
    sign_in(later, "twin")
    assert later.status == 403
    assert len(audits(desk, "staff.account_bound")) == 1
    again = desk.browser()
    sign_in(again)
    assert again.path == "/console/cases"


def test_who_was_removed_stays_out_whatever_the_service_says(desk):
    hire(desk, "agent")
    sign_in(desk.browser())
    with desk.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        staff = staff_at(db, AGENT)
        assert staff
        remove_staff(db, staff.public_id, by="test")
    browser = desk.browser()
    sign_in(browser)
    assert browser.status == 403


def test_mail_passkeys_and_codes_open_nothing_beside_the_service(desk):
    codes = hire(desk, "agent")
    browser = desk.browser()
    browser.open("/console/sign-in")
    assert not browser.page.all("main")[0].all("input")
    sign_in(browser)
    browser.open("/console/own")
    assert "Passkeys and codes of this portal open nothing" in browser.words
    token = browser.page.all("form")[0].all("input")[0].attributes["value"]
    for path in ("/console/second/code", "/console/second/passkey", "/console/second/options", "/console/sign-in", "/console/in"):
        sent = {"csrf_token": token, "code": codes[0], "email": AGENT, "token": "x", "answer": "{}"}
        assert browser.post(path, sent).status_code == 404, path
    assert desk.mails(AGENT) == []


def test_an_act_of_weight_asks_the_service_anew_and_takes_no_other_account(desk):
    hire(desk, "admin")
    browser = desk.browser()
    sign_in(browser)
    browser.open("/console/own")
    with clock.moved(timedelta(minutes=12)):
        browser.submit("Sign out everywhere else")
        assert browser.status == 200, "this one needs no fresh proof"
        browser.open("/console/second")
        assert "once more" in browser.words
        address = go_again(browser)
        assert "prompt=login" in address and "max_age=0" in address
        come_back(browser, agree(address, "stranger"))
        browser.submit("Go on")
        assert browser.status == 403 and "not the account" in browser.words
        assert [row["act"] for row in audits(desk, "staff.not_proven")] == ["staff.not_proven"]


def go_again(browser):
    answer = browser.client.get("/console/account", base_url=f"http://{browser.host}", headers=browser.headers)
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_asked_anew_the_session_is_fresh_and_its_token_another(desk):
    hire(desk, "admin")
    browser = desk.browser()
    sign_in(browser)
    before = rows(desk, "staff_session")
    come_back(browser, agree(go_again(browser), "ida"))
    browser.submit("Go on")
    after = rows(desk, "staff_session")
    assert browser.status == 200 and len(after) == 1
    assert after[0]["token_hash"] != before[0]["token_hash"] and after[0]["proven_at"] >= before[0]["proven_at"]
    assert [row["detail"]["by"] for row in audits(desk, "staff.proven")] == ["provider"]


def test_a_refusal_at_the_service_is_told_plainly(desk):
    browser = desk.browser()
    go(browser)
    come_back(browser, "/console/account/back?error=access_denied&state=x")
    assert browser.status == 401 and "begin again" in browser.words


def test_a_service_that_is_away_is_told_plainly_and_nothing_is_lost(desk, monkeypatch):
    gone = oidc.Provider("http://127.0.0.1:9", "portal", "x", trusts_addresses=False)
    monkeypatch.setitem(desk.app.extensions, "portal_providers", {"fjordkaffe": gone})
    browser = desk.browser()
    browser.open("/console/account")
    assert browser.status == 502 and "does not answer as it should" in browser.words


def test_a_company_without_a_service_has_no_such_door(site):
    browser = site.browser()
    for path in ("/console/account", "/console/account/back?code=x&state=y"):
        assert browser.open(path).status_code == 404
    assert browser.post("/console/account/finish", {"code": "x", "state": "y"}).status_code == 404


def test_nothing_of_the_code_or_the_address_is_logged(desk, capfd):
    hire(desk, "agent")
    browser = desk.browser()
    path = agree(go(browser), "ida")
    come_back(browser, path)
    browser.submit("Go on")
    said = "".join(capfd.readouterr())
    code = httpx.URL(f"http://{FIRST_HOST}{path}").params["code"]
    assert code not in said and AGENT not in said and PHONE not in said


def test_a_secret_that_is_not_set_stops_the_start(desk, monkeypatch):
    monkeypatch.delenv("CONSOLE_SECRET")
    with pytest.raises(DocumentError, match="CONSOLE_SECRET"):
        oidc.providers_of(registry.config())
