"""Hold what an erasure had to keep beyond its day, for a reason in law of its own, and let it go again.

Must never hold what somebody is erasing just now and say that it is safe, nor hold anything without a sentence for the customer.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, true
from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.cases.dates import today_of
from portal.cases.kept_model import Kept, KeptHold
from portal.cases.showing import clean
from portal.cases.two_people import check_second
from portal.core import clock
from portal.core.errors import PortalError
from portal.core.journal import JournalKind, note_for_journal
from portal.engine.model import OPEN, Step
from portal.engine.service import ByHand, cancel_step, settle_by_hand

KEPT_ERASE = "kept.erase"
LONGEST_REASON = 300
LONGEST_LAW = 200

Holds = Mapping[tuple[str, str], KeptHold]
"""By case number and system (empty: every system of the case) the hold that ends last."""


class HoldRefused(PortalError):
    """It cannot be held like that; the text says why."""


class NoSuchHold(PortalError):
    """No hold of that number is in force in this company."""


def place_hold(
    db: Session, case_number: str, *, system: str = "", reason: str, until: date | None, actor: str, second: str, law: str = ""
) -> KeptHold:
    """Hold what the case kept (in one system, or in all) until that day, or until it is lifted. Two people decide it: `second` approves.

    `law` is the article on which it rests. What was asked to go already is called back, unless a worker is on it. Raises `SecondPersonNeeded`, `HoldRefused` or, there, `StepIsRunning`.
    """
    words, today = clean(reason).strip(), today_of(db)
    if not words or len(words) > LONGEST_REASON:
        raise HoldRefused(f"Say why in one sentence of at most {LONGEST_REASON} letters: the customer reads it.")
    if until is not None and until <= today:
        raise HoldRefused("The day on which a hold ends lies in the future.")
    check_second(actor, second)
    kept = select(Kept).where(
        Kept.case_number == case_number, Kept.gone_at.is_(None), true() if system == "" else Kept.system == system
    )
    # The sweeper locks them too, before it looks for holds: of the two, one sees what the other did.
    rows = db.scalars(kept.order_by(Kept.id).with_for_update()).all()
    if not rows:
        raise HoldRefused("Nothing of that case is kept there. `portal kept list` shows what is.")
    for step in db.scalars(
        select(Step).where(Step.act == KEPT_ERASE, Step.subject_id.in_([row.id for row in rows]), Step.state.in_(OPEN))
    ).all():
        if not cancel_step(db, step.id):
            settle_by_hand(db, step.id, outcome=ByHand.SKIP, reason=words, actor=actor[:40])
    hold = KeptHold(
        case_number=case_number, system=system, reason=words, law=law[:LONGEST_LAW] or None, until=until, placed_by=actor[:40],
        approved_by=second[:40], placed_at=clock.now(),
    )  # fmt: skip
    db.add(hold)
    db.flush()
    _note(db, hold)
    record_audit(
        db, actor=actor[:40], act="kept.held", target=f"case:{case_number}", system=system, hold=hold.id,
        until=until.isoformat() if until else None, second=second[:40],
    )  # fmt: skip
    return hold


def lift_hold(db: Session, hold_id: int, *, actor: str) -> KeptHold:
    """End a hold; what is past its own day goes with the next clean-up. Raises `NoSuchHold`, also for one that has ended."""
    hold = db.scalar(select(KeptHold).where(KeptHold.id == hold_id, _in_force(today_of(db))).with_for_update())
    if hold is None:
        raise NoSuchHold("No hold of that number is in force. `portal kept list` shows those that are.")
    hold.lifted_by, hold.lifted_at = actor[:40], clock.now()
    _note(db, hold)
    record_audit(db, actor=actor[:40], act="kept.lifted", target=f"case:{hold.case_number}", system=hold.system, hold=hold.id)
    db.flush()
    return hold


def restore_hold(db: Session, payload: Mapping[str, Any]) -> bool:
    """After a restore: what was held is held again, what was let go is let go. Returns whether it was otherwise."""
    case_number, system, placed_at = payload["case"], payload["system"], datetime.fromisoformat(payload["placed_at"])
    lifted_at = datetime.fromisoformat(payload["lifted_at"]) if payload["lifted_at"] else None
    hold = db.scalar(select(KeptHold).filter_by(case_number=case_number, system=system, placed_at=placed_at))
    if hold is None:
        until = date.fromisoformat(payload["until"]) if payload["until"] else None
        hold = KeptHold(
            case_number=case_number, system=system, reason=payload["reason"], law=payload.get("law"), until=until,
            placed_by=payload["placed_by"], approved_by=payload.get("approved_by"), placed_at=placed_at,
        )  # fmt: skip
        db.add(hold)
    elif lifted_at is None or hold.lifted_at is not None:
        return False
    hold.lifted_by, hold.lifted_at = payload["lifted_by"], lifted_at
    db.flush()
    return True


def holds_now(db: Session, case_numbers: Iterable[str]) -> Holds:
    """The holds in force on these cases."""
    rows = db.scalars(select(KeptHold).where(_in_force(today_of(db)), KeptHold.case_number.in_(set(case_numbers)))).all()
    return {(row.case_number, row.system): row for row in sorted(rows, key=_ends)}


def hold_of(holds: Holds, kept: Kept) -> KeptHold | None:
    """What holds this back: of its system's hold and its case's the one that ends last."""
    both = (holds.get((kept.case_number, kept.system)), holds.get((kept.case_number, "")))
    return max((hold for hold in both if hold is not None), key=_ends, default=None)


def prune_holds(db: Session, *, before: datetime) -> int:
    """Drop holds of cases of which nothing is remembered any more; returns how many."""
    remembered = select(Kept.id).where(Kept.company_id == KeptHold.company_id, Kept.case_number == KeptHold.case_number)
    gone = delete(KeptHold).where(KeptHold.placed_at < before, ~remembered.exists()).returning(KeptHold.id)
    return len(db.execute(gone.execution_options(synchronize_session=False)).all())


def _note(db: Session, hold: KeptHold) -> None:
    """All of the hold as it stands now: the journal is encrypted as the table is."""
    days = {name: day.isoformat() if day else None for name, day in (("until", hold.until), ("lifted_at", hold.lifted_at))}
    note_for_journal(
        db, JournalKind.HOLD,
        {"case": hold.case_number, "system": hold.system, "reason": hold.reason, "law": hold.law, "placed_by": hold.placed_by,
         "approved_by": hold.approved_by,
         "placed_at": hold.placed_at.isoformat(), "lifted_by": hold.lifted_by, **days},
    )  # fmt: skip


def _in_force(today: date) -> ColumnElement[bool]:
    return KeptHold.lifted_at.is_(None) & or_(KeptHold.until.is_(None), KeptHold.until > today)


def _ends(hold: KeptHold) -> date:
    return hold.until or date.max
