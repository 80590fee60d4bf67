"""Staff answer on the page of the case: sealed, one mail until it is read, and words end only what words can answer."""

import pytest
from sqlalchemy import delete

from portal.cases.answering import CannotBeClosed, answer_case
from portal.cases.events import timeline
from portal.cases.messages import MessageEmpty, add_message, has_unread, mark_read, messages_of, unanswered
from portal.cases.model import Author, CaseMessage, CaseState
from portal.cases.overview import open_cases
from portal.cases.scope import Scope
from portal.cases.service import NoSuchCase, case_by_number, open_access_case
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import MAREN, NOBODY
from tests.rooms.cases.test_messages import ask, case_of

ANSWER = "Forty-two green lanterns"


def answers(house: House, number: str, text: str = ANSWER, *, closes: bool = False) -> None:
    with house.world.writing() as db:
        answer_case(db, number, text=text, actor="staff-7", closes=closes)


def test_the_answer_is_sealed_and_the_mail_says_only_that_something_waits(house: House) -> None:
    number = ask(house, house.sign_in(NOBODY))
    answers(house, number)
    assert house.subjects() == ["asked", "message"]
    stored = house.world.everything_stored()
    assert ANSWER.encode() not in stored
    with house.world.reading() as db:
        case = case_by_number(db, number)
        assert [(one.author, one.text) for one in messages_of(db, case)][-1] == (Author.STAFF, ANSWER)
        assert unanswered(db, case) == 0
        assert timeline(db, case)[-1].title == "We wrote to you"
    assert house.world.rows("SELECT actor FROM case_message ORDER BY id") == [(None,), ("staff-7",)]


def test_there_is_one_mail_until_the_person_has_read_it(house: House) -> None:
    number = ask(house, house.sign_in(NOBODY))
    answers(house, number)
    answers(house, number, "And one thing more.")
    assert house.subjects() == ["asked", "message"]
    with house.world.writing() as db:
        mark_read(db, case_of(house, number).id, of=Author.STAFF)
    answers(house, number, "A third thing.")
    assert house.subjects() == ["asked", "message", "message"]


def test_an_answer_is_told_though_words_that_are_gone_had_its_number(house: House) -> None:
    answers(house, ask(house, house.sign_in(MAREN)))
    with house.world.writing() as db:
        # As an erasure does. SQLite begins anew with the numbers; the mail of before is still on file.
        db.execute(delete(CaseMessage))
    answers(house, ask(house, house.sign_in(NOBODY)))
    assert house.subjects() == ["asked", "message", "asked", "message"]


def test_who_answers_has_read_what_the_person_wrote(house: House) -> None:
    number = ask(house, house.sign_in(NOBODY))
    case = case_of(house, number)
    with house.world.reading() as db:
        assert has_unread(db, case, of=Author.PERSON)
    answers(house, number)
    with house.world.reading() as db:
        assert not has_unread(db, case, of=Author.PERSON)


def test_an_answer_ends_a_question_and_the_person_s_next_word_brings_it_back_to_the_list(house: House) -> None:
    current = house.sign_in(NOBODY)
    number = ask(house, current)
    answers(house, number, closes=True)
    case = case_of(house, number)
    assert case.state is CaseState.ANSWERED and case.closed_at is not None
    with house.world.reading() as db:
        assert open_cases(db) == []
        assert timeline(db, case)[-1].title == "We answered you"
    with house.world.writing() as db:
        add_message(db, case, author=Author.PERSON, text="But why?", session_id=current.id)
    with house.world.reading() as db:
        assert [(line.number, line.waits_for) for line in open_cases(db)] == [(number, "message")]
    with house.world.writing() as db, pytest.raises(CannotBeClosed):
        answer_case(db, number, text="Because.", actor="staff-7", closes=True)


def test_words_do_not_end_what_is_answered_by_a_file_and_nothing_is_written(house: House) -> None:
    current = house.sign_in(MAREN)
    with house.world.writing() as db:
        number = open_access_case(db, current.person_id, categories=[], proven=Scope(), language="en").number
    with house.world.writing() as db, pytest.raises(CannotBeClosed):
        answer_case(db, number, text=ANSWER, actor="staff-7", closes=True)
    answers(house, number)
    with house.world.reading() as db:
        assert len(messages_of(db, case_of(house, number))) == 1


def test_an_empty_answer_and_a_case_of_another_company_are_refused(house: House) -> None:
    number = ask(house, house.sign_in(NOBODY))
    with house.world.writing() as db, pytest.raises(MessageEmpty):
        answer_case(db, number, text=" \n", actor="staff-7", closes=True)
    with house.world.writing(house.world.second) as db, pytest.raises(NoSuchCase):
        answer_case(db, number, text=ANSWER, actor="staff-7")
    assert case_of(house, number).state is CaseState.OPEN
