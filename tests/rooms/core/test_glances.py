"""Questions by the driver alone: they read, see what others committed, and leave nothing open."""

import pytest
from sqlalchemy import bindparam, select, text

from portal.accounts.model import CompanyRow
from portal.core.glances import CannotGlance, Question

WHO = Question(
    select(CompanyRow.id, CompanyRow.key, CompanyRow.created_at).where(CompanyRow.key == bindparam("key"), CompanyRow.id > 0)
)


def test_an_answer_is_what_the_tables_promise(world, database):
    with database.glances.open() as glance:
        ((number, key, at),) = glance.ask(WHO, {"key": "first"})
        assert glance.ask(WHO, {"key": "' or 1=1 --"}) == []
    assert (number, key) == (world.first, "first")
    assert at.tzinfo is not None
    with database.reading("all") as db:
        assert at == db.scalar(select(CompanyRow.created_at).where(CompanyRow.id == number))


def test_what_was_committed_elsewhere_is_seen_by_the_next_question_of_the_same_connection(world, database):
    with database.glances.open() as glance:
        assert glance.ask(WHO, {"key": "renamed"}) == []
        with database.writing("all") as db:
            db.execute(text("UPDATE company SET key = 'renamed' WHERE key = 'first'"))
        assert len(glance.ask(WHO, {"key": "renamed"})) == 1


def test_nothing_can_be_written_and_the_failed_connection_is_not_used_again(world, database):
    with pytest.raises(CannotGlance), database.glances.open() as glance:
        glance._driver.execute("UPDATE company SET key = 'x'")
    with database.glances.open() as another:
        assert len(another.ask(WHO, {"key": "first"})) == 1
        assert another._driver is not glance._driver


def test_connections_are_kept_for_the_next_and_let_go_of_with_the_database(world, database):
    with database.glances.open() as first:
        pass
    with database.glances.open() as second:
        assert second._driver is first._driver
    database.close()
    with database.glances.open() as third:
        assert third._driver is not first._driver
