"""Counters: parallel tries cannot pass together, a window ends by itself, nothing in clear is stored."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from portal.core import clock
from portal.core.db import ALL_COMPANIES
from portal.core.limits import Limit, LimitCounter, count_once, counted, drop_old_counters

FIVE = Limit("try", 5, timedelta(hours=1))


def test_a_hundred_tries_at_once_pass_five_times(database):
    def one_try(_):
        with database.writing(ALL_COMPANIES) as db:
            return count_once(db, FIVE, "maren@example.org")

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one_try, range(100))) == 5


def test_the_next_window_begins_anew_and_the_old_one_is_dropped(database):
    with database.writing(ALL_COMPANIES) as db:
        for _ in range(7):
            count_once(db, FIVE, "x")
        assert counted(db, FIVE, "x") == 7
        with clock.moved(timedelta(hours=2)):
            assert count_once(db, FIVE, "x")
            assert drop_old_counters(db) == 1


def test_the_key_of_a_counter_tells_nothing(database):
    with database.writing(ALL_COMPANIES) as db:
        count_once(db, FIVE, "maren@example.org")
        assert b"maren" not in db.scalars(select(LimitCounter.key)).one()
