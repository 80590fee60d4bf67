"""An act that lowers a choice goes into the journal, too, so that no restored backup lets a company do what was taken back.

Must never let a raise in: what a restore brings back may only be less.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.orm import Session

from portal.consent.events import Event
from portal.consent.merge import State
from portal.core import crypto
from portal.core.journal import JournalKind, note_for_journal


def note_lowering(
    db: Session,
    event: Event,
    before: State,
    after: State,
    *,
    digest: bytes,
    whose: Callable[[], Sequence[tuple[str, Mapping[str, bytes]]]],
) -> None:
    """Note `event` where the choice opens less after it than before; in the transaction that appends it.

    `whose` it was stands there as keyed hashes, so that it finds the person in an older database, and no other in a later one.
    """
    if not before.is_louder_than(after):
        return
    identifiers = list(whose())
    key_id = _newest_of_all([hashes for _kind, hashes in identifiers])
    payload = {
        "hash_key": key_id,
        "identifiers": [[kind, hashes[key_id].hex()] for kind, hashes in identifiers],
        "purpose": event.choice.purpose,
        "channel": event.choice.channel,
        "topic": event.choice.topic,
        "act": event.act,
        "actor": event.actor,
        "at": event.happened_at.isoformat(),
        "said": after.said,
        "paused_until": after.paused_until.isoformat() if after.paused_until > event.received_at else None,
        "topics": sorted(after.topics) if after.topics is not None else None,
        "digest": digest.hex(),
    }
    note_for_journal(db, JournalKind.WITHDRAWAL, payload)


def _newest_of_all(hashed: Sequence[Mapping[str, bytes]]) -> str:
    """The newest key that all of them were hashed under: one may have come into the ring since."""
    of_all = [key_id for key_id in hashed[0] if all(key_id in one for one in hashed)] if hashed else crypto.keys().ids("hash")
    return of_all[-1]
