"""The journal outside the database: all of what was committed, nothing else, once, and nothing of it in clear."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from portal.accounts import registry
from portal.core import clock, crypto
from portal.core.journal import JournalKind, note_for_journal
from portal.core.journal_files import JournalIsBroken, drop_old_files, keys_of_journal, read_journal, write_journal
from tests.rooms.world import World, environment_of

ROOT = Path(__file__).parents[3]
WRITER = """
from portal.accounts import registry
from portal.core.journal_files import write_journal
from tests.rooms.world import begin_in_another_process

world = begin_in_another_process()
write_journal(world.database, world.settings.journal_folder, {number: key for key, number in registry.ids().items()})
"""


def note(world: World, *texts: str, company: int | None = None) -> None:
    with world.writing(company) as db:
        for text in texts:
            note_for_journal(db, JournalKind.SUPPRESSION, {"text": text})


def write(world: World) -> int:
    return write_journal(world.database, world.settings.journal_folder, {number: key for key, number in registry.ids().items()})


def texts(world: World) -> list[str]:
    return [line.payload["text"] for line in read_journal(world.settings.journal_folder)]


def files(world: World) -> list[Path]:
    return sorted(world.settings.journal_folder.rglob("*.journal"))


def test_what_was_committed_is_written_in_order_and_marked(world: World) -> None:
    note(world, "one", "two")
    note(world, "three")
    assert write(world) == 3
    assert texts(world) == ["one", "two", "three"]
    assert write(world) == 0
    assert world.rows("SELECT count(*) FROM journal_entry WHERE written_at IS NULL") == [(0,)]


def test_what_was_rolled_back_is_not_written(world: World) -> None:
    with world.database.open_to_write(world.first) as db:
        note_for_journal(db, JournalKind.SUPPRESSION, {"text": "never"})
        db.flush()
        db.rollback()
    assert write(world) == 0
    assert texts(world) == []


def test_each_company_has_its_own_folder_and_its_lines_are_of_no_use_in_anothers(world: World) -> None:
    note(world, "ours")
    note(world, "theirs", company=world.second)
    write(world)
    assert [(line.company, line.payload["text"]) for line in read_journal(world.settings.journal_folder)] == [
        ("first", "ours"),
        ("second", "theirs"),
    ]
    one, other = files(world)
    other.write_bytes(one.read_bytes())
    with pytest.raises(JournalIsBroken, match=r"second/\d{4}-\d\d\.journal:1: "):
        list(read_journal(world.settings.journal_folder))


def test_nothing_of_it_can_be_read_without_the_key_and_only_its_owner_may_open_it(world: World) -> None:
    note(world, "maria@example.org")
    write(world)
    stored = world.everything_stored() + b"".join(file.read_bytes() for file in files(world))
    assert b"maria" not in stored
    assert keys_of_journal(world.settings.journal_folder) == {"d1"}
    assert {file.stat().st_mode & 0o777 for file in files(world)} == {0o600}
    assert world.settings.journal_folder.stat().st_mode & 0o777 == 0o700


def test_O4_the_key_of_an_old_line_is_missed_and_named(world: World, keys: crypto.KeyRing) -> None:
    note(world, "one")
    write(world)
    crypto.use_keys(keys.with_new_key("data").without_key("data", "d1"))
    assert keys_of_journal(world.settings.journal_folder) == {"d1"}, "so that no start goes on without it"
    with pytest.raises(JournalIsBroken, match="key"):
        texts(world)


def test_a_line_that_a_crash_cut_is_passed_over_and_the_next_one_is_whole(world: World) -> None:
    note(world, "one")
    write(world)
    (file,) = files(world)
    whole = file.read_bytes()
    for cut in (1, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole + whole[:cut])
        note(world, f"after {cut}")
        write(world)
        assert texts(world) == ["one", f"after {cut}"]


def test_a_line_that_was_changed_is_named_and_not_passed_over(world: World) -> None:
    note(world, "one", "two")
    write(world)
    (file,) = files(world)
    lines = file.read_bytes().split(b"\n")
    lines[1] = lines[1][:-9] + (b"A" if lines[1][-9:-8] != b"A" else b"B") + lines[1][-8:]
    file.write_bytes(b"\n".join(lines))
    with pytest.raises(JournalIsBroken, match=":2: "):
        texts(world)


def test_many_writers_at_once_write_each_entry_once(world: World) -> None:
    note(world, *(str(number) for number in range(40)))
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(lambda _: write(world), range(12))) == 40
    (file,) = files(world)
    assert len(file.read_bytes().splitlines()) == 40
    assert sorted(map(int, texts(world))) == list(range(40))


@pytest.mark.sampled
@pytest.mark.slow
def test_a_writer_that_is_killed_after_the_disk_has_it_loses_nothing_and_counts_nothing_twice(world: World) -> None:
    note(world, "one", "two")
    fault = {"PORTAL_TEST_FAULT": "journal.written=kill", "PORTAL_MODE": "demo"}
    for environment, ended in ((fault, -signal.SIGKILL), ({}, 0)):
        command = [sys.executable, "-c", WRITER]
        done = subprocess.run(command, cwd=ROOT, env={**environment_of(world), **environment}, check=False, timeout=60)
        assert done.returncode == ended
    (file,) = files(world)
    assert len(file.read_bytes().splitlines()) == 4, "written again, since nobody had marked it"
    assert texts(world) == ["one", "two"]
    assert write(world) == 0


def test_a_full_disk_marks_nothing_and_all_of_it_comes_later(world: World) -> None:
    note(world, "one")
    file = world.settings.journal_folder / "first" / f"{clock.now():%Y-%m}.journal"
    file.parent.mkdir(parents=True)
    file.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        write(world)
    assert world.rows("SELECT count(*) FROM journal_entry WHERE written_at IS NULL") == [(1,)]
    file.unlink()
    assert write(world) == 1
    assert texts(world) == ["one"]


@pytest.mark.parametrize(
    ("days", "kept"), [(0, ["old", "new"]), (20, ["old", "new"]), (62, ["new"]), (120, [])], ids=["now", "20", "62", "120"]
)
def test_a_month_is_dropped_when_its_last_day_is_too_old(world: World, days: int, kept: list[str]) -> None:
    now = clock.now()
    with clock.moved(now.replace(day=1) - timedelta(days=40) - now):
        note(world, "old")
    note(world, "new")
    write(world)
    first_of_month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    drop_old_files(world.settings.journal_folder, "first", before=first_of_month - timedelta(days=62) + timedelta(days=days))
    assert texts(world) == kept
