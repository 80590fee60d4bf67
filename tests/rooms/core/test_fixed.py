"""Statements that never change: what they write and read is what ordinary ones would, in the same transaction."""

from datetime import UTC, datetime
from typing import cast

import pytest
from sqlalchemy import Table, bindparam, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from portal.core.fixed import Fixed, adding
from portal.engine.model import Step, StepState

ROWS = cast(Table, Step.__table__)
ADD, CHANGE = adding(ROWS), Fixed(update(ROWS).where(ROWS.c.subject_id == bindparam("whose")))
QUESTION = select(ROWS.c.state, ROWS.c.run_at, ROWS.c.irreversible, ROWS.c.receipt, ROWS.c.hand_reason, ROWS.c.ended_at).where(
    ROWS.c.act == "try", ROWS.c.subject_id == bindparam("whose")
)
AT = datetime(2026, 3, 2, 10, 30, 0, 250, tzinfo=UTC)


def row_of(world, **other):
    whole = {
        "company_id": world.first, "act": "try", "subject_id": 7, "system": "shop", "part": 1, "irreversible": True,
        "state": StepState.WAITING, "run_at": AT, "fence": 0, "tries": 0, "probe_first": False, "created_at": AT,
        "receipt": {"ø": [1, None]}, "hand_reason": "Secret", "ended_at": None,
    }  # fmt: skip
    return {**whole, **other}


def test_what_is_written_and_read_is_what_ordinary_statements_write_and_read(world):
    with world.writing() as db:
        assert ADD.run(db, row_of(world)) == []
        (ordinary,) = db.connection().execute(QUESTION, {"whose": 7}).all()
        (fixed,) = Fixed(QUESTION).run(db, {"whose": 7})
        assert tuple(fixed) == tuple(ordinary)
        assert (fixed.run_at, fixed.irreversible, fixed.receipt, fixed.hand_reason) == (AT, True, {"ø": [1, None]}, "Secret")
    (sealed,) = world.rows("SELECT hand_reason FROM step")
    assert b"Secret" not in bytes(sealed[0])


def test_an_update_sets_what_it_is_given_and_nothing_else(world):
    with world.writing() as db:
        ADD.run(db, row_of(world))
        ADD.run(db, row_of(world, subject_id=8))
        CHANGE.run(db, {"whose": 8, "state": StepState.CANCELLED})
        CHANGE.run(db, {"whose": 7, "ended_at": AT})
        told = {whose: Fixed(QUESTION).run(db, {"whose": whose})[0] for whose in (7, 8)}
    assert (told[7].state, told[7].ended_at) == ("waiting", AT)
    assert (told[8].state, told[8].ended_at) == ("cancelled", None)


def test_it_belongs_to_the_transaction_of_its_session(world):
    with world.writing() as db:
        ADD.run(db, row_of(world))
        db.rollback()
    assert world.rows("SELECT count(*) FROM step") == [(0,)]


def test_a_session_that_goes_on_after_its_transaction_writes_in_the_next_one(world):
    with world.database.open_to_write(world.first) as db:
        ADD.run(db, row_of(world))
        db.rollback()
        ADD.run(db, row_of(world, subject_id=8))
        db.commit()
        ADD.run(db, row_of(world, subject_id=9))
        with db.begin_nested() as inner:
            ADD.run(db, row_of(world, subject_id=10))
            inner.rollback()
        db.commit()
    assert world.rows("SELECT subject_id FROM step ORDER BY id") == [(8,), (9,)]


def test_where_nothing_may_be_written_it_writes_nothing(world):
    with pytest.raises(Exception, match=r"(?i)read.?only"), world.reading() as db:
        ADD.run(db, row_of(world))
    assert world.rows("SELECT count(*) FROM step") == [(0,)]


def test_what_the_database_refuses_is_raised_as_by_any_other_statement(world):
    with world.writing() as db:
        ADD.run(db, row_of(world))
    with pytest.raises(SQLAlchemyError), world.writing() as db:
        ADD.run(db, row_of(world))
    assert world.rows("SELECT count(*) FROM step") == [(1,)]


def test_what_is_pending_in_the_session_is_seen(world):
    with world.writing() as db:
        db.add(Step(**row_of(world)))
        assert len(Fixed(QUESTION).run(db, {"whose": 7})) == 1
        assert db.execute(text("SELECT count(*) FROM step")).scalar() == 1
