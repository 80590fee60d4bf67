"""What comes next in a case, as a rule: nobody is answered too early, nobody is held up."""

from hypothesis import given
from hypothesis import strategies as st

from portal.cases.model import CaseState
from portal.cases.workflow import BUILD, EXPORT, may_build, newest, next_round, not_in_it, state_after_build
from portal.engine.model import Step, StepState

steps = st.lists(
    st.builds(
        lambda act, system, part, state: Step(act=act, system="" if act == BUILD else system, part=part, state=state),
        st.sampled_from([EXPORT, BUILD]),
        st.sampled_from(["shop", "mail"]),
        st.integers(1, 3),
        st.sampled_from(StepState),
    ),
    max_size=6,
    unique_by=lambda step: (step.act, step.system, step.part),
)


@given(steps)
def test_no_package_is_made_while_a_system_may_still_answer_or_another_is_being_made(found: list[Step]) -> None:
    last = [step for act in (EXPORT, BUILD) for step in newest(found, act).values()]
    assert may_build(found) == all(step.state not in (StepState.WAITING, StepState.CLAIMED) for step in last)


@given(steps)
def test_a_round_has_a_number_that_no_step_has(found: list[Step]) -> None:
    assert next_round(found, EXPORT, "shop") not in [step.part for step in found if step.act == EXPORT and step.system == "shop"]


@given(steps)
def test_a_system_that_answered_in_its_last_round_is_never_called_missing(found: list[Step]) -> None:
    for key in not_in_it(found):
        assert newest(found, EXPORT)[key].state not in (StepState.DONE, StepState.WAITING, StepState.CLAIMED)


@given(st.booleans(), st.lists(st.just("mail"), max_size=1), st.booleans())
def test_a_case_is_over_only_when_nothing_follows(nothing: bool, follows: list[str], waits: bool) -> None:
    state = state_after_build(nothing_held=nothing, follows=follows, review_waits=waits)
    if follows or (waits and not nothing):
        assert state in (CaseState.OPEN, CaseState.PARTLY)
    else:
        assert state is (CaseState.DONE if nothing else CaseState.READY)
