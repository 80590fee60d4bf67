"""The portal's own rows go when `portal.yaml` says so, and what went is written down: kinds and counts, no more."""

from datetime import timedelta

from sqlalchemy import select

from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.core import clock
from portal.core.journal import JournalEntry, JournalKind, note_for_journal
from portal.core.journal_files import read_journal, write_journal
from portal.identity.model import SessionRow
from portal.identity.sessions import begin_session
from portal.starting import Running
from portal.worker import Worker
from tests.rooms.world import World


def clean_up(world: World, *, days: float) -> list[dict[str, object]]:
    """What the worker does, so many days from now; gives what it wrote down."""
    worker = Worker(Running(world.settings, registry.config(), world.database))
    with clock.moved(timedelta(days=days)):
        for _ in range(2):
            worker.clean_up()
    with world.reading() as db:
        return [entry.detail for entry in db.scalars(select(AuditEntry).filter_by(act="retention").order_by(AuditEntry.id))]


def test_each_kind_goes_at_its_time_once_and_is_counted(world: World) -> None:
    with world.writing() as db:
        begin_session(db, address="maria@example.org", browser="firefox.linux", language="en", current=None)
        note_for_journal(db, JournalKind.SUPPRESSION, {"x": 1})
    write_journal(world.database, world.settings.journal_folder, {world.first: "first"})
    assert clean_up(world, days=0.5) == []
    assert clean_up(world, days=2) == [{"journal_rows": 1}]
    with world.reading() as db:
        assert db.scalars(select(JournalEntry)).all() == []
        assert len(db.scalars(select(SessionRow)).all()) == 1
    assert clean_up(world, days=31) == [{"journal_rows": 1}, {"sign_ins": 1}]
    assert len(list(read_journal(world.settings.journal_folder))) == 1, "the file outlives the row"
    clean_up(world, days=366 + 31)
    assert list(read_journal(world.settings.journal_folder)) == []


def test_what_is_not_written_to_the_disk_yet_stays_however_old_it_is(world: World) -> None:
    with world.writing() as db:
        note_for_journal(db, JournalKind.SUPPRESSION, {"x": 1})
    assert clean_up(world, days=400) == []
    with world.reading() as db:
        assert len(db.scalars(select(JournalEntry)).all()) == 1


def test_nothing_of_anyone_stands_in_what_is_written_down(world: World) -> None:
    with world.writing() as db:
        begin_session(db, address="maria@example.org", browser="firefox.linux", language="en", current=None)
    clean_up(world, days=40)
    [(detail,)] = world.rows("SELECT detail FROM audit_entry WHERE act = 'retention'")
    assert "maria" not in str(detail)
