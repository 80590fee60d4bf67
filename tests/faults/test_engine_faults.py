"""The engine under workers that stop, die and live in the wrong hour, counted at the far side."""

import signal
import time

import pytest

from portal.core.db import ALL_COMPANIES
from portal.engine.model import Step, StepState
from portal.engine.service import add_step
from tests.faults.processes import LEASE, FarSide, start_worker, work
from tests.rooms.engine.works import attempts, step
from tests.rooms.world import World

pytestmark = pytest.mark.slow

ACTS = ("export", "erase", "mask")
HOUR = 3600


def ask(world: World, act: str) -> int:
    with world.writing() as db:
        return add_step(db, act=act, subject_id=1, system=f"{act}_system", irreversible=act != "export").id


def told(world: World, step_id: int) -> int:
    [(count,)] = world.rows("SELECT count(*) FROM audit_entry WHERE act = 'told' AND target = :step", step=f"step:{step_id}")
    return int(str(count))


def states(world: World) -> list[str]:
    with world.database.reading(ALL_COMPANIES) as db:
        return [row.state for row in db.query(Step).order_by(Step.id)]


@pytest.mark.parametrize("point", ["engine.claimed", "engine.called", "engine.settling", "engine.settled"])
def test_E2_a_worker_killed_at_any_point_loses_nothing_and_does_nothing_twice(
    world: World, far_side: FarSide, point: str
) -> None:
    numbers = {act: ask(world, act) for act in ACTS}
    for _ in ACTS:
        # Each dies at its first step; the next begins with one that nobody holds.
        assert work(world, far_side, fault=f"{point}=kill") == -signal.SIGKILL
    before = {act: far_side.times(act, number) for act, number in numbers.items()}
    assert set(before.values()) == {int(point != "engine.claimed")}
    assert work(world, far_side, hours=(1, 2)) == 0

    committed = point == "engine.settled"
    assert step(world, numbers["export"]).state == StepState.DONE
    assert step(world, numbers["erase"]).state == StepState.DONE
    assert far_side.times("erase", numbers["erase"]) == 1
    # What cannot be asked about is never done again by itself: a human is told.
    assert step(world, numbers["mask"]).state == (StepState.DONE if committed else StepState.IN_DOUBT)
    assert far_side.times("mask", numbers["mask"]) == before["mask"]
    # What the room writes with the result stands once, however often the result was nearly written.
    assert [told(world, numbers[act]) for act in ACTS] == [1, 1, int(committed)]
    for act in ACTS:
        assert far_side.times(act, numbers[act]) <= len(attempts(world, numbers[act]))


@pytest.mark.parametrize("act", ["export", "erase"])
def test_E1_a_stopped_owner_that_wakes_after_its_lease_writes_nothing(world: World, far_side: FarSide, act: str) -> None:
    number = ask(world, act)
    with start_worker(world, far_side, fault="engine.called=stop") as stopped:
        try:
            stopped.wait_until_stopped()
            time.sleep(LEASE + 0.3)
            assert work(world, far_side) == 0
            taken_over = step(world, number)
            assert taken_over.state == StepState.DONE
            stopped.send_signal(signal.SIGCONT)
            assert stopped.wait(timeout=30) == 0
        finally:
            stopped.kill()
    after = step(world, number)
    assert (after.state, after.fence, after.receipt) == (StepState.DONE, 2, taken_over.receipt)
    assert [attempt.outcome for attempt in attempts(world, number)] == ["late", "done"]
    assert told(world, number) == 1
    assert far_side.times(act, number) == (2 if act == "export" else 1)


def test_E1_an_owner_that_wakes_before_its_call_does_not_call(world: World, far_side: FarSide) -> None:
    number = ask(world, "mask")
    with start_worker(world, far_side, fault="engine.claimed=stop") as stopped:
        try:
            stopped.wait_until_stopped()
            time.sleep(LEASE + 0.3)
            assert work(world, far_side) == 0
            stopped.send_signal(signal.SIGCONT)
            assert stopped.wait(timeout=30) == 0
        finally:
            stopped.kill()
    assert (step(world, number).state, far_side.times("mask", number)) == (StepState.IN_DOUBT, 0)


def test_E1_what_no_lease_can_prevent_is_at_least_known(world: World, far_side: FarSide) -> None:
    """Stopped between the last look at its lease and the call itself, an owner calls when it wakes: the ledger then says so."""
    number = ask(world, "erase")
    with start_worker(world, far_side, fault="engine.calling=stop") as stopped:
        try:
            stopped.wait_until_stopped()
            time.sleep(LEASE + 0.3)
            assert work(world, far_side) == 0
            assert work(world, far_side, hours=(1,)) == 0
            stopped.send_signal(signal.SIGCONT)
            assert stopped.wait(timeout=30) == 0
        finally:
            stopped.kill()
    tries = attempts(world, number)
    assert [attempt.outcome for attempt in tries] == ["late", "later", "done"]
    assert far_side.times("erase", number) == sum(attempt.receipt is not None for attempt in tries) == 2
    assert told(world, number) == 1
    assert len({attempt.idempotency_key for attempt in tries}) == 1


@pytest.mark.parametrize("wrong_by", [HOUR, -HOUR])
def test_E2_a_worker_whose_clock_is_an_hour_off_does_nothing_twice(world: World, far_side: FarSide, wrong_by: int) -> None:
    """On PostgreSQL leases go by the server's clock and are not even touched; one file's clock is the machine's, so there it asks."""
    number = ask(world, "erase")
    with start_worker(world, far_side, fault="engine.called=stop", lease=60) as stopped:
        try:
            stopped.wait_until_stopped()
            assert work(world, far_side, clock_wrong_by=wrong_by) == 0
            if not world.database.is_sqlite or wrong_by < 0:
                assert step(world, number).fence == 1
            stopped.send_signal(signal.SIGCONT)
            assert stopped.wait(timeout=30) == 0
        finally:
            stopped.kill()
    assert (step(world, number).state, far_side.times("erase", number), told(world, number)) == (StepState.DONE, 1, 1)
