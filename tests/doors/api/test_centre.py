"""A company draws its own preference page: the same choices, the same words, and no more rights than the link has."""

import json
from datetime import timedelta

import pytest

from portal.accounts import registry
from portal.consent.ledger import events_of
from portal.people.link_tokens import Scope
from portal.people.service import EMAIL, Identifier, find_person
from tests.doors.api.caller import caller
from tests.doors.links import erased, shut_off, standing, token_for
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN

NEW = "new.person@example.org"
OURS = {"api_key", "audit_entry", "limit_counter"}


def company():
    return registry.company(registry.ids()["fjordkaffe"])


@pytest.fixture
def shop(site):
    return caller(site, "consents:check", "consents:write", name="web-shop")


def notice(shop, purpose="newsletter", language="en"):
    (found,) = [one for one in shop.call("GET", "/centre").get_json()["purposes"] if one["key"] == purpose]
    return next(one["hash"] for one in found["notices"] if one["language"] == language)


def state(shop, token):
    return shop.call("POST", "/centre/state", {"token": token})


def act(answer="no", **more):
    return {"purpose": "newsletter", "channel": "email", "answer": answer, **more}


def post(shop, token, *acts, seen=None, language="en"):
    seen = state(shop, token).get_json()["seen"] if seen is None else seen
    return shop.call("POST", "/centre/acts", {"token": token, "language": language, "seen": seen, "acts": list(acts)})


def test_what_is_drawn_is_what_is_asked_and_its_schema_takes_exactly_that(site, shop):
    said = shop.call("GET", "/centre").get_json()
    purposes = company().purposes
    assert {one["key"] for one in said["purposes"]} == {
        key for key, one in purposes.items() if one.channels and not one.sensitive
    }
    schema = said["acts"]
    assert schema["$schema"].endswith("2020-12/schema")
    offered = {
        (one["properties"]["purpose"]["const"], channel, one["properties"]["answer"]["const"])
        for one in schema["properties"]["acts"]["items"]["oneOf"]
        for channel in one["properties"]["channel"]["enum"]
    }
    token = token_for(NEW)
    shown = {(one["purpose"], one["channel"]) for one in state(shop, token).get_json()["choices"]}
    assert offered == {(*one, answer) for one in shown for answer in ("yes", "no")}
    assert {one["said"] for one in state(shop, token).get_json()["choices"]} == {""}


def test_the_state_is_that_of_the_links_own_page_and_names_no_address(site, shop):
    said = state(shop, token_for(MAREN))
    assert MAREN not in said.text
    stands = standing(site, MAREN)
    for one in said.get_json()["choices"]:
        now = stands[f"{one['purpose']}.{one['channel']}"]
        assert one["said"] == {"given": "yes", "refused": "no", "withdrawn": "no", "objected": "no"}.get(now, one["said"])


def test_a_no_holds_at_once_and_its_row_is_the_one_that_the_links_page_would_leave(site, shop):
    token = token_for(MAREN)
    said = post(shop, token, act("no"))
    assert said.status_code == 200, said.text
    assert said.get_json()["stopped"] == [{"purpose": "newsletter", "channel": "email"}]
    assert standing(site, MAREN)["newsletter.email"] == "withdrawn"
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        person = find_person(db, Identifier(EMAIL, MAREN))
        assert person is not None
        last = events_of(db, person.id)[-1]
    assert (last.act, last.actor, last.collection_point) == ("withdrawn", "person", "page:web-shop")


def test_C7_a_yes_waits_for_the_mailbox_and_nothing_else_opens_it(site, shop):
    token = token_for(NEW)
    said = post(shop, token, act("yes", notice=notice(shop))).get_json()
    assert (said["waiting"], said["stopped"], said["mailed"]) == ([{"purpose": "newsletter", "channel": "email"}], [], True)
    assert standing(site, NEW)["newsletter.email"] == "pending"
    body = {"identifier": {"value": NEW}, "purposes": ["newsletter"], "channels": ["email"]}
    assert shop.call("POST", "/consents/check", body).get_json()["choices"][0]["allowed"] is False
    assert "/confirm/" in site.mails(NEW)[0].text


def test_a_yes_needs_the_words_that_stand_today(site, shop):
    token = token_for(NEW)
    before = digest(site)
    other = next(key for key, one in company().purposes.items() if one.notice and key != "newsletter" and one.channels)
    assert post(shop, token, act("yes")).status_code == 422
    assert post(shop, token, act("yes", notice="0" * 64)).status_code == 409
    assert post(shop, token, act("yes", notice=notice(shop, language="de"))).status_code == 409
    assert post(shop, token, act("yes", notice=notice(shop, other))).status_code == 409
    assert changed(before, digest(site)) - OURS == set()


@pytest.mark.parametrize("why", ["late", "only stops", "shut off"])
def test_an_old_or_limited_link_only_says_no(site, shop, why):
    token = token_for(MAREN, days=0 if why == "late" else 365, scope=Scope.STOP if why == "only stops" else Scope.PREFERENCES)
    yes = act("yes", notice=notice(shop))
    if why == "shut off":
        shut_off()
    said = state(shop, token).get_json()
    assert (said["shows"], said["may_say_yes"], said["choices"]) == (False, False, [])
    assert post(shop, token, yes).get_json()["type"].endswith("#refused")
    assert post(shop, token, act("no")).get_json()["stopped"]
    assert standing(site, MAREN)["newsletter.email"] == "withdrawn"


def test_a_no_for_somebody_unknown_makes_no_person(site, shop):
    said = post(shop, token_for("nobody@example.org"), act("no")).get_json()
    assert said["stopped"] == [{"purpose": "newsletter", "channel": "email"}]
    assert standing(site, "nobody@example.org") == {}
    body = {"identifier": {"value": "nobody@example.org"}, "purposes": ["newsletter"], "channels": ["email"]}
    assert shop.call("POST", "/suppressions/check", body).get_json() == {"suppressed": True}


def test_C6_what_was_changed_since_the_page_was_drawn_is_left_alone(site, shop):
    token = token_for(MAREN)
    seen = state(shop, token).get_json()["seen"]
    post(shop, token, act("no"))
    said = post(shop, token, act("yes", notice=notice(shop)), seen=seen).get_json()
    assert (said["stale"], said["waiting"]) == ([{"purpose": "newsletter", "channel": "email"}], [])


def test_L4_L9_whatever_is_no_link_of_this_company_is_answered_alike(site, shop):
    good = token_for(MAREN)
    answers = {
        (one.status_code, one.data)
        for token in (
            good[:-2],
            good[:-1] + ("A" if good[-1] != "A" else "B"),
            token_for(MAREN, company="alpenrad"),
            "x",
            "x" * 900,
        )
        for one in (
            state(shop, token),
            shop.call("POST", "/centre/acts", {"token": token, "language": "en", "seen": 0, "acts": [act()]}),
        )
    }
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "nothing"},
        {"channel": "fax"},
        {"answer": "perhaps"},
        {"topics": ["nothing"]},
        {"frequency": "hourly"},
        {"confirmed": True},
        {"actor": "person"},
        {"identifier": {"value": NEW}},
    ],
)
def test_C3_L3_an_act_says_nothing_else_and_for_nobody_else(site, shop, wrong):
    token = token_for(MAREN)
    before = digest(site)
    assert post(shop, token, {**act("no"), **wrong}).status_code == 422
    assert changed(before, digest(site)) - OURS == set()


def test_lowering_here_is_never_refused_by_a_limit_and_a_repeated_post_is_one_act(site, shop):
    from portal.accounts.api_usage import ApiUsage
    from portal.core.limits import Limit

    token = token_for(MAREN)
    body = {"token": token, "language": "en", "seen": state(shop, token).get_json()["seen"], "acts": [act()]}
    site.app.extensions["portal_api_usage"] = ApiUsage(Limit("api.test", 1, timedelta(minutes=1)))
    answers = [shop.call("POST", "/centre/acts", body, headers={"Idempotency-Key": "1"}) for _ in range(3)]
    assert {one.status_code for one in answers} == {200}
    assert len({json.dumps(one.get_json()) for one in answers}) == 1


def test_E7_a_link_from_before_an_erasure_shows_nothing_and_takes_no_yes(site, shop):
    token, hashed = token_for(MAREN), notice(shop)
    erased(site, MAREN)
    said = state(shop, token).get_json()
    assert (said["shows"], said["may_say_yes"], said["choices"]) == (False, False, [])
    refused = post(shop, token, act("yes", notice=hashed))
    assert (refused.status_code, "can only say no" in refused.text) == (422, True)
    first, again = post(shop, token, act("no")), post(shop, token, act("no"))
    assert first.status_code == 200 and first.get_json() == again.get_json(), "nobody learns whether there was a yes"
    assert first.get_json()["stopped"] == [{"purpose": "newsletter", "channel": "email"}]
    assert standing(site, MAREN)["newsletter.email"] == "withdrawn"
