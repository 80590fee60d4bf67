"""What stands on paper: planned from what portal.yaml says, done by a person, never called read back; and no trace in the files."""

from pathlib import Path

import pytest

from portal.cases.erasing.plans import Planned
from portal.cases.erasing.result import Went
from portal.cases.found import Answer
from portal.cases.held import show_held
from portal.cases.model import CaseState
from portal.cases.overview import describe_case, open_cases
from portal.cases.reading import read_held
from portal.cases.service import resolve_step
from portal.core import clock
from portal.core.i18n import speaking
from tests.rooms.erasing.house import GRACE, MAREN, FarHouse, with_cellar

pytestmark = pytest.mark.no_sql


@pytest.fixture
def cellar(house: FarHouse) -> FarHouse:
    """The same company with an archive in its cellar."""
    with_cellar(house)
    return house


def resolve(house: FarHouse, number: str, outcome: str) -> None:
    with house.world.writing() as db, clock.moved(GRACE):
        resolve_step(db, number, system="cellar", outcome=outcome, reason="Four letters shredded.", actor="s1")


def test_a_page_names_the_archive_and_never_says_that_nothing_is_there(cellar: FarHouse) -> None:
    reading = read_held(cellar.world.database, cellar.reader(cellar.sign_in(MAREN)))
    assert [one.answer for one in reading.systems] == [Answer.ANSWERED, Answer.ANSWERED, Answer.BY_HAND]
    with speaking("en", "Europe/Oslo"):
        held = show_held(cellar.world.company(), reading, opened=(), several=False, opens=lambda _category: True)
    assert "The cellar" not in held.searched
    assert [one.title for one in held.by_hand] == ["The cellar"]
    assert held.closed == ()


def test_the_archive_is_planned_parked_and_settled_by_whoever_went_down(cellar: FarHouse) -> None:
    current = cellar.prove(cellar.sign_in(MAREN), postcode="5003")
    plan = cellar.plan(current)[-1]
    assert plan.answer is Planned.BY_HAND
    assert [(one.collection, one.fate.value) for one in plan.items] == [("cellar.letters", "erase"), ("cellar.bills", "keep")]
    case = cellar.confirm(current)
    cellar.work_to_the_end()
    assert cellar.case(case).state is CaseState.OPEN
    assert "system_by_hand" in cellar.codes(case)
    with cellar.world.reading() as db, speaking("en", "Europe/Oslo"):
        assert [line.waits_for for line in open_cases(db)] == ["cellar"]
        assert any("Room 2, by name." in line for line in describe_case(db, case.number))
    resolve(cellar, case.number, "done")
    cellar.work_to_the_end()
    result = cellar.result(case)
    assert cellar.case(case).state is CaseState.DONE
    assert [(one.state, one.note) for one in result.systems if one.key == "cellar"] == [(Went.BY_HAND, "Four letters shredded.")]
    assert not any(one.items for one in result.systems if one.key == "cellar"), "nothing is called read back"


def test_E5_an_archive_that_was_given_up_is_never_complete(cellar: FarHouse) -> None:
    case = cellar.confirm(cellar.prove(cellar.sign_in(MAREN), postcode="5003"))
    cellar.work_to_the_end()
    resolve(cellar, case.number, "skip")
    cellar.work_to_the_end()
    assert not cellar.result(case).is_complete
    assert cellar.case(case).state is CaseState.ANSWERED


def test_who_is_found_nowhere_else_may_still_have_the_archive_searched(cellar: FarHouse) -> None:
    plans = cellar.plan(cellar.sign_in("nobody@example.org"))
    assert [one.answer for one in plans] == [Planned.NOTHING, Planned.NOTHING, Planned.BY_HAND]


def test_of_a_couple_the_archive_tells_nobody_apart_and_opens_nothing(cellar: FarHouse) -> None:
    current = cellar.sign_in("vik@example.org")
    shop, _post, archive = cellar.plan(current)
    assert (shop.answer, shop.shut) == (Planned.NOTHING, 2)
    assert (archive.answer, archive.shut, archive.candidates) == (Planned.BY_HAND, 0, ())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_O3_right_after_the_last_step_no_byte_of_the_person_stands_in_the_files_of_the_database(house: FarHouse) -> None:
    current = house.prove(house.sign_in(MAREN), postcode="5003")
    sealed = [bytes(row[0]) for row in house.world.rows("SELECT value FROM identifier")]  # type: ignore[call-overload]  # plain SQL
    case = house.confirm(current)
    assert any(value in _files(house) for value in sealed)
    house.work_to_the_end()
    assert house.case(case).state is CaseState.DONE
    assert not any(value in _files(house) for value in sealed)
    assert MAREN.encode() not in _files(house)


def _files(house: FarHouse) -> bytes:
    file = Path(house.world.url.removeprefix("sqlite:///"))
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))
