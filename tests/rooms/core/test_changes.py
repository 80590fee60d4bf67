"""Who waits for work looks at once where somebody wrote, soon in any case, and not again and again where nothing happened."""

import threading
import time

import pytest
from sqlalchemy import text

from portal.core import changes
from portal.core.changes import Changes
from portal.core.db import ALL_COMPANIES, Database


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'a file.db'}")
    write(database, "CREATE TABLE note (words TEXT)")
    yield database
    database.close()


def write(database, statement):
    with database.writing(ALL_COMPANIES) as db:
        db.execute(text(statement))


def test_the_first_look_is_worth_it_and_the_next_only_after_somebody_wrote(database, monkeypatch):
    monkeypatch.setattr(changes, "AT_LEAST_EVERY", 3600.0)
    waiting = Changes(database)
    for _ in range(2):
        assert waiting.worth_a_look()
        waiting.found_nothing()
        assert not waiting.worth_a_look()
        with database.reading(ALL_COMPANIES) as db:
            db.execute(text("SELECT * FROM note"))
        assert not waiting.worth_a_look(), "a reading is no change"
        write(database, "INSERT INTO note VALUES ('x')")
    waiting.close()


def test_what_is_committed_during_a_look_is_found_by_the_next_one(database, monkeypatch):
    monkeypatch.setattr(changes, "AT_LEAST_EVERY", 3600.0)
    waiting = Changes(database)
    assert waiting.worth_a_look()
    write(database, "INSERT INTO note VALUES ('came while one looked')")
    waiting.found_nothing()
    assert waiting.worth_a_look()
    waiting.close()


def test_where_something_was_found_one_looks_again(database):
    waiting = Changes(database)
    assert waiting.worth_a_look()
    assert waiting.worth_a_look(), "nobody said that nothing was found"
    waiting.close()


def test_what_becomes_due_by_time_alone_is_looked_for_all_the_same(database, monkeypatch):
    monkeypatch.setattr(changes, "AT_LEAST_EVERY", 0.05)
    waiting = Changes(database)
    assert waiting.worth_a_look()
    waiting.found_nothing()
    time.sleep(0.06)
    assert waiting.worth_a_look()
    waiting.close()


def test_a_file_that_is_away_is_a_reason_to_look_and_is_not_made(database, tmp_path):
    database.close()
    for file in tmp_path.iterdir():
        file.unlink()
    waiting = Changes(database)
    assert waiting.worth_a_look()
    waiting.found_nothing()
    assert waiting.worth_a_look()
    assert list(tmp_path.iterdir()) == []


def test_each_thread_has_its_own(database, monkeypatch):
    monkeypatch.setattr(changes, "AT_LEAST_EVERY", 3600.0)
    seen = []

    def look():
        waiting = Changes(database)
        seen.append(waiting.worth_a_look())
        waiting.found_nothing()
        seen.append(waiting.worth_a_look())
        waiting.close()

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [False] * 3 + [True] * 3


@pytest.mark.postgres
def test_a_database_that_cannot_tell_is_looked_at_each_time():
    from tests.databases import shared_cluster

    with shared_cluster().fresh_database() as url:
        database = Database(url)
        waiting = Changes(database)
        for _ in range(2):
            assert waiting.worth_a_look()
            waiting.found_nothing()
        database.close()
