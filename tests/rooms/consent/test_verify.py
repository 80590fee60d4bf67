"""Row E9 of the abuse list: whatever is done to a chain behind the portal's back, the check names the first place of it."""

import hashlib

import pytest
from sqlalchemy import text

from portal.consent.events import Choice, link
from portal.consent.ledger import Book
from portal.consent.model import ConsentEvent, ConsentState
from portal.consent.rebuilding import LedgerIsBroken, rebuild_state
from portal.consent.sealing import seal_proof
from portal.consent.triggers import drop_triggers, install_triggers
from portal.consent.verify import Fault, KeyFault, Verdict, verify_person
from portal.consent.words import Act, Actor
from portal.people.model import Person, PersonIdentifier
from tests.rooms.consent.customers import customer

ACTS = (Act.GIVEN, Act.WITHDRAWN, Act.GIVEN, Act.REFUSED, Act.GIVEN)


@pytest.fixture
def chain(db, maria):
    """Maria with five acts, and a database whose rules someone has taken away."""
    for act in ACTS:
        maria.did(act)
    drop_triggers(db.connection())
    yield maria
    install_triggers(db.connection())


def tamper(db, *statements):
    db.flush()
    for statement in statements:
        db.execute(text(statement))
    db.expire_all()


def lose_the_key(db, person):
    db.get_one(Person, person.id).wrapped_key = None
    db.flush()


def row_at(db, place):
    return db.query(ConsentEvent).filter_by(sequence=place).one()


def write_anew(db, first, last):
    """What someone can do who knows how rows are hashed, but has no key: make the hashes fit again."""
    for place in range(first, last + 1):
        row = row_at(db, place)
        if place > 1:
            row.previous = row_at(db, place - 1).hash
        names = ("company_id", "person_id", "sequence", "received_at", "sealed", "digest", "previous")
        row.hash = link(**{name: getattr(row, name) for name in names})
        db.flush()
    tip = row_at(db, last).hash
    db.execute(text("UPDATE consent_chain SET tip = :tip"), {"tip": tip})
    db.expire_all()


def test_a_chain_as_it_was_written_is_whole(db, chain):
    assert verify_person(db, chain.id) == Verdict(rows=5, read=True)
    assert verify_person(db, chain.id).whole


def test_who_never_answered_has_a_whole_chain_of_nothing(db, maria):
    assert verify_person(db, maria.id) == Verdict(rows=0, read=False)


@pytest.mark.parametrize(
    "change",
    [
        "sealed = (SELECT sealed FROM consent_event WHERE sequence = 2)",
        "digest = (SELECT digest FROM consent_event WHERE sequence = 2)",
        "previous = (SELECT previous FROM consent_event WHERE sequence = 2)",
        "hash = (SELECT hash FROM consent_event WHERE sequence = 2)",
        "received_at = (SELECT created_at FROM company ORDER BY id LIMIT 1)",
    ],
)
@pytest.mark.parametrize("keyless", [False, True])
def test_E9_an_edited_row_is_named(db, chain, change, keyless):
    tamper(db, f"UPDATE consent_event SET {change} WHERE sequence = 3")
    if keyless:
        lose_the_key(db, chain)
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault) == (3, Fault.EDITED)


@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_E9_a_removed_row_is_named(db, chain, place):
    tamper(db, f"DELETE FROM consent_event WHERE sequence = {place}")
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault) == (place, Fault.MISSING)


def test_E9_a_removed_row_is_named_though_the_others_closed_up(db, chain):
    tamper(
        db,
        "DELETE FROM consent_event WHERE sequence = 3",
        "UPDATE consent_event SET sequence = 3 WHERE sequence = 4",
        "UPDATE consent_event SET sequence = 4 WHERE sequence = 5",
        "UPDATE consent_chain SET length = 4",
    )
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault) == (3, Fault.MISSING)


def test_E9_swapped_rows_are_named(db, chain):
    tamper(
        db,
        "UPDATE consent_event SET sequence = 99 WHERE sequence = 2",
        "UPDATE consent_event SET sequence = 2 WHERE sequence = 4",
        "UPDATE consent_event SET sequence = 4 WHERE sequence = 99",
    )
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault) == (2, Fault.MOVED)


@pytest.mark.parametrize("kept", [4, 2])
def test_E9_a_cut_tail_is_named(db, chain, kept):
    tamper(db, f"DELETE FROM consent_event WHERE sequence > {kept}")
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault) == (kept + 1, Fault.MISSING)


def test_E9_a_cut_tail_is_named_though_the_end_was_moved_back(db, chain):
    tamper(
        db,
        "DELETE FROM consent_event WHERE sequence > 3",
        "UPDATE consent_chain SET length = 3, tip = (SELECT hash FROM consent_event WHERE sequence = 3)",
    )
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault) == (4, Fault.MISSING)


def test_E9_a_chain_removed_whole_is_missed_while_its_end_or_its_state_is_there(db, chain):
    tamper(db, "DELETE FROM consent_event")
    assert (verify_person(db, chain.id).place, verify_person(db, chain.id).fault) == (1, Fault.MISSING)
    tamper(db, "DELETE FROM consent_chain")
    assert (verify_person(db, chain.id).place, verify_person(db, chain.id).fault) == (1, Fault.MISSING)


def test_E9_a_row_too_many_is_named(db, chain):
    last = row_at(db, 5)
    columns = {name: getattr(last, name) for name in ("company_id", "person_id", "received_at", "sealed", "digest")}
    extra = columns | {"sequence": 6, "previous": last.hash}
    db.add(ConsentEvent(**extra, hash=link(**extra)))
    db.flush()
    assert verify_person(db, chain.id).place == 6
    lose_the_key(db, chain)
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault) == (6, Fault.UNEXPECTED)


def test_E9_hashes_made_to_fit_again_do_not_hide_an_edit_from_the_key(db, chain):
    forged = hashlib.sha256(b"another text").digest()
    db.execute(text("UPDATE consent_event SET digest = :forged WHERE sequence = 3"), {"forged": forged})
    db.expire_all()
    write_anew(db, 3, 5)
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault) == (3, Fault.EDITED)


def test_E9_a_single_row_hashed_anew_does_not_lead_to_the_next(db, chain):
    tamper(db, "UPDATE consent_event SET digest = (SELECT digest FROM consent_event WHERE sequence = 1) WHERE sequence = 3")
    write_anew(db, 3, 3)
    lose_the_key(db, chain)
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault) == (3, Fault.EDITED)


def test_E9_a_removed_row_cannot_be_hidden_by_renumbering_and_hashing_anew(db, chain):
    tamper(
        db,
        "DELETE FROM consent_event WHERE sequence = 3",
        "UPDATE consent_event SET sequence = 3 WHERE sequence = 4",
        "UPDATE consent_event SET sequence = 4 WHERE sequence = 5",
        "UPDATE consent_chain SET length = 4",
    )
    write_anew(db, 3, 4)
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault) == (3, Fault.EDITED)


def test_E9_a_row_of_somebody_else_cannot_be_put_in(db, chain):
    other = customer(db, "ola@example.org")
    for act in ACTS:
        other.did(act)
    theirs = db.query(ConsentEvent).filter_by(person_id=other.id, sequence=3).one()
    values = {"sealed": theirs.sealed, "digest": theirs.digest, "hash": theirs.hash, "previous": theirs.previous}
    statement = "UPDATE consent_event SET sealed = :sealed, digest = :digest, hash = :hash, previous = :previous"
    db.execute(text(f"{statement} WHERE sequence = 3 AND person_id = {chain.id}"), values)
    db.expire_all()
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault) == (3, Fault.EDITED)
    assert verify_person(db, other.id).whole


def test_a_chain_stays_verifiable_when_its_key_is_destroyed(db, chain):
    lose_the_key(db, chain)
    db.query(PersonIdentifier).filter_by(person_id=chain.id).delete()
    assert verify_person(db, chain.id) == Verdict(rows=5, read=False)


# What no program of ours wrote


ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""PostgreSQL keeps to the kinds of its columns by itself."""


@ON_SQLITE
@pytest.mark.parametrize(
    "change",
    [
        "sealed = 'text'",
        "digest = 'text'",
        "previous = 'text'",
        "hash = 'text'",
        "received_at = 'garbage'",
        "received_at = 17",
        "sealed = substr(sealed, 1, 20) || 'A' || substr(sealed, 22)",
    ],
)
def test_E9_a_row_that_cannot_be_read_is_named_and_the_rows_of_others_are_checked(world, change):
    with world.writing() as db:
        people = [customer(db, f"person{number}@example.org") for number in range(3)]
        for person in people:
            for act in ACTS:
                person.did(act)
        drop_triggers(db.connection())
    with world.writing() as db:
        db.execute(text(f"UPDATE consent_event SET {change} WHERE person_id = {people[1].id} AND sequence = 3"))
        db.execute(text(f"UPDATE consent_event SET {change} WHERE person_id = {people[2].id} AND sequence = 1"))
    with world.reading() as db:
        said = [(verdict.place, verdict.fault) for verdict in (verify_person(db, person.id) for person in people)]
    assert said == [(None, None), (3, Fault.EDITED), (1, Fault.EDITED)]


@ON_SQLITE
def test_E9_an_end_of_a_chain_that_cannot_be_read_is_named(world):
    with world.writing() as db:
        maria = customer(db)
        maria.did(Act.GIVEN)
        maria.did(Act.WITHDRAWN)
        db.execute(text("UPDATE consent_chain SET tip = 'x'"))
    with world.reading() as db:
        verdict = verify_person(db, maria.id)
    assert (verdict.rows, verdict.place, verdict.fault) == (2, 2, Fault.EDITED)


# The key, and what the choices say


def test_a_key_that_is_gone_though_nobody_was_erased_is_named(db, chain):
    lose_the_key(db, chain)
    assert verify_person(db, chain.id) == Verdict(rows=5, read=False, key=KeyFault.LOST)
    with pytest.raises(LedgerIsBroken, match="key of a chain is lost"):
        rebuild_state(db, chain.id)


def test_a_key_that_does_not_open_is_named_and_the_rows_are_checked_without_it(db, chain):
    db.get_one(Person, chain.id).wrapped_key = b"garbage"
    db.flush()
    assert verify_person(db, chain.id) == Verdict(rows=5, read=False, key=KeyFault.SHUT)
    tamper(db, "UPDATE consent_event SET digest = previous WHERE sequence = 3")
    verdict = verify_person(db, chain.id)
    assert (verdict.place, verdict.fault, verdict.key) == (3, Fault.EDITED, KeyFault.SHUT)


def test_a_state_that_says_something_else_than_the_rows_is_named_and_made_again(db, chain):
    chain.did(Act.REFUSED, "newsletter.sms")
    sms, mail = Choice("newsletter", "sms"), Choice("newsletter", "email")
    tamper(db, "UPDATE consent_state SET said = 'given' WHERE channel = 'sms'")
    assert verify_person(db, chain.id) == Verdict(rows=6, read=True, differing=(sms,))
    tamper(db, "DELETE FROM consent_state WHERE channel = 'email'")
    assert verify_person(db, chain.id).differing == (mail, sms)
    assert rebuild_state(db, chain.id) == (2, (mail, sms))
    assert verify_person(db, chain.id).whole
    assert rebuild_state(db, chain.id) == (2, ())


def test_a_state_without_any_row_and_one_that_cannot_be_read_are_named(db, chain):
    columns = "company_id, person_id, purpose, channel, topic, said, pending"
    made = "SELECT company_id, person_id, purpose, 'post', '', {}, pending FROM consent_state WHERE channel = 'email'"
    for said in ("'given'", "'nonsense'"):
        tamper(
            db, "DELETE FROM consent_state WHERE channel = 'post'", f"INSERT INTO consent_state ({columns}) {made.format(said)}"
        )
        assert verify_person(db, chain.id).differing == (Choice("newsletter", "post"),)


@ON_SQLITE
@pytest.mark.parametrize("change", ["purpose = CAST(purpose AS BLOB)", "purpose = CAST(x'ff' AS TEXT)", "since = 'garbage'"])
def test_a_choice_that_cannot_be_read_keeps_nobody_else_from_being_checked(world, change):
    with world.writing() as db:
        people = [customer(db, f"person{number}@example.org") for number in range(2)]
        for person in people:
            person.did(Act.GIVEN)
            person.did(Act.REFUSED, "newsletter.sms")
    with world.writing() as db:
        db.execute(text(f"UPDATE consent_state SET {change} WHERE person_id = {people[0].id} AND channel = 'email'"))
    with world.writing() as db:
        changed, other = (verify_person(db, person.id) for person in people)
        assert changed.differing and not changed.fault
        assert other.whole
        rebuild_state(db, people[0].id)
        assert verify_person(db, people[0].id).whole


def test_a_state_of_somebody_who_was_erased_is_named(db, maria):
    maria.did(Act.GIVEN)
    seal_proof(db, maria.id)
    assert verify_person(db, maria.id).whole
    columns = {"person_id": maria.id, "purpose": "newsletter", "channel": "email"}
    db.add(ConsentState(**columns, said=Act.GIVEN))
    db.flush()
    assert verify_person(db, maria.id).differing == (Choice("newsletter", "email"),)


# The state, made again


def test_the_state_made_again_is_the_same_to_the_byte(world):
    with world.writing() as db:
        maria = customer(db)
        maria.did(Act.GIVEN, topics=["courses", "coffees"], frequency="monthly")
        maria.did(Act.IMPORTED, "old_list.email", actor=Actor.COMPANY_SYSTEM)
        maria.did(Act.ASKED, "newsletter.sms")
        maria.did(Act.GIVEN, "newsletter.email.coffees")
        maria.did(Act.OBJECTED, "partners.email", actor=Actor.SIGNAL)
        stop = maria.did(Act.REFUSED, "similar.email")
        maria.did(Act.UNDONE, "similar.email", undoes=stop.sequence)
    query = "SELECT * FROM consent_state ORDER BY person_id, purpose, channel, topic"
    before = world.rows(query)
    with world.writing() as db:
        assert rebuild_state(db, maria.id) == (len(before), ()) == (6, ())
    assert world.rows(query) == before
    with world.writing() as db:
        db.execute(text("UPDATE consent_state SET said = 'given'"))
        rebuild_state(db, maria.id)
    assert world.rows(query) == before


def test_nothing_is_derived_from_a_broken_chain(db, chain):
    tamper(db, "DELETE FROM consent_event WHERE sequence = 4")
    with pytest.raises(LedgerIsBroken, match="Row 4"):
        rebuild_state(db, chain.id)
    assert chain.may_be_used()


def test_a_chain_goes_on_after_it_was_verified(db, maria):
    maria.did(Act.GIVEN)
    verify_person(db, maria.id)
    Book(db, maria.id).append(Choice("newsletter", "email"), Act.WITHDRAWN, actor=Actor.AGENT, collection_point="api:agent")
    assert verify_person(db, maria.id) == Verdict(rows=2, read=True)
