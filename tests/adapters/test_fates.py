"""What stays for a law stays until its last day is over, counted as the law counts; everything else goes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.adapters.contract import ErasePlan, Fate, PlannedItem
from portal.adapters.fates import Aim, Held, aim_at, decide, kept_until, wanted_by
from portal.config.model import RetentionRule

TITLE = {"en": "until then"}
TODAY = date(2026, 11, 26)


def rule(years: int, counted_from: str, ground: str | None = "An Act") -> RetentionRule:
    return RetentionRule.model_validate(
        {"title": TITLE, "years": years, "counted_from": counted_from, "ground": {"en": ground} if ground else None}
    )


@pytest.mark.parametrize(
    ("found", "day", "until"),
    [
        (rule(5, "calendar_year_end"), date(2026, 1, 2), date(2032, 1, 1)),
        (rule(5, "calendar_year_end"), date(2021, 12, 31), date(2027, 1, 1)),
        (rule(5, "calendar_year_end"), date(2020, 12, 31), None),
        (rule(2, "record_date"), date(2024, 11, 26), date(2026, 11, 27)),
        (rule(2, "record_date"), date(2024, 11, 25), None),
        (rule(1, "record_date"), date(2026, 2, 28), date(2027, 3, 1)),
        (rule(3, "record_date"), date(2024, 2, 29), date(2027, 3, 1)),
        (rule(3, "event"), date(2010, 1, 1), date(2029, 11, 27)),
        (rule(5, "calendar_year_end", ground=None), date(2026, 1, 2), None),
        (None, date(2026, 1, 2), None),
    ],
)
def test_what_a_law_keeps_may_go_the_day_after_its_last(found: RetentionRule | None, day: date, until: date | None) -> None:
    assert kept_until(found, day, TODAY) == until


NAME, NOTE = Held("name", "user.name", "law"), Held("note", "user.content", "")


@given(st.dates(date(1990, 1, 1), date(2026, 11, 26)), st.booleans())
def test_every_field_that_was_aimed_at_goes_or_stays_for_a_ground(day: date, whole: bool) -> None:
    fate = decide(Aim("a.b", (NAME, NOTE), whole), {"law": rule(5, "calendar_year_end")}, day, TODAY)
    kept = [field for fields in fate.kept.values() for field in fields]
    assert sorted([*fate.lost, *kept], key=str) == sorted((NAME, NOTE), key=str)
    assert NOTE in fate.lost
    assert all(until > TODAY for _, until in fate.kept)
    assert fate.row_goes == (whole and not kept)


def test_a_collection_without_anything_about_people_is_never_aimed_at() -> None:
    assert aim_at("a.b", [Held("id", "system.operations", "")], lambda *_: True) is None


def test_a_secret_is_about_a_person_whatever_its_category_says() -> None:
    aim = aim_at("a.b", [Held("password_hash", "system.operations", "")], lambda *_: True)
    assert aim is not None
    assert aim.whole


def test_a_plan_without_a_scope_wants_what_its_items_name() -> None:
    plan = ErasePlan(
        (
            PlannedItem("a.b", Fate.ERASE, 1, categories=("user.name",)),
            PlannedItem("a.c", Fate.OVERWRITE, 1, fields=("email",), categories=("user.contact.email",)),
        )
    )
    wanted = wanted_by(plan)
    assert wanted("a.b", "first", "user.name")
    assert wanted("a.c", "email", "user.contact.email")
    assert not wanted("a.c", "other_email", "user.contact.email")
    assert not wanted("a.b", "email", "user.contact.email")
