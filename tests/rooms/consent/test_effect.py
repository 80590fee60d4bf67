"""The effect before saving: what the wanted settings would have meant for what was really sent."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.adapters.contract import SentCount
from portal.consent.effect import effect_of, forget_counts, prune_counts, subject_of
from portal.consent.effect_counting import Wish, would_have_come
from portal.consent.effect_model import HeldCount
from portal.consent.events import Choice
from portal.consent.words import Act
from portal.core import clock
from portal.core.db import ALL_COMPANIES
from portal.identity.model import AddressChange, ChangeState
from portal.identity.sessions import CurrentSession, begin_session, end_session
from portal.people.model import PersonIdentifier
from portal.people.service import EMAIL, Identifier, add_identifier
from tests.rooms.consent.customers import Customer, customer
from tests.rooms.consent.systems import give_systems, in_memory, mail_tool

pytestmark = pytest.mark.no_sql

NEWS, SIMILAR = Choice("newsletter", "email"), Choice("similar", "email")
YES, NO = Wish(allowed=True), Wish(allowed=False)

keys = st.sampled_from(["newsletter", "similar", "orders"])
counts = st.lists(
    st.builds(SentCount, keys, st.sampled_from(["email", "sms"]), st.sampled_from(["", "coffees"]), st.integers(0, 50))
)
choices = st.builds(Choice, keys, st.sampled_from(["email", "sms"]), st.sampled_from(["", "coffees"]))
wishes = st.builds(Wish, st.booleans(), st.one_of(st.none(), st.frozensets(st.sampled_from(["coffees", "courses"]))))
wanted_settings = st.dictionaries(choices, wishes)


@given(counts, wanted_settings)
def test_what_would_have_come_is_never_more_than_what_was_sent(sent, wanted):
    effect = would_have_come(sent, wanted)
    assert 0 <= effect.would <= effect.total == sum(one.count for one in sent)
    assert sum(one.would for one in effect.purposes) == effect.would
    assert sum(one.total for one in effect.purposes) == effect.total


@given(counts, wanted_settings, choices)
def test_a_no_never_brings_more(sent, wanted, choice):
    whole = wanted | {choice: NO} if choice in wanted or not choice.topic else wanted
    assert would_have_come(sent, whole).would <= would_have_come(sent, wanted).would


@pytest.mark.parametrize(
    ("wanted", "would"),
    [
        ({}, 9),
        ({NEWS: YES}, 9),
        ({NEWS: NO}, 2),
        ({NEWS: Wish(allowed=True, topics=frozenset({"coffees"}))}, 7),
        ({NEWS: YES, Choice("newsletter", "email", "coffees"): NO}, 5),
        ({NEWS: NO, Choice("newsletter", "email", "coffees"): YES}, 6),
    ],
)
def test_topics_are_weighed_apart(wanted, would):
    sent = [
        SentCount("newsletter", "email", "coffees", 4),
        SentCount("newsletter", "email", "courses", 2),
        SentCount("newsletter", "email", "", 1),
        SentCount("orders", "email", "", 2),
    ]
    assert would_have_come(sent, wanted).would == would


def sign_in(world, address="maria@example.org", company=None) -> CurrentSession:
    """One more session of who reads that address: their mailbox is proven."""
    with world.writing(company) as db:
        return begin_session(db, address=address, browser="firefox.linux", language="en", current=None).session


def forget_what_was_sent(folder: Path) -> None:
    """From now on the mail tool counts nothing."""
    with closing(sqlite3.connect(folder / "tool.db")) as tool, tool:
        tool.execute("DELETE FROM sent")


@pytest.fixture
def maria(world, tmp_path: Path) -> CurrentSession:
    """A customer who is signed in, and whom a mail tool has been writing to."""
    give_systems(world, tool=mail_tool(tmp_path, newsletter__coffees=4, newsletter__courses=2, similar=3), app=in_memory())
    with world.writing() as db:
        customer(db).did(Act.GIVEN)
    return sign_in(world)


def test_the_systems_are_asked_and_the_choices_as_they_stand_are_the_ground(world, maria):
    effect = effect_of(world.database, world.first, maria, {})
    assert effect is not None
    assert (effect.would, effect.total, effect.days) == (9, 9, 30)
    stopped = effect_of(world.database, world.first, maria, {NEWS: NO})
    assert stopped is not None
    assert (stopped.would, stopped.total) == (3, 9)
    assert [(one.purpose, one.would, one.total) for one in stopped.purposes] == [("newsletter", 0, 6), ("similar", 3, 3)]


def test_a_choice_that_was_taken_back_counts_as_it_stands(world, maria):
    with world.writing() as db:
        Customer(db, maria.person_id).did(Act.OBJECTED, "similar.email")
    effect = effect_of(world.database, world.first, maria, {})
    assert effect is not None
    assert (effect.would, effect.total) == (6, 9)


def test_what_was_counted_is_kept_sealed_and_not_asked_again(world, maria, tmp_path):
    assert effect_of(world.database, world.first, maria, {})
    forget_what_was_sent(tmp_path)
    effect = effect_of(world.database, world.first, maria, {SIMILAR: NO})
    assert effect is not None
    assert (effect.would, effect.total) == (6, 9)
    assert b"newsletter" not in b"".join(bytes(row[0]) for row in world.rows("SELECT counts FROM held_count"))
    with clock.moved(timedelta(minutes=11)), world.writing(ALL_COMPANIES) as db:
        assert prune_counts(db) == 1
    assert world.rows("SELECT * FROM held_count") == []


def test_what_one_session_asked_is_shown_to_no_other_and_gone_when_it_ends(world, maria, tmp_path):
    assert effect_of(world.database, world.first, maria, {})
    forget_what_was_sent(tmp_path)
    asked_anew = effect_of(world.database, world.first, sign_in(world), {})
    assert asked_anew is not None
    assert asked_anew.total == 0
    assert len(world.rows("SELECT * FROM held_count")) == 2
    with world.writing() as db:
        end_session(db, maria.person_id, maria.id)
        forget_counts(db, maria.id)
    assert [row[0] for row in world.rows("SELECT session_id FROM held_count")] != [maria.id]
    assert len(world.rows("SELECT * FROM held_count")) == 1


def test_a_late_answer_is_not_kept_for_a_session_that_has_ended(world, maria):
    with world.writing() as db:
        end_session(db, maria.person_id, maria.id)
    assert effect_of(world.database, world.first, maria, {})
    assert world.rows("SELECT * FROM held_count") == []


def test_S5_an_address_that_may_still_be_taken_back_is_counted_only_by_who_signed_in_with_it(world, maria):
    with world.writing() as db:
        add_identifier(db, maria.person_id, Identifier(EMAIL, "new@example.org"), joined=False)
        now = clock.now()
        db.add(
            AddressChange(
                person_id=maria.person_id, state=ChangeState.DONE, old_address="maria@example.org", new_address="new@example.org",
                asked_in=b"a" * 32, browser="firefox.linux", language="en", old_token_hash=b"o" * 32, new_token_hash=b"n" * 32, asked_at=now,
                expires_at=now, done_at=now, undo_until=now + timedelta(days=14),
            )
        )  # fmt: skip
    by_the_new_one = sign_in(world, "new@example.org")
    with world.reading() as db:
        told = [[one.value for one in subject_of(db, who).identifiers] for who in (maria, by_the_new_one)]
    assert told == [["maria@example.org"], ["maria@example.org", "new@example.org"]]


def test_a_tool_that_is_down_is_no_effect_and_no_error(world, maria, tmp_path):
    (tmp_path / "tool.db").unlink()
    assert effect_of(world.database, world.first, maria, {}) is None
    assert world.rows("SELECT * FROM held_count") == []


def test_who_has_proven_nothing_is_told_nothing(world, maria):
    otto = sign_in(world, "otto@example.org")
    with world.writing() as db:
        db.get_one(PersonIdentifier, otto.identifier_id).proven_at = None
    assert effect_of(world.database, world.first, otto, {}) is None


def test_a_person_can_not_make_the_systems_work_for_ever(world, maria):
    for number in range(40):
        with clock.moved(timedelta(seconds=number)):
            effect_of(world.database, world.first, maria, {})
        with world.writing() as db:
            db.query(HeldCount).delete()
    assert effect_of(world.database, world.first, maria, {}) is None


def test_a_company_whose_systems_count_nothing_shows_no_effect(world, maria):
    give_systems(world, app=in_memory("newsletter.email"))
    assert effect_of(world.database, world.first, maria, {}) is None
    other = sign_in(world, company=world.second)
    assert effect_of(world.database, world.second, other, {}) is None
