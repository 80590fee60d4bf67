"""Rows that wait, worked off one by one in transactions of their own, for whichever room keeps them.

Must never let one row that cannot be worked on hold up the others.
"""

from collections.abc import Callable

from sqlalchemy import Select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core import logs
from portal.core.db import ALL_COMPANIES, Database


def work_off(database: Database, waiting: Select[int, int], work: Callable[[Session, int], int], *, failed: str) -> int:
    """Call `work(db, row id)` for each row of `waiting` (company and row id, in order); returns the sum of what it returned.

    `failed` is the event that is logged for a row that raised.
    """
    with database.reading(ALL_COMPANIES) as db:
        due = db.execute(waiting).all()
    done = 0
    for company_id, row_id in due:
        try:
            with database.writing(company_id) as db:
                done += work(db, row_id)
        except Exception as error:  # noqa: BLE001  # one row that cannot be worked on must not hold up the others
            logs.event(failed, level=40, error=error, company=registry.key_of(company_id))
    return done
