"""A choice reaches every system that keeps it, as it stands, whatever else happens at the same time."""

from datetime import timedelta

import pytest

from portal.consent.delivery import Reached, queue_first_deliveries, queue_suppression, standing_of
from portal.consent.events import Choice
from portal.consent.seeding import import_history
from portal.consent.words import Act, Actor
from portal.core import clock
from portal.core.db import ALL_COMPANIES
from portal.engine.model import Attempt, Step, StepState
from portal.people.model import PersonIdentifier
from portal.people.service import EMAIL, Identifier
from portal.people.suppressions import suppress
from tests.rooms.consent.crowd import history
from tests.rooms.consent.customers import Customer, customer
from tests.rooms.consent.systems import find_written, give_systems, in_memory, reached, work, written
from tests.watched import statements_on

NEWS = ("newsletter.email", "shop")


@pytest.fixture
def maria(world):
    """A customer whose acts are committed one by one."""
    give_systems(world, shop=in_memory("newsletter.email", "similar.email"))
    with world.writing() as db:
        return customer(db).id


def did(world, person_id, act, choice="newsletter.email", **more):
    with world.writing() as db:
        return Customer(db, person_id).did(act, choice, **more)


def steps(world):
    with world.reading(ALL_COMPANIES) as db:
        return db.query(Step).order_by(Step.id).all()


def test_an_act_is_waiting_until_the_system_has_confirmed_it(world, maria):
    did(world, maria, Act.GIVEN)
    assert reached(world, maria) == {NEWS: Reached.WAITING}
    assert find_written(world, "shop") is None
    assert work(world) == 1
    with world.reading() as db:
        [standing] = standing_of(db, maria)
    assert standing.reached is Reached.CONFIRMED
    assert standing.at is not None
    assert clock.now() - standing.at < timedelta(minutes=1)
    assert written(world, "shop").allowed


@pytest.mark.parametrize("actor", [Actor.PERSON, Actor.AGENT, Actor.STAFF, Actor.COMPANY_SYSTEM, Actor.SIGNAL])
def test_whoever_lowers_a_choice_the_system_hears_of_it(world, maria, actor):
    did(world, maria, Act.GIVEN)
    did(world, maria, Act.WITHDRAWN, actor=actor)
    work(world)
    assert written(world, "shop").allowed is False


def test_only_systems_that_keep_a_choice_are_asked(world, maria):
    give_systems(world, shop=in_memory("newsletter.email"), office=in_memory("similar.email"), silent=in_memory())
    did(world, maria, Act.GIVEN)
    did(world, maria, Act.REFUSED, "newsletter.sms")
    assert list(reached(world, maria)) == [NEWS]


@pytest.mark.parametrize("many", [False, True])
def test_a_choice_is_brought_though_the_row_of_an_unknown_address_before_it_is_gone(world, maria, many):
    give_systems(world, shop=in_memory("newsletter.email", "newsletter.sms"))
    with world.writing() as db:
        queue_suppression(db, Identifier(EMAIL, "someone@example.org"), purpose="newsletter", channel="sms")
    work(world)
    assert world.rows("SELECT count(*) FROM consent_delivery") == [(0,)]
    if many:
        with world.writing() as db:
            queue_first_deliveries(db, [(maria, Choice("newsletter", "email"))])
    else:
        did(world, maria, Act.GIVEN)
    assert reached(world, maria) == {NEWS: Reached.WAITING}
    assert work(world) == 1


def test_an_act_that_is_rolled_back_asks_nothing_of_any_system(world, maria):
    with world.database.open_to_write(world.first) as db:
        Customer(db, maria).did(Act.GIVEN)
        db.rollback()
    assert steps(world) == []
    assert reached(world, maria) == {}


def test_a_question_is_no_answer_and_goes_nowhere(world, maria):
    did(world, maria, Act.ASKED)
    assert steps(world) == []


def test_of_several_acts_only_the_last_is_written(world, maria):
    for act in (Act.GIVEN, Act.WITHDRAWN, Act.GIVEN, Act.REFUSED):
        did(world, maria, act)
    assert [step.state for step in steps(world)] == [StepState.CANCELLED] * 3 + [StepState.WAITING]
    assert work(world) == 1
    assert written(world, "shop").allowed is False
    assert reached(world, maria) == {NEWS: Reached.CONFIRMED}


def test_a_system_that_is_new_is_asked_beside_one_that_has_been_asked_before(world, maria):
    did(world, maria, Act.GIVEN)
    give_systems(world, office=in_memory("newsletter.email"), shop=in_memory("newsletter.email"))
    did(world, maria, Act.REFUSED)
    waits = [(step.system, step.part) for step in steps(world) if step.state == StepState.WAITING]
    assert sorted(waits) == [("office", 1), ("shop", 2)]
    work(world)
    assert [written(world, system).allowed for system in ("office", "shop")] == [False, False]


def test_however_many_systems_keep_a_choice_asking_them_takes_as_many_statements(world, maria):
    counts = []
    for number in (1, 3):
        give_systems(world, **{f"system_{place}": in_memory("newsletter.email") for place in range(number)})
        did(world, maria, Act.GIVEN)
        did(world, maria, Act.WITHDRAWN)
        with world.writing() as db, statements_on(db.connection()) as told:
            Customer(db, maria).did(Act.GIVEN)
        counts.append(len([one for one in told if "consent_delivery" in one or "step" in one or "system_state" in one]))
    assert counts == [4, 4]


def test_what_is_written_grows_with_each_act(world, maria):
    sequences = []
    for act in (Act.GIVEN, Act.WITHDRAWN, Act.GIVEN):
        did(world, maria, act)
        work(world)
        sequences.append(written(world, "shop").sequence)
    assert sequences == sorted(set(sequences))


def test_a_pause_is_written_and_so_is_its_end(world, maria):
    did(world, maria, Act.GIVEN)
    did(world, maria, Act.PAUSED, until=clock.now() + timedelta(days=3))
    work(world)
    paused = written(world, "shop")
    assert paused.allowed is False
    assert work(world, later=timedelta(days=2)) == 0
    assert reached(world, maria) == {NEWS: Reached.CONFIRMED}
    assert work(world, later=timedelta(days=3, minutes=1)) == 1
    resumed = written(world, "shop")
    assert resumed.allowed is True
    assert resumed.sequence > paused.sequence


def test_an_act_during_a_pause_takes_its_end_with_it(world, maria):
    did(world, maria, Act.GIVEN)
    did(world, maria, Act.PAUSED, until=clock.now() + timedelta(days=3))
    work(world)
    did(world, maria, Act.WITHDRAWN)
    work(world)
    work(world, later=timedelta(days=4))
    assert written(world, "shop").allowed is False


def test_a_choice_of_one_topic_is_written_beside_the_whole(world, maria):
    did(world, maria, Act.GIVEN)
    did(world, maria, Act.REFUSED, "newsletter.email.courses")
    work(world)
    assert written(world, "shop", "newsletter.email").allowed is True
    assert written(world, "shop", "newsletter.email.courses").allowed is False


def test_an_objection_reaches_the_system_where_silence_was_yes(world, maria):
    did(world, maria, Act.OBJECTED, "similar.email")
    work(world)
    assert written(world, "shop", "similar.email").allowed is False


def test_a_system_that_does_not_know_the_person_says_so(world, maria):
    with world.writing() as db:
        ola = customer(db, "ola@example.org").id
    did(world, ola, Act.REFUSED)
    work(world)
    assert reached(world, ola) == {NEWS: Reached.NOBODY}


def test_a_yes_goes_to_proven_addresses_and_a_no_to_all(world, maria):
    give_systems(world, shop=in_memory("newsletter.email", addresses=("maria@example.org", "maria@work.example")))
    with world.writing() as db:
        other = customer(db, "maria@work.example")
        rows = db.query(PersonIdentifier).order_by(PersonIdentifier.id).all()
        for row in rows:
            row.person_id = maria
        rows[0].proven_at = clock.now()
        assert other.id != maria
    did(world, maria, Act.GIVEN)
    work(world)
    assert written(world, "shop", key="app.guests:g1").allowed
    assert find_written(world, "shop", key="app.guests:g2") is None
    did(world, maria, Act.WITHDRAWN)
    work(world)
    assert [written(world, "shop", key=f"app.guests:g{number}").allowed for number in (1, 2)] == [False, False]


def test_E7_a_yes_goes_to_no_address_that_was_left_for_good_and_a_no_still_does(world, maria):
    give_systems(world, shop=in_memory("newsletter.email", addresses=("maria@example.org", "maria@work.example")))
    with world.writing() as db:
        customer(db, "maria@work.example")
        for row in db.query(PersonIdentifier).order_by(PersonIdentifier.id):
            row.person_id, row.proven_at = maria, clock.now()
            row.left_at = clock.now() if row.value == "maria@work.example" else None
    did(world, maria, Act.GIVEN)
    work(world)
    assert written(world, "shop", key="app.guests:g1").allowed
    assert find_written(world, "shop", key="app.guests:g2") is None
    did(world, maria, Act.WITHDRAWN)
    work(world)
    assert [written(world, "shop", key=f"app.guests:g{number}").allowed for number in (1, 2)] == [False, False]


def test_an_address_that_nobody_is_known_by_is_lowered_too_and_then_forgotten(world, maria):
    give_systems(world, shop=in_memory("newsletter.email", "similar.email", addresses=("someone@example.org",)))
    for _ in range(3):
        with world.writing() as db:
            someone = Identifier(EMAIL, "someone@example.org")
            suppress(db, someone, purpose="similar", channel="email", source="page")
            queue_suppression(db, someone, purpose="similar", channel="email")
    assert len(world.rows("SELECT id FROM consent_delivery")) == 1
    assert b"someone@example.org" not in world.everything_stored()
    assert work(world) == 1
    assert written(world, "shop", "similar.email").allowed is False
    assert world.rows("SELECT id FROM consent_delivery") == []


def test_an_address_that_said_nothing_is_never_raised(world, maria):
    give_systems(world, shop=in_memory("similar.email", addresses=("someone@example.org",)))
    with world.writing() as db:
        queue_suppression(db, Identifier(EMAIL, "someone@example.org"), purpose="similar", channel="email")
    work(world)
    assert find_written(world, "shop", "similar.email") is None
    assert world.rows("SELECT id FROM consent_delivery") == []


def test_a_stranger_who_has_chosen_since_is_asked_what_they_chose(world, maria):
    with world.writing() as db:
        queue_suppression(db, Identifier(EMAIL, "maria@example.org"), purpose="newsletter", channel="email")
    did(world, maria, Act.GIVEN)
    work(world)
    work(world)
    assert written(world, "shop").allowed is True


def test_nothing_is_written_while_that_system_erases_the_person(world, maria):
    did(world, maria, Act.WITHDRAWN)
    with world.writing() as db:
        erasing = Step(act="erase", subject_id=1, person_id=maria, system="shop", irreversible=True, run_at=clock.now(), fence=1)
        erasing.state, erasing.created_at, erasing.lease_until = StepState.CLAIMED, clock.now(), clock.now() + timedelta(hours=1)
        db.add(erasing)
    work(world)
    assert find_written(world, "shop") is None
    with world.writing() as db:
        db.get(Step, erasing.id).state = StepState.DONE
    work(world, later=timedelta(minutes=2))
    assert find_written(world, "shop") is not None


def test_receipts_and_steps_hold_no_answer_and_nobody(world, maria):
    did(world, maria, Act.GIVEN)
    work(world)
    with world.reading(ALL_COMPANIES) as db:
        [attempt] = db.query(Attempt).all()
    assert set(attempt.receipt) == {"found", "sequence"}
    kept = repr(world.rows("SELECT * FROM step")) + repr(world.rows("SELECT * FROM attempt"))
    for word in ("maria", "given", "newsletter"):
        assert word not in kept


def test_companies_keep_apart(world, maria):
    with world.writing(world.second) as db:
        other = customer(db).id
        Customer(db, other).did(Act.REFUSED)
    assert steps(world) == []


def test_the_past_that_is_brought_in_is_not_written_back(world, maria):
    with world.writing() as db:
        assert import_history(db, history(3)) == 6
    assert steps(world) == []
