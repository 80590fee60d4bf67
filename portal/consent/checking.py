"""May this identifier be written to? The hot read of the company's systems: one identifier or a crowd, in a handful of statements.

Must never tell an erased identifier from a suppressed one, nor an unknown one from one that never answered.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Company
from portal.consent import basis
from portal.consent.basis import may_use
from portal.consent.merge import UNSET, Level, State
from portal.consent.model import ConsentState
from portal.consent.states import read_state
from portal.consent.words import ANSWERS
from portal.core import clock
from portal.core.db import company_of
from portal.people.crowds import crowd_of
from portal.people.service import Identifier

_STATE = cast(Table, ConsentState.__table__).c
_STATES = select(*_STATE).where(
    _STATE.company_id == bindparam("company"), _STATE.topic == "", _STATE.person_id.in_(bindparam("people", expanding=True))
)

Asked = tuple[str, str]
"""A purpose and a channel."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one purpose may use one channel, the row of the table of bases that decided, and since when that stands.

    `topics` are the ones that were chosen (None: all). A suppressed and an erased identifier answer alike, without a moment.
    """

    purpose: str
    channel: str
    allowed: bool
    row: str
    since: datetime | None = None
    topics: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known under one identifier."""

    states: Mapping[Asked, State]
    suppressed: Collection[Asked]
    erased_at: datetime | None
    joined_at: datetime | None = None

    def state(self, choice: Asked) -> State:
        """What the choice says for this identifier: a yes from before it was put to its person is not for it."""
        state = self.states.get(choice, UNSET)
        spread = self.joined_at is not None and state.spoken > Level.OPEN and (state.since or self.joined_at) <= self.joined_at
        return replace(state, said=None, since=None) if spread else state


NOBODY = _Known({}, frozenset(), None)


def choices_to_check(company: Company, purposes: Collection[str] = (), channels: Collection[str] = ()) -> list[Asked]:
    """Every purpose and channel of the company, or those of them that are named."""
    return [
        (key, channel)
        for key, purpose in company.purposes.items()
        if not purposes or key in purposes
        for channel in purpose.channels
        if not channels or channel in channels
    ]


def check(db: Session, identifiers: Sequence[Identifier], asked: Sequence[Asked]) -> list[list[Verdict]]:
    """For each identifier (in normal form; at most a few thousand) the verdicts on `asked`, in the same order. Four statements."""
    company = registry.company(company_of(db))
    known = _read(db, identifiers)
    rule = Rule(company, clock.now())
    return [[_verdict(rule, known.get(one, NOBODY), choice) for choice in asked] for one in identifiers]


def suppressed_among(db: Session, identifiers: Sequence[Identifier], asked: Sequence[Asked]) -> list[bool]:
    """For importers: whether each may not be written to for any of `asked` because it was suppressed or erased. Nothing else is said."""
    known = _read(db, identifiers)
    return [any(_is_shut(known.get(one, NOBODY), choice) for choice in asked) for one in identifiers]


def _is_shut(known: _Known, choice: Asked) -> bool:
    """Suppressed for this choice, or erased, with no newer answer of its own."""
    if choice in known.suppressed:
        return True
    state = known.state(choice)
    return known.erased_at is not None and not (
        state.said in ANSWERS and state.since is not None and state.since > known.erased_at
    )


def _verdict(rule: "Rule", known: _Known, choice: Asked) -> Verdict:
    return rule.decide(choice, known.state(choice), shut=_is_shut(known, choice))


class Rule:
    """The table of bases, for one company at one moment."""

    def __init__(self, company: Company, at: datetime) -> None:
        self._company, self._at, self._zone = company, at, ZoneInfo(company.time_zone)

    def decide(self, choice: Asked, state: State, *, shut: bool = False) -> Verdict:
        """One answer. `shut`: the identifier was suppressed for it or erased, with no newer answer of its own."""
        purpose = self._company.purposes[choice[0]]
        if purpose.basis not in basis.NO_CHOICE and shut:
            return Verdict(*choice, allowed=False, row=basis.Row.SUPPRESSED.value)
        legacy = purpose.accept_legacy_until
        answer = may_use(purpose.basis, state, self._at, accept_legacy_until=legacy, time_zone=self._zone)
        topics = None if state.topics is None else tuple(sorted(state.topics))
        return Verdict(*choice, allowed=answer.allowed, row=answer.row.value, since=state.since, topics=topics)


def _read(db: Session, identifiers: Sequence[Identifier]) -> dict[Identifier, _Known]:
    """What is known of those of whom anything is."""
    crowd = crowd_of(db, identifiers)
    states: dict[int, dict[Asked, State]] = defaultdict(dict)
    if crowd.people:
        whose = {"company": company_of(db), "people": list(set(crowd.people.values()))}
        for found in db.connection().execute(_STATES, whose):
            states[found.person_id][found.purpose, found.channel] = read_state(found)
    return {
        one: _Known(
            states.get(crowd.people.get(one, -1), {}),
            crowd.suppressed.get(one, frozenset()),
            crowd.erased_at.get(one),
            crowd.joined_at.get(one),
        )
        for one in {*crowd.people, *crowd.suppressed, *crowd.erased_at}
    }
