"""Systems that lie, break off, take their time or cannot tell: nothing is done twice unawares, nothing is said that is not so."""

import time
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from portal.cases.erasing.links import open_link
from portal.cases.erasing.model import LinkKind
from portal.cases.erasing.result import Went
from portal.cases.model import CaseState
from portal.cases.overview import describe_case, open_cases
from portal.cases.service import NothingToSettle, resolve_step
from portal.core import clock
from portal.core.columns import Encrypted
from portal.core.db import Base
from portal.core.i18n import speaking
from portal.engine.claiming import LEASE
from portal.identity.sessions import CurrentSession
from portal.people.service import EMAIL, Identifier
from portal.people.suppressions import is_suppressed
from tests.rooms.erasing.house import GRACE, MAREN, FarHouse

HOUR = timedelta(hours=1)


def proven(house: FarHouse) -> CurrentSession:
    return house.prove(house.sign_in(MAREN), postcode="5003")


def work_at(house: FarHouse, hours: float) -> None:
    with clock.moved(GRACE + HOUR * hours):
        house.work()


def resolve(house: FarHouse, number: str, system: str, outcome: str) -> None:
    with house.world.writing() as db, clock.moved(GRACE + HOUR):
        resolve_step(db, number, system=system, outcome=outcome, reason="Looked at it by hand.", actor="s1")


def test_E2_a_system_that_did_it_and_never_said_so_is_asked_and_not_erased_twice(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.post.mood("dies")
    work_at(house, 0.1)
    assert len(house.post.calls()) == 1
    house.post.mood()
    work_at(house, 1)
    work_at(house, 2)
    assert len(house.post.calls()) == 1
    assert house.post.calls("probe")
    assert house.case(case).state is CaseState.DONE
    assert house.result(case).is_complete


def test_E1_a_system_that_answers_twice_changes_nothing_with_its_late_answer_and_both_are_counted(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.post.mood("hesitates")
    with clock.moved(GRACE + HOUR / 10):
        first = Thread(target=house.work)
        first.start()
        for _ in range(1200):
            if house.post.calls():
                break
            time.sleep(0.05)
        with clock.moved(LEASE * 2):
            house.work()
        with clock.moved(LEASE * 2 + timedelta(minutes=1)):
            house.work()
        assert house.case(case).state is CaseState.DONE
        before, there = everything_but_attempts(house), house.post.everything()
        house.post.mood()
        first.join(timeout=60)
        assert not first.is_alive()
    assert (everything_but_attempts(house), house.post.everything()) == (before, there)
    assert (len(house.post.calls()), len(house.post.calls("probe"))) == (1, 1)
    told = house.world.rows(
        "SELECT outcome FROM attempt JOIN step ON step.id = step_id WHERE system = 'post' ORDER BY attempt.id"
    )
    assert told[-2:] == [("late",), ("done",)]
    (post,) = (one for one in house.result(case).systems if one.key == "post")
    assert {item.collection: item.count for item in post.items} == {"post.letters": 1, "post.person": 1}


def everything_but_attempts(house: FarHouse) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the portal but the tries themselves."""
    names = [table.name for table in Base.metadata.sorted_tables if table.name != "attempt"]
    return {name: sorted(house.world.rows(f'SELECT * FROM "{name}"'), key=repr) for name in names}


def test_a_system_that_cannot_tell_is_in_doubt_and_a_human_settles_it(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.post.mood("dies", "deaf")
    work_at(house, 0.1)
    work_at(house, 1)
    assert len(house.post.calls()) == 1
    assert "system_in_doubt" in house.codes(case)
    with house.world.reading() as db, speaking("en", "Europe/Oslo"):
        assert [line.waits_for for line in open_cases(db)] == ["post"]
        assert any("checking by hand" in line for line in describe_case(db, case.number))
    resolve(house, case.number, "post", "done")
    work_at(house, 2)
    work_at(house, 3)
    assert house.case(case).state is CaseState.DONE
    post = house.result(case).systems[1]
    assert (post.state, post.note) == (Went.BY_HAND, "Looked at it by hand.")


def test_E5_what_a_human_gives_up_is_never_called_complete_and_the_person_stays(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.post.mood("lies")
    work_at(house, 0.1)
    resolve(house, case.number, "post", "skip")
    work_at(house, 2)
    assert house.case(case).state is CaseState.ANSWERED
    assert not house.result(case).is_complete
    assert house.codes(case)[-1] == "erasure_done_but"
    assert house.world.rows("SELECT count(*) FROM identifier") == [(1,)]


def test_what_was_left_goes_with_a_second_try_and_both_are_counted(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.post.mood("lies")
    work_at(house, 0.1)
    house.post.mood()
    with house.post.open() as far:
        far.execute("DELETE FROM receipt")
    resolve(house, case.number, "post", "retry")
    work_at(house, 2)
    work_at(house, 3)
    assert house.post.rows_of("1") == {}
    assert house.result(case).is_complete


def test_a_system_that_takes_its_time_is_asked_again_and_erases_once(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.post.mood("takes_its_time")
    work_at(house, 0.1)
    assert house.case(case).state is CaseState.OPEN
    work_at(house, 1)
    house.post.mood()
    work_at(house, 5)
    work_at(house, 6)
    assert len(house.post.calls()) == 1
    assert house.post.rows_of("1") == {}
    assert house.case(case).state is CaseState.DONE


def test_a_revoked_credential_or_a_refusal_goes_to_a_human(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.post.mood("refuses")
    work_at(house, 0.1)
    assert "system_parked" in house.codes(case)
    assert house.case(case).state is CaseState.OPEN


def test_nobody_can_cut_a_grace_period_short_by_hand(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    for system in ("", "shop"):
        with pytest.raises(NothingToSettle):
            resolve(house, case.number, system, "retry")
    house.work()
    assert house.shop.calls() == []


def test_a_plan_of_a_week_ago_is_planned_again_before_anything_goes(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.shop.add_row("1", "letters", "came later")
    with clock.moved(timedelta(days=8)):
        house.work()
    assert house.shop.calls() == []
    assert "plan_grew" in house.codes(case)


def test_after_the_end_no_value_of_the_person_can_be_read_from_any_column(house: FarHouse) -> None:
    current = proven(house)
    house.give(current)
    house.confirm(current)
    house.work_to_the_end()
    for word in (b"Maren", MAREN.encode()):
        assert word not in house.world.everything_stored()
    if house.world.database.is_sqlite:
        file = house.world.url.removeprefix("sqlite:///")
        with open(file, "rb") as stored:
            assert MAREN.encode() not in stored.read()
    with house.world.reading() as db:
        for table in Base.metadata.sorted_tables:
            for column in [one for one in table.columns if isinstance(one.type, Encrypted)]:
                for text in db.execute(select(column).where(column.is_not(None))).scalars():
                    assert MAREN not in text, column
                    assert "Maren" not in text, column
    assert not [file for file in house.world.settings.files.rglob("*") if file.is_file()]


def test_E7_who_was_erased_is_suppressed_and_comes_back_as_somebody_new(house: FarHouse) -> None:
    current = proven(house)
    house.confirm(current)
    house.work_to_the_end()
    with house.world.reading() as db:
        assert is_suppressed(db, Identifier(EMAIL, MAREN), purpose="newsletter", channel="email")
    again = house.sign_in(MAREN)
    assert again.person_id != current.person_id
    house.shop.add("9", MAREN, "Maren Vik", "5003", orders=1)
    house.work_to_the_end()
    assert house.shop.rows_of("9") == {"orders": 1, "person": 1}


def test_the_result_opens_for_ninety_days_by_the_last_mail_alone(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.work_to_the_end()
    text = next(text for _to, text in house.sent.mails if "/erase/result/" in text)
    token = text.partition("/erase/result/")[2].split()[0]
    with house.world.reading() as db:
        link = open_link(db, LinkKind.RESULT, token)
        assert link is not None
        assert link.case.id == case.id
        assert open_link(db, LinkKind.CANCEL, token) is None
    with house.world.reading(house.world.second) as db:
        assert open_link(db, LinkKind.RESULT, token) is None
    with clock.moved(GRACE + timedelta(days=91)), house.world.reading() as db:
        assert open_link(db, LinkKind.RESULT, token) is None
