"""The table of legal bases: each row answers as DESIGN part 8 says, and names itself."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.config.model import Basis
from portal.consent.basis import NO_CHOICE, TABLE, Answer, Row, may_use
from portal.consent.merge import State
from portal.consent.words import Act
from tests.rooms.consent.test_merge import START, moments, states

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASKING = sorted(set(Basis) - NO_CHOICE)

SAID = [None, Act.GIVEN, Act.REFUSED, Act.WITHDRAWN, Act.OBJECTED, Act.EXPIRED, Act.IMPORTED]
YES_IS_NEEDED = {Act.GIVEN}
NO_IS_MISSING = {None, Act.GIVEN, Act.EXPIRED, Act.IMPORTED}


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize(
    ("basis", "row", "allowed"),
    [
        (Basis.CONSENT, Row.CONSENT, YES_IS_NEEDED),
        (Basis.SOFT_OPT_IN, Row.UNLESS_OBJECTED, NO_IS_MISSING),
        (Basis.LEGITIMATE_INTEREST, Row.UNLESS_OBJECTED, NO_IS_MISSING),
        (Basis.SALE_OR_SHARING, Row.UNLESS_OPTED_OUT, NO_IS_MISSING),
        (Basis.CONTRACT, Row.ALWAYS, set(SAID)),
        (Basis.LEGAL_DUTY, Row.ALWAYS, set(SAID)),
    ],
)
def test_each_basis_answers_each_word_and_names_its_row(basis, row, allowed, said):
    if (basis, said) == (Basis.CONSENT, Act.IMPORTED):
        row = Row.LEGACY
    assert may_use(basis, State(said=said), AT) == Answer(said in allowed, row)


@pytest.mark.parametrize("basis", ASKING)
def test_a_pause_holds_on_every_basis_that_has_a_switch(basis):
    paused = State(said=Act.GIVEN, paused_until=AT + timedelta(days=1))
    assert not may_use(basis, paused, AT).allowed
    assert may_use(basis, paused, AT + timedelta(days=1)).allowed


@pytest.mark.parametrize("basis", ASKING)
def test_who_is_suppressed_is_not_contacted_whatever_they_said(basis):
    assert may_use(basis, State(said=Act.GIVEN), AT, suppressed=True) == Answer(False, Row.SUPPRESSED)


@pytest.mark.parametrize("basis", sorted(NO_CHOICE))
def test_contract_and_duty_do_not_look_at_suppressions(basis):
    assert may_use(basis, State(said=Act.OBJECTED), AT, suppressed=True) == Answer(True, Row.ALWAYS)


def test_a_yes_that_waits_for_its_confirmation_is_no():
    assert may_use(Basis.CONSENT, State(pending=True), AT) == Answer(False, Row.CONSENT)


def test_an_old_list_is_used_up_to_the_last_day_that_the_company_named_where_it_is():
    listed, last = State(said=Act.IMPORTED), date(2026, 3, 1)
    oslo = ZoneInfo("Europe/Oslo")
    before, past = datetime(2026, 3, 1, 22, 59, tzinfo=UTC), datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    assert may_use(Basis.CONSENT, listed, before, accept_legacy_until=last, time_zone=oslo) == Answer(True, Row.LEGACY)
    assert may_use(Basis.CONSENT, listed, past, accept_legacy_until=last, time_zone=oslo) == Answer(False, Row.LEGACY)


def test_an_old_list_that_is_paused_is_not_used():
    paused = State(said=Act.IMPORTED, paused_until=AT + timedelta(days=1))
    assert not may_use(Basis.CONSENT, paused, AT, accept_legacy_until=date(2999, 1, 1)).allowed


def test_every_basis_ends_in_a_row_that_always_fits():
    for basis in Basis:
        assert any(basis in rule.bases and rule.row not in (Row.SUPPRESSED, Row.LEGACY) for rule in TABLE)


@given(st.sampled_from(list(Basis)), states, moments, st.booleans(), st.none() | st.just(START.date()))
def test_there_is_an_answer_to_every_question(basis, state, at, suppressed, legacy):
    answer = may_use(basis, state, at, suppressed=suppressed, accept_legacy_until=legacy)
    assert answer.row in Row
    assert not (suppressed and answer.allowed and basis not in NO_CHOICE)


@given(states, moments)
def test_consent_is_never_inferred(state, at):
    assert may_use(Basis.CONSENT, state, at).allowed is state.allows(at)
