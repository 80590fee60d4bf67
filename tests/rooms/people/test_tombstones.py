"""What was erased stays erased, for that record alone, and for nothing that came later (E7)."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock, crypto
from portal.core.journal import JournalEntry
from portal.people.keys import bring_under_newest, used_key_ids
from portal.people.service import Identifier
from portal.people.tombstones import bury, covers, is_erased, restore_tombstone, tombstones_of
from tests.rooms.world import World

MARIA = Identifier("email", "maria@example.org")
NILS = Identifier("email", "nils@example.org")
THEN = clock.now() - timedelta(days=40)
DAY = timedelta(days=1)


def journal_of(db: Session) -> list[dict[str, Any]]:
    """What was noted for the journal, in order."""
    return [json.loads(entry.payload) for entry in db.scalars(select(JournalEntry).order_by(JournalEntry.id))]


def test_who_was_erased_is_known_again_by_the_address_and_by_nothing_that_can_be_read(world: World) -> None:
    with world.writing() as db:
        bury(db, MARIA, erased_at=THEN)
    with world.reading() as db:
        (stone,) = tombstones_of(db, MARIA)
        assert (stone.erased_at, stone.system, stone.record_hash, stone.categories) == (THEN, "", None, [])
        assert tombstones_of(db, NILS) == []
    assert b"maria" not in world.everything_stored()


def test_another_company_has_never_heard_of_it(world: World) -> None:
    with world.writing(world.first) as db:
        bury(db, MARIA, erased_at=THEN)
    with world.reading(world.second) as db:
        assert tombstones_of(db, MARIA) == []


def test_buried_twice_is_one_tombstone_and_a_second_erasure_is_another(world: World) -> None:
    for _ in range(2):
        with world.writing() as db:
            bury(db, MARIA, erased_at=THEN)
            bury(
                db, MARIA, erased_at=THEN, system="shop", record_key="shop.customers:7", categories=["user.contact", "user.name"]
            )
            bury(
                db, MARIA, erased_at=THEN, system="shop", record_key="shop.customers:7", categories=["user.name", "user.contact"]
            )
    with world.writing() as db:
        bury(db, MARIA, erased_at=THEN + DAY)
        assert [(one.erased_at, one.system) for one in tombstones_of(db, MARIA)] == [(THEN, ""), (THEN, "shop"), (THEN + DAY, "")]
    assert len(world.rows("SELECT * FROM journal_entry")) == 3, "each goes into the journal once"


def test_E7_an_import_cannot_bring_back_what_was_erased_but_may_bring_what_is_newer(world: World) -> None:
    with world.writing() as db:
        bury(db, MARIA, erased_at=THEN)
        assert is_erased(db, MARIA, obtained_at=THEN - DAY, system="shop", record_key="shop.customers:7")
        assert is_erased(db, MARIA, obtained_at=THEN)
        assert not is_erased(db, MARIA, obtained_at=THEN + timedelta(microseconds=1))
        assert not is_erased(db, NILS, obtained_at=THEN - DAY)


def test_E7_a_tombstone_of_one_record_leaves_every_other_record_of_the_address_alone(world: World) -> None:
    with world.writing() as db:
        bury(db, MARIA, erased_at=THEN, system="shop", record_key="shop.customers:7", categories=["user.contact"])

        def gone(system: str, key: str, category: str) -> bool:
            return is_erased(db, MARIA, obtained_at=THEN - DAY, system=system, record_key=key, category=category)

        assert gone("shop", "shop.customers:7", "user.contact.email")
        assert gone("shop", "shop.customers:7", "user.contact")
        assert not gone("shop", "shop.customers:7", "user.contacts"), "categories match by segments"
        assert not gone("shop", "shop.customers:7", "user.name")
        assert not gone("shop", "shop.customers:8", "user.contact.email")
        assert not gone("mail", "shop.customers:7", "user.contact.email")


def test_O4_the_hash_key_of_a_tombstone_is_needed_for_as_long_as_the_tombstone_stands(world: World, keys: crypto.KeyRing) -> None:
    with world.writing() as db:
        bury(db, MARIA, erased_at=THEN, system="shop", record_key="shop.customers:7")
    crypto.use_keys(keys.with_new_key("hash"))
    bring_under_newest(world.database, "hash")
    with world.reading("all") as db:
        assert used_key_ids(db)["hash"] == {"h1"}, "the identifier is not kept, so it cannot be hashed anew"
    with world.writing() as db:
        (stone,) = tombstones_of(db, MARIA)
        assert covers(world.first, stone, "shop", "shop.customers:7")
        bury(db, MARIA, erased_at=THEN, system="shop", record_key="shop.customers:7")
        assert len(tombstones_of(db, MARIA)) == 1, "found under the old key, not made again under the new one"


def test_a_tombstone_comes_back_from_its_entry_in_the_journal_once(world: World) -> None:
    with world.writing() as db:
        bury(db, MARIA, erased_at=THEN, system="shop", record_key="shop.customers:7", categories=["user.name"])
        entry = journal_of(db)[0]
        before = [(one.identifier_hash, one.record_hash, one.categories) for one in tombstones_of(db, MARIA)]
        assert not restore_tombstone(db, entry)
        db.delete(tombstones_of(db, MARIA)[0])
        db.flush()
        assert restore_tombstone(db, entry)
        assert [(one.identifier_hash, one.record_hash, one.categories) for one in tombstones_of(db, MARIA)] == before
