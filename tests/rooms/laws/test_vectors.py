"""One row of dates for each law, counted apart from the code: asked on Monday 2 March 2026."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cases.laws import ClockEvent, Happened, Law, Review, due_dates, load_law
from portal.cases.laws.days_off import NoHolidays, holidays_of
from portal.cases.laws.deadlines import NoExtension, add, refuse_extension
from portal.cases.laws.kinds import OPT_OUTS, as_for
from portal.cases.laws.loading import shipped
from portal.cases.laws.model import Period, Right, Unit

RECEIVED = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOLD = ClockEvent(Happened.EXTENDED, RECEIVED + timedelta(days=5), until=date(2026, 5, 5))
OPENED = ClockEvent(Happened.RECEIVED, RECEIVED)

# law: answer, extended (None: it gives no more time), appeal decided (None: it knows none).
VECTORS = {
    "au_app": ("2026-04-01", None, None),
    "br_lgpd": ("2026-03-17", None, None),
    "ca_pipeda": ("2026-04-01", "2026-05-01", None),
    "ca_qc": ("2026-04-01", None, None),
    "ch_fadp": ("2026-04-01", "2026-05-05", None),
    "eu_gdpr": ("2026-04-02", "2026-06-02", None),
    "in_dpdp": ("2026-05-31", None, None),
    "jp_appi": ("2026-03-16", None, None),
    "kr_pipa": ("2026-03-12", "2026-05-05", None),
    "uk_gdpr": ("2026-04-02", "2026-06-02", None),
    "us_ca": ("2026-04-16", "2026-05-31", None),
    "us_co": ("2026-04-16", "2026-05-31", "2026-04-16"),
    "us_ct": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "us_de": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "us_fl": ("2026-04-16", "2026-05-01", "2026-05-01"),
    "us_ia": ("2026-05-31", "2026-07-15", "2026-05-01"),
    "us_in": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "us_ky": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "us_md": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "us_mn": ("2026-04-16", "2026-05-31", "2026-04-16"),
    "us_mt": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "us_ne": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "us_nh": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "us_nj": ("2026-04-16", "2026-05-31", "2026-04-16"),
    "us_or": ("2026-04-16", "2026-05-31", "2026-04-16"),
    "us_ri": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "us_tn": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "us_tx": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "us_ut": ("2026-04-16", "2026-05-31", None),
    "us_va": ("2026-04-16", "2026-05-31", "2026-05-01"),
    "za_popia": ("2026-04-01", None, None),
}


def reviewed(law_id: str) -> Law:
    return load_law(law_id, reviews={law_id: Review("A. Person", date(2026, 11, 1))})


def test_every_law_has_its_row() -> None:
    assert sorted(VECTORS) == shipped()


@pytest.mark.parametrize("law_id", VECTORS)
def test_the_dates_of_each_law(law_id: str) -> None:
    law = reviewed(law_id)
    answer, extended, decided = VECTORS[law_id]
    assert due_dates(law, [OPENED], "UTC").due == date.fromisoformat(answer)
    if extended is None:
        with pytest.raises(NoExtension):
            refuse_extension(law, [OPENED], TOLD.at, "UTC")
    else:
        assert due_dates(law, [OPENED, TOLD], "UTC").due == date.fromisoformat(extended)
    if decided is not None:
        assert due_dates(as_for(law, "appeal"), [OPENED], "UTC").due == date.fromisoformat(decided)
    assert (law.appeal is None) is (decided is None)


def test_california_confirms_in_ten_business_days_and_puts_an_opt_out_in_place_in_fifteen() -> None:
    law = reviewed("us_ca")
    assert due_dates(law, [OPENED], "UTC").acknowledge_by == date(2026, 3, 16)
    for kind in ("opt_out_of_sale", "limit_sensitive"):
        assert due_dates(as_for(law, kind), [OPENED], "UTC").due == date(2026, 3, 23)
        assert as_for(law, kind).extend is None
    memorial_day = holidays_of("US")
    assert date(2026, 5, 25) in memorial_day
    begun = ClockEvent(Happened.RECEIVED, datetime(2026, 5, 20, 12, tzinfo=UTC))
    assert due_dates(law, [begun], "UTC", memorial_day).acknowledge_by == date(2026, 6, 4)


def test_a_complaint_in_britain_is_confirmed_within_thirty_days() -> None:
    complaint = as_for(reviewed("uk_gdpr"), "complaint")
    assert due_dates(complaint, [OPENED], "UTC").acknowledge_by == date(2026, 4, 1)
    assert complaint.respond.without_delay and complaint.extend is None


def test_in_britain_the_days_of_asking_and_of_the_answer_do_not_count_and_proof_starts_the_clock() -> None:
    law = reviewed("uk_gdpr")
    asked = ClockEvent(
        Happened.PAUSED, datetime(2026, 3, 9, 12, tzinfo=UTC), reason=next(one for one in law.clock.stops if one == "scope")
    )
    answered = ClockEvent(Happened.RESUMED, datetime(2026, 3, 11, 12, tzinfo=UTC), reason=asked.reason)
    # 2 April and three days is Sunday 5 April, which runs to Monday.
    assert due_dates(law, [OPENED, asked, answered], "UTC").due == date(2026, 4, 6)
    verified = ClockEvent(Happened.VERIFIED, datetime(2026, 3, 10, 12, tzinfo=UTC))
    assert due_dates(law, [OPENED, verified], "UTC").due == date(2026, 4, 10)


@given(st.sampled_from(sorted(VECTORS)), st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_more_time_is_never_less_and_an_opt_out_is_never_later_than_an_answer(law_id: str, day: date) -> None:
    law = reviewed(law_id)
    opened = ClockEvent(Happened.RECEIVED, datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    first = due_dates(law, [opened], "UTC")
    assert first.due_target <= first.due_legal and first.due_legal > day
    told = ClockEvent(Happened.EXTENDED, opened.at, until=first.due_legal + timedelta(days=1))
    assert due_dates(law, [opened, told], "UTC").due >= first.due
    for kind in OPT_OUTS:
        assert due_dates(as_for(law, kind), [opened], "UTC").due <= first.due


@given(st.dates(date(2024, 1, 1), date(2028, 1, 1)), st.integers(1, 40))
def test_so_many_business_days_hold_so_many_working_days(day: date, count: int) -> None:
    days_off = holidays_of("NO")
    last = add(day, Period(count, Unit.BUSINESS_DAY), days_off)
    between = [day + timedelta(days=n) for n in range(1, (last - day).days + 1)]
    assert sum(one.weekday() < 5 and one not in days_off for one in between) == count
    assert last.weekday() < 5 and last not in days_off


def test_a_country_has_its_own_holidays_and_one_that_is_not_known_is_an_error() -> None:
    assert date(2026, 5, 17) in holidays_of("NO") and date(2026, 5, 17) not in holidays_of("DE")
    assert date(2026, 1, 6) in holidays_of("DE", "BY") and date(2026, 1, 6) not in holidays_of("DE", "HH")
    for country, part in (("XX", None), ("NO", "ZZ")):
        with pytest.raises(NoHolidays):
            holidays_of(country, part)


def test_only_what_a_law_gives_is_a_right() -> None:
    assert reviewed("us_ca").gives(Right.LIMIT_SENSITIVE) and not reviewed("us_va").gives(Right.LIMIT_SENSITIVE)
    assert reviewed("uk_gdpr").gives(Right.COMPLAINT) and not reviewed("eu_gdpr").gives(Right.COMPLAINT)
