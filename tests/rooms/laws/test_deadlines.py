from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cases.laws import ClockEvent, DueDates, Happened, Law, due_dates, earliest_of, end_of_day, load_law
from portal.cases.laws.deadlines import ExtensionTooLate, NoExtension, NotReceivedYet, add_months, refuse_extension
from portal.cases.laws.explanation import explain
from portal.cases.laws.model import Extension, Review, Roll, StopReason

OSLO = "Europe/Oslo"
GDPR = load_law("eu_gdpr")
UNROLLED = GDPR.model_copy(update={"roll": Roll(rule="none", article="test", seen=True)})

# received, one month, rolled, three months rolled, 45 days: computed apart from this code.
GOLDEN = [
    ("2026-01-31", "2026-02-28", "2026-03-02", "2026-04-30", "2026-03-17"),
    ("2026-08-31", "2026-09-30", "2026-09-30", "2026-11-30", "2026-10-15"),
    ("2027-01-29", "2027-02-28", "2027-03-01", "2027-04-29", "2027-03-15"),
    ("2028-01-31", "2028-02-29", "2028-02-29", "2028-05-01", "2028-03-16"),
    ("2026-09-03", "2026-10-03", "2026-10-05", "2026-12-03", "2026-10-18"),
]


def at(day: str | date, hour: int = 12, zone: str = OSLO) -> datetime:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def event(happened: str, day: str | date, reason: StopReason | None = None) -> ClockEvent:
    return ClockEvent(Happened(happened), at(day), reason)


def dates(law: Law, *events: ClockEvent, holidays: frozenset[date] = frozenset()) -> DueDates:
    return due_dates(law, events, OSLO, holidays)


def law_of(respond: str, **more: object) -> Law:
    plain = GDPR.model_dump(mode="json") | {"id": "xx_test", "respond": {"period": respond, "article": "test", "seen": True}}
    for part in ("respond", "refuse", "extend"):
        if isinstance(plain.get(part), dict) and part != "respond":
            plain[part] = None
    plain["roll"] = {"rule": "none", "article": "test", "seen": True}
    return Law.model_validate(plain | more)


@pytest.mark.parametrize(("received", "plain", "rolled", "extended", "days"), GOLDEN)
def test_the_golden_vectors_of_regulation_1182_71(received: str, plain: str, rolled: str, extended: str, days: str) -> None:
    assert dates(UNROLLED, event("received", received)).due_legal == date.fromisoformat(plain)
    assert dates(GDPR, event("received", received)).due_legal == date.fromisoformat(rolled)
    told = event("extended", date.fromisoformat(received) + timedelta(days=10))
    assert dates(GDPR, event("received", received), told).due_extended == date.fromisoformat(extended)
    assert dates(law_of("45 days"), event("received", received)).due_legal == date.fromisoformat(days)


def test_an_extension_is_three_months_from_receipt_and_never_one_and_then_two() -> None:
    received = date(2026, 1, 31)
    assert add_months(received, 3) == date(2026, 4, 30)
    assert add_months(add_months(received, 1), 2) == date(2026, 4, 28)
    assert dates(GDPR, event("received", received), event("extended", "2026-02-10")).due == date(2026, 4, 30)


def test_a_public_holiday_rolls_to_the_next_working_day() -> None:
    events = event("received", "2028-01-31"), event("extended", "2028-02-10")
    assert dates(GDPR, *events, holidays=frozenset({date(2028, 5, 1)})).due_extended == date(2028, 5, 2)
    christmas = frozenset({date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26)})
    assert dates(GDPR, event("received", "2026-11-24"), holidays=christmas).due_legal == date(2026, 12, 28)


def test_the_day_is_the_controllers_and_not_utc() -> None:
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert due_dates(GDPR, [ClockEvent(Happened.RECEIVED, late)], "UTC").due_legal == date(2026, 7, 30)
    assert due_dates(GDPR, [ClockEvent(Happened.RECEIVED, late)], OSLO).due_legal == date(2026, 8, 3)
    assert end_of_day(date(2026, 8, 3), OSLO) == datetime(2026, 8, 3, 21, 59, 59, tzinfo=UTC)
    assert end_of_day(date(2026, 12, 3), OSLO) == datetime(2026, 12, 3, 22, 59, 59, tzinfo=UTC)


def test_the_portal_works_towards_a_day_before_the_date_in_law() -> None:
    found = dates(GDPR, event("received", "2026-09-03"))
    assert found.due_target == date(2026, 10, 1)
    assert found.due_target < found.due_legal
    extended = dates(GDPR, event("received", "2026-09-03"), event("extended", "2026-09-20"))
    assert extended.due_legal < extended.due_target < extended.due


days = st.dates(date(2000, 1, 1), date(2090, 1, 1))


@given(days)
def test_a_month_is_never_shorter_than_28_days(received: date) -> None:
    found = dates(GDPR, event("received", received))
    assert found.due_legal >= received + timedelta(days=28)
    assert found.due_target <= found.due_legal
    assert found.due_legal.weekday() < 5


@given(days, st.integers(1, 60))
def test_who_asks_later_is_never_due_earlier(received: date, later: int) -> None:
    one, other = (dates(GDPR, event("received", day)).due_legal for day in (received, received + timedelta(days=later)))
    assert one <= other


@given(days, st.integers(0, 27), st.integers(0, 400))
def test_a_pause_of_n_days_moves_the_date_by_n_days(received: date, begin: int, length: int) -> None:
    start = received + timedelta(days=begin)
    paused = event("paused", start, StopReason.IDENTITY)
    resumed = ClockEvent(Happened.RESUMED, at(start + timedelta(days=length), 13), StopReason.IDENTITY)
    plain, moved = dates(UNROLLED, event("received", received)), dates(UNROLLED, event("received", received), paused, resumed)
    assert moved.due_legal == plain.due_legal + timedelta(days=length)
    assert moved.due_target == plain.due_target + timedelta(days=length)
    assert moved.waiting_since is None


@given(days, st.integers(0, 40))
def test_an_extension_after_the_date_in_law_is_refused(received: date, late: int) -> None:
    history = [event("received", received)]
    due = dates(GDPR, *history).due_legal
    refuse_extension(GDPR, history, at(due), OSLO)
    with pytest.raises(ExtensionTooLate):
        refuse_extension(GDPR, history, at(due + timedelta(days=late + 1)), OSLO)
    with pytest.raises(ExtensionTooLate):
        dates(GDPR, *history, event("extended", due + timedelta(days=late + 1)))


def test_more_time_is_given_once_and_only_where_the_law_gives_it() -> None:
    history = [event("received", "2026-03-02"), event("extended", "2026-03-10")]
    with pytest.raises(NoExtension, match="once"):
        refuse_extension(GDPR, history, at("2026-03-11"), OSLO)
    with pytest.raises(NoExtension, match="no more time"):
        refuse_extension(law_of("30 days"), history[:1], at("2026-03-11"), OSLO)


def test_an_open_pause_shows_since_when_it_waits() -> None:
    found = dates(GDPR, event("received", "2026-03-02"), event("paused", "2026-03-10", StopReason.IDENTITY))
    assert found.waiting_since == date(2026, 3, 10)


def test_overlapping_pauses_count_once() -> None:
    law = load_law("eu_gdpr", reviews={"eu_gdpr": Review("A. Person", date(2026, 11, 1))}).model_copy(
        update={"roll": UNROLLED.roll}
    )
    events = [
        event("received", "2026-03-02"),
        event("paused", "2026-03-05", StopReason.IDENTITY),
        event("paused", "2026-03-07", StopReason.SCOPE),
        event("resumed", "2026-03-10", StopReason.IDENTITY),
        event("resumed", "2026-03-12", StopReason.SCOPE),
    ]
    assert dates(law, *events).due_legal == date(2026, 4, 2) + timedelta(days=7)


def test_a_reason_that_the_law_does_not_know_stops_nothing() -> None:
    plain = dates(UNROLLED, event("received", "2026-03-02"))
    events = event("paused", "2026-03-05", StopReason.FEE), event("resumed", "2026-03-20", StopReason.FEE)
    assert dates(UNROLLED, event("received", "2026-03-02"), *events) == plain


def test_a_pause_after_the_date_brings_no_missed_date_back() -> None:
    plain = dates(GDPR, event("received", "2026-03-02"))
    events = event("paused", "2026-05-05", StopReason.IDENTITY), event("resumed", "2026-05-20", StopReason.IDENTITY)
    assert dates(GDPR, event("received", "2026-03-02"), *events) == plain


def test_a_pause_in_the_extended_time_moves_the_extended_date_only() -> None:
    history = [event("received", "2026-03-02"), event("extended", "2026-03-20")]
    plain = dates(UNROLLED, *history)
    pause = event("paused", "2026-04-20", StopReason.IDENTITY), event("resumed", "2026-04-25", StopReason.IDENTITY)
    found = dates(UNROLLED, *history, *pause)
    assert found.due_legal == plain.due_legal
    assert found.due == plain.due + timedelta(days=5)


def test_a_clock_that_starts_at_the_relevant_time_waits_for_the_proof() -> None:
    law = law_of("1 month", clock={"start": "relevant_time", "article": "test", "seen": True})
    assert dates(law, event("received", "2026-03-02")).due == date(2026, 4, 2)
    assert dates(law, event("received", "2026-03-02"), event("verified", "2026-03-09")).due == date(2026, 4, 9)
    assert dates(UNROLLED, event("received", "2026-03-02"), event("verified", "2026-03-09")).due == date(2026, 4, 2)


def test_business_days_skip_weekends_and_holidays() -> None:
    law = law_of("45 days", acknowledge={"period": "10 business days", "article": "test", "seen": True})
    assert dates(law, event("received", "2026-03-02")).acknowledge_by == date(2026, 3, 16)
    assert dates(law, event("received", "2026-03-02"), holidays=frozenset({date(2026, 3, 4)})).acknowledge_by == date(2026, 3, 17)


def test_where_saturday_is_a_working_day_only_sundays_and_holidays_roll() -> None:
    law = law_of("30 days", roll={"rule": "sunday_or_holiday", "article": "test", "seen": True})
    assert dates(law, event("received", "2026-03-05")).due == date(2026, 4, 4)
    assert dates(law, event("received", "2026-03-06")).due == date(2026, 4, 6)
    assert dates(law, event("received", "2026-03-06"), holidays=frozenset({date(2026, 4, 6)})).due == date(2026, 4, 7)


def test_a_period_of_two_days_or_more_holds_two_working_days() -> None:
    law = law_of("2 days", roll={"rule": "regulation_1182_71", "article": "test", "seen": True})
    assert dates(law, event("received", "2026-03-06")).due == date(2026, 3, 10)
    assert dates(law, event("received", "2026-03-02")).due == date(2026, 3, 4)


def test_a_law_without_a_number_uses_its_target_and_a_named_date_extends_it() -> None:
    law = law_of("30 days").model_copy(
        update={"extend": Extension(to_a_named_date=True, reasons="any", article="test", seen=True)},
    )
    told = ClockEvent(Happened.EXTENDED, at("2026-03-10"), until=date(2026, 5, 5))
    assert dates(law, event("received", "2026-03-02"), told).due == date(2026, 5, 5)
    asap = Law.model_validate(
        law_of("30 days").model_dump()
        | {"respond": {"without_delay": True, "target": "14 days", "article": "test", "seen": True}}
    )
    assert dates(asap, event("received", "2026-03-02")).due == date(2026, 3, 16)


def test_the_earliest_of_the_laws_that_give_the_right_counts() -> None:
    short = law_of("15 days", rights={"access": {"article": "test", "seen": True}})
    history = [event("received", "2026-03-02")]
    found = earliest_of([GDPR, short], "access", history, OSLO)
    assert found is not None
    assert (found[0].id, found[1].due) == ("xx_test", date(2026, 3, 17))
    found = earliest_of([GDPR, short], "erasure", history, OSLO)
    assert found is not None
    assert found[0].id == "eu_gdpr"
    assert earliest_of([GDPR, short], "nomination", history, OSLO) is None


def test_the_order_of_the_list_does_not_matter_and_receipt_must_be_in_it() -> None:
    history = [event("received", "2026-03-02"), event("extended", "2026-03-20")]
    assert dates(GDPR, *history) == dates(GDPR, *reversed(history))
    with pytest.raises(NotReceivedYet):
        dates(GDPR, history[1])


def test_every_step_to_the_date_is_told_in_words() -> None:
    steps = explain(GDPR, at("2026-01-31"), OSLO)
    assert "Received on Saturday 31 January 2026 in Europe/Oslo; that day does not count." in steps
    assert "1 month to answer ends on Saturday 28 February 2026 (GDPR Art. 12(3))." in steps
    assert any("runs to Monday 2 March 2026" in step for step in steps)
    assert any("extended to Thursday 30 April 2026" in step for step in steps)
    assert steps[-1].endswith("(GDPR Art. 12(3)).")
    holiday = explain(GDPR, at("2026-11-24"), OSLO, {date(2026, 12, 24)})
    assert any("public holiday, so it runs to Friday 25 December 2026" in step for step in holiday)
    assert "No extension exists." in explain(law_of("30 days"), at("2026-01-31"), OSLO)
