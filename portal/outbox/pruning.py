"""Drop mails whose retention is over. What is still to be sent is never dropped."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.config.model import Company
from portal.core import clock
from portal.core.durations import length_of
from portal.outbox.model import Mail


def prune_mails(db: Session, company: Company) -> int:
    """Delete the session's company's mails that ended longer ago than its `retention.mails`; returns how many."""
    before = clock.now() - length_of(company.retention.mails)
    gone = db.scalars(delete(Mail).where(Mail.ended_at < before).returning(Mail.id).execution_options(synchronize_session=False))
    return len(gone.all())
