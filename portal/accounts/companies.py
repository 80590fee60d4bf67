"""Bring the companies of `portal.yaml` and their rows together. Must never delete a company's row: everything hangs on it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.model import AuditEntry, CompanyRow
from portal.config.model import Portal
from portal.core import clock

AUDITED = "audited"


def upsert_companies(db: Session, portal: Portal) -> dict[str, int]:
    """Give every configured company a row; returns the ids by key."""
    rows = {row.key: row for row in db.scalars(select(CompanyRow))}
    for key in portal.companies:
        if key not in rows:
            rows[key] = CompanyRow(key=key, created_at=clock.now())
            db.add(rows[key])
    db.flush()
    return {key: rows[key].id for key in portal.companies}


def company_ids(db: Session) -> dict[str, int]:
    """The ids of all companies by key."""
    return {row.key: row.id for row in db.scalars(select(CompanyRow))}


def record_audit(db: Session, *, actor: str, act: str, target: str, **detail: str | int | bool | None) -> None:
    """Write one audit entry in the caller's transaction: no audit, no act. Doors of staff look whether it was done (`audited`)."""
    db.add(AuditEntry(at=clock.now(), actor=actor, act=act, target=target, detail=detail))
    db.info[AUDITED] = True


def audited(db: Session) -> bool:
    """Whether this session has written an audit entry."""
    return bool(db.info.get(AUDITED))
