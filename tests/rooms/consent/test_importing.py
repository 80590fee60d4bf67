"""A batch of an old list leaves what its lines would leave one after the other, on every database, also where two come at once."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from portal.consent.events import Choice
from portal.consent.importing import Entry, import_batch, import_one
from portal.consent.ledger import Book, events_of
from portal.consent.notices import notice_for
from portal.consent.rebuilding import rebuild_state
from portal.consent.telling import Source, Stored
from portal.consent.verify import verify_person
from portal.consent.words import Act, Actor
from portal.core import clock
from portal.people.service import EMAIL, Identifier, find_person, person_for
from portal.people.suppressions import suppress
from portal.people.tombstones import bury

SOURCE = Source("list", "x")
NEWS = Choice("newsletter", "email")


def named(name):
    return Identifier(EMAIL, f"{name}@example.org")


def prepare(db, way):
    """Someone who said yes, someone who said no, someone stopped, someone erased, someone who is known and never answered."""
    for name, act in (("yes", Act.GIVEN), ("no", Act.REFUSED)):
        person = person_for(db, named(f"{name}.{way}"), proven=True)
        Book(db, person.id).append(
            Choice("newsletter", "email"),
            act,
            actor=Actor.PERSON,
            collection_point="site:choices",
            notice_hash=notice_for(db, "newsletter", "de").hash,
            language="de",
        )
    suppress(db, named(f"stopped.{way}"), purpose="newsletter", channel="email", source="test")
    bury(db, named(f"erased.{way}"), erased_at=clock.now())
    person_for(db, named(f"known.{way}"))


WHO = ("fresh", "yes", "no", "stopped", "erased", "known")


def lines(way):
    acts = [Act.GIVEN, Act.IMPORTED, Act.WITHDRAWN, Act.OBJECTED, Act.RESUMED, Act.EXPIRED]
    choices = [NEWS, Choice("newsletter", "sms"), Choice("nothing", "email")]
    moments = (None, clock.now() - timedelta(days=9), clock.now() + timedelta(days=9))
    return [
        Entry(named(f"{name}.{way}"), choice, act, at)
        for name in WHO
        for number, act in enumerate(acts)
        for choice in choices[number % 2 :]
        for at in moments
    ]


def test_many_at_once_leave_the_same_as_one_after_the_other(world, db):
    told: dict[str, list[object]] = {}
    seen = set()
    for way in ("many", "one"):
        prepare(db, way)
        entries = lines(way)
        if way == "many":
            outcomes = [one for i in range(0, len(entries), 7) for one in import_batch(db, entries[i : i + 7], source=SOURCE)]
        else:
            outcomes = [import_one(db, one, source=SOURCE) for one in entries]
        told[way] = [(one.stored, one.why) for one in outcomes]
        seen |= {one.stored for one in outcomes}
        for name in WHO:
            person = find_person(db, named(f"{name}.{way}"))
            events = events_of(db, person.id) if person else []
            told[way].append([(one.choice, one.act, one.actor, one.acted_at) for one in events])
            if person and events:
                assert verify_person(db, person.id).whole
                rebuild_state(db, person.id)
    assert told["many"] == told["one"]
    assert seen == {Stored.LEGACY, Stored.ALREADY, Stored.REFUSED, Stored.ERASED, Stored.LOWERED, Stored.SUPPRESSED}


def test_a_batch_of_new_and_known_people_is_one_chain_each(world, db):
    known = person_for(db, named("known"))
    entries = [Entry(named("known"), NEWS, Act.GIVEN), *(Entry(named(f"new{number}"), NEWS, Act.GIVEN) for number in range(300))]
    entries += [Entry(named("new7"), Choice("newsletter", "sms"), Act.GIVEN), Entry(named("new7"), NEWS, Act.GIVEN)]
    stored = [one.stored for one in import_batch(db, entries, source=SOURCE)]
    assert stored == [Stored.LEGACY] * 302 + [Stored.ALREADY]
    assert verify_person(db, known.id).whole
    person = find_person(db, named("new7"))
    assert person is not None
    assert [event.choice for event in events_of(db, person.id)] == [NEWS, Choice("newsletter", "sms")]
    assert verify_person(db, person.id).whole


def test_two_imports_of_the_same_people_make_each_of_them_once(world):
    """On SQLite the second waits and finds them; on PostgreSQL it fails, is rolled back and done once more."""
    entries = [Entry(named(f"new{number}"), NEWS, Act.GIVEN) for number in range(50)]
    ready, outcomes = threading.Barrier(2), []

    def take_in():
        ready.wait(10)
        for _ in range(3):
            try:
                with world.writing() as db:
                    told = [one.stored for one in import_batch(db, entries, source=SOURCE)]
            except IntegrityError:
                continue
            outcomes.append(told)
            return

    threads = [threading.Thread(target=take_in) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(outcomes) == sorted([[Stored.LEGACY] * 50, [Stored.ALREADY] * 50])
    with world.reading() as db:
        people = [find_person(db, one.identifier) for one in entries]
        assert all(person and len(events_of(db, person.id)) == 1 for person in people)


@pytest.mark.parametrize("value", ["nobody@somewhere.invalid", "UPPER@example.org", ""])
def test_D3_what_nobody_can_be_known_by_makes_no_person(world, db, value):
    (told,) = import_batch(db, [Entry(Identifier(EMAIL, value), NEWS, Act.GIVEN)], source=SOURCE)
    assert (told.stored, told.why) == (Stored.REFUSED, "not_an_identifier")
