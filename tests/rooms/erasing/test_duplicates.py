"""C1: a second press is the same case, but never for who has shown less, and never in the way of the other person of a mailbox."""

from datetime import timedelta

import pytest

from portal.cases.advancing import close_case
from portal.cases.erasing.confirming import PlanHasChanged, open_erasure
from portal.cases.erasing.plans import digest_of_plans
from portal.cases.model import Case, CaseState
from portal.cases.pruning import prune_cases
from portal.cases.reading import read_held
from portal.cases.scope import scope_of
from portal.cases.service import open_access_case
from portal.core import clock
from portal.identity.sessions import CurrentSession
from tests.rooms.erasing.house import COUPLE, GRACE, MAREN, FarHouse

pytestmark = pytest.mark.no_sql

JONAS, KARI = "5004", "5005"


def who(house: FarHouse, postcode: str) -> CurrentSession:
    """One of the two who share a mailbox, in a browser of their own."""
    return house.prove(house.sign_in(COUPLE), postcode=postcode)


def known_to(house: FarHouse, current: CurrentSession) -> Case | None:
    with house.world.reading() as db:
        return open_erasure(db, current)


def test_C1_both_people_of_a_mailbox_are_forgotten_and_the_address_with_the_last_of_them(house: FarHouse) -> None:
    one, other = (house.confirm(who(house, postcode)) for postcode in (JONAS, KARI))
    assert one.id != other.id
    house.work_to_the_end()
    assert house.shop.rows_of("2") == house.shop.rows_of("3") == {}
    for case in (one, other):
        assert (house.case(case).state, house.case(case).person_id) == (CaseState.DONE, None)
    assert house.world.rows("SELECT count(*) FROM identifier") == [(0,)]


def test_C1_who_presses_while_the_other_ones_deletion_ends_is_not_lost(house: FarHouse) -> None:
    one = house.confirm(who(house, JONAS))
    with clock.moved(GRACE + timedelta(minutes=1)):
        # The last mail of the first has not left yet, so the address is still there.
        while house.one_step():
            pass
        assert "own_data_erased" in house.codes(one)
        other = house.confirm(who(house, KARI))
        house.work()
        with clock.moved(timedelta(minutes=10)):
            house.work()
        assert (house.case(one).state, house.case(other).state) == (CaseState.DONE, CaseState.OPEN)
        house.work_to_the_end()
    assert house.case(other).state is CaseState.DONE
    assert house.shop.rows_of("3") == {}
    assert house.world.rows("SELECT count(*) FROM identifier") == [(0,)]


def test_C1_the_erasure_of_one_is_neither_given_nor_shown_to_the_other(house: FarHouse) -> None:
    case = house.confirm(who(house, JONAS))
    for current in (who(house, KARI), house.sign_in(COUPLE)):
        assert known_to(house, current) is None
    again = known_to(house, who(house, JONAS))
    assert again is not None
    assert again.id == case.id


def asks_for_a_copy(house: FarHouse, current: CurrentSession) -> Case:
    """A copy of everything, under what this session has proven."""
    reading = read_held(house.world.database, house.reader(current))
    with house.world.writing() as db:
        scope = scope_of(db, house.world.company(), current.id, reading)
        return open_access_case(db, current.person_id, categories=[], proven=scope, language="en")


def test_C2_the_erasure_of_one_leaves_what_the_other_asked_for_and_the_address_goes_with_the_last(house: FarHouse) -> None:
    kari = who(house, KARI)
    hers, his = asks_for_a_copy(house, kari), asks_for_a_copy(house, who(house, JONAS))
    erasing = house.confirm(who(house, JONAS))
    house.work_to_the_end()
    assert house.shop.rows_of("2") == {} and house.shop.rows_of("3") != {}
    assert house.case(erasing).state is CaseState.DONE
    assert house.case(hers).state in (CaseState.OPEN, CaseState.READY)
    assert house.case(his).state in (CaseState.CANCELLED, CaseState.ENDED)
    assert house.case(hers).person_id == kari.person_id
    assert house.world.rows("SELECT count(*) FROM session WHERE id = :id", id=kari.id) == [(1,)]
    with clock.moved(GRACE + timedelta(minutes=11)):
        with house.world.writing() as db:
            prune_cases(db, house.world.company())
        assert house.world.rows("SELECT count(*) FROM identifier") == [(1,)], "she still waits"
        with house.world.writing() as db:
            close_case(db.get_one(Case, hers.id), CaseState.ENDED)
        with house.world.writing() as db:
            prune_cases(db, house.world.company())
    assert house.world.rows("SELECT count(*) FROM identifier") == [(0,)]


def test_C1_a_second_press_without_the_detail_is_given_no_case(house: FarHouse) -> None:
    current = house.prove(house.sign_in(MAREN), postcode="5003")
    seen = digest_of_plans(house.plan(current))
    case = house.press(current, seen)
    with pytest.raises(PlanHasChanged):
        house.press(house.sign_in(MAREN), seen)
    again = house.prove(house.sign_in(MAREN), postcode="5003")
    assert house.press(again, seen).id == case.id, "who has shown it again presses once more: the same"
    assert house.mails() == ["erasure_started"]
