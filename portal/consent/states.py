"""The state rows: what the ledger says now, one row a choice, and the way between a row and the rule's own word for it.

Must never be written but from events, in the transaction that appends them or rebuilds from them.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.consent.events import Choice
from portal.consent.merge import NEVER, State
from portal.consent.model import ConsentState
from portal.consent.words import Act


def state_of(db: Session, person_id: int, choice: Choice) -> ConsentState | None:
    """The row of one choice, as the database has it now."""
    query = select(ConsentState).filter_by(
        person_id=person_id, purpose=choice.purpose, channel=choice.channel, topic=choice.topic
    )
    return db.scalar(query.execution_options(populate_existing=True))


def read_state(row: ConsentState) -> State:
    """What a row says, in the rule's words."""
    return State(
        said=Act(row.said) if row.said else None,
        pending=row.pending,
        paused_until=row.paused_until or NEVER,
        frequency=row.frequency,
        topics=None if row.topics is None else frozenset(row.topics),
        sequence=row.sequence,
        since=row.since,
    )


def write_state(db: Session, row: ConsentState | None, person_id: int, choice: Choice, state: State) -> None:
    """Make the row of a choice (a new one, if there is none) say `state`."""
    if row is None:
        row = ConsentState(person_id=person_id, purpose=choice.purpose, channel=choice.channel, topic=choice.topic)
        db.add(row)
    for column, value in columns_of(state).items():
        setattr(row, column, value)


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
