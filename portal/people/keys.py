"""Which keys the database still needs, and how stored values come under the newest one. Works on the tables of every room.

Must never lose a value that is written while it works, and never call a key unused that a row still needs.

A column takes part where its type is `Encrypted`; where its `info` says `{"ciphertext": place}` (bytes made by
`crypto.encrypt(..., place)`); or where its name ends in `hash_key_id` (which hash key the row's hashes were made with).
"""

from collections.abc import Iterator

from sqlalchemy import Column, LargeBinary, Table, and_, func, or_, select, type_coerce, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from portal.accounts import registry
from portal.core import crypto
from portal.core.columns import Encrypted
from portal.core.db import ALL_COMPANIES, Base, Database
from portal.people.model import PersonIdentifier

BATCH = 500
"""Rows in one short transaction: visitors wait no longer than that takes."""


def used_key_ids(db: Session) -> dict[str, set[str]]:
    """Ids of the data and hash keys that stored rows need, by kind. `db` is opened for all companies."""
    used: dict[str, set[str]] = {"data": set(), "hash": set()}
    for column, _ in _ciphertexts():
        used["data"] |= _data_keys_in(db, column)
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith("hash_key_id"):
                used["hash"] |= set(db.scalars(select(column).distinct().where(column.is_not(None))))
    return used


def bring_under_newest(database: Database, kind: str) -> int:
    """Re-encrypt (`data`) or re-hash (`hash`) what was made with older keys; returns how many values. Can be stopped and run again.

    Hashes whose identifier is not kept (tombstones, suppressions, short-lived rows) stay under their key, which stays in the ring.
    """
    if kind == "data":
        return sum(_reencrypt(database, column, place) for column, place in _ciphertexts())
    return _rehash(database) if kind == "hash" else 0


def _ciphertexts() -> Iterator[tuple[Column[object], str]]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Encrypted):
                yield column, column.type.place
            elif "ciphertext" in column.info:
                yield column, column.info["ciphertext"]


def _raw(column: Column[object]) -> ColumnElement[bytes]:
    return type_coerce(column, LargeBinary())


def _data_keys_in(db: Session, column: Column[object]) -> set[str]:
    """A ciphertext begins with the length of its key's id and the id: the lengths in use, then the ids of each length."""
    raw = _raw(column)
    first = func.substr(raw, 1, 1, type_=LargeBinary())
    lengths = [bytes(length)[0] for length in db.scalars(select(first).distinct().where(column.is_not(None)))]
    return {
        bytes(key_id).decode("ascii")
        for length in lengths
        for key_id in db.scalars(
            select(func.substr(raw, 2, length, type_=LargeBinary()))
            .distinct()
            .where(first == bytes([length]), column.is_not(None))
        )
    }


def _reencrypt(database: Database, column: Column[object], place: str) -> int:
    table = column.table
    assert isinstance(table, Table)  # noqa: S101  # tells the type checker what declarative classes map to
    newest = crypto.keys().newest("data")[0].encode()
    prefix = bytes([len(newest)]) + newest
    old = func.substr(_raw(column), 1, len(prefix), type_=LargeBinary()) != prefix
    keys = list(table.primary_key.columns)
    after: tuple[object, ...] | None = None
    changed = 0
    while True:
        with database.writing(ALL_COMPANIES) as db:
            query = select(*keys, _raw(column)).where(column.is_not(None), old).order_by(*keys).limit(BATCH).with_for_update()
            rows = db.execute(query if after is None else query.where(_beyond(keys, after))).all()
            for *key, sealed in rows:
                fresh = crypto.encrypt(crypto.decrypt(bytes(sealed), place), place)
                same_row = and_(*(one == value for one, value in zip(keys, key, strict=True)))
                statement = update(table).where(same_row).values({column.name: type_coerce(fresh, LargeBinary())})
                db.execute(statement)
        if not rows:
            return changed
        changed += len(rows)
        after = tuple(rows[-1][: len(keys)])


def _beyond(keys: list[Column[object]], after: tuple[object, ...]) -> ColumnElement[bool]:
    """Rows that sort after `after`, so that each is visited once."""
    return or_(*(and_(*(keys[j] == after[j] for j in range(i)), keys[i] > after[i]) for i in range(len(keys))))


def _rehash(database: Database) -> int:
    newest = crypto.keys().newest("hash")[0]
    changed = 0
    while True:
        with database.writing(ALL_COMPANIES) as db:
            query = select(PersonIdentifier).where(PersonIdentifier.hash_key_id != newest).limit(BATCH).with_for_update()
            rows = db.scalars(query).all()
            for row in rows:
                company = registry.key_of(row.company_id)
                row.hash = crypto.identifier_hash(company, row.kind, row.value, newest)
                row.hash_key_id = newest
        if not rows:
            return changed
        changed += len(rows)
