"""Staff who sign in by the company's own service (OpenID Connect), at one of somebody else's making on this machine."""

from datetime import timedelta
from urllib.parse import urlencode

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


def sign_in(browser, who="ida", code=""):
    """By the service; the first time with the code that was handed over."""
    come_back(browser, agree(go(browser), who))
    browser.submit("Go on")
    if code:
        assert "Your first time here" in browser.words
        browser.submit("Use this code", code=code)
    return browser


def known(desk, *roles):
    """A colleague whose account is bound already."""
    sign_in(desk.browser(), code=hire(desk, *roles)[0])
    with desk.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        db.execute(Base.metadata.tables["staff_session"].delete())


def rows(site, table):
    """Rows of a table as they stand, those of this company's tests being all there are."""
    with site.running.database.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(Base.metadata.tables[table])).mappings()]


def audits(site, act):
    return [row for row in rows(site, "audit_entry") if row["act"] == act]


def test_the_service_vouches_and_a_colleague_is_at_work_without_mail_or_passkey(desk):
    codes = hire(desk, "agent")
    browser = desk.browser()
    sign_in(browser, code=codes[0])
    assert (browser.status, browser.path) == (200, "/console/cases")
    assert desk.mails(AGENT) == []
    assert [row["detail"]["by"] for row in audits(desk, "staff.signed_in")] == ["provider"]
    assert {one.key for one in cookies_of(browser)} == {"staff"}, "what the beginning kept is gone"


def test_coming_back_is_a_page_with_one_button_that_signs_nobody_in_by_itself(desk):
    known(desk, "agent")
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


def test_K2_only_the_browser_that_began_comes_in_and_a_code_is_good_once(desk):
    known(desk, "agent")
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


def test_K2_an_answer_that_names_another_issuer_is_not_carried_to_ours(desk, service):
    known(desk, "agent")
    browser = desk.browser()
    path = agree(go(browser), "ida")
    come_back(browser, f"{path}&iss=https%3A%2F%2Faccounts.elsewhere.example")
    assert browser.status == 401 and not browser.page.all("input", name="code") and rows(desk, "staff_session") == []
    come_back(browser, f"{path}&iss=")
    assert browser.status == 401
    come_back(browser, f"{path}&{urlencode({'iss': service})}")
    browser.submit("Go on")
    assert browser.path == "/console/cases", "the right one, named or not, goes on"


def test_ten_minutes_are_enough_and_no_more(desk):
    known(desk, "agent")
    browser = desk.browser()
    path = agree(go(browser), "ida")
    with clock.moved(timedelta(minutes=11)):
        come_back(browser, path)
        browser.submit("Go on")
    assert browser.status == 410 and rows(desk, "staff_session") == []


def test_K1_an_account_is_nobody_until_its_owner_types_the_code_they_were_handed(desk):
    codes = hire(desk, "agent")
    browser = sign_in(desk.browser())
    assert "Your first time here" in browser.words and rows(desk, "staff_session") == []
    for wrong in ("AAAA-BBBB-CCCC", "", "x" * 300):
        browser.submit("Use this code", code=wrong)
        assert browser.status == 422 and rows(desk, "staff_session") == []
    browser.submit("Use this code", code=codes[0].lower().replace("-", " "))
    assert browser.path == "/console/cases" and len(audits(desk, "staff.account_bound")) == 1


def test_K1_another_account_with_the_same_proven_address_is_nobody(desk):
    codes = hire(desk, "agent")
    sign_in(desk.browser(), code=codes[0])
    twin = sign_in(desk.browser(), "twin")
    assert "Your first time here" in twin.words
    twin.submit("Use this code", code=codes[1])
    assert twin.status == 422, "who has an account gets no second one, whoever has their codes"
    assert len(rows(desk, "staff_session")) == 1
    assert sign_in(desk.browser()).path == "/console/cases"


def test_K1_codes_are_not_guessed(desk):
    codes = hire(desk, "agent")
    browser = sign_in(desk.browser())
    for _ in range(5):
        browser.submit("Use this code", code="AAAA-BBBB-CCCC")
    browser.submit("Use this code", code=codes[0])
    assert browser.status == 422 and rows(desk, "staff_session") == []
    with clock.moved(timedelta(minutes=11)):
        browser.submit("Use this code", code=codes[0])
        assert browser.status == 410, "what the service said is ten minutes old"


def test_who_was_removed_stays_out_and_may_come_back_with_the_same_account(desk):
    known(desk, "agent")
    with desk.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        staff = staff_at(db, AGENT)
        assert staff
        remove_staff(db, staff.public_id, by="test")
    assert "Your first time here" in sign_in(desk.browser()).words
    codes = hire(desk, "agent")
    assert sign_in(desk.browser(), code=codes[0]).path == "/console/cases"


def test_mail_passkeys_and_codes_open_nothing_beside_the_service(desk):
    codes = hire(desk, "agent")
    browser = desk.browser()
    browser.open("/console/sign-in")
    assert not browser.page.all("main")[0].all("input")
    sign_in(browser, code=codes[0])
    browser.open("/console/own")
    assert "Passkeys and codes of this portal open nothing" in browser.words
    token = browser.page.all("form")[0].all("input")[0].attributes["value"]
    for path in ("/console/second/code", "/console/second/passkey", "/console/second/options", "/console/sign-in", "/console/in"):
        sent = {"csrf_token": token, "code": codes[1], "email": AGENT, "token": "x", "answer": "{}"}
        assert browser.post(path, sent).status_code == 404, path
    assert desk.mails(AGENT) == []


def test_an_act_of_weight_asks_the_service_anew_and_takes_no_other_account(desk):
    known(desk, "admin")
    browser = sign_in(desk.browser())
    browser.open("/console/own")
    with clock.moved(timedelta(minutes=12)):
        browser.submit("Sign out everywhere else")
        assert browser.status == 200, "this one needs no fresh proof"
        browser.open("/console/second")
        assert "once more" in browser.words
        address = go_again(browser)
        assert "prompt=login" in address and "max_age=0" in address
        come_back(browser, agree(address, "twin"))
        browser.submit("Go on")
        assert browser.status == 403 and "not the account" in browser.words
        assert [row["act"] for row in audits(desk, "staff.not_proven")] == ["staff.not_proven"]


def go_again(browser):
    answer = browser.client.get("/console/account", base_url=f"http://{browser.host}", headers=browser.headers)
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_asked_anew_the_session_is_fresh_and_its_token_another(desk):
    known(desk, "admin")
    browser = sign_in(desk.browser())
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
    gone = oidc.Provider("http://127.0.0.1:9", "portal", "x")
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
    known(desk, "agent")
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
