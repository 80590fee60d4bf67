"""Many people at once, for imports: whom the identifiers belong to, who must be left out, and new rows for the others.

Must never make a second person of one identifier: whoever comes at the same moment makes the whole batch begin again.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import BindParameter, Table, bindparam, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core import clock, crypto
from portal.core.bulk import add_rows, next_ids
from portal.core.db import company_of
from portal.people.model import Person, PersonIdentifier, Suppression, Tombstone
from portal.people.service import Identifier

PERSON, IDENTIFIER, SUPPRESSION, TOMBSTONE = (
    cast(Table, model.__table__) for model in (Person, PersonIdentifier, Suppression, Tombstone)
)
_COMPANY: BindParameter[int] = bindparam("company")
_WANTED: BindParameter[bytes] = bindparam("wanted", expanding=True)
_KINDS: BindParameter[str] = bindparam("kinds", expanding=True)
# Made once: a question that is asked before each mail must not be put together anew each time.
_OWNERS = select(
    IDENTIFIER.c.hash, IDENTIFIER.c.person_id, IDENTIFIER.c.joined_at, IDENTIFIER.c.proven_at, IDENTIFIER.c.left_at
).where(IDENTIFIER.c.company_id == _COMPANY, IDENTIFIER.c.kind.in_(_KINDS), IDENTIFIER.c.hash.in_(_WANTED))
_STOPS = select(SUPPRESSION.c.hash, SUPPRESSION.c.purpose, SUPPRESSION.c.channel).where(
    SUPPRESSION.c.company_id == _COMPANY, SUPPRESSION.c.hash.in_(_WANTED), SUPPRESSION.c.lifted_at.is_(None)
)
_GRAVES = select(TOMBSTONE.c.identifier_hash, TOMBSTONE.c.erased_at).where(
    TOMBSTONE.c.company_id == _COMPANY, TOMBSTONE.c.identifier_hash.in_(_WANTED), TOMBSTONE.c.system == ""
)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person who was just made."""

    id: int
    public_id: str


@dataclass(frozen=True, slots=True)
class Crowd:
    """What is known of some identifiers: whose they are, what they are suppressed for, when all under them was erased last; and since
    when those that were put to somebody who was known, and are not proven yet, are theirs. One that was left for good is so since now: no yes
    is for it.
    """

    people: Mapping[Identifier, int]
    suppressed: Mapping[Identifier, Collection[tuple[str, str]]]
    erased_at: Mapping[Identifier, datetime]
    joined_at: Mapping[Identifier, datetime]

    def must_stay_out(self, one: Identifier, purpose: str, channel: str, *, obtained_at: datetime | None) -> bool:
        """Whether an old yes of that identifier must not be taken in: it was suppressed for that, or erased after the yes was obtained."""
        erased_at = self.erased_at.get(one)
        return (purpose, channel) in self.suppressed.get(one, ()) or (
            erased_at is not None and (obtained_at is None or obtained_at <= erased_at)
        )


def owners_of(db: Session, identifiers: Collection[Identifier]) -> set[int]:
    """The people to whom identifiers in normal form belong (at most a few thousand). One statement."""
    asked = {
        "company": company_of(db),
        "wanted": list(_hashes(db, identifiers)),
        "kinds": list({one.kind for one in identifiers}),
    }
    return {row.person_id for row in db.connection().execute(_OWNERS, asked)}


def crowd_of(db: Session, identifiers: Collection[Identifier]) -> Crowd:
    """What is known of identifiers in normal form (at most a few thousand). Three statements."""
    hashes = _hashes(db, identifiers)
    asked, connection = {"company": company_of(db), "wanted": list(hashes)}, db.connection()
    suppressed: dict[Identifier, set[tuple[str, str]]] = defaultdict(set)
    for stop in connection.execute(_STOPS, asked):
        suppressed[hashes[bytes(stop.hash)]].add((stop.purpose, stop.channel))
    erased: dict[Identifier, datetime] = {}
    for grave in connection.execute(_GRAVES, asked):
        one = hashes[bytes(grave.identifier_hash)]
        erased[one] = max(grave.erased_at, erased.get(one, grave.erased_at))
    people: dict[Identifier, int] = {}
    now = clock.now()
    joined: dict[Identifier, datetime] = {}
    for row in connection.execute(_OWNERS, {**asked, "kinds": list({one.kind for one in identifiers})}):
        one = hashes[bytes(row.hash)]
        people[one] = row.person_id
        if row.left_at is not None and row.left_at <= now:
            joined[one] = now
        elif row.joined_at is not None and row.proven_at is None:
            joined[one] = row.joined_at
    return Crowd(people, suppressed, erased, joined)


def _hashes(db: Session, identifiers: Collection[Identifier]) -> dict[bytes, Identifier]:
    """Each identifier by its keyed hashes, one for each key of the ring."""
    company_key = registry.key_of(company_of(db))
    hashers = [crypto.identifier_hasher(company_key, key_id) for key_id in crypto.keys().ids("hash")]
    return {hashed(one.kind, one.value): one for one in identifiers for hashed in hashers}


def add_people(db: Session, wrapped_keys: Mapping[Identifier, bytes]) -> dict[Identifier, NewPerson]:
    """A person for each identifier that nobody is known by (the caller looked, in this transaction), with their key, wrapped.

    Raises `IntegrityError` where somebody else made one of them meanwhile.
    """
    if not wrapped_keys:
        return {}
    company_id, now, key_id = company_of(db), clock.now(), crypto.keys().newest("hash")[0]
    hashed = crypto.identifier_hasher(registry.key_of(company_id), key_id)
    ids = next_ids(db, PERSON, len(wrapped_keys))
    people = {
        one: NewPerson(id_, public_id) for one, id_, public_id in zip(wrapped_keys, ids, crypto.random_public_ids(), strict=False)
    }
    made = [(new.id, company_id, new.public_id, wrapped_keys[one], now) for one, new in people.items()]
    add_rows(db, PERSON, ("id", "company_id", "public_id", "wrapped_key", "created_at"), made)
    named = [(company_id, new.id, one.kind, hashed(one.kind, one.value), key_id, one.value, now) for one, new in people.items()]
    add_rows(db, IDENTIFIER, ("company_id", "person_id", "kind", "hash", "hash_key_id", "value", "created_at"), named)
    return people
