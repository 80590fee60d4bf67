"""A no needs a ground of the law, two people where the burden is the company's, and leaves the way to somebody else open."""

from datetime import timedelta

import pytest

from portal.cases import desk
from portal.cases.answering import CannotBeClosed, answer_case
from portal.cases.dates import due_of
from portal.cases.desk_steps import step_lines
from portal.cases.events import timeline
from portal.cases.laws.model import Ground
from portal.cases.messages import MessageEmpty, add_message
from portal.cases.model import Author, Case, CaseKind, CaseState
from portal.cases.refusing import (
    CannotRefuse,
    NoAppeal,
    SameReviewer,
    decide_appeal,
    grounds_for,
    may_appeal,
    open_appeal,
    refusal_of,
    refuse_case,
)
from portal.cases.rights import open_right_case
from portal.cases.scope import Scope
from portal.cases.service import NoSuchCase, NothingToSettle, case_by_number, open_access_case, resolve_step
from portal.cases.two_people import SecondPersonNeeded
from portal.core import clock
from portal.identity.sessions import CurrentSession
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import MAREN, NOBODY
from tests.rooms.cases.test_messages import ask

WHY = "Seven brass telescopes say so"


def opens(house: House, current: CurrentSession) -> str:
    with house.world.writing() as db:
        return open_access_case(db, current.person_id, categories=[], proven=Scope(), language="en").number


def refuses(house: House, number: str, ground: Ground = Ground.CANNOT_IDENTIFY, words: str = WHY, second: str = "") -> None:
    with house.world.writing() as db:
        refuse_case(db, number, ground=ground, words=words, actor="staff-7", second=second)


def appeals(house: House, current: CurrentSession, number: str, text: str = "Look at my invoice.") -> str:
    with house.world.writing() as db:
        return open_appeal(
            db, current.person_id, number, text=text, session_id=current.id, language="en"
        ).number  # fmt: skip


def case_of(house: House, number: str) -> Case:
    with house.world.reading() as db:
        return case_by_number(db, number)


def test_a_refusal_is_told_with_its_ground_and_article_and_what_was_written_stands_sealed(house: House) -> None:
    number = opens(house, house.sign_in(MAREN))
    refuses(house, number)
    with house.world.reading() as db:
        case = case_by_number(db, number)
        told = refusal_of(db, case)
        assert told is not None and (told.ground, told.article, told.words) == (
            Ground.CANNOT_IDENTIFY, "GDPR Art. 11(2), 12(2)", WHY,
        )  # fmt: skip
        assert case.state is CaseState.REFUSED and may_appeal(db, case)
        assert timeline(db, case)[-1].title == "We said no"
    assert house.subjects()[-1] == "refused"
    assert WHY.encode() not in house.world.everything_stored()
    house.work()
    assert house.subjects()[-1] == "refused"
    assert not house.world.rows("SELECT id FROM package")


def test_only_a_ground_that_the_law_names_for_this_kind_is_one(house: House) -> None:
    current = house.sign_in(MAREN)
    number = opens(house, current)
    with house.world.reading() as db:
        assert {one.ground for one in grounds_for(db, case_by_number(db, number))} == {
            Ground.CANNOT_IDENTIFY, Ground.UNFOUNDED, Ground.EXCESSIVE,
        }  # fmt: skip
    for ground in (Ground.LEGAL_DUTY, Ground.FRAUD, Ground.OTHERS_RIGHTS):
        with pytest.raises(CannotRefuse):
            refuses(house, number, ground)
    question = ask(house, house.sign_in(NOBODY))
    with pytest.raises(CannotRefuse):
        refuses(house, question)
    with pytest.raises(MessageEmpty):
        refuses(house, number, words="\u202e ")
    with house.world.writing(house.world.second) as db, pytest.raises(NoSuchCase):
        refuse_case(db, number, ground=Ground.CANNOT_IDENTIFY, words=WHY, actor="staff-7")
    assert case_of(house, number).state is CaseState.OPEN and "refused" not in house.subjects()


def test_two_people_decide_where_the_company_has_to_prove_it(house: House) -> None:
    number = opens(house, house.sign_in(MAREN))
    for second in ("", "staff-7", " staff-7 "):
        with pytest.raises(SecondPersonNeeded):
            refuses(house, number, Ground.UNFOUNDED, second=second)
    refuses(house, number, Ground.UNFOUNDED, second="staff-8")
    with pytest.raises(CannotRefuse, match="ended"):
        refuses(house, number)


def test_an_appeal_is_a_case_of_its_own_that_somebody_else_decides(house: House) -> None:
    current = house.sign_in(MAREN)
    number = opens(house, current)
    refuses(house, number, Ground.EXCESSIVE, second="staff-8")
    appeal = appeals(house, current, number)
    case = case_of(house, appeal)
    assert case.kind is CaseKind.APPEAL and case.proven == case_of(house, number).proven
    with house.world.reading() as db:
        assert due_of(db, case).day > case.received_at.date()
        assert not may_appeal(db, case_by_number(db, number))
    with pytest.raises(NoAppeal):
        appeals(house, current, number)
    for actor in ("staff-7", "staff-8"):
        with house.world.writing() as db, pytest.raises(SameReviewer):
            decide_appeal(db, appeal, granted=False, words="No.", actor=actor)
    with house.world.writing() as db, pytest.raises(CannotBeClosed):
        answer_case(db, appeal, text="No.", actor="staff-9", closes=True)
    with house.world.writing() as db:
        decide_appeal(db, appeal, granted=False, words="It stays so.", actor="staff-9")
    assert case_of(house, appeal).state is CaseState.ANSWERED and case_of(house, number).state is CaseState.REFUSED
    assert house.subjects()[-1] == "appeal_decided"
    with house.world.writing() as db, pytest.raises(NoAppeal):
        decide_appeal(db, appeal, granted=True, words="Yes.", actor="staff-9")


def test_a_granted_appeal_opens_the_request_again_and_its_systems_are_read(house: House) -> None:
    current = house.sign_in(MAREN)
    number = opens(house, current)
    house.one_step()
    refuses(house, number)
    appeal = appeals(house, current, number)
    with house.world.writing() as db:
        decide_appeal(db, appeal, granted=True, words="You are right.", actor="staff-9")
    assert case_of(house, number).state is CaseState.OPEN
    house.work()
    assert case_of(house, number).state in (CaseState.READY, CaseState.PARTLY)
    assert house.subjects()[-1] == "ready"


def test_an_appeal_is_the_person_s_own_and_has_a_last_day(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    current = house.sign_in(MAREN)
    number = opens(house, current)
    with pytest.raises(NoAppeal):
        appeals(house, current, number)
    refuses(house, number)
    with pytest.raises(NoSuchCase):
        appeals(house, house.sign_in(NOBODY), number)
    late = clock.now() + timedelta(days=61)
    monkeypatch.setattr(clock, "now", lambda: late)
    with pytest.raises(NoAppeal):
        appeals(house, current, number)


def test_a_correction_that_is_refused_stops_its_task(house: House) -> None:
    current = house.sign_in(MAREN)
    with house.world.writing() as db:
        number = open_right_case(
            db, current.person_id, CaseKind.CORRECTION, text="My name", proven=Scope(), session_id=current.id, language="en",
            systems=["shop"],
        ).number  # fmt: skip
    refuses(house, number)
    assert house.world.rows("SELECT state FROM step WHERE act = 'right.system'") == [("cancelled",)]


def test_a_refusal_leaves_nobody_a_promise_of_work_and_staff_nothing_to_settle(house: House) -> None:
    current = house.sign_in(MAREN)
    with house.world.writing() as db:
        number = open_right_case(
            db, current.person_id, CaseKind.CORRECTION, text="My name", proven=Scope(), session_id=current.id, language="en",
            systems=["shop"],
        ).number  # fmt: skip
    house.work()
    with house.world.reading() as db:
        case = case_by_number(db, number)
        (line,) = desk.lines_of(db, [case])
        assert line.waits == ("step", "message") and step_lines(db, case)[0].can_be_settled
    refuses(house, number)
    with house.world.reading() as db:
        case = case_by_number(db, number)
        (line,), (step,) = desk.lines_of(db, [case]), step_lines(db, case)
        assert line.waits == () and (step.state, step.stuck, step.can_be_settled) == ("stopped", False, False)
        assert step.words == "Nothing more is done here: this request is over."
    with house.world.writing() as db, pytest.raises(NothingToSettle, match="ended"):
        resolve_step(db, number, system="shop", outcome="done", reason="I saw it.", actor="staff-7")
    with house.world.writing() as db:
        add_message(db, case_by_number(db, number), author=Author.PERSON, text="Why?", session_id=current.id)
    with house.world.reading() as db:
        assert desk.lines_of(db, [case_by_number(db, number)])[0].waits == ("message",)
