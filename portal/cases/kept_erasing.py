"""The step `kept.erase`: what one system had to keep goes on its day, with its own attempt and receipt, and is read back.

Must never erase a day too early or what is held, nor call gone what the system still shows: that is parked, and a human looks.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.adapters.contract import EraseKind, Fate, Pending, PlannedItem
from portal.cases.dates import today_of
from portal.cases.kept import rows_of
from portal.cases.kept_holds import KEPT_ERASE, hold_of, holds_now, prune_holds
from portal.cases.kept_model import Kept, KeptOwner
from portal.cases.systems import open_system, place_of
from portal.cases.workflow import next_round
from portal.config.model import Company
from portal.core import clock, logs
from portal.core.db import Database
from portal.core.durations import length_of
from portal.core.errors import PortalError
from portal.engine.contract import Claim, Done, Later, Outcome, Park
from portal.engine.model import OPEN, Step
from portal.engine.service import ByHand, add_step, settle_by_hand, steps_of


class NothingParked(PortalError):
    """There is nothing to settle; the text says what to do instead."""


def sweep_kept(db: Session) -> int:
    """Ask for one step for each case and system of which something may go by today; returns how many. The same twice is once."""
    due = select(Kept).where(Kept.gone_at.is_(None), Kept.until <= today_of(db)).order_by(Kept.case_number, Kept.system, Kept.id)
    asked = 0
    for (_number, system), same in groupby(
        _not_held(db, db.scalars(due.with_for_update()).all()), key=lambda row: (row.case_number, row.system)
    ):
        first = next(same)
        before = [step for step in steps_of(db, (KEPT_ERASE,), first.id) if step.system == system]
        if before and before[-1].state in OPEN:
            continue
        # An earlier one was called back by a hold, which has ended.
        add_step(
            db, act=KEPT_ERASE, subject_id=first.id, system=system, person_id=first.person_id,
            part=next_round(before, KEPT_ERASE, system), irreversible=True,
        )  # fmt: skip
        asked += 1
    return asked


def settle_kept(db: Session, case_number: str, *, system: str, outcome: ByHand, reason: str, actor: str) -> int:
    """Settle by hand what should have gone and waits for a human: `retry`, or `done` where somebody has erased it in the system itself.

    Returns how many entries are gone by that. To leave it where it is, hold it. Raises `NothingParked` or what the engine says.
    """
    rows = db.scalars(
        select(Kept)
        .where(Kept.case_number == case_number, Kept.system == system, Kept.gone_at.is_(None))
        .order_by(Kept.id)
        .with_for_update()
    ).all()
    stuck = select(Step).where(Step.act == KEPT_ERASE, Step.subject_id.in_([row.id for row in rows]), Step.state.in_(OPEN))
    step = db.scalars(stuck.order_by(Step.id.desc())).first()
    if step is None:
        raise NothingParked("Nothing of that case waits in that system. `portal kept list` shows what is kept there.")
    if outcome is ByHand.SKIP:
        raise NothingParked("What is past its day can't be left out. To leave it where it is, say why: `portal kept hold`.")
    settle_by_hand(db, step.id, outcome=outcome, reason=reason, actor=actor[:40])
    if outcome is ByHand.RETRY:
        return 0
    due = [row for row in _not_held(db, rows) if row.until <= today_of(db)]
    for kept in due:
        _remember_gone(db, kept, actor=actor[:40])
    db.flush()
    return sum(kept.count for kept in due)


def prune_kept(db: Session, company: Company) -> int:
    """Delete what is gone, and its steps, as long after that as the company keeps its cases; returns how much."""
    before = clock.now() - length_of(company.retention.cases)
    old = delete(Kept).where(Kept.gone_at < before).returning(Kept.id)
    gone = len(db.execute(old.execution_options(synchronize_session=False)).all()) + prune_holds(db, before=before)
    steps = delete(Step).where(Step.act == KEPT_ERASE, Step.ended_at < before).returning(Step.id)
    return gone + len(db.execute(steps.execution_options(synchronize_session=False)).all())


class KeptErase:
    """Rows by their keys; what is gone already stays gone, so doing it twice does no harm."""

    repeatable = True
    calls_system = True

    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, claim: Claim) -> Outcome:
        """Erase all that may go by today of this case in this system: children and parents of one day go together."""
        company = registry.company(claim.company_id)
        with self.database.reading(claim.company_id) as db:
            due = _due_with(db, claim)
            rows = [row for kept in due for row in rows_of(kept)]
            numbers = [kept.id for kept in due]
        if not rows:
            return Done({"rows": 0})
        if claim.system not in company.systems:
            return Park("system_not_configured")
        adapter = open_system(place_of(claim.company_id, claim.system))
        if adapter.can.erase in (EraseKind.NONE, EraseKind.REQUEST):
            return Park("by_hand")
        receipt = adapter.erase_kept(rows, idempotency_key=claim.idempotency_key)
        if isinstance(receipt, Pending):
            return Later("waits_for_system", receipt.after)
        if receipt.left or receipt.kept:
            return Park("still_there")
        return Done({"kept": numbers, "rows": len(rows), **_counts(receipt.items), "reference": receipt.reference[:80]})

    def probe(self, claim: Claim) -> Outcome | None:
        """It is simply done again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """What is gone is remembered as gone and no longer as whose it was."""
        if isinstance(outcome, Park):
            logs.event(
                "kept.parked", level=40, company=registry.key_of(claim.company_id), system=claim.system, step=claim.step_id,
                reason_code=outcome.reason,
            )  # fmt: skip
            record_audit(db, actor="portal", act="kept.parked", target=f"step:{claim.step_id}", system=claim.system)
        if not isinstance(outcome, Done) or not outcome.receipt.get("kept"):
            return
        for kept in db.scalars(select(Kept).where(Kept.id.in_(outcome.receipt["kept"]), Kept.gone_at.is_(None))):
            _remember_gone(db, kept, actor="portal")


def _remember_gone(db: Session, kept: Kept, *, actor: str) -> None:
    """No longer whose it was."""
    kept.gone_at, kept.rows, kept.person_id = clock.now(), None, None
    db.execute(delete(KeptOwner).where(KeptOwner.kept_id == kept.id))
    record_audit(
        db, actor=actor, act="kept.gone", target=f"case:{kept.case_number}", system=kept.system, count=kept.count,
        ground=kept.ground,
    )  # fmt: skip


def _due_with(db: Session, claim: Claim) -> list[Kept]:
    first = db.get(Kept, claim.subject_id)
    # SQLite gives the id of a deleted row to the next one: what was asked of another system is not this.
    if first is None or first.system != claim.system:
        return []
    due = (
        select(Kept)
        .where(Kept.case_number == first.case_number, Kept.system == first.system)
        .where(Kept.gone_at.is_(None), Kept.until <= today_of(db))
        .order_by(Kept.id)
    )
    return _not_held(db, db.scalars(due).all())


def _not_held(db: Session, rows: Sequence[Kept]) -> list[Kept]:
    holds = holds_now(db, {row.case_number for row in rows})
    return [row for row in rows if hold_of(holds, row) is None]


def _counts(items: Sequence[PlannedItem]) -> Mapping[str, int]:
    counted = {Fate.ERASE: 0, Fate.OVERWRITE: 0, Fate.KEEP: 0}
    for item in items:
        counted[item.fate] += item.count
    return {fate.value: count for fate, count in counted.items()}
