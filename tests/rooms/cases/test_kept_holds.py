"""What is held does not go on its day, goes when the hold ends, and is told with the reason: in a real shop, on both databases."""

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.contract import KeptRow
from portal.cases.kept import HeldView, all_kept, kept_for, remember_kept
from portal.cases.kept_erasing import prune_kept, sweep_kept
from portal.cases.kept_holds import KEPT_ERASE, HoldRefused, NoSuchHold, lift_hold, place_hold
from portal.cases.kept_model import KeptHold
from portal.cases.restoring.replaying import replay
from portal.core import clock
from portal.core.journal_files import write_journal
from portal.engine.model import Attempt, Step, StepState
from portal.engine.service import StepIsRunning
from portal.people.service import Identifier, note_seen_alone, person_for
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import MAREN
from tests.rooms.cases.test_kept import a_case

DAY = date(2028, 3, 1)
WHY = "A court looks at order 2."


def on(day: date) -> AbstractContextManager[None]:
    """As if it were noon of that day."""
    return clock.moved(datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - clock.now())


def keep(db: Session, system: str = "shop") -> tuple[str, int]:
    """An erasure had to leave Maren's orders until the day: the case's number, and who she is."""
    person = person_for(db, Identifier("email", MAREN), proven=True)
    note_seen_alone(db, person.id, alone=True)
    case = a_case(db, person.id)
    rows = [KeptRow("shop.orders", f"shop.orders:{key}", "books", DAY) for key in (1, 2)]
    remember_kept(db, case, person_id=person.id, system=system, rows=rows)
    return case.number, person.id


def orders(house: House) -> list[int]:
    """What the shop still has of hers."""
    with house.shop.open() as shop:
        return [row[0] for row in shop.execute("SELECT id FROM orders WHERE customer_id = 1 ORDER BY id")]


def sweep(house: House) -> None:
    """The clean-up, and what it leads to."""
    with house.world.writing() as db:
        sweep_kept(db)
    house.work()


def audited(house: House) -> list[str]:
    return [str(row[0]) for row in house.world.rows("SELECT act FROM audit_entry WHERE act LIKE 'kept.%' ORDER BY id")]


@pytest.mark.parametrize("system", ["shop", ""])
def test_O9_what_is_held_stays_past_its_day_and_goes_on_the_day_on_which_the_hold_ends(house: House, system: str) -> None:
    ends = DAY + timedelta(days=100)
    with house.world.writing() as db:
        number, person_id = keep(db)
        hold = place_hold(db, number, system=system, reason=WHY, until=ends, actor="staff-1", second="staff-9").id
        (view,) = kept_for(db, person_id)
        assert (view.until, view.goes, view.held) == (DAY, ends, HeldView(hold, WHY, ends))
    for day in (DAY, ends - timedelta(days=1)):
        with on(day):
            sweep(house)
            assert orders(house) == [1, 2]
    with house.world.reading() as db:
        assert db.query(Step).filter_by(act=KEPT_ERASE).all() == []
    with on(ends):
        sweep(house)
        assert orders(house) == []
        with house.world.reading() as db:
            assert kept_for(db, person_id) == []
            assert len(db.query(Attempt).all()) == 1
    assert audited(house) == ["kept.held", "kept.gone"]


def test_a_hold_without_a_day_holds_until_somebody_lifts_it(house: House) -> None:
    with house.world.writing() as db:
        number, person_id = keep(db)
        hold = place_hold(db, number, reason=WHY, until=None, actor="staff-1", second="staff-9").id
        assert kept_for(db, person_id)[0].goes is None
    with on(DAY + timedelta(days=3000)):
        sweep(house)
        assert orders(house) == [1, 2]
        with house.world.writing() as db:
            lift_hold(db, hold, actor="staff-2")
            with pytest.raises(NoSuchHold):
                lift_hold(db, hold, actor="staff-2")
        sweep(house)
        assert orders(house) == []
    assert audited(house) == ["kept.held", "kept.lifted", "kept.gone"]


def test_a_hold_that_comes_when_it_was_asked_to_go_calls_that_back_and_it_goes_after_all_once_lifted(house: House) -> None:
    with house.world.writing() as db:
        number, _ = keep(db)
    with on(DAY):
        with house.world.writing() as db:
            assert sweep_kept(db) == 1
        with house.world.writing() as db:
            hold = place_hold(db, number, reason=WHY, until=None, actor="staff-1", second="staff-9").id
        house.work()
        sweep(house)
        assert orders(house) == [1, 2]
        with house.world.writing() as db:
            lift_hold(db, hold, actor="staff-1")
        sweep(house)
        sweep(house)
        assert orders(house) == []
    with house.world.reading() as db:
        states = [step.state for step in db.query(Step).filter_by(act=KEPT_ERASE).order_by(Step.id)]
        assert states == [StepState.CANCELLED, StepState.DONE]


def test_a_hold_takes_the_place_of_a_try_that_waits_for_a_silent_system(house: House) -> None:
    with house.world.writing() as db:
        number, _ = keep(db)
    with on(DAY), house.shop.gone("shop"):
        sweep(house)
        with house.world.writing() as db:
            (step,) = db.query(Step).filter_by(act=KEPT_ERASE)
            assert (step.state, step.tries > 0) == (StepState.WAITING, True)
            place_hold(db, number, reason=WHY, until=None, actor="staff-1", second="staff-9")
    with on(DAY + timedelta(days=2)):
        sweep(house)
        assert orders(house) == [1, 2]
    with house.world.reading() as db:
        assert [step.state for step in db.query(Step).filter_by(act=KEPT_ERASE)] == [StepState.FAILED]


def test_nothing_is_said_to_be_held_while_a_worker_is_erasing_it(house: House) -> None:
    with house.world.writing() as db:
        number, _ = keep(db)
    with on(DAY):
        with house.world.writing() as db:
            sweep_kept(db)
            db.query(Step).filter_by(act=KEPT_ERASE).update({"state": StepState.CLAIMED, "fence": 1})
        with pytest.raises(StepIsRunning), house.world.writing() as db:
            place_hold(db, number, reason=WHY, until=None, actor="staff-1", second="staff-9")
        with house.world.reading() as db:
            assert all_kept(db)[0].held is None


def test_of_two_holds_the_one_that_ends_last_counts_and_is_told(house: House) -> None:
    with house.world.writing() as db:
        number, person_id = keep(db)
        place_hold(db, number, system="shop", reason="Shorter.", until=DAY + timedelta(days=5), actor="staff-1", second="staff-9")
        place_hold(db, number, reason="Longer.", until=DAY + timedelta(days=9), actor="staff-1", second="staff-9")
        held = kept_for(db, person_id)[0].held
        assert held is not None
        assert held.reason == "Longer."
    with on(DAY + timedelta(days=8)):
        sweep(house)
        assert orders(house) == [1, 2]


def test_a_hold_outlives_that_the_system_reports_once_more_what_it_kept(house: House) -> None:
    with house.world.writing() as db:
        number, person_id = keep(db)
        place_hold(db, number, system="shop", reason=WHY, until=None, actor="staff-1", second="staff-9")
    with house.world.writing() as db:
        case = db.get_one(type(a_case(db, person_id)), 1)
        rows = [KeptRow("shop.orders", "shop.orders:2", "books", DAY)]
        remember_kept(db, case, person_id=person_id, system="shop", rows=rows)
        assert [view.held is not None for view in kept_for(db, person_id)] == [True]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"reason": " "}, "one sentence"),
        ({"reason": "x" * 301}, "one sentence"),
        ({"until": date(2020, 1, 1)}, "future"),
        ({"system": "mail"}, "Nothing of that case"),
        ({"case_number": "2222-2222-2222"}, "Nothing of that case"),
    ],
)
def test_a_hold_that_makes_no_sense_is_refused_and_leaves_nothing(house: House, changed: dict[str, object], says: str) -> None:
    with house.world.writing() as db:
        number, _ = keep(db)
    asked = {"case_number": number, "reason": WHY, "until": None, "actor": "staff-1", **changed}
    with pytest.raises(HoldRefused, match=says), house.world.writing() as db:
        place_hold(db, str(asked.pop("case_number")), second="staff-9", **asked)  # type: ignore[arg-type]  # one of them is wrong on purpose
    assert house.world.rows("SELECT count(*) FROM kept_hold") == [(0,)]


def test_H3_another_company_neither_sees_nor_lifts_it(house: House) -> None:
    with house.world.writing() as db:
        number, _ = keep(db)
        hold = place_hold(db, number, reason=WHY, until=None, actor="staff-1", second="staff-9").id
    with house.world.writing(house.world.second) as db:
        assert all_kept(db) == []
        with pytest.raises(NoSuchHold):
            lift_hold(db, hold, actor="staff-1")
        with pytest.raises(HoldRefused):
            place_hold(db, number, reason=WHY, until=None, actor="staff-1", second="staff-9")


def test_the_reason_stands_nowhere_in_clear_and_goes_with_what_is_remembered_of_the_case(house: House) -> None:
    with house.world.writing() as db:
        number, _ = keep(db)
        hold = place_hold(db, number, reason=WHY, until=None, actor="staff-1", second="staff-9").id
    assert WHY.encode() not in house.world.everything_stored()
    with on(DAY):
        with house.world.writing() as db:
            lift_hold(db, hold, actor="staff-1")
        sweep(house)
    with on(DAY + timedelta(days=5000)), house.world.writing() as db:
        prune_kept(db, house.world.company())
        assert db.query(KeptHold).all() == []


def test_O9_a_restored_backup_neither_loses_a_hold_nor_holds_again_what_was_let_go(house: House) -> None:
    world = house.world
    with world.writing() as db:
        number, _ = keep(db)
        kept = place_hold(
            db, number, system="shop", reason=WHY, until=DAY + timedelta(days=9), actor="staff-1", second="staff-9"
        ).id
        ended = place_hold(db, number, reason="An inquiry.", until=None, actor="staff-1", second="staff-9").id
    with world.writing() as db:
        lift_hold(db, ended, actor="staff-2")
    write_journal(world.database, world.settings.journal_folder, {key: name for name, key in registry.ids().items()})
    with world.writing() as db:
        # The backup is older than the first hold, and than the end of the other.
        db.delete(db.get_one(KeptHold, kept))
        db.get_one(KeptHold, ended).lifted_at = db.get_one(KeptHold, ended).lifted_by = None
    assert replay(world.database, world.settings.journal_folder)["holds put back or lifted again"] == 2
    assert replay(world.database, world.settings.journal_folder)["holds put back or lifted again"] == 0
    with world.reading() as db:
        (view,) = all_kept(db)
        assert view.held is not None
        assert (view.held.reason, view.held.until) == (WHY, DAY + timedelta(days=9))
        assert db.get_one(KeptHold, ended).lifted_by == "staff-2"
    assert WHY.encode() not in b"".join(file.read_bytes() for file in world.settings.journal_folder.rglob("*.journal"))
