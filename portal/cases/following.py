"""What agents asked for a number that nobody was known by follows it to whoever shows that it is theirs: nobody stands in their way by asking.

Must never take along anything that somebody did themselves, nor raise a choice.
"""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.cases.acting_model import ActingRequest
from portal.cases.model import Case
from portal.cases.right_words import BY_AGENT
from portal.cases.rights import key_of_open
from portal.cases.workflow import RIGHT
from portal.consent import joining
from portal.consent.ledger import events_of
from portal.consent.waiting import open_row
from portal.consent.words import Actor
from portal.engine.model import Step
from portal.people.service import is_blank

_MAY_HANG = joining.OF_CONSENT | {"case"}


def is_all_by_agents(db: Session, person_id: int) -> bool:
    """Whether nothing hangs on a person but what agents asked for them: they were never here themselves."""
    own = select(Case.id).filter_by(person_id=person_id).where(~Case.source.startswith(BY_AGENT))
    return (
        is_blank(db, person_id, besides=_MAY_HANG)
        and db.scalar(own.limit(1)) is None
        and open_row(db, person_id) is None
        and all(event.actor is Actor.AGENT for event in events_of(db, person_id))
    )


def let_it_follow(db: Session, before: int, to: int, *, point: str) -> None:
    """All of it is of `to` from now on, with what `before` was known by; what was stopped holds for `to`, too. Raises as `joining.join`."""
    for case in db.scalars(select(Case).filter_by(person_id=before).order_by(Case.id)).all():
        key = key_of_open(to, case.kind) if case.open_key is not None else None
        taken = key is not None and db.scalar(select(Case.id).filter_by(open_key=key)) is not None
        case.person_id, case.open_key = to, None if taken else key
        db.execute(update(Step).where(Step.act == RIGHT, Step.subject_id == case.id).values(person_id=to))
    db.execute(update(ActingRequest).where(ActingRequest.person_id == before).values(person_id=to))
    db.flush()
    joining.join(db, to, before, point=point, told_by="")
