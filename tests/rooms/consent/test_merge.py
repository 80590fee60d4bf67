"""The merge rule as properties: what must hold whatever happens, in whatever order. Row C7 of the abuse list lives here."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.consent.merge import (
    NEVER,
    UNSET,
    Deed,
    Level,
    NothingToUndo,
    OnlyThePersonMayRaise,
    State,
    after,
    fold,
    in_order,
    trace,
)
from portal.consent.words import ANSWERS, STOPS, Act, Actor

START = datetime(2026, 3, 1, tzinfo=UTC)

moments = st.integers(0, 40).map(lambda hours: START + timedelta(hours=hours))
others = st.sampled_from([actor for actor in Actor if actor is not Actor.PERSON])
topics = st.none() | st.frozensets(st.sampled_from(["coffees", "courses", "prices"]))
states = st.builds(
    State,
    said=st.none() | st.sampled_from([Act.GIVEN, Act.REFUSED, Act.WITHDRAWN, Act.OBJECTED, Act.EXPIRED, Act.IMPORTED]),
    pending=st.booleans(),
    paused_until=st.just(NEVER) | moments,
    topics=topics,
)


@st.composite
def deeds(draw, sequence=1, acts=tuple(Act), actors=tuple(Actor), late=True):
    act = draw(st.sampled_from(acts))
    return Deed(
        sequence=sequence,
        act=act,
        actor=draw(st.sampled_from(actors)),
        source=draw(st.sampled_from(["site", "shop", "desk"])),
        received_at=START + timedelta(hours=sequence),
        acted_at=draw(st.none() | moments) if late else None,
        until=draw(moments) if act is Act.PAUSED else None,
        undoes=draw(st.integers(1, max(1, sequence - 1))) if act is Act.UNDONE else None,
        topics=draw(topics),
    )


@st.composite
def histories(draw, late=True, acts=tuple(Act), actors=tuple(Actor), longest=7):
    length = draw(st.integers(0, longest))
    return [draw(deeds(sequence=number, late=late, acts=acts, actors=actors)) for number in range(1, length + 1)]


def deed(act, hour=1, *, actor=Actor.PERSON, source="site", acted=None, sequence=None, **more):
    told = None if acted is None else START + timedelta(hours=acted)
    return Deed(sequence or hour, act, actor, source, START + timedelta(hours=hour), told, **more)


def opens_further(new, old, at):
    """Does `new` let a company do more than `old` at that moment? An old list counts as silence: it proves nothing."""

    def proven(state):
        level = state.level(at)
        return Level.OPEN if level is Level.IMPORTED else level

    return proven(new) > proven(old)


# Nobody but the person raises


@given(states, deeds(actors=tuple(actor for actor in Actor if actor is not Actor.PERSON)), states, moments)
def test_nobody_but_the_person_can_open_a_moment_that_was_closed(state, act, restored, at):
    try:
        new = after(state, act, restored=restored)
    except OnlyThePersonMayRaise:
        return
    assert not opens_further(new, state, at)
    assert state.allows(at) or not new.allows(at)


@given(states, deeds(actors=tuple(actor for actor in Actor if actor is not Actor.PERSON)), states)
def test_nobody_but_the_person_can_add_a_topic(state, act, restored):
    try:
        new = after(state, act, restored=restored)
    except OnlyThePersonMayRaise:
        return
    if new.spoken > Level.STOPPED and state.topics is not None:
        assert new.topics is not None
        assert new.topics <= state.topics


@given(states, st.sampled_from(sorted(STOPS)), others, moments)
def test_anyone_may_stop_any_choice(state, act, actor, at):
    assert after(state, deed(act, actor=actor)).level(at) is Level.STOPPED


@given(
    states,
    st.sampled_from(sorted(STOPS)),
    others,
    st.lists(deeds(actors=(Actor.STAFF, Actor.AGENT, Actor.SIGNAL)), max_size=6),
    moments,
)
def test_a_stop_stands_until_the_persons_own_later_act(state, act, actor, more, at):
    state = after(state, deed(act, actor=actor))
    for one in more:
        try:
            state = after(state, one)
        except (OnlyThePersonMayRaise, NothingToUndo):
            continue
    assert state.level(at) is Level.STOPPED
    assert after(state, deed(Act.GIVEN)).level(at) is Level.GIVEN


@given(states, st.sampled_from(sorted(ANSWERS)))
def test_the_persons_own_act_sets_the_state(state, act):
    assert after(state, deed(act)).said is act


@given(states, moments, moments, others)
def test_a_machine_cannot_shorten_a_persons_pause(state, until, earlier, actor):
    assume(earlier < until)
    assume(state.spoken > Level.STOPPED)
    paused = after(state, deed(Act.PAUSED, until=until))
    with pytest.raises(OnlyThePersonMayRaise):
        after(paused, deed(Act.PAUSED, actor=actor, until=earlier))
    with pytest.raises(OnlyThePersonMayRaise):
        after(paused, deed(Act.RESUMED, actor=actor))


# A pause hides an answer and never is one


@given(states, moments, moments)
def test_what_was_said_before_holds_again_when_the_pause_ends(state, until, at):
    paused = after(state, deed(Act.PAUSED, until=until))
    if at < until:
        assert paused.level(at) is Level.STOPPED
    else:
        assert paused.level(at) is state.spoken


@given(states, moments, st.sampled_from(list(Actor)), moments)
def test_no_pause_turns_a_no_into_a_yes_when_it_ends(state, until, actor, at):
    assume(state.spoken < Level.GIVEN)
    try:
        paused = after(state, deed(Act.PAUSED, actor=actor, until=until))
    except OnlyThePersonMayRaise:
        return
    assert not paused.allows(at)
    assert not after(paused, deed(Act.RESUMED)).allows(at)


# Old lists, questions, endings


@given(states, st.sampled_from(list(Actor)), moments)
def test_an_old_list_never_raises(state, actor, at):
    new = after(state, deed(Act.IMPORTED, actor=actor))
    assert not opens_further(new, state, at)
    assert new == state or state.said is None


@given(states, st.sampled_from(list(Actor)), moments)
def test_asking_changes_nothing_that_is_allowed(state, actor, at):
    asked = after(state, deed(Act.ASKED, actor=actor))
    assert asked.level(at) is state.level(at)
    assert asked.pending is (state.said is not Act.GIVEN)


@given(states, st.sampled_from(list(Actor)), moments)
def test_an_expiry_ends_a_yes_and_lifts_no_stop(state, actor, at):
    new = after(state, deed(Act.EXPIRED, actor=actor))
    assert not new.allows(at)
    assert not opens_further(new, state, at)


# Taking back


@given(histories(), st.sampled_from(sorted(set(Act) - {Act.UNDONE})), st.integers(1, 30))
def test_undone_goes_back_to_the_state_before_the_named_event(history, act, hours):
    last = len(history) + 1
    lowered = deed(act, last, until=START + timedelta(hours=hours) if act is Act.PAUSED else None)
    undone = deed(Act.UNDONE, last + 1, undoes=last)
    assert fold([*history, lowered, undone]) == fold(history)


def test_nobody_else_can_undo_a_no():
    history = [deed(Act.GIVEN, 1), deed(Act.WITHDRAWN, 2), deed(Act.UNDONE, 3, actor=Actor.STAFF, undoes=2)]
    assert fold(history).said is Act.WITHDRAWN
    assert [turn.refused for turn in trace(history)] == [False, False, True]


def test_what_never_happened_cannot_be_undone():
    with pytest.raises(NothingToUndo):
        after(UNSET, deed(Act.UNDONE, undoes=9))


# Order


@given(histories(late=False))
def test_what_comes_in_order_needs_no_second_look(history):
    state = UNSET
    before = {}
    for one in history:
        before[one.sequence] = state
        try:
            state = after(state, one, restored=before.get(one.undoes))
        except (OnlyThePersonMayRaise, NothingToUndo):
            continue
    assert fold(history) == state


@given(histories(), st.randoms())
def test_the_result_does_not_depend_on_the_order_of_reading(history, random):
    shuffled = list(history)
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(history)


@given(histories())
def test_every_act_has_one_place(history):
    assert sorted(one.sequence for one in in_order(history)) == [one.sequence for one in history]


@given(histories(), deeds(sequence=20, actors=(Actor.AGENT, Actor.STAFF, Actor.COMPANY_SYSTEM)), moments)
def test_a_late_act_of_someone_else_opens_nothing_that_was_never_open(history, late, at):
    assume(late.act is not Act.UNDONE)
    if not any(turn.after.allows(at) for turn in trace(history)):
        assert not fold([*history, late]).allows(at)


@pytest.mark.parametrize("no", sorted(STOPS))
def test_C7_a_yes_told_again_by_its_source_does_not_beat_the_later_no(no):
    yes, replayed = deed(Act.GIVEN, 1, source="shop", acted=1), deed(Act.GIVEN, 3, source="shop", acted=1)
    assert fold([yes, deed(no, 2, source="shop", acted=2), replayed]).said is no


def test_C7_the_late_arrival_of_an_old_yes_does_not_push_a_newer_yes_past_a_no():
    newer, stop = deed(Act.GIVEN, 1, source="shop", acted=5), deed(Act.WITHDRAWN, 2, source="desk", actor=Actor.STAFF)
    older = deed(Act.GIVEN, 3, source="shop", acted=2)
    assert fold([newer, stop, older]).said is Act.WITHDRAWN


def test_a_no_that_its_source_tells_late_does_not_beat_the_persons_later_yes():
    late = deed(Act.WITHDRAWN, 2, source="shop", acted=1)
    assert fold([deed(Act.GIVEN, 1, source="shop", acted=5), late]).said is Act.GIVEN


@given(st.permutations([Act.GIVEN, Act.REFUSED, Act.RESUMED, Act.ASKED]), st.sampled_from(sorted(STOPS)))
def test_C7_in_a_tie_the_answer_is_no(acts, no):
    history = [deed(act, number, source="shop", acted=7) for number, act in enumerate([*acts[:2], no, *acts[2:]], 1)]
    assert fold(history).spoken is Level.STOPPED


def test_C7_of_two_acts_received_in_one_moment_the_no_counts():
    for one, other in permutations([Act.GIVEN, Act.WITHDRAWN]):
        first, second = deed(one, 1, source="site"), deed(other, 1, source="link", sequence=2)
        assert fold([first, second]).said is Act.WITHDRAWN


@given(histories(actors=tuple(actor for actor in Actor if actor is not Actor.PERSON)), moments)
def test_C7_without_an_act_of_the_person_nothing_is_ever_allowed(history, at):
    assert not fold(history).allows(at)


@given(histories(acts=tuple(act for act in Act if act is not Act.GIVEN)), moments)
def test_C7_without_a_yes_nothing_is_ever_allowed(history, at):
    assert not fold(history).allows(at)


@given(histories(), moments)
def test_C7_what_is_allowed_rests_on_one_yes_of_the_person(history, at):
    state = fold(history)
    if state.allows(at):
        yes = next(one for one in history if one.sequence == state.sequence)
        assert (yes.act, yes.actor) == (Act.GIVEN, Actor.PERSON)
