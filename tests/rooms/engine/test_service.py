"""Steps are asked for once, taken back only before they begin, and settled by hand with a reason."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import select, text

from portal.accounts.model import AuditEntry
from portal.core import clock
from portal.engine.contract import Claim, Done, Park
from portal.engine.model import Step, StepState
from portal.engine.running import run_one
from portal.engine.service import (
    ByHand,
    NoSuchStep,
    ReasonMissing,
    StepHasEnded,
    StepIsRunning,
    add_step,
    cancel_step,
    settle_by_hand,
    steps_of,
)
from tests.rooms.engine.works import Work, attempts, erasing, step
from tests.rooms.world import World


def ask(world: World, company: int | None = None, **more: object) -> int:
    with world.writing(company) as db:
        return add_step(db, **{"act": "export", "subject_id": 7, "system": "shop", **more}).id  # type: ignore[arg-type]  # tests name what they mean


def parked(world: World, work: Work | None = None) -> int:
    number = ask(world)
    assert run_one(world.database, {"export": work or Work(Park("needs_a_look"))}, "me")
    return number


def test_who_asks_twice_for_the_same_gets_the_step_that_is_there(world: World) -> None:
    assert ask(world) == ask(world)
    assert ask(world, part=2) != ask(world)
    assert ask(world, company=world.second) != ask(world)


def test_steps_of_a_case_come_in_the_order_they_were_asked_for(world: World) -> None:
    first, second = ask(world, system="shop"), ask(world, system="mail")
    ask(world, subject_id=8)
    with world.reading() as db:
        assert [found.id for found in steps_of(db, ["export"], 7)] == [first, second]


def test_a_step_of_another_company_cannot_be_settled(world: World) -> None:
    number = ask(world, company=world.second)
    with world.writing() as db, pytest.raises(NoSuchStep):
        settle_by_hand(db, number, outcome=ByHand.SKIP, reason="The shop is closed.", actor="staff:1")


def test_a_parked_step_is_tried_again_when_a_human_says_so(world: World) -> None:
    number = parked(world)
    with world.writing() as db:
        settle_by_hand(db, number, outcome=ByHand.RETRY, reason="The shop is back.", actor="staff:1")
    good = Work()
    assert run_one(world.database, {"export": good}, "me")
    assert step(world, number).state == StepState.DONE
    assert [claim.fence for claim in good.ran] == [2]


@pytest.mark.parametrize(("outcome", "state"), [(ByHand.SKIP, StepState.FAILED), (ByHand.DONE, StepState.DONE)])
def test_a_human_may_give_up_or_report_what_was_done_elsewhere(world: World, outcome: ByHand, state: StepState) -> None:
    number = parked(world)
    with world.writing() as db:
        settle_by_hand(db, number, outcome=outcome, reason="The shop has no such customer.", actor="staff:1")
    settled = step(world, number)
    assert (settled.state, settled.hand_reason) == (state, "The shop has no such customer.")
    assert settled.receipt == {"by_hand": outcome.value, "was": "parked"}
    with world.reading() as db:
        entry = db.query(AuditEntry).one()
    assert (entry.actor, entry.act, entry.target) == ("staff:1", f"step.{outcome.value}", f"step:{number}")


def test_the_reason_stands_in_the_database_as_ciphertext_only(world: World) -> None:
    number = parked(world)
    with world.writing() as db:
        settle_by_hand(db, number, outcome=ByHand.SKIP, reason="Maria Berg moved to Spain", actor="staff:1")
    assert b"Maria" not in world.everything_stored()


def test_settling_without_a_reason_changes_nothing(world: World) -> None:
    number = parked(world)
    with pytest.raises(ReasonMissing), world.writing() as db:
        settle_by_hand(db, number, outcome=ByHand.SKIP, reason=" ", actor="staff:1")
    assert step(world, number).state == StepState.PARKED


def test_a_running_step_cannot_be_settled_under_its_workers_hands(world: World) -> None:
    number = ask(world)

    def meanwhile(claim: object) -> Park:
        with pytest.raises(StepIsRunning), world.writing() as db:
            settle_by_hand(db, number, outcome=ByHand.SKIP, reason="Too slow.", actor="staff:1")
        return Park("seen")

    assert run_one(world.database, {"export": Work(meanwhile)}, "me")
    assert step(world, number).error == "seen"


def test_what_has_ended_cannot_be_settled_again(world: World) -> None:
    number = ask(world)
    run_one(world.database, {"export": Work()}, "me")
    with pytest.raises(StepHasEnded), world.writing() as db:
        settle_by_hand(db, number, outcome=ByHand.SKIP, reason="Too late.", actor="staff:1")


def test_a_step_in_doubt_is_done_again_only_because_a_human_said_so(world: World) -> None:
    number = ask(world, act="erase", irreversible=True)
    work = erasing(ValueError("a fault"))
    run_one(world.database, {"erase": work}, "me")
    with clock.moved(timedelta(hours=1)):
        run_one(world.database, {"erase": work}, "me")
    assert step(world, number).state == StepState.IN_DOUBT
    with world.writing() as db:
        settle_by_hand(db, number, outcome=ByHand.RETRY, reason="The shop still has the row.", actor="staff:1")
    good = erasing()
    run_one(world.database, {"erase": good}, "me")
    assert (len(good.ran), len(good.probed)) == (1, 0)
    assert [attempt.outcome for attempt in attempts(world, number)] == ["raised", "in_doubt", "done"]


def test_a_step_is_taken_back_only_before_it_begins(world: World) -> None:
    early, late = ask(world), ask(world, part=2)
    with world.writing() as db:
        assert cancel_step(db, early)
    assert run_one(world.database, {"export": Work()}, "me")
    with world.writing() as db:
        assert not cancel_step(db, late)
    assert [step(world, number).state for number in (early, late)] == [StepState.CANCELLED, StepState.DONE]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_nobody_waits_for_a_step_that_a_worker_has_hold_of(world: World) -> None:
    """Who holds a case and waited for its step, while the step's worker waits for the case, would wait until the database ends one of them."""
    number = ask(world)
    with world.writing() as worker:
        worker.execute(select(Step.id).where(Step.id == number).with_for_update())
        with world.writing() as db:
            db.execute(text("SET LOCAL lock_timeout = '2s'"))
            assert not cancel_step(db, number)
            with pytest.raises(StepIsRunning):
                settle_by_hand(db, number, outcome=ByHand.SKIP, reason="The shop is closed.", actor="staff:1")
    assert step(world, number).state == StepState.WAITING
    with world.writing() as db:
        assert cancel_step(db, number)


def test_a_steps_dates_are_kept_as_asked(world: World) -> None:
    then = clock.now() + timedelta(days=3)
    number = ask(world, run_at=then, not_after=then + timedelta(days=1), person_id=3)
    found: Step = step(world, number)
    assert (found.run_at, found.not_after, found.person_id) == (then, then + timedelta(days=1), 3)
    assert not run_one(world.database, {"export": Work()}, "me")


def test_of_a_human_and_a_worker_at_the_same_moment_one_has_the_step(world: World) -> None:
    number, over = ask(world), Event()

    def answer(_claim: Claim) -> Done:
        over.wait(10)
        return Done()

    work = Work(answer)
    with world.database.open_to_write(world.first) as db, ThreadPoolExecutor() as pool:
        # What the page showed, or the hold looks at: held in hand until it is decided.
        (seen,) = steps_of(db, ["export"], 7)
        working = pool.submit(run_one, world.database, {"export": work}, "me")
        time.sleep(0.5)
        try:
            settle_by_hand(db, seen.id, outcome=ByHand.SKIP, reason="The shop is closed.", actor="staff:1")
            db.commit()
            settled = True
        except StepIsRunning:
            db.rollback()
            settled = False
        over.set()
        working.result()
    assert settled is not bool(work.ran)
    assert step(world, number).state == (StepState.FAILED if settled else StepState.DONE)
