"""What a step of an erasure has to know before its system is called, read in one short transaction.

Must never let a step go on for a case that is over, or that somebody has asked to stop.
"""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.contract import Adapter, Match, Subject, Wanted
from portal.cases.apart import Candidate, open_to
from portal.cases.erasing.model import Erasure, ErasurePlanRow
from portal.cases.erasing.planning import plan_matches, wanted_by
from portal.cases.erasing.plans import Planned, SystemPlan, load_plan
from portal.cases.matching import subject_of, true_matches
from portal.cases.model import OPEN_STATES, Case
from portal.cases.scope import Scope, load_scope
from portal.cases.workflow import ERASE
from portal.core.db import Database, prepared
from portal.core.fixed import Fixed
from portal.engine.claiming import claim_of
from portal.engine.contract import Claim
from portal.engine.service import steps_of
from portal.people.service import was_seen_alone

_CASES, _ERASURES = cast(Table, Case.__table__), cast(Table, Erasure.__table__)
_STANDS = Fixed(
    select(_CASES.c.state, _ERASURES.c.stop_asked_at)
    .join(_ERASURES, _ERASURES.c.case_id == _CASES.c.id)
    .where(_CASES.c.company_id == bindparam("company"), _CASES.c.id == bindparam("of"))
)
_PLANS = prepared(select(ErasurePlanRow).where(ErasurePlanRow.case_id == bindparam("case")))


@dataclass(frozen=True, slots=True)
class Work:
    """One system of one erasure. `others` are the records found elsewhere; `sure`: nobody else can be behind the address.

    `key` is what the system knows the erasing step by, whichever step asks.
    """

    company_id: int
    system: str
    plan: SystemPlan
    subject: Subject
    scope: Scope
    groups: tuple[str, ...]
    others: tuple[Candidate, ...]
    sure: bool
    key: str

    @property
    def wanted(self) -> Wanted:
        """Which values are to go."""
        return wanted_by(registry.company(self.company_id), self.system, self.groups, self.scope)

    def find(self, adapter: Adapter) -> list[Match]:
        """The records that the system has now under the person's identifiers."""
        found = adapter.find(self.subject)
        return true_matches(self.subject, found, company=registry.key_of(self.company_id), system=self.system)

    def plan_late(self, found: list[Match]) -> SystemPlan | None:
        """The plan of a system that was silent when the others were planned; None where it is not sure whose records these are."""
        candidates = [*self.others, *(Candidate(self.system, match.key, match.tells_apart) for match in found)]
        opened = open_to(self.scope.records, candidates, complete=self.sure)
        keys = {key for system, key in opened if system == self.system}
        return plan_matches(self.company_id, self.system, found, keys, self.wanted) if keys else None

    def key_of(self, match: Match) -> str:
        """What the system knows the erasing of this one record by: the same for every try."""
        return f"{self.key}-{[one.key for one in self.plan.records].index(match.key) + 1}"


def load_work(database: Database, claim: Claim, *, though_stopped: bool = False) -> Work | None:
    """The work behind a step, or None where the case is over or somebody has asked to stop.

    `though_stopped`: what a system has done already is asked for even then.
    """
    with database.reading(claim.company_id) as db:
        case = _goes_on(db, claim, though_stopped=though_stopped)
        if case is None or case.person_id is None:
            return None
        plans = {row.system: load_plan(row.plan) for row in db.scalars(_PLANS, {"case": case.id})}
        others = [one for key, plan in plans.items() if key != claim.system for one in plan.candidates]
        silent = any(plan.answer is Planned.SILENT for key, plan in plans.items() if key != claim.system)
        step = [one for one in steps_of(db, (ERASE,), case.id) if one.system == claim.system][-1]
        return Work(
            claim.company_id, claim.system, plans[claim.system], subject_of(db, case.person_id), load_scope(case.proven),
            tuple(case.choice), tuple(others), not silent or was_seen_alone(db, case.person_id), claim_of(step).idempotency_key,
        )  # fmt: skip


def goes_on(database: Database, claim: Claim) -> bool:
    """Asked once more right before something irreversible: the last point at which a stop is safe."""
    with database.reading(claim.company_id) as db:
        rows = _STANDS.run(db, {"company": claim.company_id, "of": claim.subject_id})
    return bool(rows) and rows[0].state in OPEN_STATES and rows[0].stop_asked_at is None


def _goes_on(db: Session, claim: Claim, *, though_stopped: bool = False) -> Case | None:
    case, erasure = db.get(Case, claim.subject_id), db.get(Erasure, claim.subject_id)
    if case is None or erasure is None or case.state not in OPEN_STATES:
        return None
    return case if though_stopped or erasure.stop_asked_at is None else None
