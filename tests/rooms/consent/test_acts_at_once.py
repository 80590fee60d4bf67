"""Acts at the same moment: whoever waits for another sees what that one did, and no no is taken for older than it is."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.consent.attesting import attest
from portal.consent.choices import Standing
from portal.consent.events import Choice
from portal.consent.joining import join
from portal.consent.ledger import Book, events_of
from portal.consent.model import ConsentEvent
from portal.consent.opting_out import opt_out, settle_opt_outs
from portal.consent.telling import Attested, Source, record_lowering
from portal.consent.telling import attest as tell_attested
from portal.consent.unproven import stop
from portal.consent.words import Act, Actor
from portal.core import clock, crypto
from portal.people.service import EMAIL, Identifier
from tests.rooms.at_once import before
from tests.rooms.consent.acts import beside
from tests.rooms.consent.customers import Customer, customer

NEWS = Choice("newsletter", "email")


@pytest.fixture
def maria(world):
    with world.writing() as db:
        maria = customer(db)
        maria.did(Act.GIVEN)
        return maria.id


def test_a_stop_beside_another_act_is_written_after_it(world, maria):
    def stops():
        with world.writing() as db:
            return stop(db, Identifier(EMAIL, "maria@example.org"), [NEWS], language="en", collection_point="link:one_click")

    with beside(world, maria, Act.GIVEN, topics=["courses"]) as pool:
        stopped = pool.submit(stops)
    assert [event.act for event in stopped.result().saved.events] == [Act.WITHDRAWN]
    with world.reading() as db:
        assert [event.act for event in events_of(db, maria)] == [Act.GIVEN, Act.GIVEN, Act.WITHDRAWN]


def test_a_vouched_yes_beside_a_newer_no_is_none(world, maria):
    with world.writing() as db:
        notice, _language = Book(db, maria).words_of("newsletter", "en")
    acted_at = clock.now()

    def vouches():
        with world.writing() as db:
            return attest(
                db,
                maria,
                purpose="newsletter",
                channel="email",
                acted_at=acted_at,
                notice_hash=notice,
                form_url="https://first.example/form",
                key_name="shop",
            )

    with beside(world, maria, Act.WITHDRAWN) as pool:
        attested = pool.submit(vouches)
    assert attested.result().why == "something_newer"
    assert not attested.result().counts
    with world.reading() as db:
        assert not Customer(db, maria).may_be_used()


def test_a_transaction_that_reads_sees_one_moment_however_long_it_lasts(world, maria):
    count = select(func.count()).select_from(ConsentEvent)
    with world.reading() as db:
        assert db.scalar(count) == 1
        with world.writing() as other:
            Customer(other, maria).did(Act.WITHDRAWN)
        assert db.scalar(count) == 1
    with world.reading() as db:
        assert db.scalar(count) == 2


def test_a_key_that_comes_into_the_ring_in_the_middle_of_an_act_keeps_nobody_from_it(world, maria, keys):
    with world.writing() as db:
        book = Book(db, maria)
        book.identifiers()
        crypto.use_keys(keys.with_new_key("hash"))
        book.append(NEWS, Act.WITHDRAWN, actor=Actor.PERSON, collection_point="site:choices")
    with world.reading() as db:
        assert not Customer(db, maria).may_be_used()


def test_an_address_that_was_typed_before_a_yes_that_waits_for_the_mailbox_lets_it_wait(world, maria):
    with world.writing() as db:
        opt_out(db, "maria@example.org", language="en", collection_point="link:typed_address")
    with clock.moved(timedelta(seconds=1)):
        with world.writing() as db:
            Customer(db, maria).did(Act.ASKED, "club.email")
        assert settle_opt_outs(world.database) == 1
    with world.reading() as db:
        assert Customer(db, maria).sees("club.email").standing is Standing.PENDING


def test_an_address_that_was_typed_before_a_yes_does_not_undo_it(world, maria):
    with world.writing() as db:
        opt_out(db, "maria@example.org", language="en", collection_point="link:typed_address")
    with clock.moved(timedelta(seconds=1)):
        with world.writing() as db:
            Customer(db, maria).did(Act.GIVEN)
        assert settle_opt_outs(world.database) == 1
    with world.reading() as db:
        assert Customer(db, maria).may_be_used()
        assert not Customer(db, maria).may_be_used("similar.email")


@pytest.mark.parametrize("by", ["link", "shop", "form"])
def test_a_no_beside_a_merge_holds_for_who_has_the_address_afterwards(world, maria, by):
    other = Identifier(EMAIL, "m.maria@example.org")
    with world.writing() as db:
        asked = customer(db, other.value)
        asked.did(Act.GIVEN)
        going = asked.id

    def says_no(db):
        if by == "link":
            stop(db, other, [NEWS], language="en", collection_point="link:one_click")
        elif by == "shop":
            record_lowering(db, other, NEWS, Act.WITHDRAWN, source=Source("shop", "k1"))
        else:
            said = Attested(NEWS, Act.WITHDRAWN, clock.now(), "https://first.example/form")
            tell_attested(db, other, said, source=Source("shop", "k1"))

    with before(world, lambda db: join(db, maria, going, point="api:shop", told_by="k1")) as beside:
        done = beside(says_no)
    done.result()
    with world.reading() as db:
        assert not Customer(db, maria).may_be_used()
