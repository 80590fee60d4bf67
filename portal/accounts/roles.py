"""What staff may do, by role: one table. Must never give a role more than its line says, nor let anybody grant above themselves."""

from collections.abc import Collection

PERMISSIONS = {
    "own": "sign in, and keep one's own passkeys, codes and sessions",
    "cases.read": "see the queue and open cases",
    "cases.work": "take and hand over cases, note, answer the customer, settle steps that wait",
    "cases.release": "let go of texts that were held back for a look, or withhold them",
    "cases.refuse": "refuse cases on a ground of their law, and decide appeals against what others refused",
    "cases.hold": "propose that what a case had to keep is held beyond its day, and lift holds",
    "cases.approve": "approve or decline what a colleague proposed, never one's own",
    "people.search": "find cases by the exact identifier of a customer, with a reason",
    "figures.read": "see how dates are kept, and take out the year's figures and the register",
    "settings.read": "see what portal.yaml says, versions, and the health of systems",
    "staff.read": "see who is staff and what they may do",
    "staff.manage": "give and take roles",
    "audit.read": "read what staff did and read",
}
"""Every right in words. A route names one of them; none contains another."""

_WORKS = frozenset({"own", "cases.read", "cases.work", "people.search"})
_OVERSEES = frozenset({"figures.read", "settings.read"})
_DECIDES = frozenset({"cases.release", "cases.refuse", "cases.hold", "cases.approve"})

ROLES = {
    "agent": _WORKS,
    "approver": frozenset({*_WORKS, *_DECIDES}),
    "privacy_officer": frozenset({*_WORKS, *_DECIDES, *_OVERSEES, "staff.read", "audit.read"}),
    "admin": frozenset({"own", "staff.read", "staff.manage", "settings.read"}),
    "auditor": frozenset({"own", "cases.read", *_OVERSEES, "staff.read", "audit.read"}),
}
"""Roles of one company. Who administers staff sees no case by that, and who audits changes nothing."""

RANK = {"agent": 1, "auditor": 1, "approver": 2, "privacy_officer": 3, "admin": 4}


def permissions_of(roles: Collection[str]) -> frozenset[str]:
    """What somebody with these roles may do; a role that this version does not know gives nothing."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))


def rank_of(roles: Collection[str]) -> int:
    """The highest of them; nobody grants or takes what lies above it."""
    return max((RANK.get(role, 0) for role in roles), default=0)
