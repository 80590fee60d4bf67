"""Drop mails and webhook messages whose retention is over. What is still to be sent is never dropped."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.config.model import Company
from portal.core import clock
from portal.core.durations import length_of
from portal.outbox.model import Mail
from portal.outbox.webhook_model import WebhookMessage


def prune_mails(db: Session, company: Company) -> int:
    """Delete the session's company's mails and webhook messages that ended longer ago than `retention.mails`; returns how many."""
    before = clock.now() - length_of(company.retention.mails)
    gone = 0
    for table in (Mail, WebhookMessage):
        statement = delete(table).where(table.ended_at < before).returning(table.id)
        gone += len(db.scalars(statement.execution_options(synchronize_session=False)).all())
    return gone
