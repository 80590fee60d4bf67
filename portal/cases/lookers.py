"""Who of the staff looked at a person's request, for that person: by role and by what they did, from the audit entries.

Must never name a member of staff, nor tell two of one role apart.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.model import AuditEntry, StaffRow
from portal.accounts.roles import RANK
from portal.accounts.staff import actor_of
from portal.cases.events import system_title
from portal.cases.laws.deadlines import day_of
from portal.cases.model import Case
from portal.core.i18n import N_, _, format_date, ngettext

_DID = {
    "case.read": N_("Opened your request to work on it."),
    "case.file": N_("Opened a file that stands with your messages."),
    "case.task_opened": N_("Saw by what you are found, to do by hand what you asked for."),
    "case.texts": N_("Read what you or others wrote in own words, before it could be handed out."),
    "case.release": N_("Decided what of it is handed out."),
}
"""Entries that say somebody saw something of the person; others only change where the case stands, which its timeline tells."""

BY_TASK = "case.task_opened"
_ROLES = {
    "agent": N_("Customer service"),
    "auditor": N_("Somebody who checks our work"),
    "approver": N_("Customer service, who decides"),
    "privacy_officer": N_("The people for data protection"),
    "admin": N_("Somebody who looks after this portal"),
}


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody of one role did on one day, in the language in force."""

    title: str
    words: str


def who_looked(db: Session, case: Case) -> list[Looked]:
    """One line a day, role and kind of looking, newest first."""
    rows = db.scalars(
        select(AuditEntry).filter_by(target=f"case:{case.number}").where(AuditEntry.act.in_(_DID)).order_by(AuditEntry.id.desc())
    ).all()
    roles = _roles(db) if rows else {}
    zone = registry.company(case.company_id).time_zone
    seen: Counter[tuple[date, str, str, str]] = Counter(
        (day_of(row.at, zone), roles.get(row.actor, ""), row.act, str(row.detail.get("system", "")) if row.act == BY_TASK else "")
        for row in rows
    )
    return [
        Looked(_who(case, role, system), f"{_when(day, count)} {_(_DID[act])}")
        for (day, role, act, system), count in seen.items()
    ]


def _who(case: Case, role: str, system: str) -> str:
    if system:
        return _("Whoever looks after: %(system)s", system=system_title(registry.company(case.company_id), system))
    return _(_ROLES[role]) if role else _("Somebody of our staff")


def _when(day: date, count: int) -> str:
    return ngettext("%(day)s.", "%(day)s, %(num)s times.", count, day=format_date(day))


def _roles(db: Session) -> dict[str, str]:
    """The highest role of each member of staff, of those who have gone as well."""
    rows = db.execute(select(StaffRow.public_id, StaffRow.roles))
    known = ((public_id, [role for role in roles if role in _ROLES]) for public_id, roles in rows)
    return {actor_of(public_id): max(roles, key=lambda role: RANK.get(role, 0)) for public_id, roles in known if roles}
