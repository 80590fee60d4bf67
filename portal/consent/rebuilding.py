"""Make a person's choices again from their history. Must never make them from a chain that is not what was written."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.consent.chains import KeyIsDestroyed, open_key, read_events, wrapped_key_of
from portal.consent.events import Choice
from portal.consent.model import ConsentState
from portal.consent.states import write_state
from portal.consent.verify import KeyFault, states_from, verify_person
from portal.core.errors import PortalError


class LedgerIsBroken(PortalError):
    """The chain is not what was written, or its key is gone, so nothing can be derived from it."""


def rebuild_state(db: Session, person_id: int) -> tuple[int, tuple[Choice, ...]]:
    """Make the person's state rows again from their events; returns how many, and which of them said something else before.

    Raises `LedgerIsBroken`, and `KeyIsDestroyed` where the person was erased.
    """
    wrapped = wrapped_key_of(db, person_id, lock=True)
    verdict = verify_person(db, person_id)
    if verdict.fault is not None:
        raise LedgerIsBroken(f"Row {verdict.place} of a chain is {verdict.fault}. Restore it from a backup before rebuilding.")
    if verdict.key is not None:
        remedy = "Put the data keys back" if verdict.key is KeyFault.SHUT else "Restore it from a backup"
        raise LedgerIsBroken(f"The key of a chain is {verdict.key}. {remedy} before rebuilding.")
    if verdict.rows and wrapped is None:
        raise KeyIsDestroyed("This person was erased. Nothing can be derived from their history any more.")
    events = read_events(db, person_id, open_key(wrapped, has_events=True)) if verdict.rows else []
    db.execute(delete(ConsentState).where(ConsentState.person_id == person_id))
    states = states_from(events)
    for choice, state in states.items():
        write_state(db, person_id, choice, state, is_new=True)
    db.flush()
    return len(states), verdict.differing
