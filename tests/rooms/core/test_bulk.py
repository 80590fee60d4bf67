"""Many rows at once are the rows that one insert after the other would have made, on every database."""

import itertools
from typing import cast

import pytest
from sqlalchemy import Table, insert, select
from sqlalchemy.exc import IntegrityError

from portal.core import clock, crypto
from portal.core.bulk import add_rows, next_ids
from portal.people.model import Person, PersonIdentifier

PERSON, IDENTIFIER = (cast(Table, model.__table__) for model in (Person, PersonIdentifier))
NAMES = ("company_id", "person_id", "kind", "hash", "hash_key_id", "value", "proven_at", "created_at")


def people(db, world, count):
    ids = list(next_ids(db, PERSON, count))
    rows = [(id_, world.first, public_id, clock.now()) for id_, public_id in zip(ids, crypto.random_public_ids(), strict=False)]
    add_rows(db, PERSON, ("id", "company_id", "public_id", "created_at"), rows)
    return ids


def test_what_is_written_at_once_reads_as_what_is_written_one_by_one_and_is_sealed(world, db):
    now = clock.now()
    one, many = people(db, world, 2)
    written = [("email", b"%d" % n, "h1", f"person{n}@example.org", now if n % 2 else None, now) for n in range(5)]
    add_rows(db, IDENTIFIER, NAMES, [(world.first, many, *row) for row in written])
    for kind, hash_, *rest in written:
        db.execute(insert(IDENTIFIER), [dict(zip(NAMES, (world.first, one, kind, b"o" + hash_, *rest), strict=True))])
    columns = [IDENTIFIER.c[name] for name in NAMES if name not in ("person_id", "hash")]
    alone, together = (
        db.execute(select(*columns).where(IDENTIFIER.c.person_id == whose).order_by(IDENTIFIER.c.id)).all()
        for whose in (one, many)
    )
    assert alone == together and [row.value for row in together] == [row[3] for row in written]
    db.commit()
    assert b"person3@example.org" not in world.everything_stored()


def test_ids_that_were_drawn_are_nobody_elses(world, db):
    first = people(db, world, 3)
    db.add(Person(created_at=clock.now()))
    db.flush()
    second = people(db, world, 3)
    assert len({*first, *second}) == 6
    assert len(set(db.scalars(select(PERSON.c.id)))) == 7


def test_what_the_database_refuses_is_refused(world, db):
    (whose,) = people(db, world, 1)
    row = (world.first, whose, "email", b"same", "h1", "a@example.org", None, clock.now())
    with pytest.raises(IntegrityError), db.begin_nested():
        add_rows(db, IDENTIFIER, NAMES, [row, row])
    assert db.scalars(select(IDENTIFIER.c.id)).all() == []
    assert list(next_ids(db, PERSON, 0)) == []
    add_rows(db, IDENTIFIER, NAMES, [])


def test_what_is_sealed_for_many_is_opened_for_one_and_the_other_way_round():
    sealed, opened = crypto.encrypter("person.wrapped_key"), crypto.decrypter("person.wrapped_key")
    for plain in (b"", b"x" * 32, b"\0" * 500):
        assert crypto.decrypt(sealed(plain), "person.wrapped_key") == opened(crypto.encrypt(plain, "person.wrapped_key")) == plain
    old = sealed(b"old")
    crypto.use_keys(crypto.keys().with_new_key("data"))
    assert (opened(old), opened(crypto.encrypter("person.wrapped_key")(b"new"))) == (b"old", b"new")
    for broken in (b"", b"\x02d1", old[:-1], crypto.encrypt(b"old", "identifier.value")):
        with pytest.raises(crypto.CannotDecrypt):
            opened(broken)


def test_numbers_drawn_many_at_a_time_look_like_the_others_and_never_repeat():
    drawn = list(itertools.islice(crypto.random_public_ids(), 5000))
    assert len(set(drawn)) == 5000
    letters = "".join(drawn).replace("-", "")
    assert set(letters) == set(crypto.LETTERS)
    assert all(letters.count(one) > 1600 for one in crypto.LETTERS)
    assert {tuple(map(len, one.split("-"))) for one in drawn} == {(4, 4, 4)}
