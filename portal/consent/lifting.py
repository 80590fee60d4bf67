"""What a person's own act does to the stops of those who opted out without signing in.

Must never lift one for anybody but the person themself, nor leave one lifted when the yes that lifted it is taken back.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from portal.consent.events import Event
from portal.consent.words import STOPS, Act
from portal.people.suppressions import lift_suppressions, renew_suppressions

SAME_ACT = timedelta(minutes=1)
"""A suppression noted this shortly before a no was noted with it."""


def bring_suppressions_along(db: Session, event: Event, undone: Event | None, whose: Sequence[bytes]) -> None:
    """The person's yes lifts what was noted before it; taking it back puts that in force again; taking back a no lifts what came with it.

    `whose` are the hashes of their identifiers. `undone` is the event that `event` takes back, if it takes one back.
    """
    at, purpose, channel = event.received_at, event.choice.purpose, event.choice.channel
    if event.act is Act.GIVEN:
        lift_suppressions(db, whose, purpose=purpose, channel=channel, until=event.happened_at, at=at)
    elif undone is not None and undone.act is Act.GIVEN:
        renew_suppressions(db, whose, purpose=purpose, channel=channel, lifted_at=undone.received_at)
    elif undone is not None and undone.act in STOPS:
        lift_suppressions(db, whose, purpose=purpose, channel=channel, since=undone.received_at - SAME_ACT, until=at, at=at)
