"""The description of the door says what the door does."""

import json

from portal.api.problems import KINDS
from tests.doors.api.caller import caller, operations


def test_the_description_is_openapi_3_1_and_names_every_operation(site):
    browser = site.browser()
    answer = browser.open("/api/v1/openapi.json")
    document = answer.get_json()
    assert document["openapi"] == "3.1.0"
    assert document["servers"][0]["url"] == "http://127.0.0.1:8080/api/v1"
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    routed = {
        (method, str(rule).removeprefix("/api/v1").replace("<", "{").replace(">", "}"))
        for rule in site.app.url_map.iter_rules()
        if str(rule).startswith("/api/v1") and not rule.endpoint.startswith("api_reference")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == routed
    assert len(described) == len(operations(site))
    for methods in document["paths"].values():
        for one in methods.values():
            assert {"401", "403", "429"} <= one["responses"].keys()
            assert one["summary"] and one["description"]
    text = json.dumps(document)
    for ref in text.split('"$ref": "#/components/schemas/')[1:]:
        assert ref.split('"')[0] in document["components"]["schemas"]


def test_the_page_for_people_names_every_operation_and_problem(site):
    browser = site.browser()
    browser.open("/api/v1/docs")
    assert browser.status == 200
    for _method, _path, one in operations(site):
        assert one.summary in browser.words
    browser.open("/api/v1/problems")
    for _status, title, _remedy in KINDS.values():
        assert title in browser.words


def test_the_purposes_are_those_of_the_file_with_the_hash_of_each_text(site):
    from portal.consent.notices import notice_hash

    said = caller(site, "consents:check").call("GET", "/purposes").get_json()
    newsletter = next(one for one in said["purposes"] if one["key"] == "newsletter")
    assert {channel["key"] for channel in newsletter["channels"]} >= {"email", "sms"}
    for notice in newsletter["notices"]:
        assert notice["hash"] == notice_hash("newsletter", notice["language"], notice["text"]).hex()
    assert {notice["language"] for notice in newsletter["notices"]} == set(said["languages"])
