"""Several processes that write one file: in order and whole, or it is said."""

import os
import signal

import pytest

from tests.nursery import start

LEFT = "nobody is left"


def turned(tmp_path, scene, processes=3):
    file = tmp_path / "out"
    with start("tests.rooms.core.turning", [scene, str(file), str(processes)]) as child:
        child.wait()
    lines = [line.split() for line in file.read_text().splitlines()]
    return child, [int(number) for number, _pid in lines], {pid for _number, pid in lines}


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
def test_parts_are_written_in_their_order_whoever_made_them(tmp_path, processes):
    child, numbers, pids = turned(tmp_path, "well", processes)
    assert child.stdout.splitlines() == [f"40 {sum(range(40))}", LEFT]
    assert numbers == list(range(40))
    assert len(pids) == (1 if processes == 1 else processes + 1)


def test_a_short_list_is_made_by_one_process(tmp_path):
    child, numbers, pids = turned(tmp_path, "short")
    assert child.stdout.splitlines() == ["2 1", LEFT]
    assert numbers == [0, 1] and len(pids) == 1


@pytest.mark.parametrize("scene", ["killed", "killed-in-turn", "fault"])
def test_a_process_that_is_lost_is_told_and_leaves_no_gap(tmp_path, scene):
    child, numbers, _pids = turned(tmp_path, scene)
    assert child.stdout.startswith("ProcessLost A process of this command was lost") and LEFT in child.stdout
    assert numbers == list(range(20))
    assert ("fault of ours: LookupError" in child.stderr) == (scene == "fault")
    assert "secret" not in child.stderr


def test_where_another_was_interrupted_first_that_is_what_ends_it(tmp_path):
    child, numbers, _pids = turned(tmp_path, "interrupted")
    assert child.stdout.splitlines() == ["KeyboardInterrupt ", LEFT]
    assert numbers == list(range(20))


def test_an_error_of_the_system_is_the_same_as_with_one_process(tmp_path):
    for processes in (1, 3):
        child, numbers, _pids = turned(tmp_path, "full", processes)
        assert child.stdout.splitlines() == ["OSError [Errno 28] No space left on device", LEFT]
        assert numbers == list(range(20))


def test_the_others_end_with_the_first(tmp_path):
    os.mkfifo(tmp_path / "out.alive")
    reading = os.open(tmp_path / "out.alive", os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reading, True)
    child, numbers, _pids = turned(tmp_path, "first-killed")
    assert child.returncode == -signal.SIGKILL
    # Nobody holds the other end any more; with one that lives on this would wait for ever.
    assert os.read(reading, 1) == b""
    os.close(reading)
    assert numbers == list(range(len(numbers)))
