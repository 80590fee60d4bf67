"""May I write to this person: one and many, and what nobody may learn by asking."""

import json

import pytest

import demo
from portal.accounts import registry
from portal.accounts.api_keys import keys_of, revoke_key
from portal.api import checks, streams
from portal.consent.words import Act
from portal.core import clock
from portal.people.service import EMAIL, Identifier, person_for
from portal.people.suppressions import suppress
from portal.people.tombstones import bury
from tests.doors.api.answers import say
from tests.doors.api.caller import caller

NDJSON = {"Content-Type": "application/x-ndjson"}
NEWS = ("newsletter", "email")


def wanted(address, **more):
    return {"identifier": {"kind": "email", "value": address}, "purposes": ["newsletter"], "channels": ["email"], **more}


def shut(site, address, *, erased):
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        if erased:
            bury(db, Identifier(EMAIL, address), erased_at=clock.now())
        else:
            suppress(db, Identifier(EMAIL, address), purpose="newsletter", channel="email", source="test")


def answer(site, shop, address):
    (one,) = shop.call("POST", "/consents/check", wanted(address)).get_json()["choices"]
    return one


def test_a_yes_is_a_yes_with_its_moment_and_row_and_a_no_holds_at_once(site):
    shop = caller(site, "consents:check")
    say(site, "new@example.org", Act.GIVEN)
    said = answer(site, shop, "NEW@Example.org")
    assert (said["allowed"], said["row"]) == (True, "consent")
    assert said["since"] is not None
    say(site, "new@example.org", Act.WITHDRAWN)
    assert answer(site, shop, "new@example.org")["allowed"] is False


def test_nobody_asked_for_anything_answers_for_every_purpose_and_channel(site):
    shop = caller(site, "consents:check")
    said = shop.call("POST", "/consents/check", {"identifier": {"value": demo.CUSTOMER}}).get_json()["choices"]
    purposes = registry.company(registry.ids()["fjordkaffe"]).purposes
    assert [(one["purpose"], one["channel"]) for one in said] == [
        (key, channel) for key, purpose in purposes.items() for channel in purpose.channels
    ]


def test_suppressed_and_erased_answer_alike_and_someone_unknown_like_someone_who_never_answered(site):
    shop = caller(site, "consents:check")
    shut(site, "stopped@example.org", erased=False)
    shut(site, "erased@example.org", erased=True)
    assert answer(site, shop, "stopped@example.org") == answer(site, shop, "erased@example.org")
    assert answer(site, shop, "stopped@example.org")["allowed"] is False
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        person_for(db, Identifier(EMAIL, "silent@example.org"))
    assert answer(site, shop, "unknown@example.org") == answer(site, shop, "silent@example.org")


@pytest.mark.parametrize("erased", [False, True])
def test_the_persons_own_later_yes_opens_what_was_suppressed_or_erased(site, erased):
    shop = caller(site, "consents:check")
    shut(site, "back@example.org", erased=erased)
    say(site, "back@example.org", Act.GIVEN)
    assert answer(site, shop, "back@example.org")["allowed"] is True


def test_an_importer_learns_only_that_somebody_must_be_left_out(site):
    shop = caller(site, "consents:check")
    shut(site, "stopped@example.org", erased=False)
    say(site, "refused@example.org", Act.REFUSED)
    for address, suppressed in (("stopped@example.org", True), ("refused@example.org", False), ("unknown@example.org", False)):
        assert shop.call("POST", "/suppressions/check", wanted(address)).get_json() == {"suppressed": suppressed}


def test_lines_are_answered_in_order_with_their_numbers_and_a_broken_one_stops_nobody(site):
    shop = caller(site, "consents:check")
    say(site, "new@example.org", Act.GIVEN)
    lines = [
        b'"new@example.org"',
        b'{"kind":"email","value":"NEW@example.org"}',
        b"",
        b"{broken",
        b'{"kind":"email","value":"a","value":"b"}',
    ]
    lines += [
        b'"not an address"',
        b'{"kind":"email","value":"new@example.org","more":1}',
        b"\xff",
        b"x" * 20_000,
        b'"unknown@example.org"',
    ]
    answered = shop.call("POST", "/consents/check?purpose=newsletter&channel=email", raw=b"\n".join(lines), headers=NDJSON)
    assert answered.content_type == "application/x-ndjson"
    said = [json.loads(line) for line in answered.data.splitlines()]
    assert [one["line"] for one in said] == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert [one.get("choices", [{}])[0].get("allowed") for one in said] == [True, True, None, None, None, None, None, None, False]
    assert all("error" in one for one in said[2:8])
    assert b"new@" not in answered.data and b'address"' not in answered.data
    assert not list((site.folder / "files" / "api").glob("*")) if (site.folder / "files" / "api").exists() else True


def test_lines_and_single_questions_say_the_same(site):
    shop = caller(site, "consents:check")
    addresses = [demo.CUSTOMER, demo.stars.MANY_ORDERS.email, "unknown@example.org"]
    body = "\n".join(json.dumps(address) for address in addresses).encode()
    lines = [
        json.loads(line)["choices"] for line in shop.call("POST", "/consents/check", raw=body, headers=NDJSON).data.splitlines()
    ]
    single = [shop.call("POST", "/consents/check", {"identifier": {"value": one}}).get_json()["choices"] for one in addresses]
    assert lines == single


def test_A3_a_key_that_is_revoked_while_lines_run_gets_no_further(site, monkeypatch):
    shop = caller(site, "consents:check")
    answers = checks._answers
    monkeypatch.setattr(checks, "AT_ONCE", 1)
    monkeypatch.setattr(checks, "batches_of", lambda path, _size: streams.batches_of(path, size=2))

    def revoking(*args):
        said = answers(*args)
        with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
            revoke_key(db, keys_of(db)[0].public_id, by="test")
        return said

    monkeypatch.setattr(checks, "_answers", revoking)
    said = shop.call("POST", "/consents/check", raw=b'"a@example.org"\n' * 6, headers=NDJSON).data.splitlines()
    assert len(said) == 3
    assert "revoked" in json.loads(said[-1])["error"]


def test_the_spooled_body_lies_sealed_and_goes_with_the_answer(site, monkeypatch):
    shop = caller(site, "consents:check")
    seen = []
    batches = streams.batches_of

    def looking(path, size):
        seen.append(path.read_bytes())
        yield from batches(path, size)

    monkeypatch.setattr(checks, "batches_of", looking)
    shop.call("POST", "/consents/check", raw=b'"needle@example.org"\n' * 100, headers=NDJSON)
    assert seen and b"needle" not in seen[0]
    assert list((site.folder / "files" / "api").iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [
        {"identifier": {"kind": "email", "value": "secret text"}},
        {"identifier": {"kind": "phone", "value": "secret"}},
        {"identifier": {"kind": "secret", "value": "x"}},
        {"identifier": {"kind": "email", "value": "a@example.org"}, "purposes": ["secret"]},
        {"identifier": {"kind": "email", "value": "a@example.org"}, "secret": 1},
        {"identifier": "secret@example.org"},
        {},
    ],
)
def test_A5_what_cannot_be_asked_is_refused_and_not_repeated(site, body):
    said = caller(site, "consents:check").call("POST", "/consents/check", body)
    assert said.status_code == 422
    assert "secret" not in said.text


@pytest.mark.parametrize("address", ["%@example.org", "_aren@example.org", "maren@example.org' OR 1=1 --", "*"])
def test_A5_an_identifier_is_compared_whole(site, address):
    said = caller(site, "consents:check").call("POST", "/consents/check", wanted(address))
    assert said.status_code == 422 or said.get_json()["choices"][0]["since"] is None


@pytest.mark.parametrize("path", ["/consents/check", "/suppressions/check"])
def test_a_question_in_the_query_is_read_strictly_and_narrows_whatever_the_body(site, path):
    shop, lines = caller(site, "consents:check"), {"Content-Type": "application/x-ndjson"}
    for query in ("purposes=newsletter", "chanel=email", "purpose=secret", "purpose=newsletter&x=1"):
        for answer in (
            shop.call("POST", f"{path}?{query}", wanted("a@example.org")),
            shop.call("POST", f"{path}?{query}", raw=b'"a@example.org"', headers=lines),
        ):
            assert answer.status_code == 422, query
            assert "secret" not in answer.text
    query = "purpose=newsletter&purpose=feedback&channel=email"
    one = shop.call("POST", f"{path}?{query}", {"identifier": {"value": "a@example.org"}}).get_json()
    (line,) = shop.call("POST", f"{path}?{query}", raw=b'"a@example.org"', headers=lines).data.splitlines()
    assert {"line": 1, **one} == json.loads(line)
    if path == "/consents/check":
        assert [(each["purpose"], each["channel"]) for each in one["choices"]] == [("newsletter", "email"), ("feedback", "email")]
