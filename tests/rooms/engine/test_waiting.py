"""Waits double, spread, and never lead past the date by which a human has to know."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.engine.waiting import (
    FAILURES_THAT_OPEN,
    FIRST_WAIT,
    LONGEST_PAUSE,
    LONGEST_WAIT,
    PATIENCE,
    backoff,
    last_chance,
    next_try,
    pause_of,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
tries = st.integers(1, 10_000)
spread = st.integers(1, 10**9)
anything = st.floats(-1e6, 1e12, allow_nan=False)


@given(tries, spread, anything, st.timedeltas(timedelta(microseconds=1), timedelta(days=400)))
def test_E4_no_answer_of_a_system_moves_a_try_past_the_last_date(tries: int, spread: int, after: float, left: timedelta) -> None:
    again = next_try(NOW, tries=tries, spread=spread, after=after, last=NOW + left)
    assert again is not None
    assert NOW < again <= NOW + left


@given(tries, spread, anything, st.timedeltas(timedelta(), timedelta(days=400)))
def test_past_the_last_date_there_is_no_further_try(tries: int, spread: int, after: float, over: timedelta) -> None:
    assert next_try(NOW, tries=tries, spread=spread, after=after, last=NOW - over) is None


def test_an_infinite_wait_is_capped_too() -> None:
    assert next_try(NOW, tries=1, spread=1, after=float("inf"), last=NOW + timedelta(days=1)) == NOW + timedelta(days=1)


@given(tries, spread)
def test_waits_stay_within_their_bounds(tries: int, spread: int) -> None:
    assert FIRST_WAIT <= backoff(tries, spread=spread) <= LONGEST_WAIT * 1.25


def test_steps_that_failed_together_do_not_come_back_together() -> None:
    assert len({backoff(3, spread=step) for step in range(100)}) > 90


def test_a_system_is_left_alone_only_after_several_failures_and_never_for_long() -> None:
    assert pause_of(FAILURES_THAT_OPEN - 1) == timedelta()
    assert timedelta() < pause_of(FAILURES_THAT_OPEN) < pause_of(FAILURES_THAT_OPEN + 1)
    assert pause_of(10_000) == LONGEST_PAUSE


def test_a_step_without_a_date_is_tried_for_two_weeks() -> None:
    assert last_chance(NOW, None) == NOW + PATIENCE
    assert last_chance(NOW, NOW + timedelta(days=1)) == NOW + timedelta(days=1)
