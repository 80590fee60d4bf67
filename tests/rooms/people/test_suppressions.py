"""Who said stop is left alone, known or not, for that purpose and channel and no other, in that company and no other."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.core import clock, crypto
from portal.people.keys import bring_under_newest, used_key_ids
from portal.people.model import PersonIdentifier
from portal.people.service import HASHES, Identifier, hashed_identifiers, person_for
from portal.people.suppressions import is_suppressed, lift_suppressions, renew_suppressions, suppress, suppressed_of
from tests.watched import statements_on

MARIA = Identifier("email", "maria@example.org")
NEWS: dict[str, Any] = {"purpose": "newsletter", "channel": "email"}


def stop(db, identifier=MARIA, source="link:opt_out", **choice):
    suppress(db, identifier, **{**NEWS, **choice}, source=source)


def hashes_of_person(db, person):
    rows = db.execute(select(*HASHES).where(PersonIdentifier.person_id == person.id))
    return [hash_ for _kind, hashes in hashed_identifiers(db, person.id, rows) for hash_ in hashes.values()]


def test_who_is_unknown_can_be_left_alone(world):
    with world.writing() as db:
        assert not is_suppressed(db, MARIA, **NEWS)
        stop(db)
        assert is_suppressed(db, MARIA, **NEWS)
    assert b"maria" not in world.everything_stored()
    assert world.rows("SELECT count(*) FROM person") == [(0,)]


@pytest.mark.parametrize("choice", [{"purpose": "courses"}, {"channel": "sms"}])
def test_L2_nothing_else_is_stopped_by_it(db, choice):
    stop(db)
    assert not is_suppressed(db, MARIA, **{**NEWS, **choice})
    assert not is_suppressed(db, Identifier("email", "ola@example.org"), **NEWS)


def test_another_company_knows_nothing_of_it(world):
    with world.writing() as db:
        stop(db)
    with world.reading(world.second) as db:
        assert not is_suppressed(db, MARIA, **NEWS)


def test_saying_it_twice_is_saying_it_once(world):
    with world.writing() as db:
        stop(db)
        stop(db, source="api:shop")
    assert world.rows("SELECT source FROM suppression") == [("api:shop",)]


def test_a_known_and_an_unknown_address_take_the_same_statements(db):
    person_for(db, MARIA)
    told: list[list[str]] = []
    for identifier in (MARIA, Identifier("email", "nobody@example.org")):
        with statements_on(db.connection()) as statements:
            stop(db, identifier)
        told.append(statements)
    assert told[0] == told[1]
    assert [statement.split()[2] for statement in told[0]] == ["suppression", "journal_entry"]


def test_a_persons_yes_lifts_what_came_before_it_and_can_be_taken_back(db):
    person = person_for(db, MARIA)
    stop(db)
    stop(db, channel="sms")
    yes = clock.now() + timedelta(minutes=1)
    lift_suppressions(db, hashes_of_person(db, person), **NEWS, until=yes, at=yes)
    assert list(suppressed_of(db, person.id)) == [("newsletter", "sms")]
    renew_suppressions(db, hashes_of_person(db, person), **NEWS, lifted_at=yes)
    assert is_suppressed(db, MARIA, **NEWS)


def test_C7_a_yes_from_before_lifts_nothing(db):
    person = person_for(db, MARIA)
    stop(db)
    lift_suppressions(db, hashes_of_person(db, person), **NEWS, until=clock.now() - timedelta(minutes=1), at=clock.now())
    assert is_suppressed(db, MARIA, **NEWS)


def test_a_stop_after_a_yes_holds_again(db):
    person = person_for(db, MARIA)
    stop(db)
    lift_suppressions(db, hashes_of_person(db, person), **NEWS, until=clock.now(), at=clock.now())
    assert not is_suppressed(db, MARIA, **NEWS)
    stop(db)
    assert is_suppressed(db, MARIA, **NEWS)


def test_a_stop_outlives_a_new_hash_key_and_keeps_its_own(world):
    with world.writing() as db:
        stop(db)
    ring = crypto.keys()
    crypto.use_keys(ring.with_new_key("hash"))
    bring_under_newest(world.database, "hash")
    with world.writing() as db:
        assert is_suppressed(db, MARIA, **NEWS)
        assert not is_suppressed(db, Identifier("email", "ola@example.org"), **NEWS)
        stop(db)
    with world.reading("all") as db:
        assert used_key_ids(db)["hash"] == set(crypto.keys().ids("hash"))
