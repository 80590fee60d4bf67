"""An erasure from the plan to the result: what is shown is what is confirmed, what is confirmed is done, what is done is said."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from portal.adapters.contract import Fate
from portal.cases.erasing.confirming import NothingToErase, PlanHasChanged
from portal.cases.erasing.forgetting import WORDS
from portal.cases.erasing.model import Erasure, ErasurePlanRow, Stopper
from portal.cases.erasing.plans import Planned, digest_of_plans
from portal.cases.erasing.result import Went
from portal.cases.laws.deadlines import Happened
from portal.cases.messages import add_message
from portal.cases.model import Author, CaseNote, CaseState, ClockRow
from portal.cases.proposal_model import Act as ProposedAct
from portal.cases.proposal_model import Proposal, ProposalState
from portal.cases.reading import kept_reading, read_held
from portal.consent.sealing_model import SealedProof
from portal.consent.words import Act
from portal.core import clock
from portal.core.columns import Encrypted
from portal.core.db import Base
from portal.core.uploads import Upload
from portal.identity.sessions import CurrentSession
from portal.people.service import EMAIL, Identifier
from portal.people.tombstones import tombstones_of
from tests.attachments import PDF
from tests.rooms.erasing.house import COUPLE, GRACE, MAREN, FarHouse


def proven(house: FarHouse) -> CurrentSession:
    return house.prove(house.sign_in(MAREN), postcode="5003")


def test_the_plan_says_what_goes_and_what_stays_and_changes_nothing(house: FarHouse) -> None:
    current, before = proven(house), house.shop.everything()
    shop, post = house.plan(current)
    assert {(one.collection, one.fate, one.count) for one in shop.items} == {
        ("shop.orders", Fate.ERASE, 3),
        ("shop.receipts", Fate.KEEP, 2),
        ("shop.person", Fate.ERASE, 1),
    }
    assert shop.losses == ("points",)
    assert post.answer is Planned.READY
    assert house.shop.everything() == before
    assert house.shop.calls() == []


def test_nothing_is_planned_before_a_detail_was_matched(house: FarHouse) -> None:
    current = house.sign_in(MAREN)
    plans = house.plan(current)
    assert all(not one.items for one in plans)


def test_everything_goes_in_its_order_and_the_person_with_it(house: FarHouse) -> None:
    current = proven(house)
    house.give(current)
    case = house.confirm(current)
    assert house.mails() == ["erasure_started"]
    house.work()
    assert house.shop.calls() == []
    house.work_to_the_end()
    assert house.shop.rows_of("1") == {"receipts": 2}
    assert house.post.rows_of("1") == {}
    done = house.case(case)
    assert (done.state, done.person_id) == (CaseState.DONE, None)
    result = house.result(case)
    assert result.is_complete
    with house.world.reading() as db:
        proof = db.scalars(select(SealedProof)).one()
        assert proof.destroy_at.astimezone(ZoneInfo(house.world.company().time_zone)).date() == result.proof_until
    shop = result.systems[0]
    assert [(one.title, one.until.year if one.until else 0, one.ground) for one in shop.kept] == [
        ("Your receipts", 2031, "Bookkeeping Act § 13")
    ]
    assert {(one.title, one.count) for one in shop.items if one.fate is Fate.ERASE} == {("Your orders", 3), ("Your account", 1)}
    assert house.codes(case) == [
        "erasure_confirmed", "marketing_stopped", "addresses_told", "erasure_begun", "consent_withdrawn", "system_kept_some",
        "system_erased", "own_data_erased", "last_mail", "erasure_done",
    ]  # fmt: skip
    assert house.mails() == ["erasure_started", "erasure_done"]
    assert house.world.rows("SELECT count(*) FROM identifier") == [(0,)]
    assert house.world.rows("SELECT count(*) FROM session") == [(0,)]
    assert MAREN.encode() not in house.world.everything_stored()
    with house.world.reading() as db:
        assert {one.system for one in tombstones_of(db, Identifier(EMAIL, MAREN))} == {"", "shop", "post"}


def test_what_people_wrote_about_the_case_goes_with_the_person(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    with house.world.writing() as db:
        add_message(db, case, author=Author.PERSON, text="Maren sends this.", files=[Upload("maren.pdf", PDF)])
        db.add(CaseNote(case_id=case.id, actor="s-1", text="Maren rang twice.", at=clock.now()))
        db.add(ClockRow(case_id=case.id, happened=Happened.EXTENDED, at=clock.now(), words="Maren has many rows.", actor="s-1"))
        db.add(
            Proposal(
                token="t1", case_id=case.id, act=ProposedAct.EXTEND, params="{}", mark="m", state=ProposalState.DECLINED,
                proposed_by="s-1", proposed_at=clock.now(), reason="Maren waits long enough.",
            )
        )  # fmt: skip
    house.work_to_the_end()
    assert house.case(case).state is CaseState.DONE
    assert house.world.rows("SELECT count(*) FROM case_note") == [(0,)]
    assert house.world.rows("SELECT count(*) FROM case_message") == [(0,)]
    assert house.world.rows("SELECT count(*) FROM case_file") == [(0,)]
    assert house.world.rows("SELECT count(*) FROM proposal") == [(0,)]
    assert house.world.rows("SELECT count(*) FROM clock_event WHERE words IS NOT NULL") == [(0,)]
    assert house.world.rows("SELECT count(*) FROM clock_event WHERE happened = 'extended'") == [(1,)], "dates stay"


def test_every_sealed_word_of_a_case_goes_or_is_the_result_itself() -> None:
    sealed = {
        mapper.class_
        for mapper in Base.registry.mappers
        if "case_id" in mapper.columns and any(isinstance(column.type, Encrypted) for column in mapper.columns)
    }
    assert sealed - set(WORDS) == {ClockRow, ErasurePlanRow, Erasure}


def test_nobody_elses_row_changes_by_one_byte(house: FarHouse) -> None:
    def others() -> list[tuple[object, ...]]:
        return [row for row in house.shop.everything() if row[1] != "1" and row[0] != "1"]

    before = others()
    house.confirm(proven(house))
    house.work_to_the_end()
    assert others() == before
    assert len(before) == 7


def test_two_people_at_one_address_only_the_record_that_was_proven_goes(house: FarHouse) -> None:
    current = house.prove(house.sign_in(COUPLE), postcode="5004")
    case = house.confirm(current)
    house.work_to_the_end()
    assert house.shop.rows_of("2") == {}
    assert house.shop.rows_of("3") == {"orders": 2, "person": 1}
    assert house.case(case).state is CaseState.DONE


def test_confirmed_twice_is_one_case(house: FarHouse) -> None:
    current = proven(house)
    seen = digest_of_plans(house.plan(current))
    assert house.press(current, seen).id == house.press(current, seen).id
    assert house.mails() == ["erasure_started"]


def test_E3_what_was_not_shown_cannot_be_confirmed(house: FarHouse) -> None:
    current = proven(house)
    house.plan(current)
    with pytest.raises(PlanHasChanged):
        house.press(current, "0" * 64)
    seen = digest_of_plans(house.plan(current))
    with clock.moved(timedelta(minutes=11)), pytest.raises(PlanHasChanged):
        house.press(current, seen)
    assert house.world.rows('SELECT count(*) FROM "case"') == [(0,)]


def test_a_person_of_whom_nothing_is_held_has_nothing_to_confirm(house: FarHouse) -> None:
    current = house.sign_in("nobody@example.org")
    with pytest.raises(NothingToErase):
        house.confirm(current)


def test_kinds_of_which_nothing_is_left_are_not_deleted_a_second_time(house: FarHouse) -> None:
    current = proven(house)
    house.confirm(current, "bought")
    house.work_to_the_end()
    with pytest.raises(NothingToErase):
        house.confirm(current, "bought")
    house.confirm(current)


def test_some_groups_go_and_the_rest_stays_with_the_person(house: FarHouse) -> None:
    current = proven(house)
    house.give(current)
    case = house.confirm(current, "bought")
    house.work_to_the_end()
    assert house.shop.rows_of("1") == {"person": 1, "receipts": 2}
    assert house.post.rows_of("1") == {"letters": 1, "person": 1}
    assert house.case(case).state is CaseState.DONE
    assert house.case(case).person_id == current.person_id
    assert house.says(current.person_id) is Act.GIVEN
    assert house.result(case).proof_until is None, "nothing was sealed: the person's choices go on"
    assert house.mails() == ["erasure_started", "erasure_done"]


def test_what_was_read_before_is_not_shown_any_more_once_a_system_has_erased(house: FarHouse) -> None:
    current, other = proven(house), house.sign_in(COUPLE)
    case = house.confirm(current, "bought")
    for reader in (house.reader(current), house.reader(other)):
        assert read_held(house.world.database, reader).missing() == []
    house.work_to_the_end()
    assert house.case(case).state is CaseState.DONE
    with house.world.reading() as db:
        assert kept_reading(db, house.reader(current)).missing() == ["shop", "post"]
        assert kept_reading(db, house.reader(other)).missing() == [], "nobody else's systems are asked anew"


def test_marketing_stops_at_once_and_comes_back_when_the_person_cancels(house: FarHouse) -> None:
    current = proven(house)
    house.give(current)
    case = house.confirm(current)
    assert house.says(current.person_id) is Act.WITHDRAWN
    stopped = house.stop(case)
    assert stopped.in_time
    assert house.says(current.person_id) is Act.GIVEN
    house.work_to_the_end()
    assert house.shop.calls() == []
    assert house.case(case).state is CaseState.CANCELLED
    assert house.codes(case)[-2:] == ["erasure_cancelled", "choices_restored"]
    assert [one.state for one in house.result(case).systems] == [Went.STOPPED, Went.STOPPED]


@pytest.mark.parametrize("by", [Stopper.ADDRESS, Stopper.STAFF])
def test_C5_a_stop_by_anyone_else_stops_the_deletion_and_gives_nothing_back(house: FarHouse, by: Stopper) -> None:
    current = proven(house)
    house.give(current)
    case = house.confirm(current)
    assert house.stop(case, by).in_time
    assert house.says(current.person_id) is Act.WITHDRAWN
    house.work_to_the_end()
    assert house.shop.calls() == []
    assert "choices_restored" not in house.codes(case)


def test_C4_every_address_on_file_is_told(house: FarHouse) -> None:
    case = house.confirm(proven(house), others=("old@example.org", MAREN))
    house.work()
    assert sorted(to for to, _text in house.sent.mails) == [MAREN, "old@example.org"]
    links = {text.partition("/erase/stop/")[2].split()[0] for _to, text in house.sent.mails}
    assert len(links) == 2
    assert not any("Maren" in text or "example.org" in text for _to, text in house.sent.mails)
    assert "addresses_told" in house.codes(case)


def test_cancelled_while_running_says_what_went_and_leaves_the_rest(house: FarHouse) -> None:
    current = proven(house)
    case = house.confirm(current)
    with clock.moved(GRACE + timedelta(minutes=1)):
        assert house.one_step()
        assert house.one_step()
        stopped = house.stop(case)
        house.work()
    assert not stopped.in_time
    assert stopped.gone == ("shop",)
    assert house.post.rows_of("1") == {"letters": 1, "person": 1}
    assert house.case(case).state is CaseState.CANCELLED
    assert [one.state for one in house.result(case).systems] == [Went.ERASED, Went.STOPPED]
    assert not house.result(case).is_complete
    assert house.case(case).person_id == current.person_id


def test_a_stop_after_the_end_says_that_it_is_over(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.work_to_the_end()
    stopped = house.stop(case)
    assert stopped.over
    assert not stopped.in_time


def test_rows_that_came_after_the_plan_go_too_and_that_is_said(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.shop.add_row("1", "orders", "one more")
    house.work_to_the_end()
    assert house.shop.rows_of("1") == {"receipts": 2}
    assert {one.title: one.count for one in house.result(case).systems[0].items}["Your orders"] == 4


def test_E3_a_plan_that_would_do_more_than_was_confirmed_goes_to_a_human(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.shop.add_row("1", "letters", "a letter that was not there")
    house.work_to_the_end()
    assert house.shop.calls() == []
    assert house.shop.rows_of("1")["letters"] == 1
    assert "plan_grew" in house.codes(case)
    assert house.case(case).state is CaseState.OPEN


def test_E5_a_system_that_says_ok_and_did_nothing_is_never_complete(house: FarHouse) -> None:
    case = house.confirm(proven(house))
    house.post.mood("lies")
    house.work_to_the_end()
    assert "system_left_something" in house.codes(case)
    assert house.case(case).state is CaseState.OPEN
    assert house.world.rows("SELECT count(*) FROM identifier") == [(1,)]


def test_a_silent_system_is_planned_when_it_answers_and_erased_only_after_a_grace_of_its_own(house: FarHouse) -> None:
    current = proven(house)
    house.plan(current)
    house.post.mood("late")
    with clock.moved(timedelta(minutes=11)):
        plans = house.plan(current)
        assert [one.answer for one in plans] == [Planned.READY, Planned.SILENT]
        case = house.confirm(current)
        house.post.mood()
    with clock.moved(GRACE + timedelta(minutes=20)):
        house.work()
    assert house.post.calls() == []
    assert "system_planned" in house.codes(case)
    assert house.case(case).state is CaseState.OPEN
    with clock.moved(GRACE * 2 + timedelta(minutes=30)):
        house.work()
    assert house.post.rows_of("1") == {}
    with clock.moved(GRACE * 2 + timedelta(minutes=40)):
        house.work()
    assert house.case(case).state is CaseState.DONE
    assert house.case(case).person_id is None
