"""The new mailbox says yes by the code of its mail, typed by who asked where they asked.

Must never compare before it has counted, nor take a code anywhere but in the browser and by the person that asked for the change.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.core import crypto, limits
from portal.identity.address_change import Outcome, Side, asked_by, change_under_way, code_hash, say_yes, stop_changes
from portal.identity.codes import normal_code
from portal.identity.sessions import CurrentSession

TRIES = limits.Limit("address.code", 5, timedelta(days=1))
"""Per change; the sixth ends it."""


def confirm_by_code(db: Session, current: CurrentSession, code: str, *, nonce: str | None) -> Outcome:
    """The code that the new mailbox got. Nobody but its reader and whom they tell can know it."""
    row = change_under_way(db, current.person_id)
    if row is None or row.new_code_hash is None or row.new_code_hash_key_id is None:
        return Outcome.ENDED
    if not asked_by(row, nonce, current):
        return Outcome.ONLY_WHERE_ASKED
    digits = normal_code(code)
    if digits is None:
        return Outcome.CODE_WRONG
    if not limits.count_once(db, TRIES, str(row.id)):
        stop_changes(db, current.person_id)
        return Outcome.ENDED
    fits = crypto.same(row.new_code_hash, code_hash(row, digits, row.new_code_hash_key_id))
    return say_yes(db, row, Side.NEW) if fits else Outcome.CODE_WRONG
