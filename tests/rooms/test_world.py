"""The ground of all tests of rooms holds."""

from portal.accounts.model import AuditEntry
from portal.core import clock
from tests.rooms.world import World


def test_each_test_begins_with_two_companies_and_nothing_else(world: World) -> None:
    assert world.first != world.second
    assert world.rows("SELECT count(*) FROM audit_entry") == [(0,)]


def test_a_row_of_one_company_is_not_there_for_the_other(world: World) -> None:
    with world.writing(world.first) as db:
        db.add(AuditEntry(at=clock.now(), actor="test", act="seen", target="x"))
    with world.reading(world.second) as db:
        assert db.query(AuditEntry).count() == 0
    with world.reading(world.first) as db:
        assert db.query(AuditEntry).count() == 1
