"""Old lists come in: what a machine may not raise is refused line by line, and nothing of it undoes what anyone said here."""

import json
import time
from datetime import timedelta

import pytest

from portal.accounts import registry
from portal.accounts.api_keys import SCOPES, keys_of, revoke_key
from portal.api import imports, streams
from portal.consent import ledger
from portal.consent.events import Choice
from portal.consent.notices import notice_hash
from portal.consent.verify import verify_person
from portal.consent.words import Act
from portal.core import clock
from portal.people.service import EMAIL, Identifier, add_identifier, find_person, person_for
from portal.people.suppressions import suppress
from portal.people.tombstones import bury
from tests.doors.api.answers import say
from tests.doors.api.caller import caller
from tests.doors.tables import changed, digest

NDJSON = {"Content-Type": "application/x-ndjson"}
OURS = {"api_key", "audit_entry", "limit_counter"}
LONG_AGO = "2019-05-01T10:00:00Z"


def company():
    return registry.ids()["fjordkaffe"]


def line(address="old@example.org", act="given", **more):
    return {
        "identifier": {"value": address},
        "purpose": "newsletter",
        "channel": "email",
        "act": act,
        "at": LONG_AGO,
        **more,
    }


def send(shop, *lines, dry=False):
    """Send lines; the listed ones and the sum of the answer."""
    raw = b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
    answer = shop.call("POST", f"/consents/import?dry_run={'true' if dry else 'false'}", raw=raw, headers=NDJSON)
    assert answer.status_code == 200, answer.text
    told = [json.loads(one) for one in answer.data.splitlines()]
    return told[:-1], told[-1]


def standing(shop, address="old@example.org"):
    said = shop.call("POST", "/consents/state", {"identifier": {"value": address}}).get_json()
    (one,) = [one for one in said["choices"] if (one["purpose"], one["channel"]) == ("newsletter", "email")]
    return said["person"], one["allowed"], one["row"]


def history(shop, address="old@example.org"):
    said = shop.call("POST", "/consents/history", {"identifier": {"value": address}}).get_json()
    return [(one["act"], one["actor"], one["collection_point"]) for one in reversed(said["events"])]


def test_nothing_is_written_unless_it_is_said_and_a_dry_run_says_the_same_as_what_follows(site):
    shop = caller(site, name="mail-tool")
    say(site, "refused@example.org", Act.REFUSED)
    lines = (
        line("new@example.org"),
        line("refused@example.org"),
        line("gone@example.org", "withdrawn"),
        line("new@example.org"),
        b"{",
        line("x", "given"),
    )
    before = digest(site)
    answer = shop.call("POST", "/consents/import", raw=json.dumps(line()).encode(), headers=NDJSON)
    assert json.loads(answer.data)["dry_run"] is True
    dry = send(shop, *lines, dry=True)
    assert changed(before, digest(site)) - OURS == set()
    wet = send(shop, *lines)
    assert dry[0] == wet[0]
    assert dry[1]["counts"] == wet[1]["counts"]
    assert wet[1] == {
        "complete": True,
        "dry_run": False,
        "lines": 6,
        "counts": {"already_there": 1, "legacy_unverified": 1, "refused": 1, "suppressed": 1, "unreadable": 2},
    }
    assert [(one["line"], one.get("why"), "error" in one) for one in wet[0]] == [
        (2, "only_the_person_may_raise", False),
        (5, None, True),
        (6, None, True),
    ]
    assert history(shop, "new@example.org") == [("imported", "company_system", "api:mail-tool")]


def test_C7_a_yes_of_a_list_is_no_consent_and_says_who_told_it_and_when(site):
    shop = caller(site)
    send(shop, line())
    assert standing(shop)[1:] == (False, "legacy")
    with site.running.database.reading(company()) as db:
        person = find_person(db, Identifier(EMAIL, "old@example.org"))
        assert person is not None
        (event,) = ledger.events_of(db, person.id)
        assert event.evidence is not None
        assert event.evidence["claimed_at"] == "2019-05-01T10:00:00+00:00"
        assert event.evidence["told_by"] == keys_of(db)[0].public_id
        assert verify_person(db, person.id).whole


@pytest.mark.parametrize("act", ["resumed", "undone", "asked"])
def test_C7_what_a_machine_may_not_raise_is_refused_by_line_and_nothing_is_written(site, act):
    shop = caller(site)
    say(site, "old@example.org", Act.GIVEN)
    before = digest(site)
    (told,), _ = send(shop, line(act=act))
    assert told == {"line": 1, "stored": "refused", "why": "only_the_person_may_raise"}
    assert changed(before, digest(site)) - OURS == set()


@pytest.mark.parametrize("said", [Act.REFUSED, Act.WITHDRAWN, Act.OBJECTED])
def test_C7_no_list_undoes_a_no(site, said):
    shop = caller(site)
    say(site, "old@example.org", said)
    before = standing(shop)
    (told,), _ = send(shop, line(at=None))
    assert told["why"] == "only_the_person_may_raise"
    assert standing(shop) == before
    assert len(history(shop)) == 1


def test_a_no_of_a_list_lowers_what_is_older_and_leaves_the_persons_later_yes_alone(site):
    shop = caller(site)
    say(site, "old@example.org", Act.GIVEN)
    (told,), _ = send(shop, line(act="withdrawn"))
    assert (told["stored"], told["why"]) == ("nothing_to_lower", "something_newer")
    assert standing(shop)[1] is True
    assert send(shop, line(act="withdrawn", at=None))[1]["counts"] == {"lowered": 1}
    assert standing(shop)[1] is False


def test_A7_the_same_list_once_more_writes_nothing(site):
    shop = caller(site)
    lines = [line(f"old{number}@example.org") for number in range(20)]
    lines += [line(f"no{number}@example.org", "withdrawn") for number in range(20)]
    lines += [line("both@example.org"), line("both@example.org", "withdrawn")]
    assert send(shop, *lines)[1]["counts"] == {"legacy_unverified": 21, "lowered": 1, "suppressed": 20}
    before = digest(site)
    assert send(shop, *lines)[1]["counts"] == {"already_there": 41, "refused": 1}
    assert changed(before, digest(site)) - OURS == set()


@pytest.mark.parametrize("erased", [False, True])
def test_E7_A6_who_was_suppressed_or_erased_is_left_out_alike(site, erased):
    shop, address = caller(site), Identifier(EMAIL, "old@example.org")
    with site.running.database.writing(company()) as db:
        if erased:
            bury(db, address, erased_at=clock.now())
        else:
            suppress(db, address, purpose="newsletter", channel="email", source="test")
    assert send(shop, line())[0] == [{"line": 1, "stored": "left_out"}]
    assert send(shop, line(at=None))[0] == [{"line": 1, "stored": "left_out"}]
    assert standing(shop)[0] is None


def test_a_line_with_form_and_words_is_an_attestation_where_the_key_may_attest(site):
    notice = registry.company(company()).purposes["newsletter"].notice
    assert notice
    proof = {
        "form_url": "https://shop.example.com/checkout",
        "notice": notice_hash("newsletter", "en", notice["en"]).hex(),
        "at": (clock.now() - timedelta(hours=1)).isoformat(),
    }
    poor, rich = caller(site, *(set(SCOPES) - {"consents:attest"}), name="poor"), caller(site, name="rich")
    assert send(poor, line("a@example.org", **proof))[1]["counts"] == {"legacy_unverified": 1}
    assert send(rich, line("b@example.org", **proof))[1]["counts"] == {"attested": 1}
    assert (standing(rich, "a@example.org")[1], standing(rich, "b@example.org")[1]) == (False, True)
    late = {**proof, "at": LONG_AGO}
    assert send(rich, line("c@example.org", **late))[1]["counts"] == {"legacy_unverified": 1}


def test_every_system_that_keeps_the_choice_is_told_and_so_is_who_listens(site):
    shop = caller(site)
    shop.call("POST", "/webhooks", {"url": "https://hooks.example.com/x", "kinds": ["consent.changed"]})
    send(shop, line("one@example.org"), line("two@example.org", "given"))
    with site.running.database.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT count(*), count(DISTINCT d.person_id) FROM consent_delivery d JOIN step s ON s.subject_id = d.id "
            "AND s.act = 'consent.write' AND s.state = 'waiting' WHERE d.person_id IN (SELECT id FROM person ORDER BY id DESC LIMIT 2)"
        ).one()
        messages = connection.exec_driver_sql("SELECT count(*) FROM webhook_message").scalar_one()
    assert rows[0] == 2 * len(ledger_systems())
    assert rows[1] == messages == 2
    site.work()
    assert standing(shop, "one@example.org")[1] is False


def ledger_systems():
    from portal.consent.delivery import systems_that_keep

    found = systems_that_keep(company(), Choice("newsletter", "email"))
    assert found
    return found


def test_a_key_that_is_revoked_while_it_runs_takes_in_nothing_more(both_sites, monkeypatch):
    monkeypatch.setattr(imports, "batches_of", lambda path, _size: streams.batches_of(path, 2))
    shop = caller(both_sites)
    taken = imports._take_in

    def revoking(files, company, entries, *args, **more):
        outcomes = taken(files, company, entries, *args, **more)
        if entries[0].identifier.value == "0@example.org":
            with files.writing(company.id) as db:
                revoke_key(db, keys_of(db)[0].public_id, by="test")
        return outcomes

    monkeypatch.setattr(imports, "_take_in", revoking)
    raw = b"\n".join(json.dumps(line(f"{number}@example.org")).encode() for number in range(10))
    answer = shop.call("POST", "/consents/import?dry_run=false", raw=raw, headers=NDJSON)
    assert "revoked" in json.loads(answer.data.splitlines()[-1])["error"]
    with both_sites.running.database.reading(company()) as db:
        known = [find_person(db, Identifier(EMAIL, f"{number}@example.org")) is not None for number in range(10)]
    # On PostgreSQL others were in hand by then.
    assert known[:2] == [True, True] and known[6:] == [False] * 4
    assert not both_sites.running.database.is_sqlite or not any(known[2:])


def test_batches_that_speak_of_the_same_people_are_taken_in_one_after_the_other(both_sites, monkeypatch):
    """A list whose later lines say otherwise of the same person, under the same address or another one, leaves what it leaves line by line."""
    shop = caller(both_sites)
    with both_sites.running.database.writing(company()) as db:
        whose = person_for(db, Identifier(EMAIL, "two@example.org"))
        add_identifier(db, whose.id, Identifier(EMAIL, "also.two@example.org"), joined=False)
    lines = [
        line("one@example.org"),
        line("one@example.org", "withdrawn"),
        line("two@example.org"),
        line("also.two@example.org", "refused"),
        line("three@example.org", "refused"),
        line("three@example.org"),
        line("also.two@example.org"),
        line("two@example.org"),
    ]
    monkeypatch.setattr(imports, "batches_of", lambda path, _size: streams.batches_of(path, 1))
    slow, begun = imports._take_in, []

    def slower(files, company, entries, *args, **more):
        # Whoever does not wait overtakes the one before.
        begun.append(entries[0].identifier.value)
        time.sleep(0.15 * (len(begun) % 2))
        return slow(files, company, entries, *args, **more)

    monkeypatch.setattr(imports, "_take_in", slower)
    told, total = send(shop, *lines)
    assert begun == [one["identifier"]["value"] for one in lines]
    assert [(one["line"], one["stored"]) for one in told] == [(6, "left_out"), (7, "refused"), (8, "refused")]
    assert total["counts"] == {"left_out": 1, "legacy_unverified": 2, "lowered": 2, "refused": 2, "suppressed": 1}
    acts = {who: [act for act, _, _ in history(shop, f"{who}@example.org")] for who in ("one", "two")}
    assert acts == {"one": ["imported", "withdrawn"], "two": ["imported", "refused"]}


def test_C3_H7_lines_that_say_more_or_are_no_lines_are_counted_with_their_number_and_repeated_nowhere(site):
    bad = (
        line(secret="secret"),
        line(actor="person"),
        line(act="secret"),
        line(purpose="SECRET"),
        line(at="2019-05-01T10:00:00"),
        b'{"act":"given","act":"given"}',
        b"[" * 2000,
        b"\xff\xfe",
        b'"secret@example.org"',
        b"{" + b" " * 20_000 + b"}",
        line("secret@localhost"),
    )
    answer = caller(site).call(
        "POST",
        "/consents/import?dry_run=false",
        raw=b"\n\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in bad),
        headers=NDJSON,
    )
    told = [json.loads(one) for one in answer.data.splitlines()]
    assert [one["line"] for one in told[:-1]] == list(range(1, 2 * len(bad), 2))
    assert all("error" in one for one in told[:-1])
    assert told[-1]["counts"] == {"unreadable": len(bad)}
    assert "secret" not in answer.text.lower()


def test_an_import_is_lines_and_its_question_is_closed(site):
    shop = caller(site)
    assert shop.call("POST", "/consents/import", line()).status_code == 415
    for query in ("?dry_run=maybe", "?dry_run=true&dry_run=false", "?force=1"):
        assert shop.call("POST", f"/consents/import{query}", raw=b"", headers=NDJSON).status_code == 422


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_line_with_a_moment_that_no_calendar_has_is_named_and_the_rest_is_taken(site, moment):
    shop = caller(site, name="web-shop")
    listed, total = send(shop, line(at=moment), line("other@example.org", act="withdrawn"))
    assert [one["line"] for one in listed] == [1] and total["complete"] is True
    assert total["counts"] == {"unreadable": 1, "suppressed": 1}
