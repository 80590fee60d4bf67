"""What a finished package makes of its case: the file's row, what still follows, the mail; or another round of reading.

Must run in the transaction that ends the step, with the case's row held. Must never deliver to a case that nobody waits for.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases import advancing, letters
from portal.cases.copy_model import BlackedOut, Package, Spool, WithheldText
from portal.cases.dates import due_of
from portal.cases.events import Code, note
from portal.cases.model import OPEN_STATES, Case, CasePart, CaseState, PartState
from portal.cases.workflow import EXPORT, newest, not_in_it, state_after_build
from portal.core import clock
from portal.core.durations import length_of
from portal.engine.service import steps_of


def deliver(db: Session, case: Case, receipt: dict[str, Any]) -> None:
    """Take what `access.build` reports."""
    if case.state not in OPEN_STATES or receipt.get("stopped"):
        drop_file(receipt)
        return
    if receipt.get("changed"):
        _read_again(db, case, list(receipt["changed"]))
        return
    steps = steps_of(db, (EXPORT,), case.id)
    missing = not_in_it(steps)
    follows = [key for key, may_follow in missing.items() if may_follow]
    if receipt.get("nothing"):
        _nothing(db, case, follows)
    else:
        _ready(db, case, receipt, missing, follows)
    db.flush()
    # A system that a human got going again while this was packed has a spool that is not in it.
    last = {key: step.id for key, step in newest(steps, EXPORT).items()}
    spools = db.scalars(select(Spool).filter_by(case_id=case.id))
    if any(last.get(spool.system) == spool.step_id != receipt["included"].get(spool.system) for spool in spools):
        advancing.advance(db, case)


def note_parked(db: Session, case: Case, reason: str) -> None:
    """The package cannot be made without a human."""
    note(db, case, Code.PERSON_UNCLEAR if reason == "person_unclear" else Code.COPY_PARKED)


def drop_file(receipt: dict[str, Any]) -> None:
    """Remove a package that nobody waits for any more."""
    if "file" in receipt:
        (advancing.folder(advancing.PACKAGES) / str(receipt["file"])).unlink(missing_ok=True)


def _read_again(db: Session, case: Case, systems: list[str]) -> None:
    """What was looked at by a person is not what would go out now: who looked has to look again."""
    part = db.scalar(select(CasePart).filter_by(case_id=case.id, number=2))
    if part is not None and part.released_at is not None:
        part.state, part.released_at, part.released_by = PartState.REVIEW, None, None
    note(db, case, Code.CHANGED_MEANWHILE)
    advancing.read_again(db, case, systems)


def _nothing(db: Session, case: Case, follows: list[str]) -> None:
    case.state = state_after_build(nothing_held=True, follows=follows, review_waits=False)
    if follows:
        return
    advancing.close_case(case, case.state)
    advancing.set_part(db, case, 1, PartState.EMPTY)
    advancing.drop_spools(db, case)
    note(db, case, Code.NOTHING_HELD)


def _ready(db: Session, case: Case, receipt: dict[str, Any], missing: dict[str, bool], follows: list[str]) -> None:
    company = registry.company(case.company_id)
    now, waits = clock.now(), bool(receipt["waiting"])
    for older in db.scalars(select(Package).filter_by(case_id=case.id).where(Package.deleted_at.is_(None))):
        advancing.drop_package(older)
    package = Package(
        case_id=case.id, part=int(receipt["part"]), file=str(receipt["file"]), context=str(receipt["context"]),
        digest=str(receipt["digest"]), size=int(receipt["size"]), with_pdf=bool(receipt["with_pdf"]), made_at=now,
        expires_at=now + length_of(company.retention.downloads),
    )  # fmt: skip
    db.add(package)
    db.flush()
    first = case.state == CaseState.OPEN
    case.state = state_after_build(nothing_held=False, follows=follows, review_waits=waits)
    advancing.set_part(db, case, 1, PartState.READY)
    note(db, case, _code_of(db, case, package, missing))
    if waits:
        advancing.set_part(db, case, 2, PartState.REVIEW)
        if first:
            note(db, case, Code.REVIEW_WAITS)
    elif package.part == 2:
        advancing.set_part(db, case, 2, PartState.READY)
    if case.state == CaseState.READY:
        advancing.close_case(case, CaseState.READY)
        advancing.drop_spools(db, case)
    letters.send_ready(db, case, package, follows_by=due_of(db, case).day if case.state == CaseState.PARTLY else None)


def _code_of(db: Session, case: Case, package: Package, missing: dict[str, bool]) -> Code:
    """How whole the copy is."""
    if package.part == 2 and not missing:
        some = [db.scalar(select(kind.id).filter_by(case_id=case.id).limit(1)) for kind in (WithheldText, BlackedOut)]
        return Code.REST_READY if some == [None, None] else Code.REST_READY_BUT
    return Code.READY_WITHOUT_SOME if missing else Code.READY
