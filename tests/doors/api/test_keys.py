"""Who may use the door: keys, scopes and limits, looked at before anything else."""

from datetime import timedelta

import pytest

from portal.accounts import registry
from portal.accounts.api_keys import SCOPES, TooManyLiveKeys, UnknownScope, key_for, keys_of, make_key, revoke_key
from portal.accounts.api_usage import ApiUsage
from portal.core.limits import Limit
from tests.doors.api.caller import Caller, caller, operations
from tests.doors.site import SECOND_HOST
from tests.doors.tables import changed, digest

GARBAGE = (b"", b"{", b"\xff\xfe", b"[" * 100_000, b"maren@example.org", b'{"a":1,"a":2}')


def test_every_operation_without_a_key_is_401_whatever_the_body(site):
    before = digest(site)
    for method, path, _one in operations(site):
        for body in GARBAGE:
            for secret in ("", "ppk_" + "x" * 43, "x", "ppk_ä"):
                answer = Caller(site, secret).call(method, path, raw=body)
                assert answer.status_code == 401, (method, path)
                assert answer.content_type == "application/problem+json"
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                assert b"maren" not in answer.data
    assert changed(before, digest(site)) == set()


def test_A1_a_key_without_the_scope_is_refused_before_its_body_is_read(site):
    for scope in SCOPES:
        poor = caller(site, *(set(SCOPES) - {scope}), name=scope.replace(":", "-"))
        for method, path, one in operations(site):
            if one.scope == scope:
                answer = poor.call(method, path, raw=b"\xff garbage")
                assert answer.status_code == 403, (method, path)
                assert answer.get_json()["scope"] == scope
                assert "Set-Cookie" not in answer.headers


def test_H16_a_key_of_one_company_opens_nothing_at_the_others_host(site):
    theirs = caller(site)
    theirs.host = SECOND_HOST
    for method, path, _one in operations(site):
        assert theirs.call(method, path).status_code == 401


def test_A3_a_revoked_key_is_over_at_the_next_request(site):
    mine = caller(site)
    assert mine.call("GET", "/purposes").status_code == 200
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        revoke_key(db, keys_of(db)[0].public_id, by="test")
    assert mine.call("GET", "/purposes").status_code == 401


def test_A11_a_key_is_taken_from_its_header_only(site):
    mine = caller(site)
    nobody = Caller(site, "")
    assert nobody.call("GET", f"/purposes?key={mine.secret}&access_token={mine.secret}").status_code == 401
    assert nobody.call("GET", "/purposes", headers={"Cookie": f"portal={mine.secret}"}).status_code == 401


def test_two_keys_of_a_name_are_live_at_a_time_and_the_secret_is_stored_nowhere(site):
    company = registry.ids()["fjordkaffe"]
    with site.running.database.writing(company) as db:
        first, second = (make_key(db, name="shop", scopes=["consents:check"], by="test") for _ in range(2))
        with pytest.raises(TooManyLiveKeys):
            make_key(db, name="shop", scopes=["consents:check"], by="test")
        revoke_key(db, first.public_id, by="test")
        make_key(db, name="shop", scopes=["consents:check"], by="test")
        with pytest.raises(UnknownScope):
            make_key(db, name="other", scopes=["everything"], by="test")
        assert key_for(db, first.secret) is None
        found = key_for(db, second.secret)
        assert found is not None and found.scopes == {"consents:check"}
    stored = (site.folder / "portal.db").read_bytes() + (site.folder / "portal.db-wal").read_bytes()
    assert second.secret.encode() not in stored
    assert second.public_id.encode() in stored


def test_last_use_is_seen(site):
    mine = caller(site)
    mine.call("GET", "/purposes")
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        assert keys_of(db)[0].last_used_at is not None


def test_the_last_use_of_each_key_is_seen_although_another_was_used_a_moment_before(site):
    first, second = caller(site, name="first"), caller(site, name="second")
    for one in (first, second):
        one.call("GET", "/purposes")
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        assert [one.last_used_at is not None for one in keys_of(db)[:2]] == [True, True]


def test_a_key_that_asks_too_often_is_told_when_to_come_back(site):
    site.app.extensions["portal_api_usage"] = ApiUsage(Limit("api.test", 3, timedelta(minutes=1)))
    mine = caller(site)
    answers = [mine.call("GET", "/purposes") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[0].headers["RateLimit"].startswith('"key";r=2;t=')
    assert answers[0].headers["RateLimit-Policy"] == '"key";q=3;w=60'
    assert 0 < int(answers[3].headers["Retry-After"]) <= 60
    assert answers[3].content_type == "application/problem+json"
    assert caller(site, name="other").call("GET", "/purposes").status_code == 200


def test_an_unknown_address_or_method_is_a_problem_and_no_page(site):
    mine = caller(site)
    for method, path, status in (("GET", "/nothing", 404), ("DELETE", "/purposes", 405), ("GET", "/../purposes", 404)):
        answer = mine.call(method, path)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert status != 405 or answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_H15_a_fault_of_ours_says_an_id_and_nothing_else(site):
    mine = caller(site)
    site.running.database.close()
    (site.folder / "portal.db").unlink()
    answer = mine.call("GET", "/purposes")
    assert answer.status_code == 500
    assert answer.get_json()["type"].endswith("#fault")
    assert answer.get_json()["instance"].rpartition("/")[2].isdigit()
    assert "sqlite" not in answer.text.lower() and "table" not in answer.text


def test_a_name_in_the_query_that_an_operation_does_not_know_is_refused(site):
    shop = caller(site)
    for method, path, one in operations(site):
        lines = "application/json" not in one.takes
        headers = {"Content-Type": one.takes[0] if lines else "application/json"}
        answer = shop.call(method, f"{path}?secret=secret", raw=b"" if lines or method == "GET" else b"{}", headers=headers)
        assert (answer.status_code, answer.get_json()["type"]) == (422, "/api/v1/problems#invalid"), path
        assert "secret" not in answer.text
