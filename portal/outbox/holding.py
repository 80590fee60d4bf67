"""After a restore, what lies in the outbox may have left before: it is held until someone has looked."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from portal.core import clock
from portal.outbox.model import Mail, MailState
from portal.outbox.webhook_model import DeliveryState, WebhookMessage

REASON = "restored"
_WAITING = (DeliveryState.WAITING, DeliveryState.SENDING)


def hold_outbox(db: Session) -> int:
    """Hold every mail and webhook message of the session's company that has not left by the database's word; returns how many."""
    mails = update(Mail).where(Mail.state.in_((MailState.QUEUED, MailState.SENDING)))
    webhooks = update(WebhookMessage).where(WebhookMessage.state.in_(_WAITING))
    return _count(
        db,
        mails.values(state=MailState.HELD, error=REASON, lease_owner=None, lease_until=None, fence=Mail.fence + 1).returning(
            Mail.id
        ),
        webhooks.values(
            state=DeliveryState.DEAD, failure=REASON, lease_until=None, fence=WebhookMessage.fence + 1, ended_at=clock.now()
        ).returning(WebhookMessage.id),
    )


def held_mails(db: Session) -> list[tuple[str, int]]:
    """What is held, by template and count."""
    found: dict[str, int] = {}
    for template in db.scalars(select(Mail.template).where(Mail.state == MailState.HELD, Mail.error == REASON)):
        found[template] = found.get(template, 0) + 1
    return sorted(found.items())


def release_outbox(db: Session, *, drop: bool) -> int:
    """Let go of what is held: it is sent now, or (`drop`) never; returns how many."""
    now = clock.now()
    mails = update(Mail).where(Mail.state == MailState.HELD, Mail.error == REASON)
    webhooks = update(WebhookMessage).where(WebhookMessage.state == DeliveryState.DEAD, WebhookMessage.failure == REASON)
    if drop:
        empty = {"recipient": None, "subject": None, "text": None, "html": None}
        return _count(
            db,
            mails.values(state=MailState.FAILED, error="dropped", ended_at=now, **empty).returning(Mail.id),
            webhooks.values(failure="dropped").returning(WebhookMessage.id),
        )
    return _count(
        db,
        mails.values(state=MailState.QUEUED, error=None, next_at=now).returning(Mail.id),
        webhooks.values(state=DeliveryState.WAITING, failure=None, next_at=now, ended_at=None).returning(WebhookMessage.id),
    )


def _count(db: Session, *statements: ReturningUpdate[tuple[int]]) -> int:
    return sum(len(db.execute(one.execution_options(synchronize_session=False)).all()) for one in statements)
