"""What of cases has to go: kept readings after ten minutes, packages on their date, old cases, files that nothing points to.

Must never delete a file that a live row names, nor a case that somebody still waits for.
"""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.cases.advancing import PACKAGES, SPOOLS, drop_package, drop_spools, folder
from portal.cases.copy_model import HeldRead, Package, Spool
from portal.cases.erasing.forgetting import forget_who_is_done
from portal.cases.erasing.links import prune_links
from portal.cases.erasing.planning import prune_plans
from portal.cases.events import Code, note
from portal.cases.model import OPEN_STATES, Case, CaseState
from portal.cases.workflow import BUILD, ERASING, EXPORT, RIGHT
from portal.config.model import Company
from portal.core import clock
from portal.core.durations import length_of
from portal.core.vault import sweep_leftovers
from portal.engine.model import Step

UNNAMED_AFTER = timedelta(hours=6)
"""A file without a row is one that a crash left, or one that is just being made: after this time it is the former."""


def prune_cases(db: Session, company: Company) -> int:
    """Everything of the session's company whose time is over; returns how much. Harmless to run twice or in two workers."""
    now = clock.now()
    held = delete(HeldRead).where(HeldRead.expires_at < now).returning(HeldRead.id).execution_options(synchronize_session=False)
    gone = len(db.scalars(held).all())
    for package in db.scalars(select(Package).where(Package.deleted_at.is_(None), Package.expires_at < now)):
        drop_package(package)
        case = db.get_one(Case, package.case_id, with_for_update=True)
        note(db, case, Code.FILE_GONE)
        if case.state == CaseState.READY:
            case.state = CaseState.ENDED
        gone += 1
    for case in db.scalars(select(Case).where(Case.state.not_in(OPEN_STATES), Case.id.in_(select(Spool.case_id)))):
        drop_spools(db, case)
    gone += forget_who_is_done(db) + _old_cases(db, company) + prune_links(db) + prune_plans(db)
    db.flush()
    return gone


def prune_files(db: Session) -> int:
    """Delete files of packages and spools that no row of any company names; `db` is opened for all companies. Returns how many."""
    gone = 0
    named = {
        PACKAGES: set(db.scalars(select(Package.file).where(Package.deleted_at.is_(None)))),
        SPOOLS: set(db.scalars(select(Spool.file))),
    }
    before = (clock.now() - UNNAMED_AFTER).timestamp()
    for name, files in named.items():
        gone += sweep_leftovers(folder(name), UNNAMED_AFTER)
        for path in folder(name).glob("*") if folder(name).is_dir() else ():
            if path.is_file() and path.name not in files and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _old_cases(db: Session, company: Company) -> int:
    """Cases that ended so long ago that the company need not show any more what became of them."""
    before = clock.now() - length_of(company.retention.cases)
    gone = 0
    for case in db.scalars(select(Case).where(Case.closed_at < before)):
        for package in db.scalars(select(Package).filter_by(case_id=case.id).where(Package.deleted_at.is_(None))):
            drop_package(package)
        drop_spools(db, case)
        db.execute(delete(Step).where(Step.act.in_((EXPORT, BUILD, RIGHT, *ERASING)), Step.subject_id == case.id))
        db.delete(case)
        gone += 1
    return gone
