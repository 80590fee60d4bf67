"""The past is brought in as real events: verifiable, once, and never more than the old system knew."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.consent.choices import Standing, history_of
from portal.consent.ledger import UnknownChoice
from portal.consent.rebuilding import rebuild_state
from portal.consent.seeding import BEFORE_THE_PORTAL, import_history
from portal.consent.verify import verify_person
from portal.consent.words import Act, Actor
from portal.people.addresses import AddressRefused
from tests.rooms.consent.crowd import history
from tests.rooms.consent.customers import OldAct, customer
from tests.watched import statements_on

LONG_AGO = datetime(2023, 5, 3, 9, 30, tzinfo=UTC)
PAST = [
    OldAct("maria@example.org", "given", LONG_AGO, language="de"),
    OldAct("maria@example.org", "withdrawn", LONG_AGO + timedelta(days=300)),
    OldAct("ola@example.org", "given", LONG_AGO),
    OldAct("Ola@Example.org", "refused", LONG_AGO + timedelta(days=1), channel="sms"),
    OldAct("kari@example.org", "imported", LONG_AGO),
]


def test_the_past_becomes_events_that_verify(world):
    with world.writing() as db:
        assert import_history(db, PAST) == 5
    with world.reading() as db:
        for address, acts in (("maria", 2), ("ola", 2), ("kari", 1)):
            assert verify_person(db, customer(db, f"{address}@example.org").id).rows == acts
            assert verify_person(db, customer(db, f"{address}@example.org").id).whole


def test_what_was_said_stands_with_its_day_and_its_words(db):
    import_history(db, PAST)
    maria, ola, kari = (customer(db, f"{name}@example.org") for name in ("maria", "ola", "kari"))
    assert (maria.sees().standing, maria.sees().since) == (Standing.WITHDRAWN, LONG_AGO + timedelta(days=300))
    assert (ola.sees().standing, ola.sees("newsletter.sms").standing) == (Standing.GIVEN, Standing.REFUSED)
    assert (kari.sees().standing, kari.sees().said, kari.may_be_used()) == (Standing.UNSET, Act.IMPORTED, False)
    first = history_of(db, maria.id)[0]
    assert first.notice is not None
    assert (first.notice.text, first.event.actor, first.event.collection_point) == (
        "Ich möchte Neues von First Coffee.",
        Actor.PERSON,
        BEFORE_THE_PORTAL,
    )


def test_acts_that_come_in_any_order_are_told_in_theirs(db):
    import_history(db, reversed(PAST))
    assert customer(db).sees().standing is Standing.WITHDRAWN


def test_the_states_are_those_that_the_events_give(world):
    with world.writing() as db:
        import_history(db, PAST)
        maria = customer(db)
    query = f"SELECT * FROM consent_state WHERE person_id = {maria.id}"
    before = world.rows(query)
    with world.writing() as db:
        rebuild_state(db, maria.id)
    assert world.rows(query) == before


def test_a_chain_that_was_brought_in_goes_on(db):
    import_history(db, PAST)
    maria = customer(db)
    assert maria.did(Act.GIVEN).sequence == 3
    assert maria.may_be_used()
    assert verify_person(db, maria.id).whole


def test_a_second_start_costs_one_query_and_looks_at_nothing(world):
    with world.writing() as db:
        import_history(db, PAST)

    def never():
        raise AssertionError("The history was read again.")
        yield

    with world.writing() as db, statements_on(db.connection()) as statements:
        assert import_history(db, never()) == 0
    assert len(statements) == 1


def test_the_past_of_one_company_is_not_that_of_another(world):
    for company in (world.first, world.second):
        with world.writing(company) as db:
            assert import_history(db, [PAST[0]]) == 1


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (OldAct("maria@example.org", "given", LONG_AGO, purpose="unheard_of"), UnknownChoice),
        (OldAct("maria@example.org", "given", LONG_AGO, channel="fax"), UnknownChoice),
        (OldAct("maria", "given", LONG_AGO), AddressRefused),
        (OldAct("maria@example.org", "liked", LONG_AGO), ValueError),
    ],
)
def test_one_bad_line_brings_nothing_in(world, line, error):
    with pytest.raises(error), world.writing() as db:
        import_history(db, [*PAST, line])
    assert world.rows("SELECT count(*) FROM consent_event") == [(0,)]
    assert world.rows("SELECT count(*) FROM person") == [(0,)]


def test_hundreds_of_people_are_brought_in_by_few_statements(world):
    with world.writing() as db, statements_on(db.connection()) as statements:
        assert import_history(db, history(100)) == 200
    # Finding and making a person is the people room's; the ledger itself takes a handful, whatever the number.
    assert len([statement for statement in statements if "consent_" in statement or "notice" in statement]) <= 8
