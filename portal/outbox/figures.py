"""How mails fared lately: counts by state, and by kind of mail where some did not go. Must never name who got one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.outbox.model import Mail, MailState


@dataclass(frozen=True, slots=True)
class MailFigures:
    """Mails queued since a moment. `waiting` may still go; `failed` were given up; `held` wait for somebody to look."""

    sent: int
    waiting: int
    failed: int
    held: int
    worst: Sequence[tuple[str, int]]


def mail_figures(db: Session, *, since: datetime) -> MailFigures:
    """Counts of the company's mails; `worst` are kinds of which some failed, most first."""
    rows = db.execute(select(Mail.state, func.count()).where(Mail.queued_at >= since).group_by(Mail.state))
    by_state = {MailState(state): int(count) for state, count in rows}
    failed = (
        select(Mail.template, func.count())
        .where(Mail.queued_at >= since, Mail.state.in_((MailState.FAILED, MailState.HELD)))
        .group_by(Mail.template)
        .order_by(func.count().desc(), Mail.template)
    )
    return MailFigures(
        by_state.get(MailState.SENT, 0) + by_state.get(MailState.SHOWN, 0),
        by_state.get(MailState.QUEUED, 0) + by_state.get(MailState.SENDING, 0),
        by_state.get(MailState.FAILED, 0),
        by_state.get(MailState.HELD, 0),
        [(template, int(count)) for template, count in db.execute(failed.limit(5))],
    )
