"""What a system reads of a person says the same as a check, whether it names an address or the id that a webhook told it."""

from datetime import timedelta

import pytest

from portal.accounts import registry
from portal.consent.words import Act
from portal.core import clock
from portal.people.service import EMAIL, Identifier
from portal.people.suppressions import suppress
from portal.people.tombstones import bury
from tests.doors.api.answers import say
from tests.doors.api.caller import caller
from tests.doors.site import SECOND_HOST

ONE, TWO = "one@example.org", "two@example.org"


def company():
    return registry.ids()["fjordkaffe"]


def state(shop, **who):
    said = shop.call("POST", "/consents/state", who)
    assert said.status_code == 200, said.text
    return said.get_json()


def by_choice(said):
    return {(one["purpose"], one["channel"]): one for one in said["choices"]}


def a_check(shop, address):
    return by_choice(shop.call("POST", "/consents/check", {"identifier": {"value": address}}).get_json())


def suppressed(site):
    with site.running.database.writing(company()) as db:
        suppress(db, Identifier(EMAIL, ONE), purpose="feedback", channel="email", source="test")


def erased(site):
    with site.running.database.writing(company()) as db:
        bury(db, Identifier(EMAIL, ONE), erased_at=clock.now())


def added(site):
    say(site, TWO, Act.GIVEN)
    caller(site, name="adding").call("POST", "/people", {"identifiers": [{"value": TWO}, {"value": ONE}]})


def paused(site):
    body = {"identifier": {"value": ONE}, "purpose": "feedback", "channel": "email", "act": "paused"}
    caller(site, name="pausing").call(
        "POST", "/consents/lowerings", {**body, "until": (clock.now() + timedelta(days=3)).isoformat()}
    )


def agreed(site):
    say(site, ONE, Act.GIVEN)


def silent(_site):
    """Nobody did anything."""


@pytest.mark.parametrize("happened", [suppressed, erased, added, paused, agreed, silent])
def test_a_state_allows_what_a_check_allows_by_the_same_row(site, happened):
    shop = caller(site)
    happened(site)
    checked, read = a_check(shop, ONE), by_choice(state(shop, identifier={"value": ONE}))
    assert checked.keys() == read.keys()
    for choice, verdict in checked.items():
        assert (read[choice]["allowed"], read[choice]["row"]) == (verdict["allowed"], verdict["row"]), choice
        assert read[choice]["allowed"] <= (read[choice]["standing"] in ("given", "unset")), choice


def test_suppressed_and_erased_read_alike(site):
    shop = caller(site)
    with site.running.database.writing(company()) as db:
        for purpose, one in registry.company(company()).purposes.items():
            for channel in one.channels:
                suppress(db, Identifier(EMAIL, ONE), purpose=purpose, channel=channel, source="test")
        bury(db, Identifier(EMAIL, TWO), erased_at=clock.now())
    assert state(shop, identifier={"value": ONE}) == state(shop, identifier={"value": TWO})


def test_who_hears_of_a_person_by_id_learns_who_it_is_and_what_stands(site):
    shop = caller(site)
    say(site, ONE, Act.GIVEN)
    person = state(shop, identifier={"value": ONE})["person"]
    assert state(shop, person=person) == state(shop, identifier={"value": ONE})
    assert state(shop, person=person)["identifiers"] == [{"kind": "email", "value": ONE}]
    assert [one["act"] for one in shop.call("POST", "/consents/history", {"person": person}).get_json()["events"]] == ["given"]
    shop.call("POST", "/people", {"identifiers": [{"value": ONE}, {"value": TWO}]})
    assert state(shop, person=person)["identifiers"] == [{"kind": "email", "value": ONE}]


def test_H3_an_id_of_another_company_or_of_who_is_gone_is_as_if_missing(site):
    shop, theirs = caller(site), caller(site, company="alpenrad", host=SECOND_HOST)
    say(site, ONE, Act.GIVEN)
    say(site, TWO, Act.REFUSED)
    one, gone = (state(shop, identifier={"value": address})["person"] for address in (ONE, TWO))
    shop.call("POST", "/people/merge", {"keep": {"value": ONE}, "gone": {"value": TWO}})
    for path in ("/consents/state", "/consents/history"):
        answers = [
            theirs.call("POST", path, {"person": one}),
            shop.call("POST", path, {"person": gone}),
            shop.call("POST", path, {"person": "AAAA-BBBB-CCCC"}),
        ]
        assert {(answer.status_code, answer.data) for answer in answers} == {(404, answers[0].data)}
        for body in ({}, {"person": one, "identifier": {"value": ONE}}, {"person": "secret"}):
            answer = shop.call("POST", path, body)
            assert answer.status_code == 422
            assert "secret" not in answer.text
