"""What comes next in a case. Pure: no database, no clock.

Must never call a case answered while a system that can still answer has not, nor let one that cannot hold up the rest.
"""

from collections.abc import Collection, Sequence

from portal.cases.model import CaseState
from portal.engine.model import Step, StepState

EXPORT = "access.export"
BUILD = "access.build"
RIGHT = "right.system"
BEGIN = "erasure.begin"
WITHDRAWN = "erasure.withdrawn"
ERASE = "erasure.system"
CHECK = "erasure.check"
OWN = "erasure.own"
IDENTITY = "erasure.identity"
ERASING = (BEGIN, WITHDRAWN, ERASE, CHECK, OWN, IDENTITY)
"""The steps of an erasure in their order: the first is the only one that a cancel can take back as if nothing had been."""

ROUNDS = 4
"""How often a system is read for one case before a human looks at why it keeps changing."""

AT_WORK = (StepState.WAITING, StepState.CLAIMED)
STUCK = (StepState.PARKED, StepState.IN_DOUBT)
LEFT_OUT = (StepState.FAILED, StepState.CANCELLED)


def newest(steps: Sequence[Step], act: str) -> dict[str, Step]:
    """Of each system, the step of the last round."""
    found: dict[str, Step] = {}
    for step in steps:
        if step.act == act and (step.system not in found or found[step.system].part < step.part):
            found[step.system] = step
    return found


def may_build(steps: Sequence[Step]) -> bool:
    """Whether every system has answered or waits for a human, and nobody makes a package yet."""
    return not any(step.state in AT_WORK for act in (EXPORT, BUILD) for step in newest(steps, act).values())


def not_in_it(steps: Sequence[Step]) -> dict[str, bool]:
    """The systems whose data is not in the package, and whether it may still follow (a human looks)."""
    return {key: step.state in STUCK for key, step in newest(steps, EXPORT).items() if step.state in (*STUCK, *LEFT_OUT)}


def next_round(steps: Sequence[Step], act: str, system: str = "") -> int:
    """The number of the next round."""
    return max((step.part for step in steps if step.act == act and step.system == system), default=0) + 1


def state_after_build(*, nothing_held: bool, follows: Collection[str], review_waits: bool) -> CaseState:
    """What the case becomes once its package is made, or there was nothing to make it of.

    `follows` are systems that may still answer; with `review_waits` a person has to look at a part first.
    """
    if nothing_held:
        return CaseState.OPEN if follows else CaseState.DONE
    return CaseState.PARTLY if follows or review_waits else CaseState.READY
