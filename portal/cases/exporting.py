"""The step `access.export`: read what one system holds on the person of a case, into a sealed spool.

Must never have a transaction open while the system is read, and never put more than counts and digests into its receipt.
"""

from dataclasses import dataclass
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.contract import Subject
from portal.cases.advancing import SPOOLS, advance, folder, lock_case
from portal.cases.apart import Candidate, open_to
from portal.cases.copy_model import Spool
from portal.cases.events import Code, happened, note
from portal.cases.matching import subject_of, true_matches
from portal.cases.model import OPEN_STATES, Case
from portal.cases.scope import Scope, load_scope
from portal.cases.spooling import digest_of, write_spool
from portal.cases.systems import open_system, place_of
from portal.cases.tasks.mailing import ask_owner
from portal.core import clock, faultpoints
from portal.core.db import Database
from portal.core.vault import new_private_path
from portal.engine.contract import Claim, Done, Later, Outcome, Park


@dataclass(frozen=True, slots=True)
class Asked:
    """What a step has to know of its case, read before the system is called."""

    number: str
    subject: Subject
    scope: Scope


def load_asked(database: Database, claim: Claim) -> Asked | None:
    """The case behind a step, or None where nobody waits for it any more."""
    with database.reading(claim.company_id) as db:
        case = db.get(Case, claim.subject_id)
        if case is None or case.state not in OPEN_STATES or case.person_id is None:
            return None
        return Asked(case.number, subject_of(db, case.person_id), load_scope(case.proven))


class AccessExport:
    """One system read for one case. Reading twice does no harm: the second spool takes the place of the first."""

    repeatable = True
    calls_system = True

    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, claim: Claim) -> Outcome:
        """Find, compare, read. Raises what the system raises."""
        asked = load_asked(self.database, claim)
        if asked is None:
            return Done({"stopped": True})
        company_key = registry.key_of(claim.company_id)
        if claim.system not in registry.company(claim.company_id).systems:
            return Park("system_not_configured")
        adapter = open_system(place_of(claim.company_id, claim.system))
        if not (adapter.can.find and adapter.can.export):
            return Park("by_hand")
        matches = true_matches(asked.subject, adapter.find(asked.subject), company=company_key, system=claim.system)
        candidates = [Candidate(claim.system, match.key, match.tells_apart) for match in matches]
        opened = open_to(asked.scope.records, candidates)
        closed = adapter.scope().closed if matches else {}
        path = new_private_path(folder(SPOOLS))
        counts = write_spool(
            path,
            _context(asked.number, path.name),
            ((match, adapter.export(match) if (claim.system, match.key) in opened else ()) for match in matches),
            opens=partial(asked.scope.opens, registry.company(claim.company_id), "access"),
            closed=closed,
        )
        faultpoints.point("access.read")
        told = {"records": counts.records, "shut": counts.shut, "found": len(matches)}
        return Done({"file": path.name, "matches": digest_of(matches), **told})

    def probe(self, claim: Claim) -> Outcome | None:
        """A read is simply done again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """Note what came and go on where this was the last system."""
        case = lock_case(db, claim.subject_id)
        if isinstance(outcome, Done):
            self._settle_done(db, claim, case, dict(outcome.receipt))
        elif isinstance(outcome, Later) and not happened(db, case, Code.SYSTEM_SILENT, system=claim.system):
            note(db, case, Code.SYSTEM_SILENT, system=claim.system)
        elif isinstance(outcome, Park):
            note(db, case, Code.SYSTEM_PARKED, system=claim.system)
            ask_owner(db, case, claim, outcome.reason)
        if isinstance(outcome, Done | Park):
            db.flush()
            advance(db, case)

    def _settle_done(self, db: Session, claim: Claim, case: Case, receipt: dict[str, object]) -> None:
        if receipt.get("stopped"):
            return
        file = str(receipt["file"])
        if case.state not in OPEN_STATES:
            (folder(SPOOLS) / file).unlink(missing_ok=True)
            return
        spool = db.scalar(select(Spool).filter_by(case_id=case.id, system=claim.system))
        if spool is None:
            spool = Spool(case_id=case.id, system=claim.system)
            db.add(spool)
        else:
            (folder(SPOOLS) / spool.file).unlink(missing_ok=True)
        # What was looked at was another reading.
        spool.looked_at = spool.reviewed_at = None
        spool.file, spool.context, spool.step_id = file, _context(case.number, file), claim.step_id
        spool.matches, spool.found = str(receipt["matches"]), int(str(receipt["found"]))
        spool.records, spool.shut, spool.read_at = int(str(receipt["records"])), int(str(receipt["shut"])), clock.now()
        if spool.found:
            note(db, case, Code.SYSTEM_ANSWERED, system=claim.system, count=spool.records)
        else:
            note(db, case, Code.SYSTEM_HAS_NOTHING, system=claim.system)


def _context(number: str, file: str) -> str:
    return f"spool:{number}:{file}"
