"""Transactions and companies: who opens to read cannot write, who has no company sees nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import String, bindparam, delete, func, select, text, type_coerce, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import aliased
from sqlalchemy.sql.operators import ColumnOperators

from portal.accounts.model import AuditEntry, CompanyRow
from portal.core import clock
from portal.core.db import ALL_COMPANIES, AnotherCompanysRow, NoCompanySet


@pytest.fixture
def company_ids(world):
    return [world.first, world.second]


def entry(**fields):
    return AuditEntry(**{"at": clock.now(), "actor": "a", "act": "b", "target": "c", **fields})


def two_entries(database, ids):
    for company_id in ids:
        with database.writing(company_id) as db:
            db.add(entry())


def test_a_transaction_opened_to_read_cannot_write(database, company_ids):
    with database.open_to_read(company_ids[0]) as db:
        db.add(entry())
        with pytest.raises(DBAPIError):
            db.flush()


def test_a_row_that_is_held_is_read_anew_though_it_was_read_before(database, company_ids):
    two_entries(database, company_ids)
    with database.writing(company_ids[0]) as db:
        seen = db.scalars(select(AuditEntry)).one()
        # As another transaction may do in between.
        db.connection().execute(text("UPDATE audit_entry SET target = 'd' WHERE id = :id"), {"id": seen.id})
        assert db.get_one(AuditEntry, seen.id).target == "c"
        assert db.get_one(AuditEntry, seen.id, with_for_update=True).target == "d"


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


def test_a_query_that_is_asked_again_for_another_company_sees_that_one_in_every_place(database, company_ids):
    two_entries(database, company_ids)
    other = aliased(AuditEntry)
    chosen = bindparam("actor", type_=String)
    inner = select(other.id).where(other.actor == chosen)
    queries = (
        select(AuditEntry.company_id).where(AuditEntry.actor == chosen),
        select(other.company_id).where(other.actor == chosen),
        select(AuditEntry.company_id).where(AuditEntry.id.in_(inner)),
        select(AuditEntry.company_id).where(inner.where(other.id == AuditEntry.id).exists()),
        select(AuditEntry.company_id).join(other, other.actor == AuditEntry.actor).where(other.actor == chosen),
        select(func.max(AuditEntry.company_id)).where(AuditEntry.actor == chosen),
    )
    for _again in range(3):
        for company_id in company_ids:
            with database.reading(company_id) as db:
                assert [list(db.scalars(query, {"actor": "a"})) for query in queries] == [[company_id]] * len(queries)
    for company_id in company_ids:
        with database.writing(company_id) as db:
            gone = db.execute(delete(AuditEntry).where(AuditEntry.actor == "a").returning(AuditEntry.company_id))
            assert [row.company_id for row in gone] == [company_id]


def test_the_company_of_a_query_costs_no_comparison_once_the_query_is_known(database, company_ids, monkeypatch):
    query, compared = select(AuditEntry.id).where(AuditEntry.actor == bindparam("actor")), []
    usual = ColumnOperators.__eq__

    def watched(one, other):
        compared.append(one)
        return usual(one, other)

    for company_id in company_ids:
        with database.reading(company_id) as db:
            db.scalars(query, {"actor": "a"}).all()
            monkeypatch.setattr(ColumnOperators, "__eq__", watched)
            db.scalars(query, {"actor": "a"}).all()
            monkeypatch.setattr(ColumnOperators, "__eq__", usual)
    assert compared == []


def test_threads_that_write_wait_for_one_another_and_who_reads_waits_for_nobody(database, company_ids):
    inside, go_on, order = threading.Event(), threading.Event(), []

    def first():
        with database.writing(company_ids[0]) as db:
            db.add(entry())
            db.flush()
            inside.set()
            assert go_on.wait(10)
            order.append("first")

    def second():
        with database.writing(company_ids[0]) as db:
            db.add(entry())
            db.flush()
            order.append("second")

    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(first)
        assert inside.wait(10)
        waits = pool.submit(second)
        with database.reading(company_ids[0]) as db:
            assert len(db.scalars(select(AuditEntry)).all()) <= 1, "the first one has committed nothing"
        go_on.set()
        begun.result(10)
        waits.result(10)
    if database.is_sqlite:
        assert order == ["first", "second"]
    with database.reading(company_ids[0]) as db:
        assert len(db.scalars(select(AuditEntry)).all()) == 2


def test_moments_are_stored_as_the_library_would_and_come_back_the_same(database, company_ids):
    moments = [
        datetime(2026, 3, 29, 1, 59, 59, 999999, UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Asia/Tokyo")),
    ]
    with database.writing(company_ids[0]) as db:
        db.add_all(AuditEntry(at=at, actor="a", act="b", target=str(place)) for place, at in enumerate(moments))
    with database.reading(company_ids[0]) as db:
        found = db.execute(
            select(AuditEntry.at, type_coerce(AuditEntry.at, String).label("text")).order_by(AuditEntry.target)
        ).all()
    assert [at for at, _text in found] == moments
    assert {at.tzinfo for at, _text in found} == {UTC}
    if database.is_sqlite:
        assert found[2][1] == "2026-07-01 03:00:00.000000"
    with pytest.raises(StatementError, match="without a time zone"), database.writing(company_ids[0]) as db:
        db.add(entry(at=datetime(2026, 1, 1)))  # noqa: DTZ001  # that it is naive is what is tried


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
