"""Parts are worked on ahead of their turn, handed on in it, and none overtakes another that it meets."""

import threading
import time

import pytest

from portal.core.ahead import in_order


def running_threads():
    return [one for one in threading.enumerate() if one.name.startswith("ahead")]


def test_parts_come_in_their_order_although_later_ones_are_done_first():
    ended = []

    def work(part):
        time.sleep(0.02 * (3 - part % 3))
        ended.append(part)
        return part * part

    assert list(in_order(iter(range(9)), work, at_once=3)) == [(part, part * part) for part in range(9)]
    assert ended != sorted(ended)


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_no_more_than_was_asked_for_are_in_hand(at_once):
    lock, now, most = threading.Lock(), [0], [0]

    def work(part):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1
        return part

    assert len(list(in_order(iter(range(12)), work, at_once=at_once))) == 12
    assert most[0] == at_once


def test_a_part_waits_for_those_before_it_that_it_meets_and_for_no_other():
    spans = {}

    def work(part):
        begun = time.monotonic()
        time.sleep(0.03)
        spans[part] = begun, time.monotonic()

    list(in_order(iter(["a1", "b1", "a2", "c1"]), work, at_once=2, meets=lambda one, other: one[0] == other[0]))
    assert spans["b1"][0] < spans["a1"][1] <= spans["a2"][0]
    assert spans["c1"][0] < spans["a2"][1]


def test_what_is_raised_is_raised_in_its_turn_and_nothing_runs_on():
    begun = []

    def work(part):
        begun.append(part)
        if part == 2:
            raise LookupError(part)
        return part

    read: list[tuple[int, int]] = []
    with pytest.raises(LookupError):
        read.extend(in_order(iter(range(50)), work, at_once=2))
    assert len(begun) <= 5 and running_threads() == []


def test_whoever_stops_reading_leaves_nothing_running_and_no_further_part_begins():
    begun = []

    def work(part):
        begun.append(part)
        return part

    stream = in_order(iter(range(1000)), work, at_once=2)
    assert next(stream) == (0, 0)
    stream.close()
    assert len(begun) <= 3 and running_threads() == []


@pytest.mark.parametrize("parts", [[], ["only"]])
def test_one_part_alone_or_none_is_done_without_a_thread(parts):
    done = list(in_order(iter(parts), lambda _: threading.current_thread(), at_once=2))
    assert done == [(part, threading.current_thread()) for part in parts]
