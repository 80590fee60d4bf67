"""What outlives an erased person: a proof that is sealed for a time, then a chain that can be verified and not read."""

from datetime import timedelta

import pytest

from portal.consent.ledger import KeyIsDestroyed, events_of
from portal.consent.sealing import destroy_due_keys, is_sealed, seal_proof
from portal.consent.verify import Verdict, verify_person
from portal.consent.words import Act
from portal.core import clock
from portal.people.model import Person
from portal.people.service import EMAIL, Identifier
from portal.people.suppressions import is_suppressed
from tests.rooms.consent.customers import customer

YEARS = timedelta(days=3 * 365)


def erased(db, address="maria@example.org"):
    maria = customer(db, address)
    maria.did(Act.GIVEN)
    maria.did(Act.WITHDRAWN)
    seal_proof(db, maria.id)
    return maria


def test_a_sealed_proof_is_kept_for_its_time_and_then_its_key_is_destroyed(world):
    with world.writing() as db:
        maria = erased(db)
        assert is_sealed(db, maria.id)
        assert [event.act for event in events_of(db, maria.id)] == [Act.GIVEN, Act.WITHDRAWN]
    with clock.moved(YEARS - timedelta(days=1)), world.writing() as db:
        assert destroy_due_keys(db) == 0
    with clock.moved(YEARS), world.writing() as db:
        assert destroy_due_keys(db) == 1
        assert destroy_due_keys(db) == 0
    with world.writing() as db:
        with pytest.raises(KeyIsDestroyed):
            events_of(db, maria.id)
        assert verify_person(db, maria.id) == Verdict(rows=2, read=False)
        assert verify_person(db, maria.id).whole


def test_sealing_again_does_not_begin_the_time_anew(world):
    with world.writing() as db:
        maria = erased(db)
    with clock.moved(timedelta(days=30)), world.writing() as db:
        seal_proof(db, maria.id)
    with clock.moved(YEARS), world.writing() as db:
        assert destroy_due_keys(db) == 1


def test_who_was_erased_is_not_contacted_until_they_say_yes_anew(db):
    maria = erased(db)
    address = Identifier(EMAIL, "maria@example.org")
    for purpose in ("newsletter", "similar", "partners", "old_list"):
        assert is_suppressed(db, address, purpose=purpose, channel="email")
    assert not maria.may_be_used("similar.email")
    maria.did(Act.GIVEN, "newsletter.email")
    assert not is_suppressed(db, address, purpose="newsletter", channel="email")
    assert is_suppressed(db, address, purpose="similar", channel="email")


def test_who_never_chose_leaves_no_key_behind(db, maria):
    seal_proof(db, maria.id)
    assert not is_sealed(db, maria.id)
    assert db.get_one(Person, maria.id).wrapped_key is None


def test_another_company_destroys_nothing_of_it(world):
    with world.writing() as db:
        erased(db)
    with clock.moved(YEARS), world.writing(world.second) as db:
        assert destroy_due_keys(db) == 0
