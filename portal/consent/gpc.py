"""Global Privacy Control: a browser's `Sec-GPC: 1` is the person's no to sale and sharing, wherever the law lets a company ask for a no.

Must never raise, never speak for anyone who is not signed in, and never override what was agreed to while the conflict was shown.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Basis
from portal.consent.events import Choice, Event, Evidence
from portal.consent.ledger import append_event, open_key, read_events, wrapped_key_of
from portal.consent.merge import UNSET, State
from portal.consent.model import ConsentState
from portal.consent.states import read_state
from portal.consent.words import STOPS, Act, Actor
from portal.core.db import company_of

SIGNAL = "1"
POINT = "signal:gpc"
SHOWN_IN = "gpc_shown_in"
"""The key of the evidence that says in which session the conflict was on the page when the yes was given."""


def is_signal(values: Iterable[str]) -> bool:
    """Does any of the header's fields (a server may have joined them by commas) say exactly 1? (W3C GPC, "The Sec-GPC Header Field")"""
    return any(part.strip(" \t") == SIGNAL for value in values for part in value.split(","))


def conflict_shown(session: str) -> Evidence:
    """The evidence of a yes that was given although the browser says no, on a page that said so. `session`: its public number."""
    return {SHOWN_IN: session}


def overrides(state: State, evidence: Evidence | None, session: str | None) -> bool:
    """Does the signal of that session lower a choice of sale or sharing? Pure.

    A stop needs none; a yes of this session outlives it only where the conflict was shown when it was given.
    """
    if state.said in STOPS and not state.pending:
        return False
    knew = session is not None and evidence is not None and evidence.get(SHOWN_IN) == session
    return not (state.said is Act.GIVEN and knew)


def apply_signal(db: Session, person_id: int, *, language: str, session: str | None = None) -> tuple[Choice, ...]:
    """Object, for the person who is signed in, to every sale and sharing that the signal overrides; returns what was lowered.

    `session` is the number of the browser's session; without it no yes outlives the signal. Writes nothing where nothing changes.
    """
    company = registry.company(company_of(db))
    asked = [
        Choice(key, channel)
        for key, purpose in company.purposes.items()
        if purpose.basis is Basis.SALE_OR_SHARING
        for channel in purpose.channels
    ]
    if not asked:
        return ()
    rows = db.scalars(select(ConsentState).filter_by(person_id=person_id, topic="")).all()
    states = {Choice(row.purpose, row.channel): read_state(row) for row in rows}
    given = _events(db, person_id, [state for choice, state in states.items() if choice in asked])
    lowered = []
    for choice in asked:
        state = states.get(choice, UNSET)
        event = given.get(state.sequence or 0)
        if overrides(state, event.evidence if event else None, session):
            append_event(
                db, person_id, purpose=choice.purpose, channel=choice.channel, act=Act.OBJECTED, actor=Actor.SIGNAL,
                collection_point=POINT, language=language,
            )  # fmt: skip
            lowered.append(choice)
    return tuple(lowered)


def _events(db: Session, person_id: int, states: list[State]) -> dict[int, Event]:
    """The yeses that may outlive the signal, open."""
    sequences = [state.sequence for state in states if state.said is Act.GIVEN and state.sequence is not None]
    if not sequences:
        return {}
    key = open_key(wrapped_key_of(db, person_id), has_events=True)
    return {event.sequence: event for event in read_events(db, person_id, key, sequences)}
