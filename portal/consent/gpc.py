"""Global Privacy Control: a browser asks not to sell or share, and that counts like the person's own no.

Must never raise anything, and never lower what the person allowed in that very session while the conflict was shown to them.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Basis, Company
from portal.consent.chains import open_key, read_events, wrapped_key_of
from portal.consent.events import Choice, Evidence
from portal.consent.ledger import Book
from portal.consent.merge import UNSET, State
from portal.consent.model import ConsentState
from portal.consent.states import read_state
from portal.consent.words import STOPS, Act, Actor
from portal.core.db import company_of

SIGNAL = "1"

SHOWN = "signal_shown_in_session"
"""The evidence of a choice that was made while the page said that the browser asks otherwise: the id of the session."""

HERE = "site:signal"
"""The collection point of what the signal did."""


def is_signal(values: Iterable[str]) -> bool:
    """Does any of the header's fields (a server may have joined them by commas) say exactly 1? (W3C GPC, "The Sec-GPC Header Field")"""
    return any(part.strip(" \t") == SIGNAL for value in values for part in value.split(","))


def conflict_shown(session_id: int) -> Evidence:
    """The evidence of a yes that was given although the browser says no, on a page that said so."""
    return {SHOWN: session_id}


def is_lowered(state: State, evidence: Evidence | None, *, session_id: int | None) -> bool:
    """Does the signal of a session lower a choice that stands like this, decided with that evidence?"""
    if state.said in STOPS:
        return False
    knew = session_id is not None and evidence is not None and evidence.get(SHOWN) == session_id
    kept = state.said is Act.GIVEN and knew
    return not kept


def sold_choices(company: Company) -> list[Choice]:
    """The choices about selling or sharing; none where the signal does not concern the company."""
    return [
        Choice(key, channel)
        for key, purpose in company.purposes.items()
        if purpose.basis is Basis.SALE_OR_SHARING
        for channel in purpose.channels
    ]


def due_choices(db: Session, person_id: int, *, session_id: int | None) -> list[Choice]:
    """The choices about selling or sharing that a signal of that session would lower now; without one, no yes is spared."""
    asked = sold_choices(registry.company(company_of(db)))
    if not asked:
        return []
    query = select(ConsentState).where(
        ConsentState.person_id == person_id, ConsentState.purpose.in_({choice.purpose for choice in asked})
    )
    rows = db.scalars(query.execution_options(populate_existing=True))
    states = {Choice(row.purpose, row.channel, row.topic): read_state(row) for row in rows}
    evidence = _evidence_of(db, person_id, states)
    every = [*asked, *(choice for choice in states if choice.topic and Choice(choice.purpose, choice.channel) in asked)]
    return [one for one in every if is_lowered(states.get(one, UNSET), evidence.get(one), session_id=session_id)]


def apply_signal(
    db: Session, person_id: int, *, language: str, session_id: int | None, collection_point: str = HERE
) -> tuple[Choice, ...]:
    """Note the signal of a person's session, or of who pressed the button of their link; returns the choices that it lowered.

    None, where it was noted before.
    """
    wrapped_key_of(db, person_id, lock=True)
    lowered = due_choices(db, person_id, session_id=session_id)
    if not lowered:
        return ()
    book = Book(db, person_id)
    for choice in lowered:
        book.append(choice, Act.OBJECTED, actor=Actor.SIGNAL, collection_point=collection_point, language=language)
    return tuple(lowered)


def _evidence_of(db: Session, person_id: int, states: Mapping[Choice, State]) -> dict[Choice, Evidence | None]:
    """What each yes was decided with."""
    given = {state.sequence: choice for choice, state in states.items() if state.said is Act.GIVEN and state.sequence}
    if not given:
        return {}
    key = open_key(wrapped_key_of(db, person_id), has_events=True)
    return {given[event.sequence]: event.evidence for event in read_events(db, person_id, key, given.keys())}
