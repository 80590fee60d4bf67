"""What the end of one step sets going: the package, another round of reading, the case's new state. Files of a case and their end.

Must run in the transaction that ended the step, with the case's row held, so that the last of two parallel steps sees the other.
"""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, object_session

from portal.cases.copy_model import Package, Spool
from portal.cases.model import OPEN_STATES, Case, CaseKind, CasePart, CaseState, PartState
from portal.cases.workflow import BUILD, EXPORT, may_build, next_round
from portal.core import clock
from portal.core.db import prepared
from portal.core.journal import JournalKind, note_for_journal
from portal.core.vault import SealedFileIsBroken, sealed_with
from portal.engine.service import add_step, steps_of
from portal.settings import settings

_HELD = prepared(select(Case).where(Case.id == bindparam("case")).with_for_update().execution_options(populate_existing=True))
_SPOOLS = prepared(select(Spool).where(Spool.case_id == bindparam("case")))

SPOOLS = "spools"
PACKAGES = "packages"


def lock_case(db: Session, case_id: int) -> Case:
    """The case's row, held until the transaction ends."""
    return db.scalars(_HELD, {"case": case_id}).one()


def advance(db: Session, case: Case) -> None:
    """Ask for the package as soon as every system has answered or waits for a human."""
    steps = steps_of(db, (EXPORT, BUILD), case.id)
    if case.state in OPEN_STATES and may_build(steps):
        _add(db, case, BUILD, "", next_round(steps, BUILD), steps[0].not_after if steps else None)


def read_again(db: Session, case: Case, systems: list[str]) -> None:
    """Another round of reading for these systems: what was read of them is no longer what they hold."""
    steps = steps_of(db, (EXPORT,), case.id)
    for system in systems:
        _add(db, case, EXPORT, system, next_round(steps, EXPORT, system), steps[0].not_after)


def folder(name: str) -> Path:
    """The folder of spools or packages; web and worker share it."""
    return settings().files / name


def drop_spools(db: Session, case: Case) -> None:
    """Remove what was read for a case; the rows go with the files."""
    for spool in db.scalars(_SPOOLS, {"case": case.id}):
        (folder(SPOOLS) / spool.file).unlink(missing_ok=True)
        db.delete(spool)


def keys_of_files() -> set[str]:
    """Ids of the data keys that downloads and spools on disk were sealed with: they have to stay in the ring as long."""
    files = (path for name in (SPOOLS, PACKAGES) if folder(name).is_dir() for path in folder(name).iterdir() if path.is_file())
    found = set()
    for path in files:
        with suppress(FileNotFoundError, SealedFileIsBroken):
            found.add(sealed_with(path))
    return found


def drop_package(package: Package) -> None:
    """Remove a package's file; the row says when."""
    (folder(PACKAGES) / package.file).unlink(missing_ok=True)
    package.deleted_at = clock.now()


def live_package(db: Session, case: Case) -> Package | None:
    """The newest package of the case, while its file is there and its time is not over."""
    return db.scalar(
        select(Package)
        .filter_by(case_id=case.id)
        .where(Package.deleted_at.is_(None), Package.expires_at > clock.now())
        .order_by(Package.id.desc())
        .limit(1)
    )


def close_case(case: Case, state: CaseState) -> None:
    """The person waits for nothing more: the same wish will be a new case."""
    case.state, case.open_key, case.closed_at = state, None, clock.now()
    db = object_session(case)
    if case.kind == CaseKind.ERASURE and db is not None:
        # A restored backup must not begin it anew: neither what is done, nor what the person has taken back.
        note_for_journal(db, JournalKind.ERASURE, {"number": case.number, "state": state.value})


def set_part(db: Session, case: Case, number: int, state: PartState) -> None:
    """Where one delivery stands; made where there was none."""
    part = db.scalar(select(CasePart).filter_by(case_id=case.id, number=number))
    if part is None:
        part = CasePart(case_id=case.id, number=number)
        db.add(part)
    part.state = state
    part.made_at = clock.now() if state == PartState.READY else part.made_at


def _add(db: Session, case: Case, act: str, system: str, part: int, not_after: datetime | None) -> None:
    add_step(db, act=act, subject_id=case.id, system=system, person_id=case.person_id, part=part, not_after=not_after)
