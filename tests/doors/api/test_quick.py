"""One check that is answered before the application: the same words, the same guards, and a no that holds at once."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

import demo
from portal import create_app
from portal.accounts import registry
from portal.accounts.api_keys import revoke_key
from portal.accounts.api_usage import ApiUsage
from portal.accounts.model import ApiKeyRow
from portal.consent.words import Act
from portal.core import clock, crypto
from portal.core.db import Database
from portal.core.epoch import begin_restoring
from portal.core.limits import Limit
from portal.people.service import EMAIL, Identifier
from portal.people.suppressions import suppress
from portal.people.tombstones import bury
from portal.settings import settings
from portal.web import restored
from tests.doors.api.answers import say
from tests.doors.api.caller import Caller, caller
from tests.doors.site import SECOND_HOST

PATH = "/consents/check"
STATES = {"yes": Act.GIVEN, "no": Act.REFUSED, "taken-back": Act.WITHDRAWN, "objected": Act.OBJECTED, "asked": Act.ASKED}
NOT_PLAIN = (
    b"", b"{", b"\xff", b"[]", b"null", b'"x"', b"{}", b'{"identifier":null}', b'{"identifier":{"value":7}}',
    b'{"identifier":{"value":"a@example.org","value":"b@example.org"}}', b'{"identifier":{"value":"a@example.org","more":1}}',
    b'{"identifier":{"value":"a@example.org"},"more":1}', b'{"identifier":{"value":"no address"}}',
    b'{"identifier":{"value":"a@example.org"},"purposes":"newsletter"}', b'{"identifier":{"value":"a@example.org"},"purposes":[1]}',
    b'{"identifier":{"value":"a@example.org"},"purposes":null}', b'{"identifier":{"value":"a@example.org"},"purposes":["nothing"]}',
    b'{"identifier":{"value":"a@example.org"},"channels":["%s"]}' % (b"x" * 50), b'{"identifier":{"kind":"phone","value":"+4740000000"}}',
    b'{"identifier":{"kind":7,"value":"a@example.org"}}', b"[" * 3000, b'{"identifier":{"value":"A@Example.ORG"}}',
    b'{"identifier":{"value":"a@example.org"},"channels":%s}' % json.dumps(["email"] * 21).encode(), b"x" * 20_000,
)  # fmt: skip


def wanted(address, **more):
    return {"identifier": {"value": address}, "purposes": ["newsletter"], "channels": ["email"], **more}


@pytest.fixture
def handed_on(both_sites):
    """The addresses of requests that the application was asked for."""
    quick, seen = both_sites.app.wsgi_app, []

    def then(environ, start_response):
        seen.append(environ["PATH_INFO"])
        return quick.application(environ, start_response)

    quick.then = then
    yield seen
    quick.then = quick.application


def without_counts(answer):
    return answer.status_code, answer.data, {name: value for name, value in answer.headers.items() if name != "RateLimit"}


def slowly(shop, body=None, *, raw=None):
    """The same from the application itself: a media type with a parameter is not plain."""
    return shop.call("POST", PATH, body, raw=raw, headers={"Content-Type": "application/json; charset=utf-8"})


def test_it_says_what_the_application_says_word_for_word(both_sites, handed_on):
    shop = caller(both_sites, "consents:check")
    for name, act in STATES.items():
        say(both_sites, f"{name}@example.org", act)
    with both_sites.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        suppress(db, Identifier(EMAIL, "stopped@example.org"), purpose="newsletter", channel="email", source="test")
        bury(db, Identifier(EMAIL, "erased@example.org"), erased_at=clock.now())
    plain = [f"{name}@example.org" for name in STATES] + ["unknown@example.org", demo.CUSTOMER]
    for address in [*plain, "stopped@example.org", "erased@example.org"]:
        for body in (wanted(address), wanted(address, purposes=[]), {"identifier": {"kind": "email", "value": address}}):
            quickly = shop.call("POST", PATH, body)
            assert quickly.status_code == 200
            assert without_counts(quickly) == without_counts(slowly(shop, body))
    before = len(handed_on)
    assert [shop.call("POST", PATH, wanted(address)).status_code for address in plain] == [200] * len(plain)
    assert len(handed_on) == before, "none of these needs the application"


def test_under_an_older_hash_key_people_are_found_too(both_sites, handed_on):
    shop = caller(both_sites, "consents:check")
    say(both_sites, "yes@example.org", Act.GIVEN)
    crypto.use_keys(crypto.keys().with_new_key("hash"))
    assert shop.call("POST", PATH, wanted("yes@example.org")).get_json()["choices"][0]["allowed"] is True
    assert handed_on == []


def test_what_is_not_plain_reaches_the_application_as_it_was_sent(site):
    shop = caller(site, "consents:check")
    for raw in NOT_PLAIN:
        assert without_counts(shop.call("POST", PATH, raw=raw)) == without_counts(slowly(shop, raw=raw)), raw[:80]
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=utf-8"},
        {"Host": "unknown.example"},
    ):
        raw = json.dumps(wanted("a@example.org")).encode()
        quickly, plainly = (shop.call("POST", path, raw=raw, headers=headers) for path in (PATH, f"{PATH}?purpose=newsletter"))
        assert without_counts(quickly) == without_counts(plainly)


def test_A3_a_key_that_another_process_revokes_is_over_at_once_although_it_was_seen_here(both_sites):
    shop = caller(both_sites, "consents:check")
    assert shop.call("POST", PATH, wanted("a@example.org")).status_code == 200
    another = Database(settings().database_url)
    with another.writing(registry.ids()["fjordkaffe"]) as db:
        row = db.query(ApiKeyRow).filter_by(name="test").one()
        revoke_key(db, row.public_id, by="test")
    another.close()
    assert shop.call("POST", PATH, wanted("a@example.org")).status_code == 401


def test_A1_a_right_that_a_key_lost_is_gone_at_once_although_it_was_seen_here(both_sites):
    shop = caller(both_sites, "consents:check")
    assert shop.call("POST", PATH, wanted("a@example.org")).status_code == 200
    with both_sites.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        db.execute(update(ApiKeyRow).where(ApiKeyRow.name == "test").values(scopes=["links:mint"]))
    assert shop.call("POST", PATH, wanted("a@example.org")).status_code == 403


def test_H16_a_key_that_was_seen_at_its_own_host_opens_nothing_at_the_others(site):
    shop = caller(site, "consents:check")
    assert shop.call("POST", PATH, wanted("a@example.org")).status_code == 200
    shop.host = SECOND_HOST
    assert shop.call("POST", PATH, wanted("a@example.org")).status_code == 401
    assert Caller(site, "ppk_" + "x" * 43).call("POST", PATH, wanted("a@example.org")).status_code == 401


def test_a_no_of_another_process_holds_at_the_next_check(both_sites, handed_on):
    shop = caller(both_sites, "consents:check")
    say(both_sites, "new@example.org", Act.GIVEN)
    assert shop.call("POST", PATH, wanted("new@example.org")).get_json()["choices"][0]["allowed"] is True
    another = Database(settings().database_url)
    with another.writing(registry.ids()["fjordkaffe"]) as db:
        suppress(db, Identifier(EMAIL, "new@example.org"), purpose="newsletter", channel="email", source="test")
    another.close()
    assert shop.call("POST", PATH, wanted("new@example.org")).get_json()["choices"][0]["row"] == "suppressed"
    say(both_sites, "new@example.org", Act.WITHDRAWN)
    assert shop.call("POST", PATH, wanted("new@example.org")).get_json()["choices"][0]["allowed"] is False


def test_every_request_counts_once_whoever_answers_and_the_limit_holds(site):
    shop = caller(site, "consents:check")
    site.app.extensions["portal_api_usage"] = ApiUsage(Limit("api.test", 4, timedelta(minutes=1)))
    bodies = [
        wanted("a@example.org"),
        wanted("no address"),
        wanted("a@example.org"),
        wanted("a@example.org"),
        wanted("a@example.org"),
    ]
    answers = [shop.call("POST", PATH, body) for body in bodies]
    assert [answer.status_code for answer in answers] == [200, 422, 200, 200, 429]
    assert [answer.headers["RateLimit"][:10] for answer in answers] == [f'"key";r={left};' for left in (3, 2, 1, 0, 0)]
    assert int(answers[-1].headers["Retry-After"]) <= 60


def test_O1_over_a_restored_database_it_says_nothing(site, monkeypatch):
    monkeypatch.setattr(restored, "LOOK_AGAIN_SECONDS", 0.0)
    # An application of its own: what it sees of the restored database is not for the tests that come later on this site.
    shop = caller(replace(site, app=create_app(site.running)), "consents:check")
    assert shop.call("POST", PATH, wanted("a@example.org")).status_code == 200
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        begin_restoring(db)
    assert shop.call("POST", PATH, wanted("a@example.org")).status_code == 503


def test_connections_that_lead_nowhere_are_let_go_of_and_the_question_is_answered_all_the_same(both_sites, handed_on):
    shop = caller(both_sites, "consents:check")
    assert shop.call("POST", PATH, wanted("a@example.org")).status_code == 200
    assert handed_on == []
    for connection in both_sites.running.database.glances._kept:
        connection.close()
    assert shop.call("POST", PATH, wanted("a@example.org")).status_code == 200
    assert len(handed_on) == 1
    assert shop.call("POST", PATH, wanted("a@example.org")).status_code == 200
    assert len(handed_on) == 1, "the next one is answered quickly again"
