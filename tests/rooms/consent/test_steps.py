"""From a wish to acts, as properties: whatever is wanted of whatever stands, by whoever holds the page."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.config.model import Basis, Purpose, Topic
from portal.consent.basis import may_use
from portal.consent.merge import NEVER, UNSET, Deed, State, after
from portal.consent.steps import NOTHING, Wish, opening, steps_to
from portal.consent.words import STOPS, Act, Actor
from tests.rooms.consent.test_merge import START, moments

KEYS = ["coffees", "courses", "prices"]
ORDER = ["daily", "weekly", "monthly"]
NOW = START + timedelta(hours=20)


def purpose(basis):
    """A purpose on that basis; topics and frequencies are part of a yes."""
    word = {"en": "x"}
    asks = basis is Basis.CONSENT
    return Purpose(
        title=word, text=word, why=word, basis=basis, interest=word, channels={"email": word}, notice=word,
        topics={key: Topic(title=word) for key in KEYS} if asks else {},
        frequencies=dict.fromkeys(ORDER, word) if asks else {},
    )  # fmt: skip


asking = st.sampled_from([basis for basis in Basis if basis not in (Basis.CONTRACT, Basis.LEGAL_DUTY)])
some_topics = st.frozensets(st.sampled_from(KEYS))


@st.composite
def cases(draw):
    basis = draw(asking)
    asks = basis is Basis.CONSENT
    said = draw(st.none() | st.sampled_from([Act.GIVEN, Act.REFUSED, Act.WITHDRAWN, Act.OBJECTED, Act.EXPIRED, Act.IMPORTED]))
    state = State(
        said=said,
        pending=said is not Act.GIVEN and draw(st.booleans()),
        paused_until=draw(st.just(NEVER) | moments),
        topics=draw(st.none() | some_topics.filter(bool)) if asks and said is Act.GIVEN else None,
        frequency=draw(st.none() | st.sampled_from(ORDER)) if asks and said is Act.GIVEN else None,
    )
    wish = Wish(
        at=NOW,
        yes=draw(st.none() | st.booleans()),
        topics=draw(st.none() | some_topics) if asks else None,
        frequency=draw(st.none() | st.sampled_from(ORDER)) if asks else None,
        paused_until=draw(st.none() | moments.filter(lambda at: at > NOW)),
        resume=draw(st.booleans()),
    )
    return purpose(basis), state, wish


def done(state, plan):
    for number, step in enumerate(plan.steps, 100):
        deed = Deed(number, step.act, Actor.PERSON, "site", NOW, until=step.until, frequency=step.frequency, topics=step.topics)
        state = after(state, deed)
    return state


def open_topics(asked, state, at):
    every = frozenset(asked.topics) or frozenset({"all of it"})
    if not may_use(asked.basis, state, at).allowed:
        return frozenset()
    return every if state.topics is None else state.topics


def place(state):
    return ORDER.index(state.frequency) if state.frequency else 0


@given(cases(), moments)
def test_C7_an_unproven_hand_opens_no_moment_and_no_topic_and_asks_for_no_more_messages(case, at):
    asked, state, wish = case
    new = done(state, steps_to(asked, state, wish, proven=False))
    assert open_topics(asked, new, at) <= open_topics(asked, state, at)
    if open_topics(asked, new, at):
        assert place(new) >= place(state)


@given(cases(), st.booleans())
def test_a_no_acts_at_once_whoever_says_it_and_whatever_stood(case, proven):
    asked, state, wish = case
    plan = steps_to(asked, state, replace(wish, yes=False), proven=proven)
    new = done(state, plan)
    assert not plan.asks
    assert (new.said in STOPS, new.pending) == (True, False)


@given(cases())
def test_who_is_proven_gets_what_they_want(case):
    asked, state, wish = case
    plan = steps_to(asked, state, wish, proven=True)
    new = done(state, plan)
    assert not plan.asks
    if wish.yes and wish.topics != frozenset():
        assert may_use(asked.basis, new, wish.paused_until or max(NOW, new.paused_until)).allowed
        if wish.topics is not None:
            assert open_topics(asked, new, wish.paused_until or max(NOW, new.paused_until)) == wish.topics
        if wish.frequency is not None:
            assert place(new) == ORDER.index(wish.frequency)
        if wish.paused_until is not None:
            assert new.paused_until == wish.paused_until


@given(cases())
def test_what_is_asked_of_the_mailbox_has_a_name_until_it_is_given(case):
    asked, state, wish = case
    plan = steps_to(asked, state, wish, proven=False)
    if plan.asks:
        waits = done(state, plan)
        assert opening(asked, waits, wish).is_something
        given_now = done(waits, steps_to(asked, waits, wish, proven=True))
        assert not opening(asked, given_now, wish).is_something


@given(cases())
def test_what_is_wanted_twice_is_done_once(case):
    asked, state, wish = case
    new = done(state, steps_to(asked, state, wish, proven=True))
    assert steps_to(asked, new, wish, proven=True) == NOTHING


@given(cases(), st.booleans())
def test_who_wants_nothing_changed_changes_nothing(case, proven):
    asked, state, _ = case
    assert steps_to(asked, state, Wish(at=NOW), proven=proven) == NOTHING


@given(cases())
def test_what_only_closes_keeps_the_words_that_were_agreed_to(case):
    asked, state, wish = case
    for step in steps_to(asked, state, wish, proven=False).steps:
        assert step.act is not Act.GIVEN or (step.keeps_words and state.said is Act.GIVEN)


@given(asking, st.booleans())
def test_silence_is_not_turned_into_a_yes_by_a_form_that_says_it_stays(basis, proven):
    asked = purpose(basis)
    plan = steps_to(asked, UNSET, Wish(at=NOW, yes=None, topics=frozenset(asked.topics)), proven=proven)
    assert plan == NOTHING
