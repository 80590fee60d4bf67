"""Tasks to whoever looks after an archive: mailed in the transaction of the step, answered once, reminded of, and never shown to a link that ended."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.model import AuditEntry
from portal.cases.advancing import close_case
from portal.cases.dates import today_of
from portal.cases.erasing.result import Went
from portal.cases.lookers import who_looked
from portal.cases.model import Case, CaseState
from portal.cases.pruning import prune_cases
from portal.cases.restoring.credentials import void_credentials
from portal.cases.service import resolve_step
from portal.cases.task_answers import Answered, Door, NoSuchTask, look_at, open_task, send_again, take_answer, take_back
from portal.cases.tasks.listing import Which, open_tasks, tasks_of
from portal.cases.tasks.mailing import ask_owner
from portal.cases.tasks.model import CaseTask, TaskAnswer
from portal.cases.tasks.reminding import remind_owners
from portal.core import clock
from portal.core.documents import DocumentError
from portal.core.i18n import speaking
from portal.core.uploads import Upload
from portal.engine.claiming import claim_of
from portal.engine.model import Step
from portal.outbox.delivery import deliver_due
from tests.rooms.erasing.house import GRACE, MAREN, FarHouse, with_cellar

pytestmark = pytest.mark.no_sql

OWNER = "archive@example.net"
DAY = timedelta(days=1)
LATER = GRACE + timedelta(minutes=20)


@pytest.fixture
def asked(house: FarHouse) -> tuple[FarHouse, Case]:
    """Maren's deletion has come to the cellar, whose owner has the task in their mailbox."""
    with_cellar(house, {"email": OWNER, "name": "The archive", "language": "de"})
    case = house.confirm(house.prove(house.sign_in(MAREN), postcode="5003"))
    house.work_to_the_end()
    return house, case


def letters(house: FarHouse) -> list[str]:
    deliver_due(house.world.database, house.sent)
    return [text for to, text in house.sent.mails if to == OWNER]


def tokens(house: FarHouse) -> list[str]:
    return [re.findall(r"https?://\S+/t/([\w-]+)\?lang=de", text)[0] for text in letters(house)]


def door(house: FarHouse, token: str) -> Door:
    with house.world.reading() as db:
        return look_at(db, token)[0]


def give(house: FarHouse, token: str, answer: TaskAnswer, *, ground: str = "", words: str = "", note: str = "") -> Door:
    with house.world.writing() as db:
        return take_answer(db, token, Answered(answer, ground, words, note))


def remind(house: FarHouse, after: timedelta) -> int:
    with clock.moved(after), house.world.writing() as db:
        return remind_owners(db)


def test_a_task_is_mailed_though_one_that_is_gone_had_its_number(asked: tuple[FarHouse, Case]) -> None:
    house, case = asked
    assert len(letters(house)) == 1
    with house.world.writing() as db:
        task = db.scalars(select(CaseTask)).one()
        claim = claim_of(db.get_one(Step, task.step_id))
        # As an erasure does when it ends. SQLite begins anew with the numbers; the mail of before is still on file.
        db.delete(task)
        db.flush()
        assert ask_owner(db, db.merge(case), claim, "by_hand")
    assert len(letters(house)) == 2


def test_the_owner_gets_one_mail_that_names_the_task_and_nobody(asked: tuple[FarHouse, Case]) -> None:
    house, case = asked
    with clock.moved(LATER):
        (text,) = letters(house)
        assert "Löschen" in text and "Der Keller" in text
        for hidden in (MAREN, "Maren", "Vik", case.number, "Room 2"):
            assert hidden not in text, hidden
        assert door(house, tokens(house)[0]) is Door.OPEN
    stored = house.world.rows("SELECT token_hash FROM case_task")
    assert len(stored) == 1 and tokens(house)[0].encode() not in bytes(stored[0][0])  # type: ignore[call-overload]  # plain SQL


def test_whom_it_is_about_is_seen_behind_the_button_and_the_customer_reads_that(asked: tuple[FarHouse, Case]) -> None:
    house, case = asked
    with clock.moved(LATER):
        token = tokens(house)[0]
        with house.world.reading() as db, speaking("en", "Europe/Oslo"):
            assert not who_looked(db, db.get_one(Case, case.id))
            assert MAREN not in repr(look_at(db, token))
        with house.world.writing() as db:
            _door, asked_now, about = open_task(db, token)
            assert asked_now and asked_now.task == "Room 2, by name."
            assert about and MAREN in [one.value for one in about.identifiers] and MAREN not in repr(about)
        with house.world.reading() as db, speaking("en", "Europe/Oslo"):
            (looked,) = who_looked(db, db.get_one(Case, case.id))
            assert looked.title == "Whoever looks after: The cellar"
            assert all(MAREN not in repr((one.target, one.detail)) for one in db.scalars(select(AuditEntry)))


def test_what_the_owner_did_ends_the_step_and_is_called_confirmed_by_hand(asked: tuple[FarHouse, Case]) -> None:
    house, case = asked
    with clock.moved(LATER):
        token = tokens(house)[0]
        assert give(house, token, TaskAnswer.DONE, note="Room 2 is empty.") is Door.OPEN
        assert give(house, token, TaskAnswer.NOT_FOUND) is Door.ANSWERED, "a second press changes nothing"
        house.work()
        assert house.case(case).state is CaseState.DONE
        (cellar,) = [one for one in house.result(case).systems if one.key == "cellar"]
        assert cellar.state is Went.BY_HAND and not cellar.items
        assert cellar.note.startswith("Confirmed by hand") and "not read it back" in cellar.note
        # What was noted went with the person whose case it was.
        assert not house.world.rows("SELECT id FROM case_task") and door(house, token) is Door.NOWHERE


@pytest.mark.parametrize("answer", [TaskAnswer.EXCEPTION, TaskAnswer.CANNOT_SAY])
def test_what_has_to_be_kept_or_is_not_known_waits_for_staff(asked: tuple[FarHouse, Case], answer: TaskAnswer) -> None:
    house, case = asked
    with clock.moved(LATER):
        give(house, tokens(house)[0], answer, ground="Bookkeeping Act § 13", words="Two bills stay until 2031.")
        house.work()
        assert house.case(case).state is CaseState.OPEN
        with house.world.reading() as db:
            (line,) = tasks_of(db, db.get_one(Case, case.id))
            assert (line.answer, line.step_waits, line.open) == (answer, True, False)
            kept = ("Bookkeeping Act § 13", "Two bills stay until 2031.") if answer is TaskAnswer.EXCEPTION else ("", "")
            assert (line.ground, line.words) == kept
            assert open_tasks(db)[0] == []


def test_a_file_goes_to_staff_and_a_refused_one_leaves_the_task_open(asked: tuple[FarHouse, Case]) -> None:
    house, case = asked
    with clock.moved(LATER):
        token = tokens(house)[0]
        with pytest.raises(Exception, match="none of the kinds"), house.world.writing() as db:
            take_answer(db, token, Answered(TaskAnswer.CANNOT_SAY, files=[Upload("a.svg", b"<svg/>")]))
        assert door(house, token) is Door.OPEN
        with house.world.writing() as db:
            take_answer(db, token, Answered(TaskAnswer.CANNOT_SAY, files=[Upload("seen.txt", b"Box 7")]))
        with house.world.reading() as db:
            (line,) = tasks_of(db, db.get_one(Case, case.id))
            assert [one.name for one in line.files] == ["seen.txt"]


def test_a_task_that_is_sent_again_or_taken_back_ends_the_link_of_before(asked: tuple[FarHouse, Case]) -> None:
    house, case = asked
    with clock.moved(LATER):
        with house.world.reading() as db:
            number = tasks_of(db, db.get_one(Case, case.id))[0].number
        with house.world.writing() as db:
            send_again(db, db.get_one(Case, case.id), number)
        old, new = tokens(house)
        assert (door(house, old), door(house, new)) == (Door.NOWHERE, Door.OPEN)
        with house.world.writing() as db:
            take_back(db, db.get_one(Case, case.id), number)
        assert door(house, new) is Door.ENDED and give(house, new, TaskAnswer.DONE) is Door.ENDED
        with house.world.writing() as db, pytest.raises(NoSuchTask):
            take_back(db, db.get_one(Case, case.id), number)
        with house.world.writing() as db, pytest.raises(NoSuchTask):
            send_again(db, db.get_one(Case, case.id), "AAAA-BBBB-CCCC")


def test_a_link_ends_with_its_step_however_that_was_settled_and_after_ninety_days(asked: tuple[FarHouse, Case]) -> None:
    house, case = asked
    with clock.moved(LATER):
        token = tokens(house)[0]
    with clock.moved(LATER + 91 * DAY):
        assert door(house, token) is Door.ENDED
    with clock.moved(LATER):
        with house.world.writing() as db:
            resolve_step(db, case.number, system="cellar", outcome="skip", reason="The cellar is flooded.", actor="s1")
        assert door(house, token) is Door.ENDED
        for wrong in ("", token[:-1], token + "x", "x" * 43, "x" * 500):
            assert door(house, wrong) is Door.NOWHERE
        with house.world.database.reading(house.world.second) as db:
            assert look_at(db, token)[0] is Door.NOWHERE


def test_a_restored_backup_ends_every_link_and_staff_send_what_is_still_open(asked: tuple[FarHouse, Case]) -> None:
    house, case = asked
    with clock.moved(LATER):
        token = tokens(house)[0]
        with house.world.writing() as db:
            void_credentials(db)
        assert door(house, token) is Door.ENDED
        with house.world.writing() as db:
            number = tasks_of(db, db.get_one(Case, case.id))[0].number
            send_again(db, db.get_one(Case, case.id), number)
        assert door(house, tokens(house)[1]) is Door.OPEN


def test_a_step_that_staff_try_again_asks_the_owner_anew(asked: tuple[FarHouse, Case]) -> None:
    house, case = asked
    with clock.moved(LATER):
        with house.world.writing() as db:
            resolve_step(db, case.number, system="cellar", outcome="retry", reason="The key is back.", actor="s1")
        house.work()
        old, new = tokens(house)
        assert (door(house, old), door(house, new)) == (Door.NOWHERE, Door.OPEN)
        assert len(house.world.rows("SELECT id FROM case_task")) == 1


def test_owners_are_reminded_before_the_day_on_it_and_weekly_and_no_more_than_six_times(asked: tuple[FarHouse, Case]) -> None:
    house, _case = asked
    with house.world.reading() as db, clock.moved(LATER):
        (line,), more = open_tasks(db)
        assert not more and not line.late
        until = line.due_on - today_of(db)
    due = LATER + until
    assert remind(house, due - 4 * DAY) == 0
    assert remind(house, due - 3 * DAY) == 1
    assert remind(house, due - 3 * DAY) == 0, "twice in a day is once, also after a restart"
    assert remind(house, due + DAY) == 1
    with clock.moved(due + DAY):
        first, before, newest = tokens(house)
        assert [door(house, one) for one in (first, before, newest)] == [Door.NOWHERE, Door.OPEN, Door.OPEN]
        with house.world.reading() as db:
            assert [one.late for one in open_tasks(db, Which.LATE)[0]] == [True]
    assert remind(house, due + 20 * DAY) == 1, "what was missed is not made up for"
    assert [remind(house, due + days * DAY) for days in (21, 28, 35, 60)] == [1, 1, 0, 0]


def test_K3_a_reminder_goes_to_who_is_named_today_and_the_link_of_who_was_named_before_ends(asked: tuple[FarHouse, Case]) -> None:
    house, _case = asked
    with clock.moved(LATER):
        old = tokens(house)[0]
        with_cellar(house, {"email": "next@example.net", "name": "The archive", "language": "de"})
        assert door(house, old) is Door.ENDED
    assert remind(house, LATER + 60 * DAY) == 1
    with clock.moved(LATER + 60 * DAY):
        deliver_due(house.world.database, house.sent)
        (text,) = [text for to, text in house.sent.mails if to == "next@example.net"]
        assert door(house, re.findall(r"/t/([\w-]+)", text)[0]) is Door.OPEN
        assert door(house, old) is Door.NOWHERE


def test_nobody_is_reminded_of_what_is_answered_or_settled(asked: tuple[FarHouse, Case]) -> None:
    house, _case = asked
    with clock.moved(LATER):
        give(house, tokens(house)[0], TaskAnswer.CANNOT_SAY)
    assert remind(house, LATER + 60 * DAY) == 0


def test_without_an_owner_no_task_is_made_and_staff_see_to_it(house: FarHouse) -> None:
    with_cellar(house)
    house.confirm(house.prove(house.sign_in(MAREN), postcode="5003"))
    house.work_to_the_end()
    assert not house.world.rows("SELECT id FROM case_task") and not letters(house)


def test_tasks_go_with_their_case(asked: tuple[FarHouse, Case]) -> None:
    house, case = asked
    with clock.moved(LATER), house.world.writing() as db:
        close_case(db.get_one(Case, case.id), CaseState.CANCELLED)
    assert house.world.rows("SELECT id FROM case_task")
    with clock.moved(LATER):
        assert door(house, tokens(house)[0]) is Door.ENDED
    with clock.moved(4000 * DAY), house.world.writing() as db:
        prune_cases(db, house.world.company())
    assert not house.world.rows("SELECT id FROM case_task")


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        ({"email": "a@b@c", "name": "Archive", "language": "de"}, "email"),
        ({"email": OWNER, "name": "Archive", "language": "fr"}, "none of the company's languages"),
        ({"email": OWNER, "language": "de"}, "name"),
        ({"email": OWNER, "name": "Archive", "language": "de", "phone": "1"}, "phone"),
    ],
)
def test_an_owner_that_is_written_wrongly_is_an_error_with_its_line(house: FarHouse, owner: dict[str, str], said: str) -> None:
    from portal.cases.systems import open_system, place_of

    with_cellar(house, owner)
    with pytest.raises(DocumentError, match=said):
        open_system(place_of(house.world.first, "cellar"))
