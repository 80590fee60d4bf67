"""Door 4, what staff, operators and the portal did and read: entry by entry, newest first, never to be changed; also as a file.

Must never show a value of a customer: entries hold ids and codes alone.
"""

import re

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from portal.accounts.companies import record_audit
from portal.accounts.model import AuditEntry
from portal.accounts.staff import names_of
from portal.cases.unusual_reading import alarms_of
from portal.console.files import csv_file
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_audit", __name__, url_prefix="/console/audit")
PAGE, MOST = 100, 50_000
COLUMNS = ("at", "actor", "act", "target", "detail")
TARGET = re.compile(r"[a-z_]{1,20}:[0-9A-Za-z-]{1,40}")
ACTOR = re.compile(r"staff:[0-9a-z-]{1,20}")


@bp.get("")
@staff_may("audit.read")
def show() -> ResponseReturnValue:
    """One page of entries, of one thing or one colleague where the address names it; above them who read unusually much."""
    target, who, before = (request.args.get(name, "") for name in ("target", "who", "before"))
    query = select(AuditEntry).order_by(AuditEntry.id.desc())
    if TARGET.fullmatch(target):
        query = query.where(AuditEntry.target == target)
    if ACTOR.fullmatch(who):
        query = query.where(AuditEntry.actor == who)
    if before.isdecimal() and len(before) < 18:
        query = query.where(AuditEntry.id < int(before))
    rows = db().scalars(query.limit(PAGE + 1)).all()
    more = (
        url_for("staff_audit.show", target=target or None, who=who or None, before=rows[PAGE - 1].id) if len(rows) > PAGE else ""
    )
    return render_template(
        "console/audit.html",
        current=current_staff(),
        entries=rows[:PAGE],
        names=names_of(db()),
        target=target,
        who=who,
        more=more,
        alarms=alarms_of(db()),
    )


@bp.post("/file")
@staff_may("audit.read", fresh=True)
def download() -> ResponseReturnValue:
    """The newest entries as CSV; that they were taken out is an entry itself."""
    staff = current_staff().staff
    rows = db().scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(MOST)).all()
    record_audit(db(), actor=staff.actor, act="audit.exported", target="company", count=len(rows))
    return csv_file("audit.csv", [COLUMNS, *map(_cells, rows)])


def _cells(row: AuditEntry) -> tuple[str, ...]:
    detail = " ".join(f"{name}={value}" for name, value in sorted(row.detail.items()))
    return (row.at.isoformat(), row.actor, row.act, row.target, detail)
