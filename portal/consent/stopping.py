"""Say no to many choices at once, and take exactly that back. For erasures and for "only stop marketing".

Must never ask for proof, and never take back more than it did itself.
"""

from collections.abc import Collection, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Basis, Company
from portal.consent.chains import events_of
from portal.consent.events import Choice
from portal.consent.ledger import NothingToUndo, append_event
from portal.consent.merge import UNSET, Level, State
from portal.consent.model import ConsentState
from portal.consent.states import read_state
from portal.consent.words import Act, Actor
from portal.core.db import company_of

ASKS_NOTHING = frozenset({Basis.CONTRACT, Basis.LEGAL_DUTY})
ALLOWED_UNTIL_NO = frozenset({Basis.LEGITIMATE_INTEREST, Basis.SOFT_OPT_IN, Basis.SALE_OR_SHARING})


def stop_choices(
    db: Session,
    person_id: int,
    *,
    collection_point: str,
    marketing_only: bool = False,
    actor: Actor = Actor.PERSON,
    language: str | None = None,
) -> list[int]:
    """Lower every choice that the company could still use (or only those of marketing); returns the events' sequences."""
    company = registry.company(company_of(db))
    states = {
        Choice(row.purpose, row.channel, row.topic): read_state(row)
        for row in db.scalars(select(ConsentState).filter_by(person_id=person_id))
    }
    stopped = []
    for choice in _choices(company, states):
        purpose = company.purposes.get(choice.purpose)
        if marketing_only and not (purpose and purpose.marketing):
            continue
        act = _no_to(states.get(choice, UNSET), purpose.basis if purpose else Basis.CONSENT)
        if act is not None:
            event = append_event(
                db, person_id, purpose=choice.purpose, channel=choice.channel, topic=choice.topic, act=act, actor=actor,
                collection_point=collection_point, language=language,
            )  # fmt: skip
            stopped.append(event.sequence)
    return stopped


def take_back(db: Session, person_id: int, sequences: Collection[int], *, collection_point: str) -> int:
    """Undo these events where nothing newer was chosen since: the person's own act, and no raise. Returns how many."""
    undone = 0
    named = set(sequences)
    for event in [one for one in events_of(db, person_id) if one.sequence in named] if named else ():
        choice = event.choice
        try:
            append_event(
                db, person_id, purpose=choice.purpose, channel=choice.channel, topic=choice.topic, act=Act.UNDONE,
                actor=Actor.PERSON, collection_point=collection_point, undoes=event.sequence,
            )  # fmt: skip
        except NothingToUndo:
            continue
        undone += 1
    return undone


def _choices(company: Company, states: Collection[Choice]) -> Iterator[Choice]:
    """Everything that is asked, and what was once answered though it is no longer asked."""
    asked = [Choice(key, channel) for key, purpose in company.purposes.items() for channel in purpose.channels]
    yield from dict.fromkeys([*asked, *sorted(states, key=lambda one: (one.purpose, one.channel, one.topic))])


def _no_to(state: State, basis: Basis) -> Act | None:
    """The act that stops a choice, or None where there is nothing to stop."""
    if basis in ASKS_NOTHING or (state.spoken is Level.STOPPED and not state.pending):
        return None
    if state.said is not None and state.spoken > Level.OPEN:
        return Act.WITHDRAWN if basis not in ALLOWED_UNTIL_NO else Act.OBJECTED
    if basis in ALLOWED_UNTIL_NO:
        return Act.OBJECTED
    return Act.REFUSED if state.pending else None
