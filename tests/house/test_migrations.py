"""Migrations and models say the same, forwards and back, on both databases."""

from contextlib import ExitStack

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from portal.core.db import Database
from portal.migrating import migrate, migrate_back
from portal.starting import NotMigrated, current_revision, newest_revision, refuse_unmigrated
from portal.tables import METADATA
from tests.databases import shared_cluster


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request, tmp_path):
    with ExitStack() as stack:
        postgres = request.param == "postgres"
        url = stack.enter_context(shared_cluster().fresh_database()) if postgres else f"sqlite:///{tmp_path / 'empty.db'}"
        database = Database(url)
        assert tables(database) == []
        yield database
        database.close()


def tables(database):
    with database.engine.connect() as connection:
        return sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})


def test_from_empty_to_head_is_what_the_models_say(empty):
    migrate(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    assert current_revision(empty) == newest_revision()


def test_back_to_empty_and_up_again_loses_no_table(empty):
    migrate(empty)
    made = tables(empty)
    migrate_back(empty)
    assert tables(empty) == []
    migrate(empty)
    assert tables(empty) == made


def test_nothing_starts_on_a_database_that_is_not_migrated(empty):
    with pytest.raises(NotMigrated, match="portal migrate"):
        refuse_unmigrated(empty)


def test_what_hangs_on_a_row_survives_when_its_table_is_made_anew(empty):
    migrate(empty, "0014")
    with empty.engine.execution_options(portal_writes=True).begin() as connection:
        at = "'2026-01-01 00:00:00'"
        columns = "id, company_id, number, kind, state, law, language, source, choice, proven, received_at"
        values = f"1, 1, 'AAAA-BBBB-CCCC', 'access', 'open', 'eu_gdpr', 'en', 'site', '[]', {_bytes(connection)}, {at}"
        for statement in (
            f"INSERT INTO company (id, key, created_at) VALUES (1, 'one', {at})",
            f'INSERT INTO "case" ({columns}) VALUES ({values})',
            f"INSERT INTO case_event (id, company_id, case_id, at, code, params, actor) VALUES (1, 1, 1, {at}, 'received', '{{}}', 'person')",
        ):
            connection.exec_driver_sql(statement)
    migrate(empty)
    migrate_back(empty, "0014")
    migrate(empty)
    with empty.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT code FROM case_event").scalars().all() == ["received"]
    with empty.engine.execution_options(portal_writes=True).begin() as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql(
            f"INSERT INTO case_event (id, company_id, case_id, at, code, params, actor) VALUES (2, 1, 9, {at}, 'received', '{{}}', 'person')"
        )


def test_a_choice_that_was_taken_for_brought_under_an_earlier_number_is_asked_again(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'earlier.db'}")
    migrate(database, "0045")
    at = "'2026-01-01 00:00:00.000000'"
    step = "company_id, act, subject_id, system, part, irreversible, state, run_at, fence, tries, probe_first, created_at"
    row = "id, company_id, person_id, purpose, channel, topic, system, rounds, wanted, written"
    with database.engine.execution_options(portal_writes=True).begin() as connection:
        for statement in (
            f"INSERT INTO company (id, key, created_at) VALUES (1, 'one', {at})",
            f"INSERT INTO person (id, company_id, public_id, created_at) VALUES (1, 1, 'AAAA-BBBB-CCCC', {at})",
            # Brought, and under 7 taken for brought: its step was that of an address whose row is gone. Steps went up to 9.
            f"INSERT INTO consent_delivery ({row}) VALUES (6, 1, 1, 'news', 'email', '', 'shop', 1, 5, 5)",
            f"INSERT INTO consent_delivery ({row}) VALUES (7, 1, 1, 'news', 'sms', '', 'shop', 1, 5, NULL)",
            *(
                f"INSERT INTO step ({step}) VALUES (1, 'consent.write', {number}, 'shop', 1, 0, 'done', {at}, 1, 1, 0, {at})"
                for number in (6, 7, 9)
            ),
        ):
            connection.exec_driver_sql(statement)
    migrate(database)
    rows = "SELECT d.id, d.channel, d.rounds, s.state FROM consent_delivery d JOIN step s ON s.subject_id = d.id AND s.part = d.rounds"
    with database.engine.execution_options(portal_writes=True).begin() as connection:
        assert connection.exec_driver_sql(f"{rows} ORDER BY d.id").all() == [(6, "email", 1, "done"), (10, "sms", 1, "waiting")]
        connection.exec_driver_sql("DELETE FROM consent_delivery WHERE id = 10")
        insert = (
            f"INSERT INTO consent_delivery ({row.removeprefix('id, ')}) VALUES (1, 1, 'news', 'post', '', 'shop', 1, 5, NULL)"
        )
        assert connection.exec_driver_sql(f"{insert} RETURNING id").scalar() == 11
    migrate_back(database, "0045")
    database.close()


def _bytes(connection):
    """An empty sealed value, as each database writes one."""
    return "x''" if connection.dialect.name == "sqlite" else "''::bytea"
