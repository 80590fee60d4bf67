"""What a customer and staff do to one case at the same moment: neither answers over the other's head, and two presses are one."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases.advancing import lock_case
from portal.cases.answering import answer_case
from portal.cases.hearing import hear_person
from portal.cases.joining import merge_people, upsert_person
from portal.cases.model import Case, CaseKind
from portal.cases.overview import open_cases
from portal.cases.questions import open_question
from portal.cases.rights import open_right_case
from portal.cases.scope import Scope
from portal.cases.service import open_access_case
from portal.consent.joining import CannotBeJoined
from portal.consent.telling import Source
from portal.identity.sessions import CurrentSession, renew_token, session_of
from portal.people.numbers import CUSTOMER_NUMBER
from portal.people.service import EMAIL, Identifier, find_person
from tests.rooms.at_once import Act, before
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import NOBODY
from tests.rooms.cases.test_messages import ask, case_of


def test_what_a_customer_writes_while_staff_answer_waits_for_them(house: House) -> None:
    current = house.sign_in(NOBODY)
    number = ask(house, current)
    case = case_of(house, number)

    def answers(db: Session) -> None:
        answer_case(db, number, text="That is all that there is.", actor="staff-7", closes=True)

    def writes(db: Session) -> None:
        hear_person(db, db.get_one(Case, case.id), text="It has become urgent.", session_id=current.id)

    with before(house.world, lambda db: lock_case(db, case.id), then=answers) as beside:
        written = beside(writes)
    written.result()
    with house.world.reading() as db:
        assert [line.waits_for for line in open_cases(db)] == ["message"]


def asks(current: CurrentSession, kind: CaseKind) -> Act:
    """Ask for it in this browser; gives the number of the case."""
    said: dict[str, Any] = {"text": "Please look at this.", "proven": Scope(), "session_id": current.id, "language": "en"}

    def ask_now(db: Session) -> str:
        if kind is CaseKind.QUESTION:
            return open_question(db, current.person_id, number="", **said).number
        return open_right_case(db, current.person_id, kind, **said).number

    return ask_now


@pytest.mark.parametrize("kind", [CaseKind.QUESTION, CaseKind.COMPLAINT, CaseKind.OBJECTION])
def test_C11_two_presses_at_the_same_moment_are_one_case(house: House, kind: CaseKind) -> None:
    press = asks(house.sign_in(NOBODY), kind)
    with before(house.world, press) as beside:
        second = beside(press)
    with house.world.reading() as db:
        assert db.scalars(select(Case.number)).all() == [second.result()]
    assert len(house.subjects()) == 1


SHOP = Source("shop", "k1")
FIRST, SECOND, THIRD = (Identifier(EMAIL, f"{name}@example.org") for name in ("first", "second", "third"))


def test_what_a_customer_asks_while_they_are_made_one_with_another_is_theirs_still(house: House) -> None:
    current = house.sign_in(SECOND.value)
    house.sign_in(FIRST.value)
    with house.world.writing() as db:
        token = renew_token(db, current) or ""

    def asks_signed_in(db: Session) -> str:
        assert session_of(db, token) is not None
        return open_access_case(db, current.person_id, categories=[], proven=Scope(), language="en").number

    def merges(db: Session) -> None:
        with pytest.raises(CannotBeJoined):
            merge_people(db, FIRST, SECOND, source=SHOP)
        db.rollback()

    with before(house.world, asks_signed_in) as beside:
        merged = beside(merges)
    merged.result()


def test_of_two_merges_at_once_the_second_knows_of_the_first(house: House) -> None:
    for one in (FIRST, SECOND, THIRD):
        house.sign_in(one.value)
    kept = []

    def merges(db: Session) -> None:
        try:
            kept.append(merge_people(db, SECOND, THIRD, source=SHOP).id)
        except CannotBeJoined:
            db.rollback()

    with before(house.world, lambda db: merge_people(db, FIRST, SECOND, source=SHOP)) as beside:
        merged = beside(merges)
    merged.result()
    with house.world.reading() as db:
        first = find_person(db, FIRST)
        assert first is not None and kept in ([], [first.id])


def test_two_systems_that_tell_of_one_number_at_once_are_told_that_it_is_a_conflict(house: House) -> None:
    number = Identifier(CUSTOMER_NUMBER, "K-9")
    for one in (FIRST, SECOND):
        house.sign_in(one.value)

    def tells(db: Session) -> None:
        with pytest.raises(CannotBeJoined):
            upsert_person(db, [SECOND, number], source=SHOP)

    with before(house.world, lambda db: upsert_person(db, [FIRST, number], source=SHOP)) as beside:
        told = beside(tells)
    told.result()
