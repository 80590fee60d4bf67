"""The step `restore.erase`: one system erased again of what its tombstones name, but for what was obtained later.

Must never have a transaction open while the system works, and never go by an older plan: what is there now is planned anew, so
that doing it twice does no harm.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.contract import Adapter, EraseReceipt, Fate, KeptRow, Match, Pending, Subject
from portal.adapters.contract import Identifier as Known
from portal.cases.advancing import lock_case
from portal.cases.kept import remember_kept
from portal.cases.matching import true_matches
from portal.cases.model import Case
from portal.cases.restoring.coming_back import came_back, finish
from portal.cases.systems import open_system, place_of
from portal.core.db import Database
from portal.engine.contract import Claim, Done, Later, Outcome, Park
from portal.people.tombstones import Tombstone, covers


@dataclass(frozen=True, slots=True)
class Again:
    """What went once, of one identifier: the tombstone's words, apart from its row."""

    subject: Subject
    erased_at: datetime
    categories: tuple[str, ...]
    tombstone: Tombstone

    def wants(self, collection: str, field: str, category: str) -> bool:
        """Whether a value of this category went then."""
        return not self.categories or any(category == one or category.startswith(f"{one}.") for one in self.categories)


class EraseAgain:
    """One system, after a restore."""

    repeatable = True
    calls_system = True

    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, claim: Claim) -> Outcome:
        """Find, plan up to the moment of the erasure, erase. Raises what the system raises."""
        if claim.person_id is None or claim.system not in registry.company(claim.company_id).systems:
            return Park("system_not_configured")
        with self.database.reading(claim.company_id) as db:
            wanted = [
                Again(Subject((Known(one.kind, one.value),)), stone.erased_at, tuple(stone.categories), stone)
                for one, stone in came_back(db, claim.person_id)
                if stone.system == claim.system
            ]
        adapter = open_system(place_of(claim.company_id, claim.system))
        receipts: list[EraseReceipt] = []
        for again in wanted:
            for match in self._matches(claim, adapter, again):
                plan = adapter.plan_erase(match, again.wants, not_after=again.erased_at)
                if not plan.items:
                    continue
                answer = adapter.erase(match, plan, idempotency_key=f"{claim.idempotency_key}-{claim.fence}-{len(receipts)}")
                if isinstance(answer, Pending):
                    return Later("waits_for_system", answer.after)
                receipts.append(answer)
        self._remember_kept(claim, [row for receipt in receipts for row in receipt.kept])
        if any(receipt.left for receipt in receipts):
            return Park("still_there")
        erased = sum(item.count for receipt in receipts for item in receipt.items if item.fate is not Fate.KEEP)
        return Done({"records": len(receipts), "erased": erased})

    def probe(self, claim: Claim) -> Outcome | None:
        """It is simply planned and done again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """The last system lets the identity go."""
        if isinstance(outcome, Done) and claim.person_id is not None:
            finish(db, lock_case(db, claim.subject_id), claim.person_id)

    def _matches(self, claim: Claim, adapter: Adapter, again: Again) -> list[Match]:
        company = registry.key_of(claim.company_id)
        found = true_matches(again.subject, adapter.find(again.subject), company=company, system=claim.system)
        return [match for match in found if covers(claim.company_id, again.tombstone, claim.system, match.key)]

    def _remember_kept(self, claim: Claim, rows: list[KeptRow]) -> None:
        """In a transaction of its own: a receipt holds no keys of rows."""
        if rows and claim.person_id is not None:
            with self.database.writing(claim.company_id) as db:
                remember_kept(db, db.get_one(Case, claim.subject_id), person_id=claim.person_id, system=claim.system, rows=rows)
