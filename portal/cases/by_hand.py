"""The step `right.system`: a right that no adapter does by itself, as a task for a person, one for each system.

Must never call a system, nor be done before somebody has said what was done there.
"""

from sqlalchemy.orm import Session

from portal.cases.advancing import lock_case
from portal.cases.events import Code, note
from portal.cases.model import OPEN_STATES
from portal.engine.contract import Claim, Done, Outcome, Park


class RightByHand:
    """Hands the task over: it waits until staff settle it."""

    repeatable = True
    calls_system = False

    def run(self, claim: Claim) -> Outcome:
        """There is nothing that the portal can do by itself."""
        return Park("by_hand")

    def probe(self, claim: Claim) -> Outcome | None:
        """Handing over is simply done again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """The customer reads that a person is on it."""
        case = lock_case(db, claim.subject_id)
        if case.state in OPEN_STATES and not isinstance(outcome, Done):
            note(db, case, Code.SYSTEM_PARKED, system=claim.system)
