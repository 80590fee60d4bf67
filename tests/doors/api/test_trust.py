"""What a message says of itself is believed of nobody: only a live key of this company opens anything, before a byte is parsed (A9)."""

import json

import pytest

from portal.accounts import registry
from portal.consent.notices import notice_hash
from portal.core import clock
from tests.doors.api.caller import Caller, caller, operations
from tests.doors.site import SECOND_HOST
from tests.doors.tables import changed, digest

WHO = "somebody@example.org"
OURS = {"api_key", "audit_entry", "limit_counter"}
FLAGS = (
    "verified",
    "email_verified",
    "confirmed",
    "proven",
    "authorized",
    "signature",
    "agent",
    "agent_id",
    "actor",
    "received_at",
    "company",
    "company_id",
    "controller",
)


def bodies():
    """A body that is right for each act, without any flag."""
    notice = registry.company(registry.ids()["fjordkaffe"]).purposes["newsletter"].notice
    assert notice
    act = {"identifier": {"value": WHO}, "purpose": "newsletter", "channel": "email"}
    return {
        "/consents/lowerings": {**act, "act": "withdrawn"},
        "/consents/attestations": {
            **act,
            "act": "given",
            "acted_at": clock.now().isoformat(),
            "form_url": "https://shop.example.com/x",
            "notice": notice_hash("newsletter", "en", notice["en"]).hex(),
        },
        "/cases": {"identifier": {"value": WHO}, "kind": "access", "proof": {"method": "phone"}},
        "/people": {"identifiers": [{"value": WHO}]},
        "/links": {"identifier": {"value": WHO}},
    }


@pytest.mark.parametrize("flag", FLAGS)
def test_A9_no_act_takes_a_flag_that_vouches_for_itself(site, flag):
    shop = caller(site)
    before = digest(site)
    for path, body in bodies().items():
        for value in (True, "agent:good", {"verified": True}):
            assert shop.call("POST", path, {**body, flag: value}).status_code == 422, (path, flag)
            nested = (
                {**body, "identifier": {"value": WHO, flag: value}}
                if "identifier" in body
                else {"identifiers": [{"value": WHO, flag: value}]}
            )
            assert shop.call("POST", path, nested).status_code == 422, (path, flag)
    assert changed(before, digest(site)) - OURS == set()


def test_A9_nothing_is_parsed_before_it_is_known_who_sent_it(site, monkeypatch):
    """A body that would be refused is never looked at for who has no key, another company's key, or a revoked one."""
    from portal.api import bodies as reading

    def never(raw):
        raise AssertionError("the body was read")

    monkeypatch.setattr(reading, "load", never)
    theirs = caller(site, company="alpenrad", host=SECOND_HOST).secret
    for method, path, _one in operations(site):
        for secret in ("", theirs, "ppk_" + "x" * 43):
            assert Caller(site, secret).call(method, path, raw=b'{"verified": true}').status_code == 401, path


def test_A9_A7_a_message_that_is_sent_once_more_to_another_company_or_by_another_key_is_not_the_same_message(site):
    shop, other = caller(site, name="shop"), caller(site, name="other")
    theirs = caller(site, company="alpenrad", host=SECOND_HOST)
    body = bodies()["/consents/lowerings"]
    once = {"Idempotency-Key": "m-1"}
    first = shop.call("POST", "/consents/lowerings", body, headers=once)
    assert first.status_code == 201
    again = shop.call("POST", "/consents/lowerings", body, headers=once)
    assert (again.data, again.headers["Idempotency-Replayed"]) == (first.data, "true")
    for one in (other, theirs):
        answer = one.call("POST", "/consents/lowerings", body, headers=once)
        assert "Idempotency-Replayed" not in answer.headers
    assert shop.call("POST", "/consents/lowerings", {**body, "act": "refused"}, headers=once).status_code == 409


def test_A6_A8_an_attestation_answers_alike_for_who_was_suppressed_and_who_was_erased(site):
    from portal.people.service import EMAIL, Identifier
    from portal.people.suppressions import suppress
    from portal.people.tombstones import bury

    shop = caller(site)
    body = bodies()["/consents/attestations"]
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        suppress(db, Identifier(EMAIL, "stopped@example.org"), purpose="newsletter", channel="email", source="test")
        bury(db, Identifier(EMAIL, "erased@example.org"), erased_at=clock.now())
    answers = {
        json.dumps(
            shop.call("POST", "/consents/attestations", {**body, "identifier": {"value": f"{name}@example.org"}}).get_json()
        )
        for name in ("stopped", "erased")
    }
    assert answers == {json.dumps({"stored": "left_out", "why": ""})}
