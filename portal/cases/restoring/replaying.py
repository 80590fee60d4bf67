"""Bring a restored database up to the journal: tombstones, withdrawals, revocations, ended erasures; then erase what came back.

Must never touch what is newer than the erasure that it does again, nor let anyone in before all of it is done. Can be stopped and
run again at any point: each part is harmless to do twice.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.api_keys import restore_revocation
from portal.accounts.staff import restore_staff
from portal.cases.advancing import close_case
from portal.cases.kept_holds import restore_hold
from portal.cases.model import OPEN_STATES, Case, CaseState
from portal.cases.restoring.coming_back import RESTORE_ERASE, erase_again
from portal.cases.restoring.credentials import void_credentials
from portal.consent.restoring import restore_lowering
from portal.core import clock, logs
from portal.core.db import ALL_COMPANIES, Database
from portal.core.journal import JournalKind
from portal.core.journal_files import Line, read_journal
from portal.engine.model import OPEN, Step, StepState
from portal.identity.passkeys import restore_passkey_removal
from portal.outbox.holding import hold_outbox
from portal.people.suppressions import restore_suppression
from portal.people.tombstones import restore_tombstone


def replay(database: Database, folder: Path) -> Mapping[str, int]:
    """Everything of every company but the calls to systems, which are steps by now; returns what was done, counted."""
    counts: Counter[str] = Counter()
    lines = list(read_journal(folder))
    for key, company_id in registry.ids().items():
        theirs = [line for line in lines if line.company == key]
        with database.writing(company_id) as db:
            counts["sign-ins and links voided"] += void_credentials(db)
            counts["mails and webhooks held"] += hold_outbox(db)
            for line in theirs:
                counts[_WORDS[line.kind]] += _apply(db, line)
            counts["people erased again"] += erase_again(db, [line for line in theirs if line.kind is JournalKind.TOMBSTONE])
    counts["entries read"] = len(lines)
    logs.event("restore.replayed", count=len(lines))
    return counts


def waiting_steps(database: Database) -> int:
    """How many calls to systems are not done yet."""
    with database.reading(ALL_COMPANIES) as db:
        return db.scalar(select(func.count(Step.id)).where(Step.act == RESTORE_ERASE, Step.state.in_(OPEN))) or 0


_WORDS = {
    JournalKind.TOMBSTONE: "tombstones put back",
    JournalKind.SUPPRESSION: "suppressions put back",
    JournalKind.WITHDRAWAL: "choices lowered again",
    JournalKind.REVOCATION: "keys and staff shut off again",
    JournalKind.ERASURE: "requests of erasure ended again",
    JournalKind.HOLD: "holds put back or lifted again",
}


def _apply(db: Session, line: Line) -> bool:
    """Whether the entry changed anything."""
    match line.kind:
        case JournalKind.TOMBSTONE:
            return restore_tombstone(db, line.payload)
        case JournalKind.WITHDRAWAL:
            return restore_lowering(db, line.payload, mark=line.mark)
        case JournalKind.REVOCATION:
            return _shut_off(db, line.payload)
        case JournalKind.ERASURE:
            return _end_erasure(db, str(line.payload["number"]), CaseState(line.payload["state"]))
        case JournalKind.SUPPRESSION:
            return restore_suppression(db, line.payload)
        case JournalKind.HOLD:
            return restore_hold(db, line.payload)


def _shut_off(db: Session, payload: Mapping[str, Any]) -> bool:
    """An API key, a passkey, or what a member of staff might do: whichever it was, it stays taken."""
    at = datetime.fromisoformat(str(payload["at"]))
    if "staff" in payload:
        return restore_staff(db, str(payload["staff"]), payload["roles"], at=at)
    if "passkey" in payload:
        return restore_passkey_removal(db, str(payload["passkey"]), at=at)
    return restore_revocation(db, str(payload["public_id"]), at=at)


def _end_erasure(db: Session, number: str, state: CaseState) -> bool:
    """An erasure that had ended, or been taken back, is not begun anew."""
    case = db.scalar(select(Case).where(Case.number == number, Case.state.in_(OPEN_STATES)).with_for_update())
    if case is None:
        return False
    close_case(case, state)
    db.execute(
        update(Step)
        .where(Step.subject_id == case.id, Step.act.startswith("erasure."), Step.state.in_(OPEN))
        .values(state=StepState.CANCELLED, ended_at=clock.now(), lease_owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    db.flush()
    return True
