"""Turns are fair, a silent system is left alone, and reading and erasing of one person never cross."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import insert

from portal.adapters.contract import TryLater
from portal.core import clock
from portal.core.db import ALL_COMPANIES
from portal.engine.claiming import Taken, claim_from_lane, lanes_with_work
from portal.engine.contract import Claim, Done, Handler, Later, Outcome, Park
from portal.engine.delivery import PollingDelivery
from portal.engine.leases import HeldLeases
from portal.engine.model import Step, StepState
from portal.engine.running import run_one
from portal.engine.service import ByHand, add_step, settle_by_hand
from portal.engine.waiting import FAILURES_THAT_OPEN
from tests.rooms.engine.works import Answer, Work, erasing, lane, step
from tests.rooms.world import World


def ask(world: World, act: str = "export", company: int | None = None, **more: object) -> int:
    with world.writing(company) as db:
        return add_step(db, **{"act": act, "subject_id": 1, "system": "shop", "person_id": 5, **more}).id  # type: ignore[arg-type]  # tests name what they mean


def flood(world: World, count: int) -> None:
    """Many steps of the first company, all due before anything else."""
    ask(world, subject_id=0, person_id=None)
    then = clock.now() - timedelta(hours=1)
    row = {"company_id": world.first, "act": "export", "system": "shop", "state": StepState.WAITING, "run_at": then}
    row |= {"part": 1, "irreversible": False, "fence": 0, "tries": 0, "probe_first": False, "created_at": then}
    with world.writing() as db:
        db.execute(insert(Step), [{**row, "subject_id": number} for number in range(1, count)])


def test_E4_ten_thousand_steps_of_one_company_do_not_keep_another_waiting(world: World) -> None:
    flood(world, 10_000)
    other = ask(world, company=world.second)
    work = Work()
    began = time.monotonic()
    for _ in range(2):
        assert run_one(world.database, {"export": work}, "me")
    assert step(world, other).state == StepState.DONE
    assert time.monotonic() - began < 2


def test_E4_a_companys_own_systems_take_turns_too(world: World) -> None:
    flood(world, 200)
    mail = ask(world, system="mail")
    for _ in range(2):
        run_one(world.database, {"export": Work()}, "me")
    assert step(world, mail).state == StepState.DONE


def test_E4_slow_calls_of_one_company_leave_a_thread_for_the_others(world: World) -> None:
    flood(world, 20)
    other = ask(world, company=world.second)
    release, stop = threading.Event(), threading.Event()

    def slow(claim: Claim) -> Outcome:
        if claim.company_id == world.first:
            release.wait(30)
        return Done()

    delivery = PollingDelivery(world.database, {"export": Work(slow)}, threads=3, owner="me")
    runner = threading.Thread(target=delivery.run, args=(stop,))
    runner.start()
    deadline = time.monotonic() + 20
    while step(world, other).state != StepState.DONE and time.monotonic() < deadline:
        time.sleep(0.05)
    found = step(world, other).state
    stop.set()
    release.set()
    runner.join()
    assert found == StepState.DONE


def test_a_lease_is_kept_while_a_long_call_runs(world: World) -> None:
    number = ask(world)
    stop = threading.Event()

    def long(claim: Claim) -> Outcome:
        time.sleep(1.5)
        return Done()

    work = Work(long)
    delivery = PollingDelivery(world.database, {"export": work}, threads=2, owner="me", lease=timedelta(seconds=0.6))
    runner = threading.Thread(target=delivery.run, args=(stop,))
    runner.start()
    deadline = time.monotonic() + 20
    while step(world, number).state != StepState.DONE and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    runner.join()
    assert (step(world, number).fence, len(work.ran)) == (1, 1)


def test_a_call_that_hangs_for_good_loses_its_lease(world: World) -> None:
    held = HeldLeases()
    ask(world)
    taken = claim(world, {"export": Work()})
    assert taken is not None
    before = step(world, taken.step_id).lease_until
    with held.taking(lambda full: Taken(taken, probe_first=False, poisonous=False)):
        claimed, began = held._claims[taken.step_id]
        held._claims[taken.step_id] = claimed, began - 3 * 3600
        held.renew(world.database)
    assert step(world, taken.step_id).lease_until == before


def silence(world: World, count: int) -> Work:
    """A shop that does not answer `count` steps."""
    for number in range(count):
        ask(world, subject_id=100 + number, person_id=None)
    work = Work(TryLater("down", after=0))
    delivery = PollingDelivery(world.database, {"export": work}, threads=1, owner="me")
    delivery.run_due()
    return work


def test_E4_a_silent_system_is_left_alone_and_the_others_go_on(world: World) -> None:
    silent = silence(world, FAILURES_THAT_OPEN + 3)
    assert len(silent.ran) == FAILURES_THAT_OPEN
    assert lane(world, "shop").open_until is not None
    mail = ask(world, system="mail")
    assert run_one(world.database, {"export": Work()}, "me")
    assert step(world, mail).state == StepState.DONE


def test_a_silent_system_is_tried_with_one_step_and_opened_by_its_success(world: World) -> None:
    silence(world, FAILURES_THAT_OPEN + 3)
    work = Work()
    with clock.moved(timedelta(minutes=2)):
        first = claim(world, {"export": work})
        assert first is not None
        assert claim(world, {"export": work}) is None
    with clock.moved(timedelta(minutes=10)):
        assert PollingDelivery(world.database, {"export": work}, threads=1, owner="me").run_due() == FAILURES_THAT_OPEN + 3
    assert (lane(world, "shop").open_until, lane(world, "shop").failures) == (None, 0)


def test_E4_the_portals_own_work_is_never_held_up_by_a_system_it_asked(world: World) -> None:
    for number in range(FAILURES_THAT_OPEN + 1):
        ask(world, subject_id=number, person_id=None, system="")
    silent = Work(TryLater("down", after=0))
    PollingDelivery(world.database, {"export": silent}, threads=1, owner="me").run_due()
    assert len(silent.ran) == FAILURES_THAT_OPEN + 1


def test_E4_a_step_behind_a_silent_system_is_told_when_its_date_comes(world: World) -> None:
    last = clock.now() + timedelta(minutes=1)
    waits = ask(world, subject_id=999, not_after=last, run_at=clock.now() + timedelta(seconds=5))
    silence(world, FAILURES_THAT_OPEN)
    work = Work(TryLater("down"))
    with clock.moved(timedelta(seconds=45)):
        # The pause is over and the first step that tries finds the shop still silent: the pause doubles, past the date.
        assert run_one(world.database, {"export": work}, "me")
    with clock.moved(timedelta(seconds=62)):
        assert PollingDelivery(world.database, {"export": work}, threads=1, owner="me").run_due() == 0
    assert (step(world, waits).state, step(world, waits).error) == (StepState.PARKED, "system_does_not_answer")
    assert work.settled[-1] == Park("system_does_not_answer")


def claim(world: World, handlers: dict[str, Handler]) -> Claim | None:
    with world.database.writing(ALL_COMPANIES) as db:
        for number in lanes_with_work(db, handlers):
            if taken := claim_from_lane(db, number, handlers, owner="me"):
                return taken.claim
    return None


@pytest.fixture
def both() -> dict[str, Handler]:
    return {"export": Work(), "erase": erasing(), "mail": Work(repeatable=False, calls_system=False)}


def test_C10_an_erasure_that_has_not_begun_lets_an_open_reading_finish(world: World, both: dict[str, Handler]) -> None:
    erase = ask(world, "erase", irreversible=True, subject_id=2, system="mail")
    export = ask(world, run_at=clock.now() + timedelta(minutes=5))
    assert not run_one(world.database, both, "me")
    with clock.moved(timedelta(minutes=6)):
        for expected in (export, erase):
            assert run_one(world.database, both, "me")
            assert step(world, expected).state == StepState.DONE


def test_C10_a_reading_waits_for_an_erasure_that_has_begun(world: World, both: dict[str, Handler]) -> None:
    shop = ask(world, "erase", irreversible=True, subject_id=2)
    crm = ask(world, "erase", irreversible=True, subject_id=2, system="crm", run_at=clock.now() + timedelta(minutes=5))
    assert run_one(world.database, both, "me")
    export = ask(world, system="mail")
    assert not run_one(world.database, both, "me")
    with clock.moved(timedelta(minutes=6)):
        assert run_one(world.database, both, "me")
        assert [step(world, number).state for number in (shop, crm, export)] == [
            StepState.DONE,
            StepState.DONE,
            StepState.WAITING,
        ]
        assert run_one(world.database, both, "me")
    assert step(world, export).state == StepState.DONE


def test_C10_an_erasure_in_its_grace_period_does_not_hold_up_a_reading(world: World, both: dict[str, Handler]) -> None:
    ask(world, "erase", irreversible=True, subject_id=2, run_at=clock.now() + timedelta(hours=72))
    ask(world)
    assert run_one(world.database, both, "me")


def test_C10_a_reading_that_waits_for_staff_holds_an_erasure_and_is_told_at_its_date(
    world: World, both: dict[str, Handler]
) -> None:
    export = ask(world)
    run_one(world.database, {"export": Work(Park("needs_a_look"))}, "me")
    erase = ask(world, "erase", irreversible=True, subject_id=2, not_after=clock.now() + timedelta(days=1))
    delivery = PollingDelivery(world.database, both, threads=1, owner="me")
    assert delivery.run_due() == 0
    assert step(world, erase).state == StepState.WAITING
    with clock.moved(timedelta(days=2)):
        assert delivery.run_due() == 0
    assert (step(world, erase).state, step(world, erase).error) == (StepState.PARKED, "waits_for_another_step")
    with world.writing() as db:
        settle_by_hand(db, export, outcome=ByHand.SKIP, reason="The shop is closed for good.", actor="staff:1")
        settle_by_hand(db, erase, outcome=ByHand.RETRY, reason="The reading is settled.", actor="staff:1")
    assert delivery.run_due() == 1


def test_C10_another_person_and_the_portals_own_work_are_not_held_up(world: World, both: dict[str, Handler]) -> None:
    ask(world, "erase", irreversible=True, subject_id=2)
    ask(world, "erase", irreversible=True, subject_id=2, system="crm", run_at=clock.now() + timedelta(minutes=5))
    assert run_one(world.database, both, "me")
    ask(world, person_id=6)
    ask(world, "mail", system="")
    assert [run_one(world.database, both, "me") for _ in range(3)] == [True, True, False]


def test_C10_a_reading_that_comes_in_while_an_erasure_is_being_claimed_sees_it(world: World, both: dict[str, Handler]) -> None:
    erase = ask(world, "erase", irreversible=True, subject_id=2)
    found: list[Claim | None] = []

    def read() -> None:
        ask(world, system="mail")
        found.append(claim(world, both))

    with world.database.writing(ALL_COMPANIES) as db:
        [number] = lanes_with_work(db, both)
        taken = claim_from_lane(db, number, both, owner="eraser")
        assert taken is not None
        assert taken.claim.step_id == erase
        reader = threading.Thread(target=read)
        reader.start()
        time.sleep(0.4)
    reader.join()
    assert found == [None]


def test_C10_of_two_workers_at_the_same_moment_only_one_gets_in(world: World, both: dict[str, Handler]) -> None:
    """An erasure that has begun waits to go on; a reading and its next step become due together, many times over."""
    for person in range(8):
        ask(world, "erase", irreversible=True, subject_id=200 + person, person_id=person, system="crm")
        ask(world, person_id=person, subject_id=300 + person)
    inside: set[tuple[int | None, bool]] = set()
    crossed: list[int | None] = []
    lock = threading.Lock()

    def watched(claim: Claim, *, erases: bool) -> Outcome:
        with lock:
            if (claim.person_id, not erases) in inside:
                crossed.append(claim.person_id)
            inside.add((claim.person_id, erases))
        time.sleep(0.005)
        with lock:
            inside.discard((claim.person_id, erases))
        return Done() if claim.tries > 2 else Later("once more")

    handlers: dict[str, Handler] = {
        "export": Work(lambda claim: watched(claim, erases=False)),
        "erase": Work(lambda claim: watched(claim, erases=True), repeatable=False),
    }
    for round_ in range(7):
        with clock.moved(timedelta(minutes=5 * round_)):
            pair = [
                threading.Thread(target=PollingDelivery(world.database, handlers, threads=1, owner=f"w{number}").run_due)
                for number in range(4)
            ]
            for thread in pair:
                thread.start()
            for thread in pair:
                thread.join()
    assert crossed == []
    assert world.rows("SELECT count(*) FROM step WHERE state = 'done'") == [(16,)]


def test_E6_no_table_of_the_engine_keeps_what_belongs_to_a_person(world: World) -> None:
    maria = "maria.berg@example.org"
    answers: tuple[Answer, ...] = (ValueError(maria), TryLater(maria), Done({"records": 1}), Park("needs_a_look"))
    for number, answer in enumerate(answers):
        ask(world, subject_id=10 + number, person_id=10 + number)
        run_one(world.database, {"export": Work(answer)}, "me")
    with world.writing() as db:
        settle_by_hand(db, 4, outcome=ByHand.SKIP, reason=f"{maria} called", actor="staff:1")
    stored = world.everything_stored()
    assert b"maria" not in stored.lower()
    assert b"ValueError-" in stored
