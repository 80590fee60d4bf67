"""O3: what is erased leaves the files of the database, too."""

from pathlib import Path

import pytest

from portal.core.traces import leave_no_trace
from portal.people.model import Person
from portal.people.service import Identifier, person_for
from tests.rooms.world import World

MANY = 300


# PostgreSQL's files are its own; the docs say what stays in them.
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def sealed(world: World) -> list[bytes]:
    """The ciphertexts of all addresses as they stand in the table."""
    return [bytes(row[0]) for row in world.rows("SELECT value FROM identifier")]  # type: ignore[call-overload]  # plain SQL has no types


def files_of(world: World) -> bytes:
    file = Path(world.url.removeprefix("sqlite:///"))
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))


def erase_everyone(world: World) -> list[bytes]:
    with world.writing() as db:
        for number in range(MANY):
            person_for(db, Identifier("email", f"person{number}@example.org"))
    values = sealed(world)
    assert len(values) == MANY
    with world.writing() as db:
        for person in db.query(Person):
            db.delete(person)
    return values


@sqlite_only
def test_O3_not_even_the_ciphertext_of_what_was_erased_stays_in_the_file_or_in_its_log(world: World) -> None:
    values = erase_everyone(world)
    assert any(value in files_of(world) for value in values), "the search finds what is there: the log still has it"
    assert leave_no_trace(world.database)
    assert not any(value in files_of(world) for value in values)


@sqlite_only
@pytest.mark.slow
def test_O3_a_reader_that_is_at_work_is_not_waited_for_long_and_the_next_time_does_it(world: World) -> None:
    with world.reading() as db:
        db.query(Person).all()
        values = erase_everyone(world)
        assert not leave_no_trace(world.database)
    assert leave_no_trace(world.database)
    assert not any(value in files_of(world) for value in values)


def test_the_thorough_way_works_on_both_databases_and_disturbs_nobody(world: World) -> None:
    erase_everyone(world)
    assert leave_no_trace(world.database, thorough=True)
    with world.writing() as db:
        person_for(db, Identifier("email", "maria@example.org"))
