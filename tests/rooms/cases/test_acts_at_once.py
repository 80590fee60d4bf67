"""What a customer and staff do to one case at the same moment: neither answers over the other's head, and two presses are one."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases.advancing import lock_case
from portal.cases.answering import answer_case
from portal.cases.hearing import hear_person
from portal.cases.model import Case, CaseKind
from portal.cases.overview import open_cases
from portal.cases.questions import open_question
from portal.cases.rights import open_right_case
from portal.cases.scope import Scope
from portal.identity.sessions import CurrentSession
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
