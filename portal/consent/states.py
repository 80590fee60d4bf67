"""The state rows: what the ledger says now, one row a choice, and the way between a row and the rule's own word for it.

Must never be written but from events, in the transaction that appends them or rebuilds from them.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from portal.consent.events import Choice
from portal.consent.merge import NEVER, State
from portal.consent.model import ConsentState
from portal.consent.words import Act
from portal.core.db import company_of
from portal.core.fixed import Fixed, adding

_ROWS = cast(Table, ConsentState.__table__)
_KEY = ("company_id", "person_id", "purpose", "channel", "topic")
_ADD = adding(_ROWS)
_CHANGE = Fixed(update(_ROWS).where(*(_ROWS.c[name] == bindparam(f"at_{name}") for name in _KEY)))
_ALL = select(*(column for column in _ROWS.c if column.name not in ("company_id", "person_id"))).where(
    _ROWS.c.company_id == bindparam("company"), _ROWS.c.person_id == bindparam("person")
)


def state_of(db: Session, person_id: int, choice: Choice) -> ConsentState | None:
    """The row of one choice, as the database has it now."""
    query = select(ConsentState).filter_by(
        person_id=person_id, purpose=choice.purpose, channel=choice.channel, topic=choice.topic
    )
    return db.scalar(query.execution_options(populate_existing=True))


def states_of(db: Session, person_id: int) -> dict[Choice, State]:
    """Everything that was ever said by a person, as the database has it now."""
    db.flush()
    rows = db.connection().execute(_ALL, {"company": company_of(db), "person": person_id})
    return {Choice(row.purpose, row.channel, row.topic): read_state(row) for row in rows}


def read_state(row: Any) -> State:
    """What a row of `consent_state`, or its columns, says in the rule's words."""
    return State(
        said=Act(row.said) if row.said else None,
        pending=row.pending,
        paused_until=row.paused_until or NEVER,
        frequency=row.frequency,
        topics=None if row.topics is None else frozenset(row.topics),
        sequence=row.sequence,
        since=row.since,
    )


def write_state(db: Session, person_id: int, choice: Choice, state: State, *, is_new: bool) -> None:
    """Make the row of a choice (a new one, if there is none) say `state`."""
    place = (company_of(db), person_id, choice.purpose, choice.channel, choice.topic)
    if is_new:
        _ADD.run(db, {**dict(zip(_KEY, place, strict=True)), **columns_of(state)})
    else:
        _CHANGE.run(db, {**{f"at_{name}": one for name, one in zip(_KEY, place, strict=True)}, **columns_of(state)})


def columns_of(state: State) -> dict[str, str | bool | int | datetime | list[str] | None]:
    """The columns of a state row but for its key."""
    return {
        "said": state.said,
        "pending": state.pending,
        "paused_until": None if state.paused_until == NEVER else state.paused_until,
        "frequency": state.frequency,
        "topics": None if state.topics is None else sorted(state.topics),
        "sequence": state.sequence,
        "since": state.since,
    }
