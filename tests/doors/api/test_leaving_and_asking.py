"""Taking everything along, minting links, and asking in a person's name."""

import csv
import io
import json
from dataclasses import replace

import demo
from portal.accounts import registry
from portal.cases.model import CaseKind
from portal.cases.right_words import OPT_OUTS
from portal.cases.rights import kinds_of
from portal.consent.words import Act
from portal.core import clock, crypto
from portal.core.crypto_links import with_link_key
from portal.people.link_tokens import open_link
from tests.doors.api.answers import say
from tests.doors.api.caller import caller
from tests.doors.site import SECOND_HOST
from tests.doors.walked import MAREN


def lines(answer):
    return [json.loads(line) for line in answer.data.splitlines()]


def test_everything_comes_out_once_in_order_and_says_that_it_is_complete(site):
    shop = caller(site, "consents:read")
    said = lines(shop.call("GET", "/consents/export"))
    assert said.pop() == {"complete": True}
    with site.running.database.engine.connect() as connection:
        count = connection.exec_driver_sql(
            "SELECT count(*) FROM consent_event WHERE company_id = ?", (registry.ids()["fjordkaffe"],)
        ).scalar_one()
    assert len(said) == count > 100
    assert len({(one["person"], one["sequence"]) for one in said}) == count
    maren = [one for one in said if {"kind": "email", "value": MAREN} in one["identifiers"]]
    history = shop.call("POST", "/consents/history", {"identifier": {"value": MAREN}}).get_json()
    assert [one["sequence"] for one in maren] == sorted(one["sequence"] for one in history["events"])
    assert {one["event"]["act"] for one in maren} == {one["act"] for one in history["events"]}
    assert "anna" not in json.dumps(said) or demo.stars.ANNA.email not in json.dumps(said)


def test_F3_the_table_says_the_same_and_holds_no_formula(site):
    shop = caller(site, "consents:read")
    said = lines(shop.call("GET", "/consents/export"))[:-1]
    text = shop.call("GET", "/consents/export?format=csv").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows.pop()["person"] == "complete"
    assert [(row["person"], int(row["sequence"]), row["act"]) for row in rows] == [
        (one["person"], one["sequence"], one["event"]["act"]) for one in said
    ]
    for row in rows:
        assert not any((value or "").startswith(("=", "+", "-", "@")) for value in row.values())
    assert shop.call("GET", "/consents/export?format=xml").status_code == 422


def test_a_minted_link_is_for_that_person_and_choice_and_its_address_is_in_no_url(site):
    shop = caller(site, "links:mint")
    ring = crypto.keys()
    crypto.use_keys(replace(ring, links=with_link_key({}, "fjordkaffe", today=clock.now().date())))
    body = {"identifier": {"value": MAREN.upper()}, "choice": "newsletter.email", "campaign": "spring"}
    said = shop.call("POST", "/links", body).get_json()
    opened = open_link("fjordkaffe", said["token"])
    assert (opened.link.identifier.value, opened.link.choice, opened.link.campaign) == (MAREN, "newsletter.email", "spring")
    assert said["url"] == f"http://127.0.0.1:8080/p/{said['token']}"
    assert said["list_unsubscribe"] == f"<http://127.0.0.1:8080/u/{said['token']}>"
    assert MAREN not in json.dumps(said)
    for wrong in ({"choice": "nothing.email"}, {"choice": "newsletter.fax"}, {"campaign": "x" * 61}, {"days": 0}, {"scope": 1}):
        assert shop.call("POST", "/links", {**body, **wrong}).status_code == 422
    crypto.use_keys(replace(ring, links={}))
    assert shop.call("POST", "/links", body).get_json()["type"].endswith("#refused")


def ask(**changes):
    return {
        "identifier": {"value": MAREN},
        "kind": "access",
        "proof": {"method": "account_sign_in", "reference": "42"},
        **changes,
    }


def test_a_company_asks_for_a_person_who_is_told_and_fetches_the_copy_at_their_own_door(site):
    shop = caller(site, "cases:read", "cases:write", name="account")
    first = shop.call("POST", "/cases", ask())
    assert first.status_code == 201
    said = first.get_json()
    assert (said["kind"], said["state"], said["source"]) == ("access", "open", "api:account")
    assert shop.call("POST", "/cases", ask()).get_json()["number"] == said["number"]
    assert said["number"] in "".join(mail.text for mail in site.mails(MAREN))
    browser = site.signed_in(MAREN)
    browser.open(f"/requests/{said['number']}")
    assert browser.status == 200
    assert shop.call("GET", f"/cases/{said['number']}").get_json()["state"] in ("ready", "partly")


def test_a_company_passes_on_every_right_that_its_laws_give_and_the_person_reads_it_at_their_own_door(site):
    shop = caller(site, "cases:read", "cases:write", name="account")
    browser = site.signed_in(MAREN)
    for kind in (CaseKind.QUESTION, *kinds_of(registry.company(registry.ids()["fjordkaffe"]))):
        answer = shop.call("POST", "/cases", ask(kind=kind.value, text="" if kind in OPT_OUTS else f"About {kind}, please."))
        assert answer.status_code == 201, answer.text
        said = answer.get_json()
        assert (said["kind"], said["state"], said["source"]) == (kind.value, "open", "api:account")
        assert said["number"] in "".join(mail.text for mail in site.mails(MAREN)), kind
        browser.open(f"/requests/{said['number']}")
        assert browser.status == 200, kind
        assert shop.call("POST", f"/cases/{said['number']}/cancel").get_json()["state"] == "cancelled", kind


def test_an_objection_that_a_company_passes_on_stops_all_advertising_in_the_same_moment_and_names_who_told_it(site):
    shop = caller(site, name="account")
    say(site, MAREN, Act.GIVEN)
    said = shop.call("POST", "/cases", ask(kind="objection", text="No more of this.", stops_marketing=True))
    assert said.status_code == 201
    last = shop.call("POST", "/consents/history", {"identifier": {"value": MAREN}}).get_json()["events"][0]
    assert (last["actor"], last["collection_point"]) == ("company_system", "api:account")
    body = {"identifier": {"value": MAREN}, "purposes": ["newsletter"], "channels": ["email"]}
    assert shop.call("POST", "/consents/check", body).get_json()["choices"][0]["allowed"] is False


def test_a_company_stops_only_what_it_opened_itself(site):
    shop, other = caller(site, name="a-warehouse-in-the-north"), caller(site, name="a-warehouse-in-the-south")
    number = shop.call("POST", "/cases", ask()).get_json()["number"]
    assert other.call("POST", f"/cases/{number}/cancel").status_code == 409
    assert shop.call("POST", f"/cases/{number}/cancel").get_json()["state"] == "cancelled"
    assert shop.call("POST", f"/cases/{number}/cancel").status_code == 409


def test_H3_a_case_of_another_company_is_as_if_missing(site):
    number = caller(site).call("POST", "/cases", ask()).get_json()["number"]
    theirs = caller(site, company="alpenrad", host=SECOND_HOST)
    for method, path in (("GET", "/cases/{}"), ("POST", "/cases/{}/cancel")):
        foreign, missing = (theirs.call(method, path.format(one)) for one in (number, "AAAA-BBBB-CCCC"))
        assert (foreign.status_code, foreign.data) == (missing.status_code, missing.data) == (404, missing.data)


def test_a_case_that_cannot_be_opened_is_refused_and_leaves_nothing(site):
    shop = caller(site)
    for body in (
        ask(kind="erasure"),
        ask(kind="question", text=" "),
        ask(kind="complaint", text="x" * 4001),
        ask(proof={"method": "guess"}),
        ask(categories=["secret"]),
        ask(identifier={"kind": "phone", "value": "+4740000000"}),
    ):
        answer = shop.call("POST", "/cases", body)
        assert answer.status_code == 422
        assert "secret" not in answer.text
    with site.running.database.engine.connect() as connection:
        assert connection.exec_driver_sql('SELECT count(*) FROM "case"').scalar_one() == 0
