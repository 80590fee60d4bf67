"""What is written to a human: plain, sealed, bounded, and shown to nobody else of the same mailbox."""

from datetime import timedelta

import pytest

from portal.cases import filing, messages
from portal.cases.dates import due_of
from portal.cases.filing import TooManyCases
from portal.cases.messages import MessageEmpty, MessageTooLong, TooManyMessages, add_message, messages_for, messages_of
from portal.cases.model import Author, Case, CaseKind
from portal.cases.overview import describe_case, open_cases
from portal.cases.questions import open_question
from portal.cases.reading import read_held
from portal.cases.scope import Scope
from portal.cases.service import cancel_case, open_access_case
from portal.core import clock
from portal.identity.sessions import CurrentSession
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import COUPLE, MAREN, NOBODY

SECRET = "Sixty-one purple umbrellas"


def ask(house: House, current: CurrentSession, *, number: str = "", text: str = SECRET) -> str:
    """Ask in this browser; the number of the case."""
    with house.world.writing() as db:
        case = open_question(
            db, current.person_id, number=number, text=text, proven=Scope(), session_id=current.id, language="en"
        )
        return case.number


def case_of(house: House, number: str) -> Case:
    """The case of that number."""
    with house.world.reading() as db:
        return db.query(Case).filter_by(number=number).one()


def test_a_question_is_a_case_with_its_words_and_a_day_for_the_answer(house: House) -> None:
    number = ask(house, house.sign_in(NOBODY), number="K-1002")
    with house.world.reading() as db:
        case = db.query(Case).one()
        assert (case.number, case.kind) == (number, CaseKind.QUESTION)
        assert [one.text for one in messages_of(db, case)] == [f"Number: K-1002\n\n{SECRET}"]
        assert timedelta(days=14) <= due_of(db, case).day - case.received_at.date() <= timedelta(days=18)
    assert house.subjects() == ["asked"]


def test_the_same_question_pressed_twice_is_one_case(house: House) -> None:
    current = house.sign_in(NOBODY)
    assert ask(house, current) == ask(house, current)
    assert ask(house, current, text="Something else") != ask(house, current)


def test_what_is_written_is_sealed_and_stands_in_no_mail_and_no_timeline(house: House) -> None:
    number = ask(house, house.sign_in(NOBODY))
    assert SECRET.encode() not in house.world.everything_stored()
    with house.world.reading() as db:
        shown = describe_case(db, number)
        assert not any(SECRET in line for line in shown)
        assert "1 message waits for an answer." in shown
        assert any(SECRET in line for line in describe_case(db, number, with_messages=True))
        assert [line.waits_for for line in open_cases(db)] == ["message"]


def test_words_wait_until_staff_have_written(house: House) -> None:
    number = ask(house, house.sign_in(NOBODY))
    case = case_of(house, number)
    with house.world.writing() as db:
        add_message(db, case, author=Author.STAFF, text="We looked.")
        assert messages.unanswered(db, case) == 0
        add_message(db, case, author=Author.PERSON, text="And?")
        assert messages.unanswered(db, case) == 1


@pytest.mark.parametrize("empty", ["", "   ", "\n\t", "\u202e\u2066", "\x00\x07"])
def test_C9_nothing_that_can_be_read_is_no_message(house: House, empty: str) -> None:
    case = case_of(house, ask(house, house.sign_in(NOBODY)))
    with house.world.writing() as db, pytest.raises(MessageEmpty):
        add_message(db, case, author=Author.PERSON, text=empty)


def test_C9_a_message_has_a_length_and_nothing_longer_is_stored(house: House) -> None:
    case = case_of(house, ask(house, house.sign_in(NOBODY)))
    with house.world.writing() as db:
        add_message(db, case, author=Author.PERSON, text="x" * messages.LONGEST)
        with pytest.raises(MessageTooLong):
            add_message(db, case, author=Author.PERSON, text="x" * (messages.LONGEST + 1))
    with house.world.reading() as db:
        assert len(messages_of(db, case)) == 2


def test_C9_marks_that_turn_the_text_around_fall_away(house: House) -> None:
    case = case_of(house, ask(house, house.sign_in(NOBODY)))
    with house.world.writing() as db:
        add_message(db, case, author=Author.PERSON, text="pay \u202e001\u202c\u2066 NOK\x1b[31m\r\nsoon")
        assert messages_of(db, case)[-1].text == "pay 001 NOK[31m\nsoon"


def test_C11_a_person_writes_so_often_a_day_and_staff_as_often_as_they_like(house: House) -> None:
    current = house.sign_in(NOBODY)
    case = case_of(house, ask(house, current))
    with house.world.writing() as db:
        for _ in range(messages.A_DAY.count - 1):
            add_message(db, case, author=Author.PERSON, text="again")
        with pytest.raises(TooManyMessages):
            add_message(db, case, author=Author.PERSON, text="again")
        add_message(db, case, author=Author.STAFF, text="We read all of it.")


def test_C11_cases_opened_and_stopped_again_count_and_the_day_after_is_free(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = house.sign_in(MAREN)
    reading = read_held(house.world.database, house.reader(current))
    assert not reading.missing()

    def opens_and_stops() -> None:
        with house.world.writing() as db:
            case = open_access_case(db, current.person_id, categories=[], proven=Scope(), language="en")
            cancel_case(db, current.person_id, case.number)

    for _ in range(filing.CASES_A_DAY.count):
        opens_and_stops()
    before = house.world.rows("SELECT count(*) FROM step"), house.world.rows("SELECT count(*) FROM mail")
    with pytest.raises(TooManyCases):
        opens_and_stops()
    with pytest.raises(TooManyCases):
        ask(house, current)
    assert before == (house.world.rows("SELECT count(*) FROM step"), house.world.rows("SELECT count(*) FROM mail"))
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    opens_and_stops()


def test_C2_what_one_person_of_a_mailbox_wrote_is_read_in_no_other_session(house: House) -> None:
    wrote, other = house.sign_in(COUPLE), house.sign_in(COUPLE)
    read_held(house.world.database, house.reader(wrote))
    case = case_of(house, ask(house, wrote))
    with house.world.writing() as db:
        add_message(db, case, author=Author.STAFF, text=f"About the {SECRET}")
    with house.world.reading() as db:
        assert [one.text for one in messages_for(db, case, wrote.id)] == [SECRET, f"About the {SECRET}"]
        assert [one.text for one in messages_for(db, case, other.id)] == [None, None]


def test_who_is_alone_at_an_address_reads_everything_again_later(house: House) -> None:
    wrote = house.sign_in(MAREN)
    read_held(house.world.database, house.reader(wrote))
    case = case_of(house, ask(house, wrote))
    with house.world.reading() as db:
        assert [one.text for one in messages_for(db, case, house.sign_in(MAREN).id)] == [SECRET]
