"""Row C8 of the abuse list, in the room: a browser's signal lowers, and nothing of it ever raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.config.model import Basis
from portal.consent.basis import may_use
from portal.consent.choices import Standing
from portal.consent.events import Choice
from portal.consent.gpc import apply_signal, conflict_shown, is_lowered, is_signal
from portal.consent.ledger import events_of
from portal.consent.merge import Deed, after
from portal.consent.words import Act, Actor
from tests.rooms.consent.test_merge import START, moments, states

PARTNERS = "partners.email"


@pytest.mark.parametrize("values", [["1"], [" 1 "], ["0", "1"], ["0, 1"], ["1,1"], ["yes", "1"]])
def test_C8_one_exact_1_is_the_signal(values):
    assert is_signal(values)


@pytest.mark.parametrize("values", [[], [""], ["0"], ["true"], ["01"], ["1.0"], ["?1"], ["11"], ['"1"'], ["1;a"], ["１"]])
def test_C8_anything_else_is_no_signal(values):
    assert not is_signal(values)


def test_the_signal_objects_to_sale_and_sharing_and_to_nothing_else(db, maria):
    assert maria.may_be_used(PARTNERS)
    assert apply_signal(db, maria.id, language="en", session_id=1) == (Choice("partners", "email"),)
    assert (maria.sees(PARTNERS).standing, maria.sees(PARTNERS).actor) == (Standing.OBJECTED, Actor.SIGNAL)
    assert maria.may_be_used("similar.email")
    assert apply_signal(db, maria.id, language="en", session_id=1) == ()
    assert len(events_of(db, maria.id)) == 1


def test_C7_a_browser_without_the_signal_takes_nothing_back(db, maria):
    apply_signal(db, maria.id, language="en", session_id=1)
    assert not maria.may_be_used(PARTNERS)
    maria.did(Act.GIVEN, PARTNERS)
    assert maria.may_be_used(PARTNERS)


def test_a_yes_from_before_does_not_outlive_the_signal(db, maria):
    maria.did(Act.GIVEN, PARTNERS)
    assert apply_signal(db, maria.id, language="en", session_id=1)
    assert not maria.may_be_used(PARTNERS)


def test_a_yes_given_while_the_conflict_was_shown_outlives_the_signals_of_that_session_only(db, maria):
    maria.did(Act.GIVEN, PARTNERS, evidence=conflict_shown(1))
    assert apply_signal(db, maria.id, language="en", session_id=1) == ()
    assert maria.may_be_used(PARTNERS)
    assert apply_signal(db, maria.id, language="en", session_id=2)
    assert not maria.may_be_used(PARTNERS)


sessions = st.none() | st.sampled_from([1, 2])
evidence = st.none() | st.builds(conflict_shown, st.sampled_from([1, 2]))


@given(states, evidence, sessions, moments)
def test_C8_after_a_signal_nothing_is_sold_but_by_a_yes_that_knew_of_it(state, shown, session, at):
    if is_lowered(state, shown, session_id=session):
        state = after(state, Deed(9, Act.OBJECTED, Actor.SIGNAL, "signal:gpc", START))
        assert not may_use(Basis.SALE_OR_SHARING, state, at).allowed
    elif may_use(Basis.SALE_OR_SHARING, state, at).allowed:
        assert state.said is Act.GIVEN
        assert session is not None
        assert shown == conflict_shown(session)
