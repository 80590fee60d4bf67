"""What was erased, by the keyed hash of the identifier it was known under: so that no import, restore or sign-in brings it back.

Must never act on another record of that identifier than the one that went, nor on anything newer than `erased_at`: whoever comes
back is a new customer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core import crypto
from portal.core.db import company_of
from portal.core.fixed import adding
from portal.core.journal import JournalKind, note_for_journal
from portal.people.link_tokens import Life, OpenedLink
from portal.people.model import Tombstone
from portal.people.service import Identifier, hashes_of, is_of_somebody_before

__all__ = ["Tombstone", "as_known_now", "bury", "covers", "is_erased", "tombstones_of"]

_ROWS = cast(Table, Tombstone.__table__)
_ADD = adding(_ROWS)
_KNOWN = select(_ROWS.c.hash_key_id, _ROWS.c.record_hash, _ROWS.c.categories).where(
    _ROWS.c.company_id == bindparam("company"),
    _ROWS.c.kind == bindparam("kind_of"),
    _ROWS.c.identifier_hash.in_(bindparam("hashes", expanding=True)),
    _ROWS.c.erased_at == bindparam("then"),
    _ROWS.c.system == bindparam("where"),
)


def bury(
    db: Session,
    identifier: Identifier,
    *,
    erased_at: datetime,
    system: str = "",
    record_key: str = "",
    categories: Collection[str] = (),
) -> None:
    """Remember that what was known under `identifier` went at `erased_at`; the same again changes nothing. Goes into the journal, too.

    `system` empty: everything under it, the portal's own rows included. Else only that system's record `record_key` (empty: all of
    its records), and of it only data of `categories` (empty: all of it).
    """
    company_id, wanted = company_of(db), sorted(set(categories))
    hashes = hashes_of(company_id, identifier)
    db.flush()
    connection = db.connection()
    same = {
        "company": company_id,
        "kind_of": identifier.kind,
        "hashes": list(hashes.values()),
        "then": erased_at,
        "where": system,
    }
    for known in connection.execute(_KNOWN, same):
        record = _record_hash(company_id, system, record_key, known.hash_key_id)
        if (known.record_hash, known.categories) == (record, wanted):
            return
    key_id = crypto.keys().newest("hash")[0]
    row = {
        "kind": identifier.kind,
        "identifier_hash": hashes[key_id],
        "hash_key_id": key_id,
        "system": system,
        "record_hash": _record_hash(company_id, system, record_key, key_id),
        "categories": wanted,
        "erased_at": erased_at,
    }
    _ADD.run(db, {"company_id": company_id, **row})
    note_for_journal(db, JournalKind.TOMBSTONE, _as_payload(row))


def tombstones_of(db: Session, identifier: Identifier) -> Sequence[Tombstone]:
    """Every tombstone of that identifier, whichever hash key it was made with, oldest erasure first."""
    hashes = hashes_of(company_of(db), identifier)
    query = select(Tombstone).where(Tombstone.kind == identifier.kind, Tombstone.identifier_hash.in_(hashes.values()))
    return db.scalars(query.order_by(Tombstone.erased_at, Tombstone.id)).all()


def is_erased(
    db: Session, identifier: Identifier, *, obtained_at: datetime, system: str = "", record_key: str = "", category: str = ""
) -> bool:
    """Whether data of that identifier, obtained at that moment, is of what was erased: an import must leave it out."""
    company_id = company_of(db)
    return any(
        obtained_at <= one.erased_at
        and (not one.system or covers(company_id, one, system, record_key))
        and (not one.categories or any(_within(category, name) for name in one.categories))
        for one in tombstones_of(db, identifier)
    )


def as_known_now(db: Session, opened: OpenedLink) -> OpenedLink:
    """A link from before the erasure of its identifier is an old one: it stops, and shows nothing of whoever has that address now.

    So is one to an address that its person left for another, once that can no longer be undone: the mailbox may be somebody else's by then;
    and one from before somebody new got it.
    """
    if not opened.may_show:
        return opened
    whose, issued_at = opened.link.identifier, opened.link.issued_at
    old = is_erased(db, whose, obtained_at=issued_at) or is_of_somebody_before(db, whose, since=issued_at)
    return replace(opened, life=Life.LATE) if old else opened


def covers(company_id: int, tombstone: Tombstone, system: str, record_key: str) -> bool:
    """Whether the tombstone speaks of this record of this system."""
    if not tombstone.system:
        return True
    of_its_record = tombstone.record_hash in (None, _record_hash(company_id, system, record_key, tombstone.hash_key_id))
    return tombstone.system == system and of_its_record


def restore_tombstone(db: Session, payload: Mapping[str, Any]) -> bool:
    """Put back a tombstone from its entry in the journal; False where it is there."""
    values = {
        "kind": str(payload["kind"]),
        "identifier_hash": bytes.fromhex(payload["hash"]),
        "hash_key_id": str(payload["hash_key"]),
        "system": str(payload["system"]),
        "record_hash": bytes.fromhex(payload["record"]) if payload["record"] else None,
        "erased_at": datetime.fromisoformat(payload["erased_at"]),
    }
    known = db.scalars(select(Tombstone).filter_by(**values))
    categories = list(payload["categories"])
    if any(one.categories == categories for one in known):
        return False
    db.add(Tombstone(**values, categories=categories))
    db.flush()
    return True


def _as_payload(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": row["kind"],
        "hash": row["identifier_hash"].hex(),
        "hash_key": row["hash_key_id"],
        "system": row["system"],
        "record": row["record_hash"].hex() if row["record_hash"] else "",
        "categories": row["categories"],
        "erased_at": row["erased_at"].isoformat(),
    }


def _record_hash(company_id: int, system: str, record_key: str, key_id: str) -> bytes | None:
    """A record's key can be an address or a number of a person."""
    if not record_key:
        return None
    return crypto.identifier_hash(registry.key_of(company_id), f"record.{system}", record_key, key_id)


def _within(category: str, other: str) -> bool:
    """Categories match by dotted segments."""
    return category == other or category.startswith(f"{other}.")
