"""A value that the person corrects is written where it stands and read back, or a person does it; never over what has changed since."""

import pytest

from portal.cases.events import timeline
from portal.cases.model import CaseKind, CaseState
from portal.cases.reading import read_held
from portal.cases.rights import Pointer, open_right_case
from portal.cases.scope import Scope
from portal.cases.service import case_by_number, resolve_step
from portal.cases.system_right import may_be_corrected
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import COUPLE, MAREN

OLD, NEW = "600,000 to 800,000 kroner", "Nineteen gold sovereigns"


def asks(house: House, *, old: str = OLD, new: str = NEW, field: str = "income", address: str = MAREN) -> str:
    current = house.sign_in(address)
    with house.world.writing() as db:
        return open_right_case(
            db, current.person_id, CaseKind.CORRECTION, text="This is wrong", proven=Scope(), session_id=current.id, language="en",
            correction=Pointer("shop", "shop.profiles" if field == "income" else "shop.customers", field, old, new),
        ).number  # fmt: skip


def income(house: House) -> str:
    with house.shop.open() as connection:
        return str(connection.execute("SELECT income FROM profiles WHERE customer_id = 1").fetchone()[0])


def state(house: House, number: str) -> CaseState:
    with house.world.reading() as db:
        return case_by_number(db, number).state


def test_it_stands_in_the_system_the_person_is_told_and_nothing_of_it_stays_in_the_open(house: House) -> None:
    number = asks(house)
    assert NEW.encode() not in house.world.everything_stored()
    house.work()
    assert income(house) == NEW and state(house, number) is CaseState.DONE
    with house.world.reading() as db:
        assert timeline(db, case_by_number(db, number))[-1].title == "The shop is corrected"
    assert house.subjects() == ["right_received", "corrected"]
    assert house.world.rows("SELECT case_id FROM case_correction") == []
    assert house.world.rows("SELECT outcome FROM attempt") and NEW.encode() not in house.world.everything_stored()


def test_what_was_read_for_a_page_before_is_not_shown_any_more(house: House) -> None:
    current = house.sign_in(MAREN)
    read_held(house.world.database, house.reader(current))
    before = house.world.rows("SELECT system FROM held_read ORDER BY system")
    assert ("shop",) in before
    asks(house)
    house.work()
    assert ("shop",) not in house.world.rows("SELECT system FROM held_read")


def test_a_value_that_changed_since_is_left_to_a_person(house: House) -> None:
    number = asks(house, old="400,000 kroner")
    house.work()
    assert income(house) == OLD and state(house, number) is CaseState.OPEN
    assert house.world.rows("SELECT state, error FROM step WHERE act = 'right.system'") == [("parked", "by_hand")]
    with house.world.writing() as db:
        resolve_step(db, number, system="shop", outcome="done", reason="Changed by hand.", actor="staff-7")
    assert house.subjects() == ["right_received"]


def test_what_stands_there_already_is_done_without_writing(house: House) -> None:
    house.shop.run(f"UPDATE profiles SET income = '{NEW}'")
    number = asks(house)
    house.work()
    assert state(house, number) is CaseState.DONE


@pytest.mark.parametrize("field", ["postcode", "name", "email", "id", "password_hash", "no_such"])
def test_what_a_person_is_recognised_by_is_never_changed_by_the_portal(house: House, field: str) -> None:
    number = asks(house, field=field, old="5003", new="0001")
    house.work()
    assert state(house, number) is CaseState.OPEN
    with house.shop.open() as connection:
        assert connection.execute("SELECT postcode FROM customers WHERE id = 1").fetchone() == ("5003",)


def test_a_field_of_proof_is_closed_even_where_the_notes_open_it(house: House) -> None:
    system = house.world.company().systems["shop"]
    opened = system.collections["shop.customers"].model_copy(update={"correctable": ["postcode", "name", "born", "allergies"]})
    changed = system.model_copy(update={"collections": {**system.collections, "shop.customers": opened}})
    may = {name: may_be_corrected(changed, "shop.customers", name) for name in ("postcode", "name", "born", "allergies", "email")}
    assert may == {"postcode": False, "name": False, "born": False, "allergies": True, "email": False}


def test_at_an_address_of_two_people_nothing_is_changed(house: House) -> None:
    house.shop.run("INSERT INTO profiles VALUES (2, 'much'), (3, 'little')")
    number = asks(house, old="much", address=COUPLE)
    house.work()
    assert state(house, number) is CaseState.OPEN
    with house.shop.open() as connection:
        assert connection.execute("SELECT income FROM profiles WHERE customer_id = 2").fetchone() == ("much",)


def test_a_system_that_is_away_is_asked_again(house: House) -> None:
    number = asks(house)
    with house.shop.gone("shop"):
        house.one_step()
        assert state(house, number) is CaseState.OPEN
        assert house.world.rows("SELECT state, tries FROM step WHERE act = 'right.system'") == [("waiting", 1)]
