"""What becomes of a step for each way in which its try can end."""

from datetime import timedelta

import pytest

from portal.adapters.contract import AdapterError, TryLater
from portal.core import clock
from portal.core.db import ALL_COMPANIES
from portal.engine.claiming import LEASE, claim_from_lane, lanes_with_work
from portal.engine.contract import Claim, Done, Later, Outcome, Park
from portal.engine.delivery import PollingDelivery
from portal.engine.model import StepState
from portal.engine.results import SURPRISES_THAT_PARK, Result, write_result
from portal.engine.running import run_one
from portal.engine.service import add_step
from tests.rooms.engine.works import Work, attempts, erasing, lane, step
from tests.rooms.world import World


def ask(world: World, **more: object) -> int:
    with world.writing() as db:
        return add_step(db, **{"act": "work", "subject_id": 1, "system": "shop", **more}).id  # type: ignore[arg-type]  # tests name what they mean


def run(world: World, work: Work) -> bool:
    return run_one(world.database, {"work": work}, "me")


def claim(world: World, work: Work, owner: str = "dead") -> Claim:
    """Claim as a worker does that then dies."""
    with world.database.writing(ALL_COMPANIES) as db:
        [number] = lanes_with_work(db, {"work": work})
        taken = claim_from_lane(db, number, {"work": work}, owner=owner)
    assert taken is not None
    return taken.claim


def test_nothing_is_done_where_nothing_is_due(world: World) -> None:
    assert not run(world, Work())


def test_a_finished_step_keeps_its_receipt_and_its_try(world: World) -> None:
    number, work = ask(world), Work(Done({"records": 3}))
    assert run(world, work)
    found, [attempt] = step(world, number), attempts(world, number)
    assert (found.state, found.receipt, found.lease_owner, found.error) == (StepState.DONE, {"records": 3}, None, None)
    assert (attempt.outcome, attempt.receipt, attempt.owner) == ("done", {"records": 3}, "me")
    assert attempt.ended_at is not None
    assert work.settled == [Done({"records": 3})]


def test_the_room_adds_the_next_step_in_the_same_transaction(world: World) -> None:
    ask(world)

    class Chain(Work):
        def settle(self, db: object, claim: Claim, outcome: Outcome) -> None:
            if claim.part == 1:
                add_step(db, act="work", subject_id=1, system="shop", part=2)  # type: ignore[arg-type]  # a session

    chain = Chain()
    assert PollingDelivery(world.database, {"work": chain}, threads=1, owner="me").run_due() == 2
    assert [done.part for done in chain.ran] == [1, 2]


def test_no_transaction_is_open_while_the_system_is_called(world: World) -> None:
    ask(world)

    def writes_meanwhile(claim: Claim) -> Outcome:
        with world.writing(world.second) as db:
            add_step(db, act="other", subject_id=1)
        return Done()

    assert run(world, Work(writes_meanwhile))


def test_later_waits_and_says_why(world: World) -> None:
    number = ask(world)
    before = clock.now()
    run(world, Work(Later("shop_is_closed", after=600)))
    found = step(world, number)
    assert (found.state, found.error) == (StepState.WAITING, "shop_is_closed")
    assert before + timedelta(seconds=600) <= found.run_at <= clock.now() + timedelta(seconds=601)
    assert not run(world, Work())


def test_a_passing_error_is_tried_again_and_named_by_class_only(world: World) -> None:
    number = ask(world)
    work = Work(TryLater("down", after=30))
    run(world, work)
    [attempt] = attempts(world, number)
    assert attempt.error is not None
    assert attempt.error.startswith("TryLater-")
    assert work.settled[0].reason == "system_does_not_answer"  # type: ignore[union-attr]  # it is a Later
    with clock.moved(timedelta(minutes=2)):
        run(world, Work())
    assert step(world, number).state == StepState.DONE


def test_a_system_that_refuses_for_good_waits_for_a_human(world: World) -> None:
    number, work = ask(world), Work(AdapterError("no"))
    run(world, work)
    assert (step(world, number).state, work.settled) == (StepState.PARKED, [Park("system_refuses")])


def test_E4_a_poison_step_is_parked_after_some_tries(world: World) -> None:
    number, work = ask(world), Work(ValueError("maria@example.org"))
    for hour in range(SURPRISES_THAT_PARK):
        assert step(world, number).state == StepState.WAITING
        with clock.moved(timedelta(hours=2 * hour)):
            run(world, work)
    assert (step(world, number).state, step(world, number).error) == (StepState.PARKED, "keeps_failing")
    assert lane(world, "shop").failures == 0


def test_E4_a_step_whose_workers_keep_dying_is_parked(world: World) -> None:
    number, work = ask(world), Work()
    for hour in range(3):
        with clock.moved(timedelta(hours=hour)):
            claim(world, work)
    with clock.moved(timedelta(hours=3)):
        run(world, work)
    assert (step(world, number).state, step(world, number).error, work.ran) == (StepState.PARKED, "keeps_crashing", [])


def test_E4_what_a_system_asks_for_does_not_park_a_step_past_its_date(world: World) -> None:
    last = clock.now() + timedelta(hours=1)
    number = ask(world, not_after=last)
    silent = Work(TryLater("down", after=30 * 86_400))
    run(world, silent)
    assert step(world, number).run_at == last
    with clock.moved(timedelta(hours=1, seconds=1)):
        run(world, silent)
    assert (step(world, number).state, step(world, number).error) == (StepState.PARKED, "system_does_not_answer")
    assert silent.settled[-1] == Park("system_does_not_answer")


def test_E1_a_result_that_comes_after_another_took_over_is_dropped_and_noted(world: World) -> None:
    number, work = ask(world), Work()
    late = claim(world, work)
    with clock.moved(LEASE * 2):
        assert run_one(world.database, {"work": Work(Done({"by": 2}))}, "other")
        assert not write_result(world.database, work, late, Result(Done({"by": 1})))
    assert (step(world, number).receipt, work.settled) == ({"by": 2}, [])
    assert [(attempt.outcome, attempt.receipt) for attempt in attempts(world, number)] == [
        ("late", {"by": 1}),
        ("done", {"by": 2}),
    ]


def test_E1_a_result_that_is_told_twice_counts_once(world: World) -> None:
    number, work = ask(world), Work()
    claimed = claim(world, work)
    assert write_result(world.database, work, claimed, Result(Done({"by": 1})))
    before = world.rows("SELECT * FROM attempt"), world.rows("SELECT * FROM step")
    for told in (Result(Done({"by": 1})), Result(error=TryLater("The same, garbled."))):
        assert not write_result(world.database, work, claimed, told)
    assert (world.rows("SELECT * FROM attempt"), world.rows("SELECT * FROM step")) == before
    assert [(attempt.outcome, attempt.receipt) for attempt in attempts(world, number)] == [("done", {"by": 1})]
    assert len(work.settled) == 1


def test_E1_a_worker_that_wakes_before_its_call_does_not_make_it(world: World) -> None:
    """The lease is asked about once more right before the call; here it ends between claim and call."""
    number, work = ask(world), Work()
    run_one(world.database, {"work": work}, "slow", lease=timedelta(seconds=-1))
    assert work.ran == []
    assert run_one(world.database, {"work": work}, "other")
    assert [found.outcome for found in attempts(world, number)] == ["unreported", "done"]


def test_after_a_crash_a_reading_is_simply_done_again(world: World) -> None:
    number, work = ask(world), Work()
    claim(world, work)
    assert not run(world, work)
    with clock.moved(LEASE * 2):
        assert run(world, work)
    assert [found.outcome for found in attempts(world, number)] == ["unreported", "done"]
    assert len({found.idempotency_key for found in attempts(world, number)}) == 1


def test_E2_after_a_crash_the_system_is_asked_before_anything_is_done_again(world: World) -> None:
    number, work = ask(world), erasing(knows=Done({"erased": 4}))
    claim(world, work)
    with clock.moved(LEASE * 2):
        assert run(world, work)
    assert (len(work.ran), len(work.probed)) == (0, 1)
    assert (step(world, number).state, step(world, number).receipt) == (StepState.DONE, {"erased": 4})


def test_E2_what_surely_was_not_done_is_done_after_a_crash(world: World) -> None:
    number, work = ask(world), erasing(knows=Later("was_not_done"))
    claim(world, work)
    for minutes in (2, 4):
        with clock.moved(timedelta(minutes=minutes)):
            assert run(world, work)
    assert (len(work.probed), len(work.ran), step(world, number).state) == (1, 1, StepState.DONE)


def test_E2_where_the_system_cannot_tell_a_human_must(world: World) -> None:
    number, work = ask(world), erasing()
    claim(world, work)
    with clock.moved(LEASE * 2):
        assert run(world, work)
        assert not run(world, work)
    assert (step(world, number).state, work.ran, work.settled) == (StepState.IN_DOUBT, [], [Park("in_doubt")])


@pytest.mark.parametrize("error", [TryLater("timeout"), AdapterError("cut", permanent=False), ValueError("surprise")])
def test_E2_an_error_leaves_open_whether_it_was_done(world: World, error: Exception) -> None:
    number, work = ask(world), erasing(error, knows=TryLater("still down"))
    run(world, work)
    with clock.moved(timedelta(minutes=10)):
        run(world, work)
        assert (len(work.ran), len(work.probed)) == (1, 1)
    work.knows = Done({"erased": 1})
    with clock.moved(timedelta(hours=5)):
        run(world, work)
    assert (len(work.ran), len(work.probed), step(world, number).state) == (1, 2, StepState.DONE)


def test_a_reading_whose_room_cannot_take_the_result_is_done_again(world: World) -> None:
    number, work = ask(world), Work(Done({"records": 1}), refuses_to_settle=1)
    run(world, work)
    assert step(world, number).state == StepState.WAITING
    with clock.moved(timedelta(hours=1)):
        run(world, work)
    assert (step(world, number).state, len(work.ran)) == (StepState.DONE, 2)


def test_E2_what_was_done_for_good_keeps_its_receipt_when_its_room_cannot_take_it(world: World) -> None:
    number, work = ask(world), erasing(Done({"erased": 2}), knows=Done({"erased": 2}))
    work.refuses_to_settle = 1
    run(world, work)
    [attempt] = attempts(world, number)
    assert (step(world, number).state, step(world, number).error) == (StepState.PARKED, "result_not_taken")
    assert (attempt.outcome, attempt.receipt) == ("done", {"erased": 2})


def test_E2_a_database_that_goes_away_while_a_result_is_written_costs_nothing_but_a_moment(world: World) -> None:
    number, work = ask(world), erasing(Done({"erased": 2}))
    work.loses_the_database = 1
    run(world, work)
    [attempt] = attempts(world, number)
    assert (step(world, number).state, attempt.outcome, attempt.receipt) == (StepState.DONE, "done", {"erased": 2})
    assert (len(work.ran), work.settled) == (1, [Done({"erased": 2})])
