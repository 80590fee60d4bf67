"""Workers that are stopped or killed while they make copies: nobody gets another's, and no clear byte stays on any disk."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from portal.cases.advancing import PACKAGES, SPOOLS, folder
from portal.cases.model import CaseState
from portal.cases.pruning import prune_files
from portal.cases.service import cancel_case
from portal.core import clock
from portal.identity.sessions import CurrentSession
from portal.people.service import EMAIL, Identifier, find_identifier, move_identifier
from tests import nursery
from tests.faults.processes import told_to
from tests.rooms.cases.conftest import House, house, shop_config
from tests.rooms.cases.shop import MAREN
from tests.rooms.cases.test_access import ask, case_of, everything_in, fetch, settle_mail
from tests.rooms.cases.test_proof import try_values
from tests.rooms.world import environment_of

__all__ = ["house", "shop_config"]
pytestmark = [pytest.mark.slow, pytest.mark.no_sql]

LIV = "liv@example.org"
SYSTEMS = 2
MINUTES = timedelta(minutes=10)
"""The lease of a worker that died is over."""
CLEAR = (b"Maren", b"maren", b"M\xc3\xa1ren", b"hazelnuts", b"600,000", b"199.5", b"K-1001", b"index.html", b"%PDF-")


@pytest.fixture
def company(shop_config) -> Path:
    return Path(shop_config.folder)


def worker(house: House, company: Path, *, steps: int = 1, fault: str = "", temporary: Path | None = None) -> nursery.Child:
    """A worker in a process of its own, told where to stop or die, with temporary files in a folder that can be searched."""
    environment = told_to(environment_of(house.world), fault) | ({"TMPDIR": str(temporary)} if temporary else {})
    return nursery.start("tests.rooms.cases.worker_of_copies", [str(company), str(steps)], environment)


@contextmanager
def stopped_before_the_seal(house: House, company: Path) -> Iterator[nursery.Child]:
    """A worker that has written a package and sleeps before it looks at the case once more; it wakes where the block ends."""
    with worker(house, company, steps=2 * SYSTEMS + 1, fault="access.packing=stop") as process:
        try:
            process.wait_until_stopped()
            yield process
            process.send_signal(signal.SIGCONT)
            assert process.wait() == 0
        finally:
            process.kill()


def ask_and_read(house: House, current: CurrentSession) -> str:
    """Ask for a copy, and let every system be read; only the package is left to be made."""
    number = ask(house, current)
    for _ in range(SYSTEMS):
        assert house.one_step()
    return number


def packages() -> list[Path]:
    return list(folder(PACKAGES).glob("*"))


def test_F6_two_builds_at_once_never_share_a_name_and_each_person_gets_their_own(house: House, company: Path) -> None:
    settle_mail(house)
    house.shop.run("INSERT INTO customers VALUES (7, 'liv@example.org', 'Liv Dahl', '1980-01-01', '1', 'K-7', 'x', 'y', 1)")
    maren, liv = house.sign_in(MAREN), house.sign_in(LIV)
    hers, of_liv = ask(house, maren), ask(house, liv)
    with stopped_before_the_seal(house, company):
        unfinished = set(packages())
        assert unfinished
        assert all(path.suffix == ".part" for path in unfinished), "nothing has its name before it is whole"
        house.work()
        (whole,) = set(packages()) - unfinished
        assert whole.suffix == ""
        assert set(packages()) - {whole} == unfinished
        assert {case_of(house, maren, hers).state, case_of(house, liv, of_liv).state} == {CaseState.OPEN, CaseState.READY}
    for current, number, name, others in ((maren, hers, "Maren Vik", "Liv Dahl"), (liv, of_liv, "Liv Dahl", "Maren Vik")):
        text = everything_in(fetch(house, current, number))
        assert name in text
        assert others not in text
    assert len(packages()) == 2


def test_F6_who_stops_waiting_while_it_is_packed_leaves_no_package(house: House, company: Path) -> None:
    settle_mail(house)
    current = house.sign_in(MAREN)
    number = ask_and_read(house, current)
    with stopped_before_the_seal(house, company), house.world.writing() as db:
        assert cancel_case(db, current.person_id, number)
    assert packages() == []
    assert case_of(house, current, number).state is CaseState.CANCELLED


def test_F6_an_address_that_goes_to_somebody_else_while_it_is_packed_takes_no_package_along(house: House, company: Path) -> None:
    settle_mail(house)
    current, other = house.sign_in(MAREN), house.sign_in(LIV)
    number = ask_and_read(house, current)
    with stopped_before_the_seal(house, company), house.world.writing() as db:
        row = find_identifier(db, Identifier(EMAIL, MAREN))
        assert row is not None
        move_identifier(db, row, other.person_id)
    assert packages() == []
    with clock.moved(MINUTES):
        house.work()
    assert case_of(house, current, number).state is not CaseState.READY
    assert packages() == []


@pytest.mark.parametrize("point", ["access.read", "access.packing"])
def test_F7_a_worker_killed_while_it_makes_a_copy_leaves_nothing_clear_and_nothing_for_ever(
    house: House, company: Path, tmp_path: Path, point: str
) -> None:
    settle_mail(house)
    _, current = try_values(house, house.sign_in(MAREN), {"customer_number": "K-1001"})
    number = ask(house, current) if point == "access.read" else ask_and_read(house, current)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with worker(house, company, fault=f"{point}=kill", temporary=temporary) as process:
        assert process.wait() == -signal.SIGKILL
    left = [path for name in (SPOOLS, PACKAGES) for path in folder(name).rglob("*") if path.is_file()]
    assert left, "the kill came while there was something to leave"
    searched = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "systems"}
    assert set(left) <= set(searched)
    assert [(path, clear) for path, raw in searched.items() for clear in CLEAR if clear in raw] == []
    assert all(path.stat().st_mode & 0o077 == 0 for path in left)
    with clock.moved(MINUTES):
        house.work()
        assert case_of(house, current, number).state is CaseState.READY
    assert "hazelnuts" in everything_in(fetch(house, current, number))
    with clock.moved(timedelta(hours=7)), house.world.writing("all") as db:
        assert prune_files(db) >= 1
    assert len(packages()) == 1
    assert len(list(folder(SPOOLS).glob("*"))) <= SYSTEMS
    assert os.listdir(temporary) == []
