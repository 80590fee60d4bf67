"""The ledger: every act is kept with its state, sealed, in one chain a person, and cannot be changed afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.consent.events import Choice
from portal.consent.ledger import (
    ActInTheFuture,
    Book,
    KeyIsDestroyed,
    NoNoticeShown,
    NoSuchPerson,
    NothingToUndo,
    OnlyThePersonMayRaise,
    PauseOutOfRange,
    UnknownChoice,
    events_of,
)
from portal.consent.model import ConsentEvent
from portal.consent.notices import notice_for
from portal.consent.triggers import install_triggers
from portal.consent.words import Act, Actor
from portal.core import clock, crypto
from portal.people.keys import bring_under_newest, used_key_ids
from portal.people.model import Person
from tests.rooms.consent.customers import customer

EVERYTHING: dict[str, Any] = {
    "language": "de",
    "evidence": {"form_url": "https://www.first.example/news", "request": "7KQ2", "visits": 3, "ticked": True},
    "frequency": "monthly",
    "topics": {"courses", "coffees"},
}


def test_what_was_written_is_read_back_as_it_was(db, maria):
    notice = notice_for(db, "newsletter", "de")
    written = Book(db, maria.id).append(
        Choice("newsletter", "email", "coffees"),
        Act.GIVEN,
        actor=Actor.PERSON,
        collection_point="api:shop",
        notice_hash=notice.hash,
        acted_at=clock.now() - timedelta(days=1),
        **EVERYTHING,
    )
    db.expunge_all()
    assert events_of(db, maria.id) == [written]
    assert written.topics == ("coffees", "courses")


def test_events_are_numbered_from_one_and_linked(db, maria):
    for act in (Act.GIVEN, Act.WITHDRAWN, Act.GIVEN):
        maria.did(act)
    rows = db.query(ConsentEvent).order_by(ConsentEvent.sequence).all()
    assert [row.sequence for row in rows] == [1, 2, 3]
    assert [rows[1].previous, rows[2].previous] == [rows[0].hash, rows[1].hash]


def test_each_person_has_a_chain_of_their_own(db, maria):
    maria.did(Act.GIVEN)
    other = customer(db, "ola@example.org")
    assert other.did(Act.REFUSED).sequence == 1
    assert [event.act for event in events_of(db, maria.id)] == [Act.GIVEN]


def test_nothing_of_an_act_lies_open_in_the_ledger(world):
    with world.writing() as db:
        maria = customer(db)
        maria.did(Act.GIVEN, evidence={"note": "said-on-the-phone"}, frequency="every-full-moon", collection_point="desk:bergen")
    ledger = repr(world.rows("SELECT * FROM consent_event"))
    for word in ("newsletter", "given", "said-on-the-phone", "desk:bergen", "full-moon"):
        assert word not in ledger


def test_the_state_is_written_with_the_event_or_not_at_all(world):
    with world.writing() as db:
        maria = customer(db)
    with world.database.open_to_write(world.first) as db:
        customer(db).did(Act.GIVEN)
        db.rollback()
    for table in ("consent_event", "consent_chain", "consent_state"):
        assert world.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    with world.reading() as db:
        assert events_of(db, maria.id) == []


def test_a_person_of_another_company_is_nobody(world):
    with world.writing() as db:
        maria = customer(db)
        maria.did(Act.GIVEN)
    with world.writing(world.second) as db:
        with pytest.raises(NoSuchPerson):
            Book(db, maria.id).append(Choice("newsletter", "email"), Act.REFUSED, actor=Actor.PERSON, collection_point="site")
        with pytest.raises(NoSuchPerson):
            events_of(db, maria.id)
    assert world.rows("SELECT count(*) FROM consent_event") == [(1,)]


# The database refuses to change what was written


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_event SET received_at = received_at",
        "UPDATE consent_event SET sequence = sequence + 1",
        "DELETE FROM consent_event",
        "UPDATE notice SET text = 'Something else'",
        "DELETE FROM notice",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_row(world, statement):
    with world.writing() as db:
        customer(db).did(Act.GIVEN)
    before = world.rows("SELECT * FROM consent_event"), world.rows("SELECT * FROM notice ORDER BY id")
    with pytest.raises(IntegrityError, match="append-only"), world.writing() as db:
        db.execute(text(statement))
    assert (world.rows("SELECT * FROM consent_event"), world.rows("SELECT * FROM notice ORDER BY id")) == before


def test_a_row_cannot_be_replaced_by_writing_over_it(world):
    with world.writing() as db:
        customer(db).did(Act.GIVEN)
    before = world.rows("SELECT * FROM consent_event")
    columns = "company_id, person_id, sequence, received_at, sealed, digest, previous, hash"
    verb = "INSERT OR REPLACE" if world.database.is_sqlite else "INSERT"
    for id_ in ("id", "id + 100"):
        with pytest.raises(IntegrityError), world.writing() as db:
            db.execute(text(f"{verb} INTO consent_event (id, {columns}) SELECT {id_}, {columns} FROM consent_event"))
    assert world.rows("SELECT * FROM consent_event") == before


def test_the_rules_can_be_installed_twice(world):
    with world.writing() as db:
        install_triggers(db.connection())
        customer(db).did(Act.GIVEN)
    with pytest.raises(IntegrityError, match="append-only"), world.writing() as db:
        db.execute(text("DELETE FROM consent_event"))


def test_a_person_with_a_history_can_be_emptied_but_not_deleted(world):
    with world.writing() as db:
        maria = customer(db)
        maria.did(Act.GIVEN)
    with pytest.raises(IntegrityError), world.writing() as db:
        db.delete(db.get_one(Person, maria.id))
    with world.reading() as db:
        assert len(events_of(db, maria.id)) == 1


# Bad input


def test_a_yes_without_the_text_that_was_shown_is_refused(maria):
    with pytest.raises(NoNoticeShown):
        maria.did(Act.GIVEN, notice_hash=None)


def test_a_text_of_another_purpose_or_company_is_refused(world, db, maria):
    with pytest.raises(NoNoticeShown):
        maria.did(Act.GIVEN, "newsletter.email", notice_hash=notice_for(db, "partners", "en").hash)
    with world.reading(world.second) as elsewhere:
        foreign = notice_for(elsewhere, "newsletter", "en").hash
    with pytest.raises(NoNoticeShown):
        maria.did(Act.GIVEN, "newsletter.email", notice_hash=foreign)


@pytest.mark.parametrize("choice", ["nothing.email", "newsletter.fax", "newsletter.email.tea", "orders.email"])
def test_what_the_company_does_not_ask_for_is_refused(db, maria, choice):
    with pytest.raises(UnknownChoice):
        maria.did(Act.REFUSED, choice)
    assert events_of(db, maria.id) == []


def test_a_topic_that_does_not_exist_cannot_be_chosen(maria):
    with pytest.raises(UnknownChoice):
        maria.did(Act.GIVEN, topics=["tea"])


@pytest.mark.parametrize("days", [None, -1, 0, 367])
def test_a_pause_needs_an_end_within_a_year(maria, days):
    until = None if days is None else clock.now() + timedelta(days=days)
    with pytest.raises(PauseOutOfRange):
        maria.did(Act.PAUSED, until=until)


def test_an_act_cannot_come_from_the_future(maria):
    with pytest.raises(ActInTheFuture):
        maria.did(Act.REFUSED, acted_at=clock.now() + timedelta(minutes=1))


@pytest.mark.parametrize("actor", [actor for actor in Actor if actor is not Actor.PERSON])
def test_C7_nobody_else_can_say_yes_and_nothing_is_written(db, maria, actor):
    with pytest.raises(OnlyThePersonMayRaise):
        maria.did(Act.GIVEN, actor=actor)
    with pytest.raises(OnlyThePersonMayRaise):
        maria.did(Act.GIVEN, actor=actor, acted_at=clock.now() - timedelta(days=1))
    assert events_of(db, maria.id) == []
    assert not maria.may_be_used()


# Undo


def test_a_withdrawal_can_be_taken_back_while_nothing_is_newer(maria):
    maria.did(Act.GIVEN)
    lowered = maria.did(Act.WITHDRAWN)
    maria.did(Act.UNDONE, undoes=lowered.sequence)
    assert maria.may_be_used()
    assert maria.reads().text == "I want news from First Coffee."


def test_C7_an_undo_works_once(maria):
    maria.did(Act.GIVEN)
    lowered = maria.did(Act.WITHDRAWN)
    maria.did(Act.UNDONE, undoes=lowered.sequence)
    maria.did(Act.WITHDRAWN)
    with pytest.raises(NothingToUndo):
        maria.did(Act.UNDONE, undoes=lowered.sequence)
    assert not maria.may_be_used()


def test_C7_an_undo_of_another_choice_or_of_nothing_is_refused(maria):
    other = maria.did(Act.REFUSED, "newsletter.sms")
    for undoes in (other.sequence, 99, None):
        with pytest.raises(NothingToUndo):
            maria.did(Act.UNDONE, undoes=undoes)


def test_C7_staff_cannot_undo_a_persons_no(maria):
    maria.did(Act.GIVEN)
    lowered = maria.did(Act.WITHDRAWN)
    with pytest.raises(OnlyThePersonMayRaise):
        maria.did(Act.UNDONE, undoes=lowered.sequence, actor=Actor.STAFF)
    assert not maria.may_be_used()


# Acts that are told late


def test_a_source_that_tells_late_is_put_in_its_place(maria):
    now = clock.now()
    maria.did(Act.WITHDRAWN, collection_point="api:shop", acted_at=now - timedelta(hours=1))
    maria.did(Act.GIVEN, collection_point="api:shop", acted_at=now - timedelta(hours=2))
    assert not maria.may_be_used()


def test_across_sources_the_order_of_receipt_counts(maria):
    now = clock.now()
    maria.did(Act.GIVEN, collection_point="api:shop", acted_at=now - timedelta(hours=1))
    maria.did(Act.WITHDRAWN, collection_point="api:desk", acted_at=now - timedelta(hours=2))
    assert not maria.may_be_used()


# Keys


def test_keys_rotate_without_a_touch_to_the_ledger(world):
    with world.writing() as db:
        maria = customer(db)
        maria.did(Act.GIVEN)
    before = world.rows("SELECT * FROM consent_event")
    ring = crypto.keys().with_new_key("data")
    crypto.use_keys(ring)
    assert bring_under_newest(world.database, "data") >= 1
    with world.reading("all") as db:
        assert used_key_ids(db)["data"] == {ring.newest("data")[0]}
    crypto.use_keys(ring.without_key("data", ring.ids("data")[0]))
    assert world.rows("SELECT * FROM consent_event") == before
    with world.writing() as db:
        assert [event.act for event in events_of(db, maria.id)] == [Act.GIVEN]
        assert customer(db).did(Act.WITHDRAWN).sequence == 2


def test_who_was_erased_has_no_history_to_read_and_none_to_continue(world):
    with world.writing() as db:
        maria = customer(db)
        maria.did(Act.GIVEN)
    with world.writing() as db:
        db.get_one(Person, maria.id).wrapped_key = None
        db.flush()
        with pytest.raises(KeyIsDestroyed):
            events_of(db, maria.id)
        with pytest.raises(KeyIsDestroyed):
            customer(db).did(Act.WITHDRAWN)
    assert world.rows("SELECT count(*) FROM consent_event") == [(1,)]
