"""Choices under workers that die, stop and wake too late: the system ends with the newest one, and nothing is lost."""

import signal
import time
from pathlib import Path

import pytest

from portal.consent.delivery import Reached
from portal.consent.words import Act
from tests import nursery
from tests.faults.processes import LEASE, told_to
from tests.rooms.consent.customers import Customer, customer, open_for_choices
from tests.rooms.consent.systems import give_systems, in_tool, mail_tool, reached
from tests.rooms.world import World, environment_of

pytestmark = pytest.mark.slow

NEWS = ("newsletter.email", "tool")
POINTS = ["engine.claimed", "consent.writing", "consent.written", "engine.called", "engine.settling", "engine.settled"]


@pytest.fixture
def maria(world: World, tmp_path: Path) -> int:
    """A customer whom the mail tool has."""
    open_for_choices(world)
    give_systems(world, tool=mail_tool(tmp_path))
    with world.writing() as db:
        return customer(db).id


def did(world: World, maria: int, act: Act) -> None:
    with world.writing() as db:
        Customer(db, maria).did(act)


def start(world: World, folder: Path, *, fault: str = "", hours: tuple[float, ...] = (0,)) -> nursery.Child:
    arguments = [str(folder), str(LEASE), *map(str, hours)]
    return nursery.start("tests.faults.consent_worker", arguments, told_to(environment_of(world), fault))


def work(world: World, folder: Path, *, fault: str = "", hours: tuple[float, ...] = (0,)) -> int:
    with start(world, folder, fault=fault, hours=hours) as process:
        return process.wait()


@pytest.mark.parametrize("point", POINTS)
def test_E2_a_choice_survives_a_worker_killed_at_any_point(world: World, maria: int, tmp_path: Path, point: str) -> None:
    did(world, maria, Act.WITHDRAWN)
    assert work(world, tmp_path, fault=f"{point}=kill") == -signal.SIGKILL
    assert in_tool(tmp_path) == ("unsubscribed" if POINTS.index(point) >= 2 else "active")
    if point != "engine.settled":
        assert reached(world, maria) == {NEWS: Reached.WAITING}, "nothing is said to be there that was not confirmed"
    assert work(world, tmp_path, hours=(1,)) == 0
    assert in_tool(tmp_path) == "unsubscribed"
    assert reached(world, maria) == {NEWS: Reached.CONFIRMED}


@pytest.mark.parametrize(
    ("old", "new", "there"), [(Act.GIVEN, Act.WITHDRAWN, "unsubscribed"), (Act.WITHDRAWN, Act.GIVEN, "active")]
)
def test_E8_a_late_older_write_does_not_stay_over_a_newer_one(
    world: World, maria: int, tmp_path: Path, old: Act, new: Act, there: str
) -> None:
    """The system keeps no numbers: the older worker wakes with the older choice in its hand, writes it, and sees that it was overtaken."""
    did(world, maria, old)
    with start(world, tmp_path, fault="consent.writing=stop") as stopped:
        try:
            stopped.wait_until_stopped()
            did(world, maria, new)
            time.sleep(LEASE + 0.3)
            assert work(world, tmp_path) == 0
            assert in_tool(tmp_path) == there
            stopped.send_signal(signal.SIGCONT)
            assert stopped.wait(timeout=30) == 0
        finally:
            stopped.kill()
    assert work(world, tmp_path) == 0
    assert in_tool(tmp_path) == there
    assert reached(world, maria) == {NEWS: Reached.CONFIRMED}


def test_E8_who_dies_right_after_a_late_write_is_looked_after(world: World, maria: int, tmp_path: Path) -> None:
    did(world, maria, Act.GIVEN)
    with start(world, tmp_path, fault="consent.writing=stop") as stopped:
        stopped.wait_until_stopped()
        did(world, maria, Act.WITHDRAWN)
        time.sleep(LEASE + 0.3)
        assert work(world, tmp_path) == 0
        stopped.kill()
    # Its call was on the way: it arrives when nobody of ours is there any longer to see it.
    in_tool(tmp_path, "UPDATE contacts SET status = 'active' WHERE id = 1")
    assert work(world, tmp_path, hours=(0.25,)) == 0
    assert in_tool(tmp_path) == "unsubscribed"
    assert work(world, tmp_path, hours=(1, 2)) == 0
    [(tries,)] = world.rows("SELECT count(*) FROM attempt")
    assert tries == 4, "it is looked at once more, and not for ever"
