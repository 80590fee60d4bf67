"""Bring choices to the systems that act on them: what is asked for with each act, and how far each system has got.

Must never miss an act (the ledger itself asks for it, in its transaction), and never say that a system has what it did not confirm.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import cast

from sqlalchemy import Table, and_, bindparam, case, or_, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.opening import open_system, place_of
from portal.config.model import Company
from portal.config.once import once_a_configuration
from portal.consent.delivery_model import ConsentDelivery
from portal.consent.events import Choice
from portal.core import clock, crypto
from portal.core.bulk import add_rows, next_ids
from portal.core.db import company_of
from portal.core.documents import DocumentError
from portal.core.fixed import Fixed, several
from portal.core.inserting import insert_into
from portal.engine.model import Step, StepState
from portal.engine.service import add_first_steps, ask_for_steps
from portal.people.service import Identifier, hashes_of

WRITE = "consent.write"
"""The act of the engine: one choice of one person to one system. Its subject is the row of `consent_delivery`, its part the round."""

NOT_TAKEN = "not_taken"
"""The system said that it had written a choice, and read back it had not."""


_ROWS, _STEPS = cast(Table, ConsentDelivery.__table__), cast(Table, Step.__table__)


class Reached(StrEnum):
    """How far a choice has got. `nobody`: the system has no record to write it to. `failed`: it is tried again; `parked`: someone looks."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    NOBODY = "nobody"
    FAILED = "failed"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class SystemStanding:
    """One choice at one system (its key in `portal.yaml`). `at`: when it confirmed; `next_try`: when it is asked again, after a failure."""

    choice: Choice
    system: str
    reached: Reached
    at: datetime | None = None
    next_try: datetime | None = None


def queue_delivery(db: Session, person_id: int, choice: Choice) -> None:
    """Ask for the choice to be brought to every system that keeps it, in the caller's transaction. What was asked before and has not
    begun is taken back: whatever runs writes the choice as it then stands.
    """
    _queue(db, choice, {"person_id": person_id})


def queue_first_deliveries(db: Session, whose: Sequence[tuple[int, Choice]]) -> None:
    """The same for many choices at once, none of which was ever on its way to a system."""
    company_id, now = company_of(db), clock.microseconds(clock.now())
    wanted: dict[str, list[tuple[int, Choice]]] = defaultdict(list)
    keeps = {choice: systems_that_keep(company_id, choice) for choice in {choice for _person, choice in whose}}
    for person_id, choice in whose:
        for system in keeps[choice]:
            wanted[system].append((person_id, choice))
    names = "id company_id system rounds wanted person_id purpose channel topic".split()
    for system, asked in wanted.items():
        ids = list(next_ids(db, _ROWS, len(asked)))
        rows = [
            (id_, company_id, system, 1, now, person_id, choice.purpose, choice.channel, choice.topic)
            for id_, (person_id, choice) in zip(ids, asked, strict=True)
        ]
        add_rows(db, _ROWS, names, rows)
        add_first_steps(db, act=WRITE, system=system, subject_ids=ids)


def queue_suppression(db: Session, identifier: Identifier, *, purpose: str, channel: str) -> None:
    """The same for an address that opted out (`suppress` said so, in this transaction) and belongs to no known person.

    It is kept, sealed, until every system has it.
    """
    company_id = company_of(db)
    key_id = crypto.keys().newest("hash")[0]
    whose = {
        "kind": identifier.kind,
        "value": identifier.value,
        "identifier_hash": hashes_of(company_id, identifier)[key_id],
        "hash_key_id": key_id,
    }
    _queue(db, Choice(purpose, channel), whose)


def standing_of(db: Session, person_id: int) -> list[SystemStanding]:
    """How far each of the person's choices has got at each system, in the order of `portal.yaml`."""
    newest = and_(Step.act == WRITE, Step.subject_id == ConsentDelivery.id, Step.part == ConsentDelivery.rounds)
    query = select(ConsentDelivery, Step).outerjoin(Step, newest).where(ConsentDelivery.person_id == person_id)
    order = list(registry.company(company_of(db)).systems)
    found = [_standing(row, step) for row, step in db.execute(query.execution_options(populate_existing=True))]
    return sorted(found, key=lambda one: (one.choice.purpose, one.choice.channel, one.choice.topic, _place(order, one.system)))


def systems_that_keep(company_id: int, choice: Choice) -> list[str]:
    """Keys of the company's systems that keep this choice."""
    return _that_keep(registry.company(company_id), company_id, choice)


def ask_again(db: Session, row_id: int, *, run_at: datetime | None = None) -> None:
    """Another round for a row, in the caller's transaction: something may have been overwritten, or will change by itself at `run_at`."""
    again = update(ConsentDelivery).where(ConsentDelivery.id == row_id).values(rounds=ConsentDelivery.rounds + 1)
    row = db.execute(again.returning(ConsentDelivery.system, ConsentDelivery.rounds)).one_or_none()
    if row is not None:
        _ask(db, [(row.system, row_id, row.rounds)], run_at=run_at)


@once_a_configuration
def _that_keep(company: Company, company_id: int, choice: Choice) -> list[str]:
    return [key for key in company.systems if _keeps(company_id, key, choice)]


def _keeps(company_id: int, system: str, choice: Choice) -> bool:
    place = place_of(company_id, system)
    try:
        return open_system(place).keeps_choice(choice.purpose, choice.channel, choice.topic)
    except DocumentError:
        # A mistake in a map must not keep anybody from choosing: the step tells it.
        return "consent" in place.system.settings


def _queue(db: Session, choice: Choice, whose: Mapping[str, object]) -> None:
    """A row for each system that keeps the choice, with a newer act wanted, and a step for the round that brings it."""
    company_id = company_of(db)
    systems = systems_that_keep(company_id, choice)
    if not systems:
        return
    shared = {
        "company_id": company_id,
        **whose,
        "purpose": choice.purpose,
        "channel": choice.channel,
        "topic": choice.topic,
        "rounds": 1,
        "wanted": clock.microseconds(clock.now()),
    }
    values = {f"all_{name}": one for name, one in shared.items()} | {f"system_{place}": key for place, key in enumerate(systems)}
    rows = _want(db.get_bind().dialect.name, len(systems), tuple(shared)).run(db, values)
    _ask(db, [(row.system, row.id, row.rounds) for row in rows])


@cache
def _want(dialect: str, count: int, shared: tuple[str, ...]) -> Fixed:
    """One row a choice and system of the person or address; of two acts the later one is wanted."""
    added = insert_into(dialect, _ROWS).values(several(_ROWS, count, shared=shared, own=("system",)))
    newest = case((_ROWS.c.wanted < added.excluded.wanted, added.excluded.wanted), else_=_ROWS.c.wanted + 1)
    by = "person_id" if "person_id" in shared else "identifier_hash"
    upsert = added.on_conflict_do_update(
        index_elements=["company_id", by, "purpose", "channel", "topic", "system"],
        set_={"wanted": newest, "rounds": _ROWS.c.rounds + 1},
    )
    return Fixed(upsert.returning(_ROWS.c.system, _ROWS.c.id, _ROWS.c.rounds))


def _ask(db: Session, rounds: Sequence[tuple[str, int, int]], *, run_at: datetime | None = None) -> None:
    """A step for each system, row and round; what was asked before for the same row is taken back."""
    again = [row_id for _system, row_id, number in rounds if number > 1]
    if again:
        rows = {f"row_{place}": row_id for place, row_id in enumerate(again)}
        _take_back(len(again)).run(db, {"company": company_of(db), **rows, "taken": StepState.CANCELLED, "now": clock.now()})
    # No person on the step: a choice is kept apart from erasures system by system (in its handler), so that one silent system
    # holds up neither.
    ask_for_steps(db, rounds, act=WRITE, run_at=run_at)


@cache
def _take_back(count: int) -> Fixed:
    """What has not begun of all rounds that were asked for so far: whoever asks holds the rows, so that none of them is newer."""
    rows = [bindparam(f"row_{place}", type_=_STEPS.c.subject_id.type) for place in range(count)]
    unbegun = or_(and_(_STEPS.c.state == StepState.WAITING, _STEPS.c.fence == 0), _STEPS.c.state == StepState.PARKED)
    taken = {"state": bindparam("taken", type_=_STEPS.c.state.type), "ended_at": bindparam("now", type_=_STEPS.c.ended_at.type)}
    theirs = (_STEPS.c.company_id == bindparam("company"), _STEPS.c.act == WRITE, _STEPS.c.subject_id.in_(rows))
    return Fixed(update(_STEPS).where(*theirs, unbegun).values(taken))


def _standing(row: ConsentDelivery, step: Step | None) -> SystemStanding:
    choice = Choice(row.purpose, row.channel, row.topic)
    if row.written is not None and row.written >= row.wanted:
        return SystemStanding(choice, row.system, Reached.CONFIRMED if row.found else Reached.NOBODY, at=row.written_at)
    if step is not None and step.state == StepState.DONE:
        # Done by hand, outside the portal; or there was nothing left to write it for.
        by_hand = "by_hand" in (step.receipt or {})
        return SystemStanding(choice, row.system, Reached.CONFIRMED if by_hand else Reached.NOBODY, at=step.ended_at)
    if step is None or step.state not in (StepState.WAITING, StepState.CLAIMED):
        return SystemStanding(choice, row.system, Reached.PARKED)
    again = step.run_at if step.state == StepState.WAITING and step.tries else None
    failed = again is not None and step.error not in (None, "system_does_not_answer", "waits_for_another_step")
    return SystemStanding(choice, row.system, Reached.FAILED if failed else Reached.WAITING, next_try=again)


def _place(order: Sequence[str], system: str) -> int:
    return order.index(system) if system in order else len(order)
