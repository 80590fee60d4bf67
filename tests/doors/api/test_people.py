"""People and what they are known by: a machine may say who is who; it spreads no yes, loses no no, and leaves the ledger whole."""

import json
from datetime import timedelta
from typing import Any

import pytest

from portal.accounts import registry
from portal.api import guards
from portal.consent import ledger
from portal.consent.events import Choice
from portal.consent.notices import notice_for
from portal.consent.rebuilding import rebuild_state
from portal.consent.states import state_of
from portal.consent.verify import verify_person
from portal.consent.words import Act, Actor
from portal.core import clock, crypto
from portal.core.limits import Limit
from portal.identity.model import AddressChange, ChangeState
from portal.identity.sessions import sessions_of
from portal.people.model import Person
from portal.people.service import EMAIL, Identifier, add_identifier, find_identifier, find_person, person_for
from tests.doors.api.caller import caller
from tests.doors.links import token_for
from tests.doors.site import SECOND_HOST
from tests.doors.tables import changed, digest

ONE, TWO = "one@example.org", "two@example.org"
NUMBER = {"kind": "customer_number", "value": "4711"}


def company():
    return registry.ids()["fjordkaffe"]


def mail(address):
    return {"value": address}


def say(site, address, act, *, purpose="newsletter", **more):
    with site.running.database.writing(company()) as db:
        person = person_for(db, Identifier(EMAIL, address), proven=True)
        words: dict[str, Any] = {"notice_hash": notice_for(db, purpose, "en").hash, "language": "en"} if act is Act.GIVEN else {}
        ledger.Book(db, person.id).append(
            Choice(purpose, "email"), act, actor=Actor.PERSON, collection_point="site:preferences", **words, **more
        )


def allowed(shop, address):
    body = {"identifier": mail(address), "purposes": ["newsletter"], "channels": ["email"]}
    return shop.call("POST", "/consents/check", body).get_json()["choices"][0]["allowed"]


def person_of(site, address):
    with site.running.database.reading(company()) as db:
        found = find_person(db, Identifier(EMAIL, address))
        return found.id if found else None


def every_chain_is_whole(site):
    """Of whoever came last, among them all who were merged or split; the hundreds of the demo's past are not touched by a test."""
    with site.running.database.writing(company()) as db:
        last = db.query(Person.id).filter(Person.wrapped_key.is_not(None)).order_by(Person.id.desc()).limit(20)
        for (person_id,) in last.all():
            assert verify_person(db, person_id).whole
            rebuild_state(db, person_id)


def test_what_is_added_is_added_and_nothing_is_taken_away(site):
    shop = caller(site, "people:write", "consents:check")
    first = shop.call("POST", "/people", {"identifiers": [mail(ONE), NUMBER], "language": "de"})
    assert first.status_code == 200
    person = first.get_json()["person"]
    assert shop.call("POST", "/people", {"identifiers": [NUMBER]}).get_json()["person"] == person
    assert shop.call("POST", "/people", {"identifiers": [NUMBER, mail(TWO)]}).get_json()["person"] == person
    assert person_of(site, ONE) == person_of(site, TWO)
    before = digest(site)
    shop.call("POST", "/people", {"identifiers": [mail(TWO), mail(ONE), NUMBER]})
    assert changed(before, digest(site)) <= {"limit_counter", "api_key"}


def test_A4_what_a_key_cannot_see_or_does_not_name_stays_as_it_is(site):
    """A key that reads nothing adds a number to somebody: their answers, their language and their other identifiers stay."""
    say(site, ONE, Act.GIVEN)
    with site.running.database.writing(company()) as db:
        person_for(db, Identifier(EMAIL, ONE), language="ar")
    blind = caller(site, "people:write", name="blind")
    blind.call("POST", "/people", {"identifiers": [mail(ONE), NUMBER]})
    with site.running.database.reading(company()) as db:
        person = find_person(db, Identifier(EMAIL, ONE))
        row = find_identifier(db, Identifier(EMAIL, ONE))
        assert person is not None
        assert row is not None
        assert (person.language, row.proven_at is not None, row.joined_at) == ("ar", True, None)
        assert [event.act for event in ledger.events_of(db, person.id)] == [Act.GIVEN]
    sees = caller(site, name="sees")
    said = sees.call("POST", "/consents/attestations", {
        "identifier": mail(ONE), "purpose": "newsletter", "channel": "sms", "act": "refused",
        "acted_at": clock.now().isoformat(), "form_url": "https://shop.example.com/x",
    })  # fmt: skip
    assert said.get_json()["stored"] == "attested"
    assert allowed(sees, ONE)


def test_identifiers_of_two_people_are_a_conflict_and_nothing_is_written(site):
    shop = caller(site)
    say(site, ONE, Act.GIVEN)
    say(site, TWO, Act.REFUSED)
    before = digest(site)
    answer = shop.call("POST", "/people", {"identifiers": [mail(ONE), mail(TWO), NUMBER]})
    assert (answer.status_code, answer.get_json()["type"]) == (409, "/api/v1/problems#conflict")
    assert changed(before, digest(site)) <= {"limit_counter", "api_key"}


def test_C7_a_yes_is_not_for_an_address_that_a_machine_adds_until_that_mailbox_is_proven(site):
    shop = caller(site)
    say(site, ONE, Act.GIVEN)
    shop.call("POST", "/people", {"identifiers": [mail(ONE), mail(TWO)]})
    assert (allowed(shop, ONE), allowed(shop, TWO)) == (True, False)
    with site.running.database.writing(company()) as db:
        person_for(db, Identifier(EMAIL, TWO), proven=True)
    assert (allowed(shop, ONE), allowed(shop, TWO)) == (True, True)
    say(site, ONE, Act.WITHDRAWN)
    assert (allowed(shop, ONE), allowed(shop, TWO)) == (False, False)


def test_C7_a_case_that_a_machine_opens_proves_no_mailbox_that_a_machine_added(site):
    shop = caller(site)
    say(site, ONE, Act.GIVEN)
    shop.call("POST", "/people", {"identifiers": [mail(ONE), mail(TWO)]})
    before = digest(site)
    answer = shop.call("POST", "/cases", {"identifier": mail(TWO), "kind": "access", "proof": {"method": "phone"}})
    assert (answer.status_code, answer.get_json()["type"]) == (422, "/api/v1/problems#refused")
    assert changed(before, digest(site)) <= {"limit_counter", "api_key"}
    assert (allowed(shop, ONE), allowed(shop, TWO)) == (True, False)
    assert (
        shop.call("POST", "/cases", {"identifier": mail(ONE), "kind": "access", "proof": {"method": "phone"}}).status_code == 201
    )


def test_C7_of_two_new_addresses_that_come_at_once_the_second_is_as_unproven_as_one_that_comes_later(site):
    shop = caller(site)
    said_before = clock.now()
    person = shop.call("POST", "/people", {"identifiers": [NUMBER, mail(ONE), mail(TWO)]}).get_json()["person"]
    shop.call("POST", "/consents/attestations", {
        "identifier": mail(ONE), "purpose": "newsletter", "channel": "email", "act": "given", "acted_at": said_before.isoformat(),
        "form_url": "https://shop.example.com/x", "notice": _hash_of_newsletter(site),
    })  # fmt: skip
    assert (allowed(shop, ONE), allowed(shop, TWO)) == (True, False)
    named = shop.call("POST", "/consents/state", {"person": person}).get_json()["identifiers"]
    assert sorted(one["value"] for one in named) == [NUMBER["value"], ONE]
    refused = shop.call("POST", "/cases", {"identifier": mail(TWO), "kind": "access", "proof": {"method": "phone"}})
    assert (refused.status_code, refused.get_json()["type"]) == (422, "/api/v1/problems#refused")
    with site.running.database.writing(company()) as db:
        person_for(db, Identifier(EMAIL, TWO), proven=True)
    assert allowed(shop, TWO)
    every_chain_is_whole(site)


def _hash_of_newsletter(site):
    with site.running.database.writing(company()) as db:
        return notice_for(db, "newsletter", "en").hash.hex()


def test_C7_a_yes_by_a_link_is_asked_of_no_mailbox_that_a_machine_added(site):
    shop = caller(site)
    shop.call("POST", "/people", {"identifiers": [mail(ONE)]})
    shop.call("POST", "/people", {"identifiers": [mail(ONE), mail(TWO)]})
    (words,) = [one for one in shop.call("GET", "/centre").get_json()["purposes"] if one["key"] == "newsletter"]
    act = {"purpose": "newsletter", "channel": "email", "answer": "yes", "notice": words["notices"][0]["hash"]}
    body = {"token": token_for(ONE), "language": words["notices"][0]["language"], "seen": 0, "acts": [act]}
    assert shop.call("POST", "/centre/acts", body).get_json()["mailed"] is True
    assert (len(site.mails(ONE)), len(site.mails(TWO))) == (1, 0)


@pytest.mark.parametrize(
    ("kept", "gone", "afterwards"),
    [
        (Act.GIVEN, None, (True, False)),
        (Act.GIVEN, Act.REFUSED, (False, False)),
        (None, Act.GIVEN, (False, False)),
        (Act.REFUSED, Act.GIVEN, (False, False)),
        (Act.GIVEN, Act.GIVEN, (True, False)),
    ],
)
def test_C7_a_merge_keeps_every_no_and_spreads_no_yes_and_both_chains_stay_whole(site, kept, gone, afterwards):
    shop = caller(site)
    for address, act in ((ONE, kept), (TWO, gone)):
        with site.running.database.writing(company()) as db:
            person_for(db, Identifier(EMAIL, address))
        if act is not None:
            say(site, address, act)
    lost = person_of(site, TWO)
    answer = shop.call("POST", "/people/merge", {"keep": mail(ONE), "gone": mail(TWO)})
    assert answer.status_code == 200, answer.text
    assert person_of(site, ONE) == person_of(site, TWO) != lost
    assert (allowed(shop, ONE), allowed(shop, TWO)) == afterwards
    with site.running.database.reading(company()) as db:
        assert [event.act for event in ledger.events_of(db, lost)] == ([gone] if gone else [])
    every_chain_is_whole(site)
    site.work()


def test_a_pause_of_either_holds_for_both(site):
    shop = caller(site)
    say(site, ONE, Act.GIVEN)
    say(site, TWO, Act.GIVEN)
    say(site, TWO, Act.PAUSED, until=clock.now() + timedelta(days=30))
    shop.call("POST", "/people/merge", {"keep": mail(ONE), "gone": mail(TWO)})
    assert allowed(shop, ONE) is False
    with clock.moved(timedelta(days=31)):
        assert allowed(shop, ONE) is True


def test_who_is_merged_or_split_is_signed_out_and_what_was_shown_counts_no_more(site):
    shop = caller(site)
    browser = site.signed_in(ONE)
    say(site, TWO, Act.REFUSED)
    assert shop.call("POST", "/people/merge", {"keep": mail(ONE), "gone": mail(TWO)}).status_code == 200
    browser.open("/preferences")
    assert browser.path == "/sign-in"
    with site.running.database.reading(company()) as db:
        assert sessions_of(db, person_of(site, ONE)) == []
        row = find_identifier(db, Identifier(EMAIL, TWO))
        assert row is not None
        assert row.proven_at is None


def test_a_split_leaves_every_no_on_both_sides_and_ends_a_yes_that_could_be_eithers(site):
    shop = caller(site)
    say(site, ONE, Act.GIVEN)
    shop.call("POST", "/people", {"identifiers": [mail(ONE), mail(TWO)]})
    before = person_of(site, ONE)
    assert shop.call("POST", "/people/split", {"identifier": mail(TWO)}).status_code == 200
    assert person_of(site, ONE) == before != person_of(site, TWO)
    assert (allowed(shop, ONE), allowed(shop, TWO)) == (True, False)
    shop.call("POST", "/people/merge", {"keep": mail(ONE), "gone": mail(TWO)})
    with clock.moved(timedelta(hours=1)):
        say(site, TWO, Act.GIVEN)
        assert (allowed(shop, ONE), allowed(shop, TWO)) == (True, True)
        say(site, TWO, Act.PAUSED, until=clock.now() + timedelta(days=3))
        shop.call("POST", "/people/split", {"identifier": mail(TWO)})
        assert (allowed(shop, ONE), allowed(shop, TWO)) == (False, False)
    every_chain_is_whole(site)


def change(site, address, to, *, state, undo_until):
    """A change of address as it stands in the database; once it is done both addresses are the person's."""
    with site.running.database.writing(company()) as db:
        row = find_identifier(db, Identifier(EMAIL, address))
        assert row is not None
        db.add(AddressChange(
            person_id=row.person_id, session_id=None, state=state, old_address=address, new_address=to, asked_in=bytes(32), browser="",
            language="en", old_token_hash=crypto.token_hash("test", address), new_token_hash=crypto.token_hash("test", to),
            asked_at=clock.now(), expires_at=clock.now() + timedelta(hours=1), undo_until=undo_until,
        ))  # fmt: skip
        if state == ChangeState.DONE:
            add_identifier(db, row.person_id, Identifier(EMAIL, to), joined=False)
            row.left_at = undo_until


def test_E7_a_merge_gives_an_address_that_somebody_left_to_nobody(site):
    """A mailbox that was given out anew must not open what its former owner was merged into."""
    shop, left = caller(site), "left.long.ago@example.org"
    for address in (ONE, left):
        site.signed_in(address)
    change(site, left, TWO, state=ChangeState.DONE, undo_until=clock.now() - timedelta(days=1))
    answer = shop.call("POST", "/people/merge", {"keep": mail(ONE), "gone": mail(TWO)})
    assert answer.status_code == 200 and person_of(site, ONE) == person_of(site, TWO)
    site.signed_in(left)
    assert person_of(site, left) != person_of(site, ONE)


def test_E7_a_yes_is_not_for_an_address_that_its_person_has_left_for_good(site):
    """Whose mailbox it is by then nobody can tell."""
    shop, one = caller(site), b'"one@example.org"\n"two@example.org"\n'
    say(site, ONE, Act.GIVEN)
    change(site, ONE, TWO, state=ChangeState.DONE, undo_until=clock.now() + timedelta(days=14))
    assert (allowed(shop, ONE), allowed(shop, TWO)) == (True, True), "until it is settled both are theirs"
    with clock.moved(timedelta(days=15)):
        assert (allowed(shop, ONE), allowed(shop, TWO)) == (False, True)
        answer = shop.call(
            "POST", "/consents/check?purpose=newsletter&channel=email", raw=one, headers={"Content-Type": "application/x-ndjson"}
        )
        said = [json.loads(line)["choices"][0]["allowed"] for line in answer.text.splitlines()]
        assert said == [False, True]
        say(site, TWO, Act.WITHDRAWN)
        assert (allowed(shop, ONE), allowed(shop, TWO)) == (False, False)


def test_E7_what_a_form_says_for_an_address_that_was_left_raises_nothing_of_who_left_it(site):
    shop = caller(site)
    say(site, ONE, Act.REFUSED)
    change(site, ONE, TWO, state=ChangeState.DONE, undo_until=clock.now() + timedelta(days=14))
    before = person_of(site, TWO)
    with clock.moved(timedelta(days=15)):
        with site.running.database.writing(company()) as db:
            notice = notice_for(db, "newsletter", "en").hash.hex()
        body = {
            "identifier": mail(ONE), "purpose": "newsletter", "channel": "email", "act": "given", "notice": notice,
            "acted_at": clock.now().isoformat(), "form_url": "https://shop.example.com/x",
        }  # fmt: skip
        answer = shop.call("POST", "/consents/attestations", body)
        assert answer.status_code == 201, answer.text
        assert person_of(site, TWO) == before != person_of(site, ONE)
        choice = Choice("newsletter", "email")
        with site.running.database.reading(company()) as db:
            left, now = state_of(db, before, choice), state_of(db, person_of(site, ONE), choice)
            assert left is not None and left.said == Act.REFUSED
            assert now is not None and now.said == Act.GIVEN


def test_S14_nobody_is_made_one_or_two_while_a_change_of_address_can_be_undone_and_one_that_waits_is_void(site):
    shop = caller(site)
    for address in (ONE, TWO):
        site.signed_in(address)
    change(site, TWO, "new@example.org", state=ChangeState.DONE, undo_until=clock.now() + timedelta(days=3))
    merge, split = {"keep": mail(ONE), "gone": mail("new@example.org")}, {"identifier": mail("new@example.org")}
    for path, body in (("/people/merge", merge), ("/people/split", split)):
        assert shop.call("POST", path, body).status_code == 409, path
    with clock.moved(timedelta(days=4)):
        change(site, ONE, "other@example.org", state=ChangeState.ASKED, undo_until=None)
        assert shop.call("POST", "/people/merge", merge).status_code == 200
        with site.running.database.reading(company()) as db:
            assert {row.state for row in db.query(AddressChange)} == {ChangeState.DONE, ChangeState.STOPPED}


def test_nobody_is_made_one_or_two_while_a_request_of_theirs_is_being_answered(site):
    shop = caller(site)
    shop.call("POST", "/cases", {"identifier": mail(ONE), "kind": "access", "proof": {"method": "phone"}})
    say(site, TWO, Act.REFUSED)
    before = digest(site)
    for path, body in (
        ("/people/merge", {"keep": mail(ONE), "gone": mail(TWO)}),
        ("/people/merge", {"keep": mail(TWO), "gone": mail(ONE)}),
        ("/people", {"identifiers": [mail(ONE), NUMBER]}),
        ("/people/split", {"identifier": mail(ONE)}),
        ("/people/split", {"identifier": mail(TWO)}),
        ("/people/merge", {"keep": mail(TWO), "gone": mail(TWO)}),
    ):
        assert shop.call("POST", path, body).status_code == 409, path
    assert changed(before, digest(site)) <= {"limit_counter", "api_key"}


def test_H3_people_of_another_company_are_as_if_nobody_had_the_identifier(site):
    shop, theirs = caller(site), caller(site, company="alpenrad", host=SECOND_HOST)
    say(site, ONE, Act.GIVEN)
    for body in ({"keep": mail(ONE), "gone": mail(ONE)}, {"keep": mail(ONE), "gone": mail("nobody@example.org")}):
        assert theirs.call("POST", "/people/merge", body).status_code == 404
    assert theirs.call("POST", "/people/split", {"identifier": mail(ONE)}).status_code == 404
    assert allowed(shop, ONE)


def test_A6_a_key_has_a_budget_a_day_of_answers_that_show_who_is_known_and_its_end_is_an_alarm(site, monkeypatch, caplog):
    monkeypatch.setattr(guards, "TELLING", Limit("api.telling", 4, timedelta(days=1)))
    shop, other = caller(site, name="shop"), caller(site, name="other")
    asked = [
        shop.call("POST", path, body).status_code
        for path, body in (
            ("/consents/state", {"identifier": mail(ONE)}),
            ("/consents/history", {"identifier": mail(ONE)}),
            ("/people", {"identifiers": [mail(ONE)]}),
            ("/people/split", {"identifier": mail(ONE)}),
            ("/consents/state", {"identifier": mail(TWO)}),
            ("/people/merge", {"keep": mail(ONE), "gone": mail(TWO)}),
        )
    ]
    assert asked == [200, 200, 200, 409, 429, 429]
    late = shop.call("POST", "/consents/state", {"identifier": mail(ONE)})
    assert 0 < int(late.headers["Retry-After"]) <= 86_400
    assert allowed(shop, ONE) is False
    assert shop.call("POST", "/consents/lowerings", {
        "identifier": mail(ONE), "purpose": "newsletter", "channel": "email", "act": "withdrawn",
    }).status_code == 201  # fmt: skip
    assert other.call("POST", "/consents/state", {"identifier": mail(ONE)}).status_code == 200
    assert caplog.messages.count("api.enumerating") == 1
    with clock.moved(timedelta(days=1)):
        assert shop.call("POST", "/consents/state", {"identifier": mail(ONE)}).status_code == 200
