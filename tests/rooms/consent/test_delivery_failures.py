"""Systems that are down, refuse, or say yes and do nothing: the customer is told so, and it is tried again."""

from datetime import timedelta

import pytest

from portal.consent.delivery import Reached, queue_suppression, standing_of
from portal.consent.words import Act
from portal.core import clock
from portal.core.db import ALL_COMPANIES
from portal.engine.model import Attempt, SystemState
from portal.people.service import EMAIL, Identifier
from portal.people.suppressions import suppress
from tests.rooms.consent.customers import Customer, customer
from tests.rooms.consent.systems import give_systems, in_memory, in_tool, mail_tool, reached, work, written

NEWS = ("newsletter.email", "tool")
STUBBORN = "CREATE TRIGGER stubborn AFTER UPDATE ON contacts BEGIN UPDATE contacts SET status = 'active' WHERE id = new.id; END"


@pytest.fixture
def maria(world, tmp_path):
    """A customer whom the mail tool has, and who has just said no."""
    give_systems(world, tool=mail_tool(tmp_path))
    with world.writing() as db:
        found = customer(db)
        found.did(Act.REFUSED)
        return found.id


def next_try(world, person_id):
    with world.reading() as db:
        [standing] = standing_of(db, person_id)
    return standing.next_try


def test_a_system_that_takes_it_and_does_nothing_has_failed_and_is_asked_again(world, maria, tmp_path):
    in_tool(tmp_path, STUBBORN)
    assert work(world) == 1
    assert reached(world, maria) == {NEWS: Reached.FAILED}
    assert timedelta() < next_try(world, maria) - clock.now() < timedelta(minutes=2)
    in_tool(tmp_path, "DROP TRIGGER stubborn")
    work(world, later=timedelta(minutes=3))
    assert reached(world, maria) == {NEWS: Reached.CONFIRMED}
    assert in_tool(tmp_path) == "unsubscribed"


def test_a_system_that_is_down_keeps_the_choice_waiting_with_a_time(world, maria, tmp_path):
    (tmp_path / "tool.db").rename(tmp_path / "away.db")
    assert work(world) == 1
    assert reached(world, maria) == {NEWS: Reached.WAITING}
    assert next_try(world, maria) > clock.now()
    (tmp_path / "away.db").rename(tmp_path / "tool.db")
    work(world, later=timedelta(minutes=3))
    assert reached(world, maria) == {NEWS: Reached.CONFIRMED}


def test_a_system_that_stays_down_is_left_alone_by_and_by(world, maria, tmp_path):
    (tmp_path / "tool.db").unlink()
    for minutes in range(0, 120, 10):
        work(world, later=timedelta(minutes=minutes))
    with world.reading(ALL_COMPANIES) as db:
        assert db.query(SystemState).one().open_until is not None
        assert db.query(Attempt).count() <= 12
    assert reached(world, maria) == {NEWS: Reached.WAITING}


def test_a_system_that_refuses_is_told_as_such_until_something_newer_is_said(world, maria, tmp_path):
    in_tool(tmp_path, "ALTER TABLE contacts DROP COLUMN status")
    work(world)
    assert reached(world, maria) == {NEWS: Reached.PARKED}
    assert next_try(world, maria) is None
    in_tool(tmp_path, "ALTER TABLE contacts ADD COLUMN status TEXT")
    with world.writing() as db:
        Customer(db, maria).did(Act.REFUSED)
    give_systems(world, tool=mail_tool(tmp_path))
    work(world)
    assert reached(world, maria) == {NEWS: Reached.CONFIRMED}


def test_one_system_that_is_down_holds_up_no_other(world, maria, tmp_path):
    give_systems(world, tool=mail_tool(tmp_path), app=in_memory("newsletter.email"))
    (tmp_path / "tool.db").unlink()
    with world.writing() as db:
        Customer(db, maria).did(Act.REFUSED)
    work(world)
    assert reached(world, maria) == {NEWS: Reached.WAITING, ("newsletter.email", "app"): Reached.CONFIRMED}


def test_a_suppressed_address_is_stopped_on_every_basis_that_asks(world):
    give_systems(world, shop=in_memory("similar.email", "newsletter.email"))
    with world.writing() as db:
        maria = customer(db).id
        Customer(db, maria).did(Act.GIVEN)
        suppress(db, Identifier(EMAIL, "maria@example.org"), purpose="similar", channel="email", source="page")
        queue_suppression(db, Identifier(EMAIL, "maria@example.org"), purpose="similar", channel="email")
    work(world)
    assert written(world, "shop", "similar.email").allowed is False
    assert written(world, "shop", "newsletter.email").allowed is True
