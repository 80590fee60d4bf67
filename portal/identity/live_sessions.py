"""What customers' and staff's sessions share: when one is alive, and how it ends.

Must never call alive what was ended, is past its end, or was not seen for too long.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.identity.model import SessionRow
from portal.identity.staff_model import StaffSession

Kind = type[SessionRow] | type[StaffSession]


def is_live(kind: Kind, now: datetime, *, idle: timedelta) -> ColumnElement[bool]:
    """Of a row of that kind: it is alive at `now`."""
    return and_(kind.ended_at.is_(None), kind.ends_at > now, kind.last_seen_at > now - idle)


def end_live(db: Session, kind: Kind, *conditions: ColumnElement[bool], idle: timedelta) -> int:
    """End the live ones that meet all conditions; returns how many."""
    now = clock.now()
    ended = db.scalars(
        update(kind)
        .where(*conditions, is_live(kind, now, idle=idle))
        .values(ended_at=now)
        .returning(kind.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())
