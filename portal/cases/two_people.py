"""Which acts two people decide, and who counts as the second.

Must never take one person for two, nor let what was addressed lately be handed out on one person's word.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.model import Case
from portal.cases.proposal_model import Act
from portal.core import clock
from portal.core.errors import PortalError
from portal.people.model import PersonIdentifier
from portal.people.service import EMAIL

NEW_ADDRESS = timedelta(days=30)
"""How long an address that was put to a known person counts as new: a thief would move it first, and ask then."""


class SecondPersonNeeded(PortalError):
    """Two people decide this, and there is only one."""


def needs_two(db: Session, case: Case, act: Act, *, by_law: bool = False) -> bool:
    """Whether this act needs a second person in this case. `by_law`: the law puts the burden of proof on the company."""
    if act is Act.HOLD or by_law or act.value in registry.company(case.company_id).two_people:
        return True
    if case.suspected_at is not None and act in (Act.RELEASE, Act.REFUSE):
        return True
    return act is Act.RELEASE and has_new_address(db, case)


def has_new_address(db: Session, case: Case) -> bool:
    """Whether an address came to the person of this case within the last 30 days, by a change or beside another."""
    if case.person_id is None:
        return False
    since = clock.now() - NEW_ADDRESS
    rows = select(PersonIdentifier.id).filter_by(person_id=case.person_id, kind=EMAIL)
    return db.scalar(rows.where(PersonIdentifier.joined_at > since).limit(1)) is not None


def check_second(actor: str, second: str) -> None:
    """Raises `SecondPersonNeeded` where nobody, or the same one twice, is named."""
    if not second.strip() or second.strip() == actor.strip():
        raise SecondPersonNeeded("Two people decide this. Name the second one, who is not the first.")
