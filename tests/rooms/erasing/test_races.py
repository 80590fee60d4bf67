"""Two processes at the same moment: a cancel and the first irreversible step, a copy and an erasure. The loser tells the truth."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from portal.cases.model import Case, CaseState
from portal.cases.reading import read_held
from portal.cases.scope import scope_of
from portal.cases.service import open_access_case
from portal.core import clock
from portal.identity.sessions import CurrentSession
from tests.rooms.erasing.house import GRACE, MAREN, FarHouse
from tests.rooms.world import environment_of

ROOT = Path(__file__).parents[3]


@contextmanager
def racer(house: FarHouse) -> Iterator["subprocess.Popen[str]"]:
    """A worker in another process that does one step for each line it is told."""
    command = [sys.executable, "-m", "tests.rooms.erasing.worker_of_erasures", str(house.shop.file.parent), "one"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(command, cwd=ROOT, env=environment_of(house.world), **pipes) as child:  # type: ignore[call-overload]  # the pipes are spelt as a dict
        assert child.stdout.readline() == "ready\n"
        try:
            yield child
        finally:
            child.stdin.close()
            child.wait(timeout=30)


def race(house: FarHouse, child: "subprocess.Popen[str]", number: int) -> bool:
    """One person confirms; then the worker begins and the person cancels. Returns whether the cancel came in time."""
    assert child.stdin is not None
    assert child.stdout is not None
    key, address = f"r{number}", f"runner{number}@example.org"
    house.post.add(key, address, f"Runner {number}", letters=1)
    case = house.confirm(house.sign_in(address))
    child.stdin.write("go\n")
    time.sleep(random.random() * 0.02)  # a race needs no secret
    stopped = house.stop(case)
    assert child.stdout.readline() == "done\n"
    begun = house.world.rows("SELECT begun_at FROM erasure WHERE case_id = :id", id=case.id)[0][0] is not None
    assert stopped.in_time is not begun
    assert stopped.gone == ()
    assert house.case(case).state is CaseState.CANCELLED
    assert house.post.rows_of(key) == {"letters": 1, "person": 1}
    if stopped.in_time:
        assert "erasure_begun" not in house.codes(case)
    else:
        assert "erasure_stopping" in house.codes(case)
    return stopped.in_time


def test_E10_cancel_and_the_first_step_race_and_the_loser_tells_the_truth(house: FarHouse) -> None:
    with racer(house) as child:
        for number in range(10):
            race(house, child, number)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_E10_two_hundred_races_have_both_winners_and_no_liar(house: FarHouse) -> None:
    with racer(house) as child:
        won = [race(house, child, number) for number in range(200)]
    assert {True, False} == set(won)


def ask_for_a_copy(house: FarHouse, current: CurrentSession) -> int:
    reader = house.reader(current)
    reading = read_held(house.world.database, reader)
    with house.world.writing() as db:
        scope = scope_of(db, house.world.company(), current.id, reading)
        return open_access_case(db, current.person_id, categories=(), proven=scope, language="en").id


def test_C10_a_copy_that_was_asked_for_first_is_whole_before_anything_is_erased(house: FarHouse) -> None:
    current = house.prove(house.sign_in(MAREN), postcode="5003")
    case = house.confirm(current)
    copy = ask_for_a_copy(house, current)
    with clock.moved(GRACE + timedelta(minutes=1)):
        while house.one_step():
            begun = house.world.rows("SELECT begun_at FROM erasure")[0][0] is not None
            with house.world.reading() as db:
                made = db.get_one(Case, copy)
                if begun:
                    assert made.state is not CaseState.OPEN
    spooled = house.world.rows("SELECT receipt FROM step WHERE act = 'access.export' ORDER BY id")
    assert '"records": 6' in str(spooled[0][0]).replace("'", '"')
    assert house.case(case).state in (CaseState.OPEN, CaseState.DONE)


def test_C10_a_copy_that_is_asked_for_while_erasing_is_never_made_of_what_is_left(house: FarHouse) -> None:
    current = house.prove(house.sign_in(MAREN), postcode="5003")
    house.plan(current)
    case = house.confirm(current)
    with clock.moved(GRACE + timedelta(minutes=1)):
        assert house.one_step()
        assert house.one_step()
    copy = ask_for_a_copy(house, current)
    house.work_to_the_end()
    with house.world.reading() as db:
        assert db.get_one(Case, copy).state is CaseState.CANCELLED
    assert house.world.rows("SELECT count(*) FROM package") == [(0,)]
    assert house.case(case).state is CaseState.DONE
