"""Row E9 of the abuse list, the head of the day: what is gone without a trace in the database is missed by who kept a head."""

import json
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import text

from portal.consent.heads import Gap, HeadIsWrong, Leaf, export_head, gaps_since, make_due_head, read_head, root_of
from portal.consent.triggers import drop_triggers, install_triggers
from portal.consent.words import Act
from portal.core import clock
from portal.core.signatures import SignatureRefused, key_set
from tests.rooms.consent.customers import customer


@pytest.fixture
def kept(db):
    """Three people with a history, a head that somebody kept, and a database whose rules someone has taken away."""
    people = [customer(db, f"person{number}@example.org") for number in range(3)]
    for person in people:
        for act in (Act.GIVEN, Act.WITHDRAWN, Act.GIVEN):
            person.did(act)
    head = export_head(db)
    drop_triggers(db.connection())
    yield people, head
    install_triggers(db.connection())


def gaps(db, head):
    db.expire_all()
    return list(gaps_since(db, read_head(head, "first", key_set("first"))[1]))


def run(db, *statements, **values):
    for statement in statements:
        db.execute(text(statement), values)


def test_a_ledger_that_only_grew_has_no_gap(db, kept):
    people, head = kept
    people[0].did(Act.WITHDRAWN)
    customer(db, "new@example.org").did(Act.GIVEN)
    assert gaps(db, head) == []


def test_E9_a_person_removed_with_everything_is_named(db, kept):
    people, head = kept
    for table in ("consent_event", "consent_chain", "consent_state", "consent_delivery"):
        run(db, f"DELETE FROM {table} WHERE person_id = :id", id=people[1].id)
    assert gaps(db, head) == [Gap(people[1].id, 1, "the whole chain is gone")]


def test_E9_a_tail_cut_with_its_end_moved_back_is_named(db, kept):
    people, head = kept
    run(
        db,
        "DELETE FROM consent_event WHERE person_id = :id AND sequence > 1",
        "UPDATE consent_chain SET length = 1, tip = (SELECT hash FROM consent_event WHERE person_id = :id) WHERE person_id = :id",
        id=people[2].id,
    )
    assert gaps(db, head) == [Gap(people[2].id, 2, "the end of the chain is gone")]


def test_E9_a_past_written_anew_is_named(db, kept):
    people, head = kept
    run(
        db,
        "UPDATE consent_event SET hash = (SELECT hash FROM consent_event WHERE person_id = :other AND sequence = 3)"
        " WHERE person_id = :id AND sequence = 3",
        id=people[0].id,
        other=people[1].id,
    )
    assert gaps(db, head) == [Gap(people[0].id, 3, "the chain was written anew")]


def test_E9_a_head_that_was_changed_is_refused(db, kept):
    _, head = kept
    told = json.loads(head)
    with pytest.raises(HeadIsWrong):
        read_head(json.dumps({**told, "ends": told["ends"][1:]}), "first", key_set("first"))
    with pytest.raises(HeadIsWrong):
        read_head(json.dumps({**told, "ends": told["ends"][::-1]}), "first", key_set("first"))
    with pytest.raises(SignatureRefused):
        read_head(json.dumps({**told, "head": told["head"][:-4]}), "first", key_set("first"))
    with pytest.raises(SignatureRefused):
        read_head(head, "first", key_set("second"))
    for rubbish in ("", "[]", "{}", '{"head": 1, "ends": [[1]]}'):
        with pytest.raises(HeadIsWrong):
            read_head(rubbish, "first", key_set("first"))


def test_no_other_list_has_the_same_root():
    leaves = [Leaf(number, 1, f"{number:064x}") for number in range(4)]
    lists = [list(order[:size]) for size in range(5) for order in permutations(leaves, size)]
    assert len({root_of(one) for one in lists}) == len(lists)


def test_a_head_is_made_once_a_day_for_each_company(world):
    with world.writing() as db:
        customer(db).did(Act.GIVEN)
        assert [make_due_head(db), make_due_head(db)] == [1, 0]
    with world.writing(world.second) as db:
        assert make_due_head(db) == 1
    with clock.moved(timedelta(days=1)), world.writing() as db:
        assert make_due_head(db) == 1
    assert world.rows("SELECT persons, events FROM ledger_head ORDER BY id") == [(1, 1), (0, 0), (1, 1)]
    assert b"maria" not in world.everything_stored()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_E9_an_end_that_cannot_be_read_is_named(db, kept):
    people, head = kept
    run(db, "UPDATE consent_event SET hash = 'text' WHERE person_id = :id AND sequence = 3", id=people[1].id)
    assert gaps(db, head) == [Gap(people[1].id, 3, "the chain was written anew")]
