"""What a company's systems may write: a no always, a yes only as the person's own."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts import registry
from portal.api import alarms
from portal.consent import ledger
from portal.consent.delivery import systems_that_keep
from portal.consent.delivery_model import ConsentDelivery
from portal.consent.events import Choice
from portal.consent.notices import notice_hash
from portal.consent.words import Act
from portal.core import clock
from portal.core.limits import Limit
from portal.people.service import EMAIL, Identifier, find_person, person_for
from portal.people.tombstones import bury
from tests.doors.api.answers import say
from tests.doors.api.caller import caller
from tests.doors.site import SECOND_HOST
from tests.doors.tables import changed, digest

ADDRESS = "somebody@example.org"


def company():
    return registry.ids()["fjordkaffe"]


def allowed(site, shop):
    body = {"identifier": {"value": ADDRESS}, "purposes": ["newsletter"], "channels": ["email"]}
    return shop.call("POST", "/consents/check", body).get_json()["choices"][0]["allowed"]


def attestation(site, **changes):
    notice = registry.company(company()).purposes["newsletter"].notice
    assert notice
    return {
        "identifier": {"value": ADDRESS},
        "purpose": "newsletter",
        "channel": "email",
        "act": "given",
        "acted_at": (clock.now() - timedelta(minutes=5)).isoformat(),
        "form_url": "https://shop.example.com/checkout",
        "notice": notice_hash("newsletter", "en", notice["en"]).hex(),
        **changes,
    }


def lowering(**changes):
    return {"identifier": {"value": ADDRESS}, "purpose": "newsletter", "channel": "email", "act": "withdrawn", **changes}


def test_a_system_takes_a_consent_back_at_once_and_the_ledger_names_it(site):
    shop = caller(site, name="web-shop")
    say(site, ADDRESS, Act.GIVEN)
    assert allowed(site, shop)
    said = shop.call("POST", "/consents/lowerings", lowering())
    assert (said.status_code, said.get_json()["stored"]) == (201, "lowered")
    assert not allowed(site, shop)
    (last, *_) = shop.call("POST", "/consents/history", {"identifier": {"value": ADDRESS}}).get_json()["events"]
    assert (last["act"], last["actor"], last["collection_point"]) == ("withdrawn", "company_system", "api:web-shop")


def test_a_no_for_somebody_unknown_is_kept_as_a_suppression(site):
    shop = caller(site)
    assert shop.call("POST", "/consents/lowerings", lowering()).get_json()["stored"] == "suppressed"
    with site.running.database.reading(company()) as db:
        assert find_person(db, Identifier(EMAIL, ADDRESS)) is None
    body = {"identifier": {"value": ADDRESS}, "purposes": ["newsletter"], "channels": ["email"]}
    assert shop.call("POST", "/suppressions/check", body).get_json() == {"suppressed": True}


def test_A2_a_no_for_somebody_unknown_reaches_every_system_that_keeps_the_choice_as_by_a_link(site):
    caller(site).call("POST", "/consents/lowerings", lowering())
    with site.running.database.reading(company()) as db:
        asked = db.scalars(select(ConsentDelivery.system).where(ConsentDelivery.person_id.is_(None))).all()
    assert sorted(asked) == sorted(systems_that_keep(company(), Choice("newsletter", "email")))
    assert asked


@pytest.mark.parametrize("wrong", [{"purpose": "newletter"}, {"channel": "mail"}, {"purpose": "orders"}])
def test_a_no_for_what_is_not_asked_is_refused_also_where_nobody_is_known(site, wrong):
    before = digest(site)
    answer = caller(site).call("POST", "/consents/lowerings", lowering(**wrong))
    assert (answer.status_code, answer.get_json()["type"]) == (422, "/api/v1/problems#refused")
    assert changed(before, digest(site)) <= {"api_key", "audit_entry", "limit_counter"}


def test_a_pause_of_somebody_unknown_holds_where_silence_would_be_enough(site):
    shop, until = caller(site), (clock.now() + timedelta(days=30)).isoformat()
    paused = lowering(purpose="feedback", act="paused", until=until)
    asked = {"identifier": {"value": ADDRESS}, "purposes": ["feedback"]}
    assert shop.call("POST", "/consents/check", asked).get_json()["choices"][0]["allowed"]
    assert shop.call("POST", "/consents/lowerings", paused).get_json()["stored"] == "lowered"
    assert not shop.call("POST", "/consents/check", asked).get_json()["choices"][0]["allowed"]
    with clock.moved(timedelta(days=31)):
        assert shop.call("POST", "/consents/check", asked).get_json()["choices"][0]["allowed"]
    assert shop.call("POST", "/consents/lowerings", {**paused, "purpose": "newsletter", "identifier": {"value": "b@example.org"}}).get_json() == {
        "stored": "nothing_to_lower", "why": "",
    }  # fmt: skip


@pytest.mark.parametrize("act", ["given", "resumed", "undone", "imported", "asked"])
def test_C7_a_system_cannot_record_a_yes(site, act):
    before = digest(site)
    assert caller(site).call("POST", "/consents/lowerings", lowering(act=act)).status_code == 422
    assert changed(before, digest(site)) <= {"api_key", "audit_entry", "limit_counter"}


def test_A8_an_attested_yes_is_the_persons_own_act_and_says_who_attested(site):
    shop = caller(site, name="web-shop")
    said = shop.call("POST", "/consents/attestations", attestation(site))
    assert (said.status_code, said.get_json()["stored"]) == (201, "attested")
    assert allowed(site, shop)
    (last,) = shop.call("POST", "/consents/history", {"identifier": {"value": ADDRESS}}).get_json()["events"]
    assert (last["actor"], last["collection_point"], last["language"]) == ("person", "api:web-shop", "en")
    with site.running.database.reading(company()) as db:
        person = find_person(db, Identifier(EMAIL, ADDRESS))
        assert person is not None
        (event,) = ledger.events_of(db, person.id)
        assert event.evidence is not None
        assert event.evidence["form_url"] == "https://shop.example.com/checkout"
        assert event.evidence["attested_by"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"acted_at": "2020-01-01T00:00:00Z"}, "too_old"),
        ({"acted_at": "2999-01-01T00:00:00Z"}, "in_the_future"),
        ({"notice": None}, "notice_unknown"),
        ({"notice": "0" * 64}, "notice_unknown"),
    ],
)
def test_A8_what_cannot_be_believed_is_a_line_of_an_old_list_and_no_consent(site, changes, why):
    shop = caller(site)
    said = shop.call("POST", "/consents/attestations", attestation(site, **changes)).get_json()
    assert (said["stored"], said["why"]) == ("legacy_unverified", why)
    assert not allowed(site, shop)


def test_A8_an_unusual_number_of_attestations_is_an_alarm_once_an_hour_and_refuses_nobody(site, monkeypatch, caplog):
    monkeypatch.setattr(alarms, "ATTESTING", Limit("api.attesting", 3, timedelta(hours=1)))
    shop, other = caller(site, name="shop"), caller(site, name="other")

    def attests(system, name):
        return system.call(
            "POST", "/consents/attestations", attestation(site, identifier={"value": f"{name}@example.org"})
        ).get_json()

    assert [attests(shop, f"a{number}")["stored"] for number in range(3)] == ["attested"] * 3
    assert shop.call("POST", "/consents/attestations", attestation(site, notice=None)).get_json()["stored"] == "legacy_unverified"
    assert attests(other, "b")["stored"] == "attested"
    assert "api.attesting" not in caplog.messages
    assert [attests(shop, f"c{number}")["stored"] for number in range(3)] == ["attested"] * 3
    assert caplog.messages.count("api.attesting") == 1
    (alarm,) = [one for one in caplog.records if one.getMessage() == "api.attesting"]
    assert alarm.levelname == "ERROR"
    assert alarm.portal_fields["count"] == 4 and "@" not in str(alarm.portal_fields)
    with clock.moved(timedelta(hours=1)):
        assert [attests(shop, f"d{number}")["stored"] for number in range(4)] == ["attested"] * 4
    assert caplog.messages.count("api.attesting") == 2


def test_A8_attestations_of_a_list_are_counted_with_the_others_and_those_of_a_dry_run_are_not(site, monkeypatch, caplog):
    monkeypatch.setattr(alarms, "ATTESTING", Limit("api.attesting", 3, timedelta(hours=1)))
    shop = caller(site)
    said = attestation(site)
    names = {"form_url": said["form_url"], "notice": said["notice"], "at": said["acted_at"], "act": "given"}
    lines = [
        {"identifier": {"value": f"{number}@example.org"}, "purpose": "newsletter", "channel": "email", **names}
        for number in range(4)
    ]
    raw = b"\n".join(json.dumps(one).encode() for one in lines)
    for dry, alarmed in (("true", 0), ("true", 0), ("false", 1)):
        answer = shop.call("POST", f"/consents/import?dry_run={dry}", raw=raw, headers={"Content-Type": "application/x-ndjson"})
        assert json.loads(answer.data.splitlines()[-1])["counts"] == {"attested": 4}
        assert caplog.messages.count("api.attesting") == alarmed


def test_A8_a_notice_of_another_purpose_proves_nothing(site):
    shop = caller(site)
    purposes = registry.company(company()).purposes
    other = next(key for key, purpose in purposes.items() if purpose.notice and key != "newsletter")
    text = purposes[other].notice
    assert text
    hash_ = notice_hash(other, "en", text["en"]).hex()
    assert (
        shop.call("POST", "/consents/attestations", attestation(site, notice=hash_)).get_json()["stored"] == "legacy_unverified"
    )


def test_A8_a_yes_dated_before_a_refusal_that_we_heard_of_opens_nothing(site):
    shop = caller(site)
    say(site, ADDRESS, Act.REFUSED)
    for acted_at in (clock.now() - timedelta(minutes=5), clock.now() - timedelta(days=6)):
        said = shop.call("POST", "/consents/attestations", attestation(site, acted_at=acted_at.isoformat())).get_json()
        assert said["why"] == "something_newer"
        assert not allowed(site, shop)
    with clock.moved(timedelta(hours=1)):
        newer = attestation(site)
        assert shop.call("POST", "/consents/attestations", newer).get_json()["stored"] == "attested"
        assert allowed(site, shop)


def test_a_no_of_who_came_back_after_an_erasure_is_taken_whatever_date_it_bears(site):
    shop = caller(site)
    with site.running.database.writing(company()) as db:
        bury(db, Identifier(EMAIL, ADDRESS), erased_at=clock.now() - timedelta(days=2))
    say(site, ADDRESS, Act.GIVEN)
    assert allowed(site, shop)
    old = attestation(site, act="withdrawn", acted_at=(clock.now() - timedelta(days=3)).isoformat())
    assert shop.call("POST", "/consents/attestations", old).get_json()["stored"] == "attested"
    assert not allowed(site, shop)


def test_an_attested_yes_to_a_rhythm_or_topic_that_is_not_offered_is_refused(site):
    shop, before = caller(site), digest(site)
    for more in ({"frequency": "hourly"}, {"topics": ["nothing"]}):
        assert shop.call("POST", "/consents/attestations", attestation(site, **more)).get_json()["type"].endswith("#refused")
    assert changed(before, digest(site)) <= {"api_key", "audit_entry", "limit_counter"}


def test_A8_an_attested_yes_that_the_purpose_asks_the_mailbox_about_waits_and_says_so(site):
    shop = caller(site, company="alpenrad", host=SECOND_HOST)
    notice = registry.company(registry.ids()["alpenrad"]).purposes["newsletter"].notice
    assert notice
    said = shop.call(
        "POST", "/consents/attestations", attestation(site, notice=notice_hash("newsletter", "en", notice["en"]).hex())
    )
    assert said.get_json() == {"stored": "attested", "why": "waits_for_the_mailbox"}
    assert not allowed(site, shop)


def test_a_no_is_taken_even_where_it_cannot_be_believed(site):
    shop = caller(site)
    say(site, ADDRESS, Act.GIVEN)
    said = shop.call("POST", "/consents/attestations", attestation(site, act="withdrawn", acted_at="2020-01-01T00:00:00Z"))
    assert said.get_json()["stored"] == "lowered"
    assert not allowed(site, shop)


def test_E7_a_form_sent_before_an_erasure_brings_nobody_back(site):
    shop = caller(site)
    with site.running.database.writing(company()) as db:
        bury(db, Identifier(EMAIL, ADDRESS), erased_at=clock.now())
    assert shop.call("POST", "/consents/attestations", attestation(site)).get_json()["stored"] == "left_out"
    with site.running.database.reading(company()) as db:
        assert find_person(db, Identifier(EMAIL, ADDRESS)) is None


def test_A7_the_same_request_twice_is_one_event(site):
    shop = caller(site)
    say(site, ADDRESS, Act.GIVEN)
    for _ in range(3):
        shop.call("POST", "/consents/lowerings", lowering(), headers={"Idempotency-Key": "7"})
    assert len(shop.call("POST", "/consents/history", {"identifier": {"value": ADDRESS}}).get_json()["events"]) == 2


def test_A14_the_same_address_bears_no_equal_id_at_two_companies(site):
    ids = set()
    for name in registry.ids():
        with site.running.database.writing(registry.ids()[name]) as db:
            ids.add(person_for(db, Identifier(EMAIL, ADDRESS)).public_id)
    assert len(ids) == len(registry.ids())


@pytest.mark.parametrize(
    "body",
    [
        lowering(purpose="secret"),
        lowering(channel="secret"),
        lowering(act="paused"),
        lowering(act="paused", until="2020-01-01T00:00:00Z"),
        lowering(act="paused", until="2027-01-01T00:00:00"),
        lowering(identifier={"value": "secret"}),
        lowering(company_id=2, actor="person"),
    ],
)
def test_C3_what_cannot_be_recorded_is_refused_without_repeating_it_and_nothing_is_written(site, body):
    shop = caller(site)
    say(site, ADDRESS, Act.GIVEN)
    before = digest(site)
    said = shop.call("POST", "/consents/lowerings", body)
    assert said.status_code == 422
    assert "secret" not in said.text
    assert changed(before, digest(site)) - {"api_key", "limit_counter"} == set()


def test_lowering_is_never_refused_by_a_limit(site):
    from portal.accounts.api_usage import ApiUsage
    from portal.core.limits import Limit

    site.app.extensions["portal_api_usage"] = ApiUsage(Limit("api.test", 1, timedelta(minutes=1)))
    shop = caller(site)
    for _ in range(4):
        assert shop.call("POST", "/consents/lowerings", lowering()).status_code == 201
    assert shop.call("POST", "/consents/state", {"identifier": {"value": ADDRESS}}).status_code == 429


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_that_no_calendar_has_is_refused_and_writes_nothing(site, moment):
    shop = caller(site, name="web-shop")
    before = digest(site)
    for path, body in (
        ("/consents/attestations", attestation(site, acted_at=moment)),
        ("/consents/lowerings", lowering(act="paused", until=moment)),
    ):
        answer = shop.call("POST", path, body)
        assert (answer.status_code, answer.get_json()["type"].rpartition("#")[2]) == (422, "invalid"), answer.text
    assert "consent_event" not in changed(before, digest(site))
