"""Whatever lowers a choice is noted for the journal, and nothing else is."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.consent.words import Act, Actor
from portal.core import clock
from portal.core.journal import JournalEntry, JournalKind
from portal.people.service import Identifier, hashes_of
from tests.rooms.consent.customers import Customer
from tests.rooms.world import World


def noted(maria: Customer) -> list[dict[str, Any]]:
    """The notes of this transaction, in order."""
    rows = maria.db.scalars(select(JournalEntry).order_by(JournalEntry.id)).all()
    assert all(row.kind == JournalKind.WITHDRAWAL for row in rows)
    return [json.loads(row.payload) for row in rows]


def test_a_yes_is_not_noted_and_taking_it_back_is(maria: Customer) -> None:
    maria.did(Act.GIVEN)
    assert noted(maria) == []
    maria.did(Act.WITHDRAWN)
    (note,) = noted(maria)
    assert (note["purpose"], note["channel"], note["act"], note["actor"]) == ("newsletter", "email", "withdrawn", "person")
    assert note["said"] == "withdrawn"


def test_a_first_no_is_noted_since_silence_may_be_enough_for_some_purposes(maria: Customer) -> None:
    maria.did(Act.REFUSED)
    assert [note["act"] for note in noted(maria)] == ["refused"]


def test_a_pause_and_the_end_of_a_consent_are_noted_and_their_end_is_not(maria: Customer) -> None:
    until = clock.now() + timedelta(days=9)
    maria.did(Act.GIVEN)
    maria.did(Act.PAUSED, until=until)
    maria.did(Act.RESUMED)
    maria.did(Act.EXPIRED, actor=Actor.COMPANY_SYSTEM)
    notes = noted(maria)
    assert [note["act"] for note in notes] == ["paused", "expired"]
    assert notes[0]["paused_until"] == until.isoformat()
    assert notes[1]["paused_until"] is None


def test_an_undone_yes_is_noted_with_what_stands_then_and_an_undone_no_is_not(maria: Customer) -> None:
    given = maria.did(Act.GIVEN)
    maria.did(Act.UNDONE, undoes=given.sequence)
    refused = maria.did(Act.REFUSED)
    maria.did(Act.UNDONE, undoes=refused.sequence)
    assert [(note["act"], note["said"]) for note in noted(maria)] == [("undone", None), ("refused", "refused")]


def test_a_no_said_twice_is_noted_once(maria: Customer) -> None:
    maria.did(Act.OBJECTED, actor=Actor.SIGNAL)
    maria.did(Act.OBJECTED, actor=Actor.SIGNAL)
    assert len(noted(maria)) == 1


def test_whose_it_was_stands_there_as_keyed_hash_and_as_nothing_else(world: World, maria: Customer) -> None:
    maria.did(Act.REFUSED)
    (note,) = noted(maria)
    hashed = hashes_of(world.first, Identifier("email", "maria@example.org"))["h1"]
    assert note["identifiers"] == [["email", hashed.hex()]]
    assert "maria" not in json.dumps(note)
