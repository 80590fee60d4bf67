"""What had to stay goes on its day and not before, once, and is not called gone while the system still shows it (O9)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.contract import Identifier as Known
from portal.adapters.contract import KeptRow, Subject
from portal.cases.handlers import case_handlers
from portal.cases.kept import kept_for, remember_kept
from portal.cases.kept_erasing import NothingParked, settle_kept, sweep_kept
from portal.cases.kept_holds import KEPT_ERASE
from portal.cases.kept_model import Kept, KeptOwner
from portal.cases.systems import close_systems, open_system, place_of
from portal.core import clock
from portal.engine.model import Attempt, Step, StepState
from portal.engine.running import run_one
from portal.engine.service import ByHand, ReasonMissing
from portal.people.service import Identifier, note_seen_alone, person_for
from tests.adapters.companies import note, write_company
from tests.rooms.cases.test_kept import a_case
from tests.rooms.world import World

MARIA = Identifier("email", "maria@example.org")
LEAP_DAY = date(2028, 2, 29)


def field(value: object) -> dict[str, Any]:
    return {"category": "user.behavior.purchase_history", "value": value}


SYSTEM = {
    "kind": "demo",
    "settings": {
        "records": [
            {
                "collection": "shop.customers", "key": "7", "identifiers": {"email": MARIA.value},
                "fields": {"number": {"category": "user.unique_id", "value": "K-7"}},
            },
            {"collection": "shop.invoices", "key": "a", "belongs_to": "7", "fields": {"total": field("9 EUR")}},
            {"collection": "shop.invoices", "key": "b", "belongs_to": "7", "fields": {"total": field("8 EUR")}},
        ]
    },
    "collections": {
        "shop.customers": note(fields={"number": {"title": {"en": "N", "de": "N"}}}),
        "shop.invoices": note(fields={"total": {"title": {"en": "T", "de": "S"}}}),
    },
}  # fmt: skip


@pytest.fixture
def shop(world: World, tmp_path: Path) -> Iterator[World]:
    """The world with a shop that holds two invoices."""
    close_systems()
    registry.use_companies(write_company(tmp_path / "company", SYSTEM).config, {"first": world.first})
    yield world
    close_systems()


@contextmanager
def on(day: date, hour: int = 12) -> Iterator[None]:
    """As if it were that day (UTC)."""
    with clock.moved(datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - clock.now()):
        yield


def invoices(world: World) -> list[str]:
    """What the shop still has."""
    adapter = open_system(place_of(world.first, "backend"))
    (match,) = adapter.find(Subject((Known("email", MARIA.value),)))
    return sorted(record.key for record in adapter.export(match) if record.collection == "shop.invoices")


def keep(db: Session, **until: date) -> int:
    """An erasure had to leave these invoices until those days."""
    person = person_for(db, MARIA, proven=True)
    note_seen_alone(db, person.id, alone=True)
    rows = [KeptRow("shop.invoices", f"shop.invoices:{key}", "books", day) for key, day in until.items()]
    remember_kept(db, a_case(db, person.id), person_id=person.id, system="backend", rows=rows)
    return person.id


def sweep(world: World) -> None:
    """What the worker does of it in a day."""
    with world.writing() as db:
        sweep_kept(db)
    while run_one(world.database, case_handlers(world.database), "worker"):
        pass


def test_O9_it_goes_on_its_day_where_the_company_is_and_not_an_hour_before(shop: World) -> None:
    with shop.writing() as db:
        person_id = keep(db, a=LEAP_DAY, b=date(2032, 1, 1))
    with on(date(2028, 2, 28), hour=22):
        sweep(shop)
        assert invoices(shop) == ["shop.invoices:a", "shop.invoices:b"], "23:00 in Oslo, still the 28th"
    with on(date(2028, 2, 28), hour=23):
        sweep(shop)
        assert invoices(shop) == ["shop.invoices:b"], "midnight in Oslo: the leap day has begun"
        with shop.reading() as db:
            assert [(view.until, view.count) for view in kept_for(db, person_id)] == [(date(2032, 1, 1), 1)]
    with on(date(2032, 1, 1)):
        sweep(shop)
        assert invoices(shop) == []


def test_O9_a_day_that_was_missed_is_made_up_for_and_twice_does_no_harm(shop: World) -> None:
    with shop.writing() as db:
        keep(db, a=LEAP_DAY, b=LEAP_DAY)
    with on(LEAP_DAY + timedelta(days=40)):
        for _ in range(3):
            sweep(shop)
        assert invoices(shop) == []
    with shop.reading() as db:
        steps = db.query(Step).filter_by(act=KEPT_ERASE).all()
        assert [step.state for step in steps] == [StepState.DONE]
        assert steps[0].irreversible
        assert len(db.query(Attempt).filter_by(step_id=steps[0].id).all()) == 1
        assert steps[0].receipt is not None
        assert (steps[0].receipt["rows"], steps[0].receipt["erase"]) == (2, 2)


def test_what_is_gone_is_no_longer_known_by_whose_it_was(shop: World) -> None:
    with shop.writing() as db:
        keep(db, a=LEAP_DAY)
    with on(LEAP_DAY):
        sweep(shop)
    with shop.reading() as db:
        (kept,) = db.query(Kept).all()
        assert (kept.rows, kept.person_id, kept.count) == (None, None, 1)
        assert db.query(KeptOwner).all() == []
        assert [row[0] for row in shop.rows("SELECT act FROM audit_entry")] == ["kept.gone"]


def test_E5_a_system_that_is_no_longer_configured_parks_it_and_nothing_is_called_gone(shop: World, tmp_path: Path) -> None:
    with shop.writing() as db:
        person_id = keep(db, a=LEAP_DAY)
    place = write_company(tmp_path / "other", {**SYSTEM, "kind": "demo"})
    company = place.config.company("first").model_copy(update={"systems": {}})
    portal = place.config.portal.model_copy(update={"companies": {"first": company}})
    registry.use_companies(type(place.config)(portal, place.config.document, place.config.folder), {"first": shop.first})
    with on(LEAP_DAY):
        sweep(shop)
        with shop.reading() as db:
            assert [step.state for step in db.query(Step).filter_by(act=KEPT_ERASE)] == [StepState.PARKED]
            assert len(kept_for(db, person_id)) == 1
        assert [row[0] for row in shop.rows("SELECT act FROM audit_entry")] == ["kept.parked"]


def test_what_is_parked_is_settled_by_hand_with_a_reason_and_never_left_out(shop: World) -> None:
    with shop.writing() as db:
        keep(db, a=LEAP_DAY, b=LEAP_DAY + timedelta(days=1))
        (number,) = {kept.case_number for kept in db.query(Kept)}
    with on(LEAP_DAY):
        with shop.writing() as db:
            sweep_kept(db)
            (step,) = db.query(Step).filter_by(act=KEPT_ERASE).all()
            step.state = StepState.PARKED
        for outcome, why, refusal in ((ByHand.SKIP, "No.", NothingParked), (ByHand.DONE, " ", ReasonMissing)):
            with shop.writing() as db, pytest.raises(refusal):
                settle_kept(db, number, system="backend", outcome=outcome, reason=why, actor="staff-1")
        with shop.writing() as db, pytest.raises(NothingParked):
            settle_kept(db, number, system="mail", outcome=ByHand.DONE, reason="Gone.", actor="staff-1")
        with shop.writing() as db:
            assert settle_kept(db, number, system="backend", outcome=ByHand.RETRY, reason="Mended.", actor="staff-1") == 0
            assert [step.state for step in db.query(Step).filter_by(act=KEPT_ERASE)] == [StepState.WAITING]
        with shop.writing() as db:
            gone = settle_kept(db, number, system="backend", outcome=ByHand.DONE, reason="Erased in the shop.", actor="staff-1")
            assert gone == 1, "what has another day stays until then"
        with shop.reading() as db:
            assert [kept.gone_at is None for kept in db.query(Kept).order_by(Kept.until)] == [False, True]
        acts = shop.rows("SELECT act, actor FROM audit_entry ORDER BY id")
        assert acts == [("step.retry", "staff-1"), ("step.done", "staff-1"), ("kept.gone", "staff-1")]
