"""One identifier, one person, within one company; whatever key it was stored under."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import crypto
from portal.people import keys as people_keys
from portal.people.model import Person, PersonIdentifier
from portal.people.service import (
    HASHES,
    Identifier,
    NotInNormalForm,
    add_identifier,
    find_person,
    hashed_identifiers,
    hashes_of,
    identifiers_of,
    person_for,
)
from tests.rooms.world import World

MARIA = Identifier("email", "maria@example.org")


def test_the_same_address_is_the_same_person(world: World) -> None:
    with world.writing() as db:
        one = person_for(db, MARIA)
    with world.writing() as db:
        assert person_for(db, MARIA).id == one.id
        assert identifiers_of(db, one.id) == [MARIA]


def test_hashes_of_a_person_are_those_of_their_identifiers_and_open_none_where_the_ring_has_one_key(
    world: World, keys: crypto.KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = Identifier("customer_number", "FK-1")
    with world.writing() as db:
        one = person_for(db, MARIA)
        add_identifier(db, one.id, number, joined=False)

    def hashed(db: Session) -> list[tuple[str, Mapping[str, bytes]]]:
        rows = db.execute(select(*HASHES).where(PersonIdentifier.person_id == one.id))
        return hashed_identifiers(db, one.id, [*rows] * 2)

    for ring in (keys, keys.with_new_key("hash"), keys.with_new_key("hash").without_key("hash", "h1")):
        crypto.use_keys(ring)
        with world.reading() as db:
            assert hashed(db) == [(each.kind, hashes_of(world.first, each)) for each in (MARIA, number)]
    crypto.use_keys(keys)
    with world.reading() as db, monkeypatch.context() as closed:
        closed.setattr(crypto, "decrypt", None)
        assert len(hashed(db)) == 2


def test_the_same_address_at_another_company_is_another_person(world: World) -> None:
    with world.writing(world.first) as db:
        one = person_for(db, MARIA).id
    with world.reading(world.second) as db:
        assert find_person(db, MARIA) is None
    with world.writing(world.second) as db:
        assert person_for(db, MARIA).id != one
    hashes = world.rows("SELECT hash FROM identifier")
    assert len(set(hashes)) == 2


def test_an_address_stands_nowhere_in_clear(world: World) -> None:
    with world.writing() as db:
        person_for(db, MARIA)
    assert b"maria" not in world.everything_stored()


def test_ten_at_once_make_one_person(world: World) -> None:
    def make(_: int) -> int:
        with world.writing() as db:
            return person_for(db, MARIA).id

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(make, range(10)))) == 1
    assert world.rows("SELECT count(*) FROM identifier") == [(1,)]
    assert world.rows("SELECT count(*) FROM person") == [(1,)]


@pytest.mark.parametrize("value", ["Maria@example.org", "x@erased.invalid", "nobody", ""])
def test_D3_what_is_not_in_normal_form_is_no_identifier(world: World, value: str) -> None:
    with world.writing() as db, pytest.raises(NotInNormalForm):
        person_for(db, Identifier("email", value))


def test_a_person_is_found_under_an_older_hash_key_too(world: World, keys: crypto.KeyRing) -> None:
    with world.writing() as db:
        before = person_for(db, MARIA).id
    crypto.use_keys(keys.with_new_key("hash"))
    with world.writing() as db:
        assert person_for(db, MARIA).id == before


@pytest.mark.slow
@pytest.mark.sampled
def test_rotation_brings_every_value_under_the_newest_keys(world: World, keys: crypto.KeyRing) -> None:
    people = [Identifier("email", f"person{number}@example.org") for number in range(1203)]
    with world.writing() as db:
        ids = [person_for(db, one).id for one in people]
        db.get_one(Person, ids[0]).wrapped_key = crypto.encrypt(b"a key", "person.wrapped_key")
    with world.reading("all") as db:
        assert people_keys.used_key_ids(db) == {"data": {"d1"}, "hash": {"h1"}}
    crypto.use_keys(keys.with_new_key("data").with_new_key("hash"))
    assert people_keys.bring_under_newest(world.database, "data") == 1204
    assert people_keys.bring_under_newest(world.database, "hash") == 1203
    assert people_keys.bring_under_newest(world.database, "data") == 0
    with world.reading("all") as db:
        assert people_keys.used_key_ids(db) == {"data": {"d2"}, "hash": {"h2"}}
    crypto.use_keys(crypto.keys().without_key("data", "d1").without_key("hash", "h1"))
    with world.reading() as db:
        assert [find_person(db, one).id for one in people[::100]] == ids[::100]  # type: ignore[union-attr]  # a missing one fails the test as it should
        assert crypto.decrypt(db.get_one(Person, ids[0]).wrapped_key or b"", "person.wrapped_key") == b"a key"


def test_O4_a_key_that_rows_still_need_is_named_as_used(world: World, keys: crypto.KeyRing) -> None:
    with world.writing() as db:
        person_for(db, MARIA)
    ring = keys.with_new_key("data").with_new_key("hash")
    crypto.use_keys(
        crypto.KeyRing(
            {"data": {"d2": ring.by_id("data", "d2")}, "hash": {"h2": ring.by_id("hash", "h2")}, "sign": ring.keys["sign"]}
        )
    )
    with world.reading("all") as db:
        used = people_keys.used_key_ids(db)
    assert used == {"data": {"d1"}, "hash": {"h1"}}
    with pytest.raises(crypto.KeysAreBroken):
        crypto.keys().by_id("data", "d1")


def test_a_longer_key_id_is_seen_as_well(world: World, keys: crypto.KeyRing) -> None:
    with world.writing() as db:
        person_for(db, MARIA)
    crypto.use_keys(crypto.KeyRing({**keys.keys, "data": {**keys.keys["data"], "d1234": b"k" * 32}}))
    with world.writing() as db:
        person_for(db, Identifier("email", "second@example.org"))
    with world.reading("all") as db:
        assert people_keys.used_key_ids(db)["data"] == {"d1", "d1234"}


def test_a_value_moved_to_another_place_cannot_be_read(world: World) -> None:
    with world.writing() as db:
        person_for(db, MARIA)
    with world.writing() as db:
        row = db.scalars(select(PersonIdentifier)).one()
        db.get_one(Person, row.person_id).wrapped_key = bytes(world.rows("SELECT value FROM identifier")[0][0])  # type: ignore[call-overload]  # a row of plain SQL is untyped
    with world.reading() as db, pytest.raises(crypto.CannotDecrypt):
        crypto.decrypt(db.scalars(select(Person)).one().wrapped_key or b"", "person.wrapped_key")
