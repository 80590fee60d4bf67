"""A worker killed at every point of an erasure: another goes on, every case ends, and the far side was asked to erase once."""

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from portal.accounts import registry
from portal.cases.model import Case, CaseState
from portal.core import clock, faultpoints
from portal.core.journal_files import read_journal, write_journal
from tests import nursery
from tests.faults.processes import told_to
from tests.rooms.erasing.house import GRACE, MAREN, CountingPost, FarHouse, far_house
from tests.rooms.world import World, environment_of

POINTS = sorted(
    point
    for point in faultpoints.POINTS - {"erasure.probing"}
    if not point.startswith(("web.", "access.")) and point not in ("erasure.confirming", "erasure.confirmed")
)
"""Every point that a worker passes on the straight way of an erasure; `test_web_faults` has the web's."""
OFTEN = [point for point in POINTS if point.startswith(("engine.", "mail."))]
ONCE = [
    "erasure.begun", "consent.writing", "consent.written", "consent.settling", "erasure.asking", "erasure.loaded", "erasure.planned",
    "erasure.erasing", "erasure.erased", "erasure.settling", "erasure.told",
]  # fmt: skip
"""Points that an erasure passes once, as it passes them; then the last mail leaves."""
GROUPS = (
    [point for point in POINTS if point.startswith("engine.")],
    ONCE,
    [point for point in POINTS if point.startswith("mail.")],
    ["erasure.forgetting", "erasure.forgotten"],
    [point for point in POINTS if point.startswith("journal.")],
)
"""All of them, in the order in which a worker can die at one of each."""
ROUNDS = 6
"""So many erasures suffice to die at every point, with no step dying so often that it is taken for the cause."""
APART = 30
"""Minutes between two workers: the leases of the one that died are over."""
TIMES = 1000 if os.environ.get("PORTAL_TEST_LONG") else 50


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[FarHouse]:
    with far_house(world, tmp_path / "far") as house:
        yield replace(house, sent=CountingPost(house.shop))


def start_worker(house: FarHouse, fault: str, *, later: int = 0) -> nursery.Child:
    """A worker that is told to die or to stop there; `later`: so many minutes after the first one."""
    arguments = [str(house.shop.file.parent), "all", str(later)]
    return nursery.start("tests.rooms.erasing.worker_of_erasures", arguments, told_to(environment_of(house.world), fault))


def die_at(house: FarHouse, fault: str, *, later: int = 0) -> int:
    """A worker dies there; returns its exit code."""
    with start_worker(house, fault, later=later) as worker:
        return worker.wait(timeout=90)


def asked_for(house: FarHouse) -> Case:
    """Maren's erasure is confirmed; the post system still has to hear of what she takes back."""
    house.post.mood("keeps")
    current = house.prove(house.sign_in(MAREN), postcode="5003")
    house.give(current)
    house.give(current, "old_list")
    return house.confirm(current)


def survive(house: FarHouse, *faults: str) -> None:
    """Workers die there, one after the other; then one goes on that lives. The far side counts."""
    case = asked_for(house)
    for number, fault in enumerate(faults):
        assert die_at(house, fault, later=number * APART) == -9, (fault, faults)
    finish(house, later=len(faults) * APART)
    ended_well(house, case, faults)


def finish(house: FarHouse, *, later: int = 0) -> None:
    """A worker that lives does what is due, at several moments."""
    for minutes in (30, 45, 60, 120, 180, 185):
        with clock.moved(GRACE + timedelta(minutes=minutes + later)):
            house.work()
    folder, ids = house.shop.file.parent / "journal", {number: key for key, number in registry.ids().items()}
    write_journal(house.world.database, folder, ids)


def ended_well(house: FarHouse, case: Case, faults: Sequence[str]) -> None:
    """Nothing was lost, nothing done twice without the ledger knowing."""
    assert house.case(case).state is CaseState.DONE, faults
    assert house.result(case).is_complete
    assert house.shop.rows_of("1") == {"receipts": 2}
    assert house.post.rows_of("1") == {}
    for system in (house.shop, house.post):
        assert len(system.calls()) == 1, (faults, system.name)
    assert house.post.calls("consent"), faults
    unreported = house.world.rows("SELECT id FROM attempt WHERE outcome = 'unreported'")
    assert len(unreported) <= len(faults)
    mails = Counter(house.shop.calls("mail"))
    assert len(mails) == 2, (faults, mails)
    doubled = sum(mails.values()) - 2
    assert doubled <= sum(fault.startswith(("mail.sent", "mail.settling")) for fault in faults), (faults, mails)
    noted = house.world.rows("SELECT mark FROM journal_entry")
    assert len(list(read_journal(house.shop.file.parent / "journal"))) == len(noted) > 0
    assert house.world.rows("SELECT count(*) FROM journal_entry WHERE written_at IS NULL") == [(0,)]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["erasure.erased", "engine.called", "mail.sent", "journal.written", "erasure.forgotten"])
def test_E2_a_worker_killed_while_it_erases_is_followed_by_one_that_does_nothing_twice(house: FarHouse, fault: str) -> None:
    survive(house, f"{fault}=kill")


@pytest.mark.slow
def test_E2_killed_while_it_erased_and_killed_again_while_it_asked_what_was_done(house: FarHouse) -> None:
    survive(house, "erasure.erased=kill", "erasure.probing=kill")


@pytest.mark.slow
@pytest.mark.parametrize("point", ["erasure.erased", "engine.calling"])
def test_E2_a_worker_stopped_past_its_lease_and_continued_changes_nothing_any_more(house: FarHouse, point: str) -> None:
    case = asked_for(house)
    with start_worker(house, f"{point}=stop") as worker:
        worker.wait_until_stopped()
        finish(house)
        ended_well(house, case, [point])
        os.kill(worker.pid, signal.SIGCONT)
        assert worker.wait(timeout=90) == 0
    ended_well(house, case, [point])


@pytest.mark.slow
def test_E2_a_clock_that_is_set_back_in_the_middle_loses_nothing(house: FarHouse) -> None:
    case = asked_for(house)
    with clock.moved(GRACE + timedelta(minutes=1)):
        for _ in range(4):
            house.one_step()
    with clock.moved(GRACE - timedelta(hours=5)):
        house.work()
    finish(house)
    ended_well(house, case, ())


@pytest.mark.slow
@pytest.mark.parametrize("mood", ["slow", "lies", "half", "dies"])
def test_E9_a_system_that_is_slow_lies_or_breaks_off_is_counted_and_never_called_done_before_it_is(
    house: FarHouse, mood: str
) -> None:
    case = asked_for(house)
    house.shop.mood(mood)
    finish(house)
    state, result = house.case(case).state, house.shop.rows_of("1")
    if state is CaseState.DONE:
        assert result == {"receipts": 2}
    else:
        parked = house.world.rows("SELECT count(*) FROM step WHERE state IN ('parked', 'in_doubt') AND system = 'shop'")
        assert parked == [(1,)], mood
    assert (mood == "lies") <= (state is not CaseState.DONE)
    assert len(house.shop.calls()) == len(set(house.shop.calls())) or mood == "half"


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_E2_worker_after_worker_killed_until_one_has_died_at_every_point(house: FarHouse, turn: int) -> None:
    assert sorted(point for group in GROUPS for point in group) == POINTS
    survive(house, *(f"{point}=kill" for group in GROUPS for point in group[turn::ROUNDS]))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_E2_worker_after_worker_killed_at_random_moments(house: FarHouse, seed: int) -> None:
    chance = random.Random(seed)  # a test wants the same dice each time
    survive(house, *(f"{chance.choice(group)}=kill" for group in GROUPS))


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS)
def test_E2_killed_at_every_point_in_turn(house: FarHouse, point: str) -> None:
    survive(house, f"{point}=kill")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(TIMES))
def test_E2_killed_at_a_random_moment(house: FarHouse, seed: int) -> None:
    chance = random.Random(seed)  # a test wants the same dice each time
    point = chance.choice(POINTS)
    survive(house, f"{point}=kill@{chance.randint(1, 2) if point in OFTEN else 1}")
