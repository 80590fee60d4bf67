"""Endpoints by API: shown without secrets, foreign ones as if missing, told again on request."""

from functools import partial
from typing import Any

from sqlalchemy import select

from portal.accounts import registry
from portal.outbox.webhook_model import WebhookMessage
from portal.outbox.webhooks import announce
from tests.doors.api.caller import caller
from tests.doors.site import SECOND_HOST
from tests.doors.walked import MAREN


def test_an_endpoint_is_added_once_listed_without_its_secret_rotated_and_removed(site):
    mine = caller(site, "webhooks:manage")
    body = {"url": "https://hooks.example.com/privacy", "kinds": ["case.opened"]}
    first = mine.call("POST", "/webhooks", body, headers={"Idempotency-Key": "one"})
    again = mine.call("POST", "/webhooks", body, headers={"Idempotency-Key": "one"})
    assert (first.status_code, first.get_json()) == (again.status_code, again.get_json())
    assert again.headers["Idempotency-Replayed"] == "true"
    other = mine.call("POST", "/webhooks", {**body, "kinds": ["case.changed"]}, headers={"Idempotency-Key": "one"})
    assert (other.status_code, other.get_json()["type"]) == (409, "/api/v1/problems#idempotency-conflict")
    made = first.get_json()
    listed = mine.call("GET", "/webhooks")
    assert [one["id"] for one in listed.get_json()["endpoints"]] == [made["id"]]
    assert made["secret"] not in listed.text and "secret" not in listed.text
    rotated = mine.call("POST", f"/webhooks/{made['id']}/rotate").get_json()
    assert rotated["secret"] != made["secret"]
    assert mine.call("DELETE", f"/webhooks/{made['id']}").status_code == 204
    assert mine.call("DELETE", f"/webhooks/{made['id']}").status_code == 404


def test_A7_an_idempotency_key_of_one_key_means_nothing_to_another(site):
    body = {"url": "https://hooks.example.com/privacy", "kinds": ["case.opened"]}
    ids = {
        caller(site, name=name).call("POST", "/webhooks", body, headers={"Idempotency-Key": "same"}).get_json()["id"]
        for name in ("one", "two")
    }
    assert len(ids) == 2


def test_H3_an_endpoint_of_another_company_is_as_if_missing(site):
    mine = caller(site)
    made = mine.call("POST", "/webhooks", {"url": "https://hooks.example.com/", "kinds": ["case.opened"]}).get_json()
    theirs = caller(site, company="alpenrad", host=SECOND_HOST)
    for method, path in (
        ("POST", f"/webhooks/{made['id']}/rotate"),
        ("DELETE", f"/webhooks/{made['id']}"),
        ("GET", f"/webhooks/{made['id']}/messages"),
    ):
        foreign = theirs.call(method, path)
        missing = theirs.call(method, path.replace(made["id"], "nothing"))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.data == missing.data


def test_messages_come_page_by_page_and_a_cursor_of_another_list_is_refused(site):
    mine = caller(site)
    ends = [
        mine.call("POST", "/webhooks", {"url": f"https://hooks.example.com/{n}", "kinds": ["case.opened"]}).get_json()["id"]
        for n in range(2)
    ]
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        for number in range(5):
            announce(db, "case.opened", partial(dict, case=f"number-{number}"))
    seen, cursor = [], None
    while True:
        page = mine.call("GET", f"/webhooks/{ends[0]}/messages?limit=2" + (f"&cursor={cursor}" if cursor else "")).get_json()
        seen += [one["id"] for one in page["messages"]]
        cursor, last = page["next"], cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert mine.call("GET", f"/webhooks/{ends[1]}/messages?cursor={last}").status_code == 422
    for query in ("limit=0", "limit=1000", "limit=x", "cursor=x", "sort=url", "limit=1&limit=2"):
        assert mine.call("GET", f"/webhooks/{ends[0]}/messages?{query}").status_code == 422, query


def test_what_is_no_endpoint_is_refused_without_repeating_it(site):
    mine = caller(site)
    for url in ("http://hooks.example.com/", "https://user:secret@hooks.example.com/", "https://hooks.example.com/#secret"):
        answer = mine.call("POST", "/webhooks", {"url": url, "kinds": ["case.opened"]})
        assert answer.status_code == 422
        assert "secret" not in answer.text
    bodies: list[Any] = [
        {"url": "https://hooks.example.com/", "kinds": ["secret.kind"]},
        {"url": "https://hooks.example.com/", "kinds": []},
        {"url": "https://hooks.example.com/", "kinds": ["case.opened"], "secret_field": 1},
        {"url": 7, "kinds": ["case.opened"]},
        [],
        "secret",
        None,
    ]
    for body in bodies:
        answer = mine.call("POST", "/webhooks", body, raw=None if body is not None else b"null")
        assert answer.status_code == 422, body
        assert answer.get_json()["errors"]
        assert "secret" not in answer.text


def test_H7_a_body_that_is_no_json_or_not_to_be_trusted_is_refused(site):
    mine = caller(site)
    for raw, status in (
        (b"", 400),
        (b"{", 400),
        (b'{"url":"a","url":"b"}', 400),
        (b"NaN", 400),
        (b'{"kinds":Infinity}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 40 + b"]" * 40, 400),
        (b"[" * 100_000, 400),
        (b"9" * 10_000, 400),
        (b'{"url":"' + b"x" * 300_000 + b'"}', 413),
        (b'"\\ud800"', 422),
    ):
        answer = mine.call("POST", "/webhooks", raw=raw)
        assert answer.status_code == status, raw[:40]
    assert mine.call("POST", "/webhooks", raw=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415


def test_acts_and_cases_are_told_with_ids_only(site):
    shop = caller(site)
    kinds = ["consent.changed", "case.opened", "case.changed"]
    end = shop.call("POST", "/webhooks", {"url": "https://hooks.example.com/", "kinds": kinds}).get_json()["id"]
    person = shop.call("POST", "/consents/state", {"identifier": {"value": MAREN}}).get_json()["person"]
    lowering = {"identifier": {"value": MAREN}, "purpose": "newsletter", "channel": "email", "act": "withdrawn"}
    assert shop.call("POST", "/consents/lowerings", lowering).status_code == 201
    asked = {"identifier": {"value": MAREN}, "kind": "access", "proof": {"method": "account_sign_in"}}
    number = shop.call("POST", "/cases", asked).get_json()["number"]
    assert shop.call("POST", f"/cases/{number}/cancel").status_code == 200
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        told = [(row.kind, row.data) for row in db.scalars(select(WebhookMessage).order_by(WebhookMessage.id))]
    assert ("consent.changed", {"person": person, "purpose": "newsletter", "channel": "email"}) in told
    assert [kind for kind, data in told if data == {"case": number}] == ["case.opened", "case.changed"]
    assert MAREN not in str(told)
    assert end
