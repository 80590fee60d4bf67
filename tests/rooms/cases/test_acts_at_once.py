"""What a customer and staff do to one case at the same moment: neither answers over the other's head, and two presses are one."""

from sqlalchemy.orm import Session

from portal.cases.advancing import lock_case
from portal.cases.answering import answer_case
from portal.cases.hearing import hear_person
from portal.cases.model import Case
from portal.cases.overview import open_cases
from tests.rooms.at_once import before
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
