"""The clock of a case: only ever added to, moved only as its law lets it, and the person is told in the same act."""

from datetime import date, datetime, timedelta

import pytest

from portal.cases.clocks import (
    ClockCannotStop,
    ClockRuns,
    VerifiedAlready,
    extend_deadline,
    look_at_extension,
    moved_date,
    note_verified,
    pause_clock,
    resume_by_answer,
    resume_clock,
)
from portal.cases.dates import due_of
from portal.cases.events import timeline
from portal.cases.laws.deadlines import ExtensionTooLate, NoExtension
from portal.cases.laws.model import StopReason
from portal.cases.messages import MessageEmpty, messages_of
from portal.cases.model import LongerBecause
from portal.cases.scope import Scope
from portal.cases.service import cancel_case, case_by_number, open_access_case
from portal.core import clock
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import MAREN
from tests.rooms.cases.test_messages import ask

WHY = "Nineteen silver kettles are in it"
BEGIN = datetime.fromisoformat("2026-11-02T10:00:00+00:00")


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time that the test says it is; one month from here ends on Wednesday 2 December 2026."""
    now = [BEGIN]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    return now


def opens(house: House) -> str:
    current = house.sign_in(MAREN)
    with house.world.writing() as db:
        return open_access_case(db, current.person_id, categories=[], proven=Scope(), language="en").number


def due(house: House, number: str) -> date:
    with house.world.reading() as db:
        return due_of(db, case_by_number(db, number)).day


def extends(house: House, number: str, words: str = WHY) -> None:
    with house.world.writing() as db:
        extend_deadline(db, number, because=LongerBecause.COMPLEX, words=words, actor="staff-7")


def pauses(house: House, number: str, reason: StopReason = StopReason.IDENTITY) -> None:
    with house.world.writing() as db:
        pause_clock(db, number, reason=reason, text="Who are you?", actor="staff-7")


def rows(house: House) -> list[tuple[object, ...]]:
    return house.world.rows("SELECT id, happened, at FROM clock_event ORDER BY id")


def test_an_extension_is_three_months_from_receipt_and_the_person_is_told_both_dates(house: House, today: list[datetime]) -> None:
    number = opens(house)
    assert due(house, number) == date(2026, 12, 2)
    today[0] += timedelta(days=20)
    before = rows(house)
    with house.world.reading() as db:
        longer = look_at_extension(db, case_by_number(db, number))
    assert (longer.now, longer.then) == (date(2026, 12, 2), date(2027, 2, 2))
    assert rows(house) == before
    extends(house, number)
    assert due(house, number) == longer.then
    assert rows(house)[: len(before)] == before
    assert house.subjects()[-1] == "extended"
    with house.world.reading() as db:
        moved = moved_date(db, case_by_number(db, number))
        assert moved is not None and (moved.first_day, moved.words) == (date(2026, 12, 2), WHY)
    assert WHY.encode() not in house.world.everything_stored()


def test_an_extension_is_told_once_only_and_never_after_the_date(house: House, today: list[datetime]) -> None:
    number = opens(house)
    today[0] = BEGIN + timedelta(days=31)
    with house.world.writing() as db, pytest.raises(ExtensionTooLate):
        extend_deadline(db, number, because=LongerBecause.MANY, words=WHY, actor="staff-7")
    today[0] = BEGIN + timedelta(days=30)
    extends(house, number)
    with house.world.writing() as db, pytest.raises(NoExtension):
        extend_deadline(db, number, because=LongerBecause.MANY, words=WHY, actor="staff-8")
    assert house.subjects().count("extended") == 1


def test_an_extension_needs_a_sentence_and_a_law_that_gives_it(house: House, today: list[datetime]) -> None:
    number = opens(house)
    with house.world.writing() as db, pytest.raises(MessageEmpty):
        extend_deadline(db, number, because=LongerBecause.MANY, words=" ", actor="staff-7")
    question = ask(house, house.sign_in(MAREN))
    with house.world.writing() as db, pytest.raises(NoExtension):
        extend_deadline(db, question, because=LongerBecause.MANY, words=WHY, actor="staff-7")
    assert due(house, number) == date(2026, 12, 2) and "extended" not in house.subjects()


def test_the_days_until_the_person_writes_do_not_count(house: House, today: list[datetime]) -> None:
    number = opens(house)
    today[0] += timedelta(days=10)
    pauses(house, number)
    assert house.subjects()[-1] == "needs_you"
    with house.world.reading() as db:
        case = case_by_number(db, number)
        assert [one.text for one in messages_of(db, case)] == ["Who are you?"]
        assert due_of(db, case).dates.waiting_since == date(2026, 11, 12)
        assert timeline(db, case)[-1].title == "We need something from you"
    today[0] += timedelta(days=25)
    with house.world.writing() as db:
        case = case_by_number(db, number)
        assert not due_of(db, case).is_late
        resume_by_answer(db, case)
        resume_by_answer(db, case)
    assert due(house, number) == date(2026, 12, 28)
    assert [row[1] for row in rows(house)] == ["received", "paused", "resumed"]


def test_a_clock_stops_only_for_a_reason_of_its_law_and_once(house: House, today: list[datetime]) -> None:
    number = opens(house)
    with pytest.raises(ClockCannotStop, match="knows no pause"):
        pauses(house, number, StopReason.FEE)
    pauses(house, number)
    with pytest.raises(ClockCannotStop, match="already"):
        pauses(house, number)
    with house.world.writing() as db:
        resume_clock(db, number, reason=StopReason.IDENTITY, actor="staff-7")
    with house.world.writing() as db, pytest.raises(ClockRuns):
        resume_clock(db, number, reason=StopReason.IDENTITY, actor="staff-7")
    today[0] += timedelta(days=60)
    with pytest.raises(ClockCannotStop, match="passed"):
        pauses(house, number)
    assert house.subjects().count("needs_you") == 1


def test_proof_is_noted_once_and_a_case_that_has_ended_has_no_clock(house: House, today: list[datetime]) -> None:
    number = opens(house)
    with house.world.writing() as db:
        note_verified(db, number, actor="staff-7")
    with house.world.writing() as db, pytest.raises(VerifiedAlready):
        note_verified(db, number, actor="staff-7")
    with house.world.writing() as db:
        case = case_by_number(db, number)
        assert case.person_id is not None
        cancel_case(db, case.person_id, number)
    with pytest.raises(ClockCannotStop, match="ended"):
        pauses(house, number)
    with house.world.writing() as db, pytest.raises(NoExtension, match="ended"):
        extend_deadline(db, number, because=LongerBecause.MANY, words=WHY, actor="staff-7")
