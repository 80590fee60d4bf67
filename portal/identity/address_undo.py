"""Take a change of address back, from the old mailbox or the new one and without a session, for 14 days.

Must never need anything that who took the mailbox over could have changed: the mail with the link, and the address that got it, are enough.
"""

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.identity import address_letters as letters
from portal.identity.address_change import Outcome, find_change, mistake_elsewhere, stop_changes
from portal.identity.model import AddressChange, ChangeState
from portal.identity.sessions import end_all_sessions
from portal.people.service import EMAIL, Identifier, find_identifier, hold_identifiers, move_identifier


def undo_change(db: Session, token: str, *, nonce: str | None, typed_address: str | None = None) -> Outcome:
    """The old address is the person's again and the new one is nobody's; every session of theirs ends, whoever holds it."""
    found = find_change(db, token)
    if found is None or not found[1].undoes:
        return Outcome.ENDED
    row, side = found
    if mistake := mistake_elsewhere(db, row, side, nonce, typed_address):
        return mistake
    undone = db.scalar(
        update(AddressChange)
        .where(AddressChange.id == row.id, AddressChange.state == ChangeState.DONE, AddressChange.undo_until > clock.now())
        .values(state=ChangeState.UNDONE, ended_at=clock.now())
        .returning(AddressChange.id)
        .execution_options(synchronize_session=False)
    )
    if undone is None:
        return Outcome.ENDED
    stop_changes(db, row.person_id)
    # Sessions before identifiers, as whoever signs in with a session holds it first.
    end_all_sessions(db, row.person_id)
    new = find_identifier(db, Identifier(EMAIL, row.new_address))
    old = find_identifier(db, Identifier(EMAIL, row.old_address))
    hold_identifiers(db, [one for one in (new, old) if one is not None])
    # Once more: who was signing in with one of them at this very moment has done so by now.
    end_all_sessions(db, row.person_id)
    if new is not None and new.person_id == row.person_id:
        move_identifier(db, new)
    if old is not None:
        old.left_at = None
    db.flush()
    letters.send_undone(db, row)
    return Outcome.UNDONE
