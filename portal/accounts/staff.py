"""Who works for a company: added by an operator, given roles, taken away. Rights are read anew at each request.

Must never let anybody change their own roles or grant above themselves (K6), nor lose a removal to a restored backup.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.model import CompanyRow, StaffRow
from portal.accounts.roles import ROLES, permissions_of, rank_of
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.core.journal import JournalKind, note_for_journal

EMAIL = "email"
LONGEST_NAME = 80


class UnknownRole(PortalError):
    """A role was named that does not exist, or none at all."""


class StaffExists(PortalError):
    """The address belongs to a live member of staff already."""


class NoSuchStaff(PortalError):
    """The company has no live member of staff of that id or address."""


class NameMissing(PortalError):
    """Colleagues see who has a case by a name; it has to stand there."""


class OwnRoles(PortalError):
    """Nobody changes what they themselves may do."""


class AboveOwnRole(PortalError):
    """A role above one's own was to be given or taken."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A live member of staff. `public_id` may be shown and logged; name and address are for colleagues alone."""

    id: int
    public_id: str
    name: str = field(repr=False)
    address: str = field(repr=False)
    roles: frozenset[str]
    since: datetime

    @property
    def actor(self) -> str:
        """How audit entries and rows name them."""
        return actor_of(self.public_id)

    def may(self, permission: str) -> bool:
        """Whether one of their roles gives that right."""
        return permission in permissions_of(self.roles)


def actor_of(public_id: str) -> str:
    """The name of a member of staff in audit entries."""
    return f"staff:{public_id}"


def add_staff(db: Session, *, address: str, name: str, roles: Collection[str], by: str) -> Staff:
    """A new member of staff. `address` is in normal form. Raises `UnknownRole`, `NameMissing` or `StaffExists`."""
    _check_roles(roles)
    if not name.strip():
        raise NameMissing("Say by which name colleagues know them.")
    # Of two presses at once the second sees what the first one made: with two rows, whoever is removed could still come in by the other.
    db.execute(select(CompanyRow.id).where(CompanyRow.id == company_of(db)).with_for_update(key_share=True))
    if staff_at(db, address) is not None:
        raise StaffExists("This address belongs to a member of staff already. `portal staff role` changes what they may do.")
    key_id = crypto.keys().newest("hash")[0]
    row = StaffRow(
        public_id=crypto.random_public_id().replace("-", "").lower(), name=name.strip()[:LONGEST_NAME], address=address,
        address_hash=_hash(db, address, key_id), address_hash_key_id=key_id, roles=sorted(set(roles)), created_at=clock.now(),
        created_by=by[:40],
    )  # fmt: skip
    db.add(row)
    db.flush()
    record_audit(db, actor=by[:40], act="staff.added", target=f"staff:{row.public_id}", roles=" ".join(row.roles))
    return _staff(row)


def staff_at(db: Session, address: str) -> Staff | None:
    """The live member of staff with this address (normal form), whichever hash key it was stored under."""
    hashes = [_hash(db, address, key_id) for key_id in crypto.keys().ids("hash")]
    row = db.scalar(select(StaffRow).where(StaffRow.address_hash.in_(hashes), StaffRow.removed_at.is_(None)))
    return _staff(row) if row else None


def staff_of_subject(db: Session, subject: bytes) -> Staff | None:
    """The live member of staff whom this account of the company's own sign-in service is bound to."""
    row = db.scalar(select(StaffRow).where(StaffRow.subject_hash == subject, StaffRow.removed_at.is_(None)))
    return _staff(row) if row else None


def unbound_staff(db: Session) -> Sequence[int]:
    """Ids of live staff who have no such account yet."""
    return db.scalars(select(StaffRow.id).where(StaffRow.removed_at.is_(None), StaffRow.subject_hash.is_(None))).all()


def bind_subject(db: Session, staff_id: int, subject: bytes) -> Staff | None:
    """From now on this account is theirs, and no other. None where they have one, or are gone."""
    query = select(StaffRow).where(StaffRow.id == staff_id, StaffRow.removed_at.is_(None), StaffRow.subject_hash.is_(None))
    row = db.scalar(query.with_for_update())
    if row is None:
        return None
    row.subject_hash = subject
    record_audit(db, actor=actor_of(row.public_id), act="staff.account_bound", target=f"staff:{row.public_id}")
    db.flush()
    return _staff(row)


def staff_by_id(db: Session, staff_id: int) -> Staff | None:
    """The live member of staff of that row, with what they may do now."""
    row = db.scalar(select(StaffRow).where(StaffRow.id == staff_id, StaffRow.removed_at.is_(None)))
    return _staff(row) if row else None


def staff_of(db: Session) -> Sequence[Staff]:
    """All live staff of the session's company, who came first first."""
    rows = db.scalars(select(StaffRow).where(StaffRow.removed_at.is_(None)).order_by(StaffRow.id))
    return [_staff(row) for row in rows]


def names_of(db: Session) -> dict[str, str]:
    """Names by actor, of those who have gone as well: for pages that colleagues read."""
    return {actor_of(row.public_id): row.name for row in db.scalars(select(StaffRow))}


def set_roles(db: Session, public_id: str, roles: Collection[str], *, by: str, granter: Staff | None = None) -> Staff:
    """Give exactly these roles. `granter` is the colleague who does it; None: an operator at the machine.

    Raises `NoSuchStaff`, `UnknownRole`, `OwnRoles` or `AboveOwnRole`, and then nothing is written.
    """
    _check_roles(roles)
    row = _live(db, public_id)
    _may_grant(granter, row, roles)
    before = " ".join(row.roles)
    row.roles = sorted(set(roles))
    record_audit(db, actor=by[:40], act="staff.roles", target=f"staff:{row.public_id}", roles=" ".join(row.roles), before=before)
    _note(db, row)
    db.flush()
    return _staff(row)


def remove_staff(db: Session, public_id: str, *, by: str, granter: Staff | None = None) -> Staff:
    """From the next request on they may do nothing. Raises `NoSuchStaff`, `OwnRoles` or `AboveOwnRole`."""
    row = _live(db, public_id)
    _may_grant(granter, row, ())
    # Who comes back later is added anew, and may bring the same account.
    row.removed_at, row.subject_hash = clock.now(), None
    record_audit(db, actor=by[:40], act="staff.removed", target=f"staff:{row.public_id}")
    _note(db, row)
    db.flush()
    return _staff(row)


def restore_staff(db: Session, public_id: str, roles: Collection[str], *, at: datetime) -> bool:
    """Take again what a restored backup gave back: only roles that they had then, and all where they were removed."""
    row = db.scalar(select(StaffRow).where(StaffRow.public_id == public_id, StaffRow.removed_at.is_(None)))
    if row is None:
        return False
    left = sorted(set(row.roles) & set(roles))
    if roles and left == sorted(row.roles):
        return False
    row.roles = left
    if not roles:
        row.removed_at, row.subject_hash = at, None
    db.flush()
    return True


def _note(db: Session, row: StaffRow) -> None:
    left = [] if row.removed_at else row.roles
    note_for_journal(db, JournalKind.REVOCATION, {"staff": row.public_id, "roles": left, "at": clock.now().isoformat()})


def _may_grant(granter: Staff | None, row: StaffRow, roles: Collection[str]) -> None:
    if granter is None:
        return
    if granter.id == row.id:
        raise OwnRoles("Nobody changes their own roles. A colleague or an operator does it.")
    if rank_of([*row.roles, *roles]) > rank_of(granter.roles):
        raise AboveOwnRole("A role above your own can be given and taken only by who has it.")


def _check_roles(roles: Collection[str]) -> None:
    if not roles or set(roles) - ROLES.keys():
        raise UnknownRole(f"Staff need a role out of these: {', '.join(ROLES)}.")


def _live(db: Session, public_id: str) -> StaffRow:
    row = db.scalar(select(StaffRow).where(StaffRow.public_id == public_id[:12], StaffRow.removed_at.is_(None)).with_for_update())
    if row is None:
        raise NoSuchStaff("There is no member of staff of that id. `portal staff list` shows them.")
    return row


def _hash(db: Session, address: str, key_id: str) -> bytes:
    return crypto.identifier_hash(registry.key_of(company_of(db)), EMAIL, address, key_id)


def _staff(row: StaffRow) -> Staff:
    return Staff(row.id, row.public_id, row.name, row.address, frozenset(row.roles), row.created_at)
