"""Transactions and companies: who opens to read cannot write, who has no company sees nothing."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from portal.accounts.model import AuditEntry, CompanyRow
from portal.core import clock
from portal.core.db import ALL_COMPANIES, AnotherCompanysRow, NoCompanySet


@pytest.fixture
def company_ids(world):
    return [world.first, world.second]


def entry(**fields):
    return AuditEntry(at=clock.now(), actor="a", act="b", target="c", **fields)


def two_entries(database, ids):
    for company_id in ids:
        with database.writing(company_id) as db:
            db.add(entry())


def test_a_transaction_opened_to_read_cannot_write(database, company_ids):
    with database.open_to_read(company_ids[0]) as db:
        db.add(entry())
        with pytest.raises(DBAPIError):
            db.flush()


def test_a_query_sees_its_own_company_only(database, company_ids):
    two_entries(database, company_ids)
    with database.reading(company_ids[0]) as db:
        assert {row.company_id for row in db.scalars(select(AuditEntry))} == {company_ids[0]}
        foreign = company_ids[1]
        assert db.scalars(select(AuditEntry).where(AuditEntry.company_id == foreign)).all() == []


def test_an_update_reaches_its_own_company_only(database, company_ids):
    two_entries(database, company_ids)
    with database.writing(company_ids[0]) as db:
        db.execute(update(AuditEntry).values(actor="changed"))
    with database.reading(ALL_COMPANIES) as db:
        assert {(row.company_id, row.actor) for row in db.scalars(select(AuditEntry))} == {
            (company_ids[0], "changed"),
            (company_ids[1], "a"),
        }


def test_a_session_without_a_company_is_an_error_and_not_everything(database):
    with database.open_to_read(None) as db, pytest.raises(NoCompanySet):
        db.scalars(select(AuditEntry)).all()


def test_a_row_of_another_company_cannot_be_added(database, company_ids):
    with pytest.raises(AnotherCompanysRow), database.writing(company_ids[0]) as db:
        db.add(entry(company_id=company_ids[1]))


def test_what_raises_leaves_nothing(database, company_ids):
    def act():
        with database.writing(company_ids[0]) as db:
            db.add(entry())
            db.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    with database.reading(ALL_COMPANIES) as db:
        assert db.scalars(select(AuditEntry)).all() == []


def test_companies_keep_their_ids(database, company_ids):
    with database.reading(ALL_COMPANIES) as db:
        assert sorted(db.scalars(select(CompanyRow.id))) == sorted(company_ids)
