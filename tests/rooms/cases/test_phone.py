"""What staff do by telephone, on both databases: only by a yes, only while it holds, and never what is the person's own to begin."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts import registry
from portal.accounts.staff import Staff, add_staff
from portal.cases.joining import merge_people, split_person
from portal.cases.model import Case, CaseKind
from portal.cases.phone.acting import NoYes, kinds_by_phone, open_case, stop_adverts
from portal.cases.phone.asking import LASTS, NoSuchCall, agree, ask, call_for, call_of_staff, end, prune_calls
from portal.cases.phone.model import PhoneAct, PhoneSession
from portal.cases.rights import NotOffered
from portal.cases.scope import Scope, load_scope
from portal.cases.searching import search
from portal.consent.telling import Source
from portal.core import clock
from portal.core.db import company_of
from portal.people.service import EMAIL, Identifier, is_blank, person_for
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import MAREN, NOBODY


def hire(house: House, address: str = "agent@example.net") -> Staff:
    with house.world.writing() as db:
        return add_staff(db, address=address, name="Agent", roles=("agent",), by="test")


def asked(house: House, by: Staff) -> tuple[int, str]:
    """Maren, signed in, and the token of what this colleague asked her."""
    person_id = house.sign_in(MAREN).person_id
    with house.world.writing() as db:
        return person_id, ask(db, search(db, kind="email", typed=MAREN, reason="A call.", by=by), by=by)


def test_a_case_by_telephone_needs_a_yes_and_is_unproven(house: House) -> None:
    by = hire(house)
    person_id, token = asked(house, by)
    with house.world.writing() as db, pytest.raises(NoYes):
        open_case(db, token, "question", "Why?", by=by)
    with house.world.writing() as db:
        assert agree(db, person_id, token, language="en")
    with house.world.writing() as db:
        open_case(db, token, "question", "Why?", by=by)
        stop_adverts(db, token, by=by)
    with house.world.reading() as db:
        case = db.scalars(select(Case)).one()
        assert (case.source, case.person_id, load_scope(case.proven)) == ("phone", person_id, Scope())
        call = call_for(db, person_id)
        assert call is not None and [act.what for act in call.acts] == ["stopped_adverts", "question"]
    assert house.subjects().count("done_by_phone") == 2


@pytest.mark.parametrize("kind", [CaseKind.ACCESS, CaseKind.PORTABILITY, CaseKind.ERASURE, CaseKind.APPEAL])
def test_what_is_the_persons_own_to_begin_is_refused_below_the_door_as_well(house: House, kind: CaseKind) -> None:
    by = hire(house)
    person_id, token = asked(house, by)
    with house.world.writing() as db:
        agree(db, person_id, token, language="en")
    with house.world.writing() as db:
        assert kind not in kinds_by_phone(db, token, by=by)
        with pytest.raises(NotOffered):
            open_case(db, token, kind.value, "Now, please.", by=by)


def test_it_is_bound_to_one_colleague_and_one_person(house: House) -> None:
    by, other = hire(house), hire(house, "other@example.net")
    person_id, token = asked(house, by)
    stranger = house.sign_in(NOBODY).person_id
    with house.world.writing() as db:
        for act in (lambda: agree(db, stranger, token, language="en"), lambda: end(db, stranger, token)):
            with pytest.raises(NoSuchCall):
                act()
        agree(db, person_id, token, language="en")
        with pytest.raises(NoSuchCall):
            stop_adverts(db, token, by=other)


def test_it_ends_by_itself_by_the_person_and_goes_with_its_acts_on_its_day(house: House) -> None:
    by = hire(house)
    person_id, token = asked(house, by)
    with house.world.writing() as db:
        agree(db, person_id, token, language="en")
        stop_adverts(db, token, by=by)
    with clock.moved(LASTS + timedelta(seconds=1)), house.world.writing() as db, pytest.raises(NoYes):
        stop_adverts(db, token, by=by)
    with house.world.writing() as db:
        end(db, person_id, token)
    with house.world.writing() as db, pytest.raises(NoYes):
        stop_adverts(db, token, by=by)
    with house.world.writing() as db:
        assert call_of_staff(db, token, by=by).state == "over" and call_for(db, person_id) is None
        assert prune_calls(db, registry.company(company_of(db))) == 0
    with clock.moved(timedelta(days=800)), house.world.writing() as db:
        assert prune_calls(db, registry.company(company_of(db))) == 1
        assert not list(db.scalars(select(PhoneSession))) and not list(db.scalars(select(PhoneAct)))


def test_a_yes_ends_when_a_system_says_that_the_person_is_somebody_else(house: House) -> None:
    """Staff would read that adverts were stopped, and stop them for nobody."""
    by = hire(house)
    for turn in ("merge", "split"):
        person_id, token = asked(house, by)
        with house.world.writing() as db:
            agree(db, person_id, token, language="en")
            if turn == "merge":
                person_for(db, Identifier(EMAIL, NOBODY))
                merge_people(db, Identifier(EMAIL, NOBODY), Identifier(EMAIL, MAREN), source=Source("shop", "k1"))
            else:
                split_person(db, Identifier(EMAIL, MAREN), source=Source("shop", "k1"))
        with house.world.writing() as db, pytest.raises(NoYes):
            stop_adverts(db, token, by=by)


def test_being_asked_by_telephone_is_no_history_that_stands_in_the_way(house: House) -> None:
    by = hire(house)
    person_id, _token = asked(house, by)
    with house.world.reading() as db:
        assert is_blank(db, person_id)
