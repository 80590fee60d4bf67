"""The alarm on unusual reading: who of the staff opened many more cases in a day than they use to is told to those who read the audit.

Must never name a customer or a colleague in a mail, keep anybody from working, or count what somebody did for a customer's own visits.

For the worker: raise_alarms(db) -> int          hourly and harmless to run twice
For the console: alarms_of(db, days=30) -> list[Alarm]
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.model import AuditEntry
from portal.accounts.staff import staff_of
from portal.cases.laws.deadlines import day_of
from portal.core import clock, logs, urls
from portal.core.db import company_of
from portal.outbox.service import queue_mail

ACT = "reading.unusual"
READ = ("case.read", "case.missing", "people.searched")
"""Cases that were opened, numbers that led nowhere, and addresses that were looked for: each thing once a day and colleague."""

DAYS_BEFORE = 28
TIMES_THE_USUAL = 3


@dataclass(frozen=True, slots=True)
class Alarm:
    """One colleague on one day. `usual` is the middle one of their days of the four weeks before; 0 where there was none."""

    actor: str
    day: date
    seen: int
    usual: int
    at: datetime


def raise_alarms(db: Session) -> int:
    """Look at today so far; write one entry a colleague and day, and mail those who may read the audit, in the same transaction."""
    company = registry.company(company_of(db))
    today = day_of(clock.now(), company.time_zone)
    told = {(one.actor, one.day) for one in alarms_of(db, days=2)}
    raised = 0
    for actor, days in _read_by(db, company.time_zone).items():
        seen, usual = days.pop(today, 0), int(median(days.values())) if days else 0
        if seen <= max(company.unusual_reading, TIMES_THE_USUAL * usual) or (actor, today) in told:
            continue
        record_audit(db, actor="portal", act=ACT, target=actor, count=seen, usual=usual, day=today.isoformat())
        logs.event("console.unusual_reading", level=40, company=registry.key_of(company_of(db)), count=seen)
        _tell(db, actor, today)
        raised += 1
    return raised


def alarms_of(db: Session, *, days: int = 30) -> list[Alarm]:
    """The alarms of so many days, the newest first."""
    since = clock.now() - timedelta(days=days)
    query = select(AuditEntry).where(AuditEntry.act == ACT, AuditEntry.at >= since).order_by(AuditEntry.id.desc())
    return [
        Alarm(row.target, date.fromisoformat(row.detail["day"]), row.detail["count"], row.detail["usual"], row.at)
        for row in db.scalars(query)
    ]


def _read_by(db: Session, zone: str) -> dict[str, Counter[date]]:
    """Of each colleague, how many things they opened on each day."""
    since = clock.now() - timedelta(days=DAYS_BEFORE + 1)
    rows = db.execute(
        select(AuditEntry.actor, AuditEntry.target, AuditEntry.at).where(
            AuditEntry.act.in_(READ), AuditEntry.at >= since, AuditEntry.actor.startswith("staff:")
        )
    )
    seen: defaultdict[str, Counter[date]] = defaultdict(Counter)
    for actor, day, _target in {(actor, day_of(at, zone), target) for actor, target, at in rows}:
        seen[actor][day] += 1
    return seen


def _tell(db: Session, actor: str, day: date) -> None:
    """Everybody who may read the audit, but for who it is about."""
    company = registry.company(company_of(db))
    for staff in staff_of(db):
        if staff.actor != actor and staff.may("audit.read"):
            queue_mail(
                db, template="unusual_reading", to=staff.address, language=company.languages[0],
                key=f"unusual_reading:{actor}:{day.isoformat()}:{staff.public_id}",
                context={"page_url": urls.address(company.url, urls.AUDIT)},
            )  # fmt: skip
