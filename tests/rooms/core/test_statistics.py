"""Large tables are counted, and only those."""

from datetime import timedelta

from sqlalchemy import insert, inspect, text

from portal.core import clock, crypto
from portal.core.db import ALL_COMPANIES, Base
from portal.core.limits import LimitCounter
from portal.core.statistics import LARGE, count_large_tables


def fill(database, count):
    ends = clock.now() + timedelta(days=1)
    with database.writing(ALL_COMPANIES) as db:
        db.execute(
            insert(LimitCounter),
            [{"key": crypto.random_token().encode()[:32], "count": 1, "ends_at": ends} for _ in range(count)],
        )


def counted(database):
    with database.reading(ALL_COMPANIES) as db:
        if not database.is_sqlite:
            return {
                name for (name,) in db.execute(text("SELECT relname FROM pg_class WHERE reltuples > 0 AND relkind = 'r'"))
            } & set(Base.metadata.tables)
        if not inspect(db.connection()).has_table("sqlite_stat1"):
            return set()
        return {name for (name,) in db.execute(text("SELECT DISTINCT tbl FROM sqlite_stat1"))}


def test_a_table_is_counted_once_it_is_large_and_no_small_one_ever_is(world):
    # Tests of one process share a PostgreSQL database, which may have counted tables when they were larger.
    before = counted(world.database) - {"limit_counter"}
    fill(world.database, LARGE - 1)
    assert count_large_tables(world.database) == 0
    fill(world.database, 1)
    assert counted(world.database) - {"limit_counter"} == before
    assert count_large_tables(world.database) == 1
    assert counted(world.database) == before | {"limit_counter"}


def test_what_is_kept_of_a_count_are_numbers_and_no_values(world):
    fill(world.database, LARGE)
    count_large_tables(world.database)
    if world.database.is_sqlite:
        with world.database.reading(ALL_COMPANIES) as db:
            assert not inspect(db.connection()).has_table("sqlite_stat4")
            said = db.scalars(text("SELECT stat FROM sqlite_stat1")).all()
        assert said and all(word.isdigit() for stat in said for word in stat.split()), said
