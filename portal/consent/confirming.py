"""The end of a wait: the mailbox says yes or no behind a button, or nobody does and it ends by itself.

Must never act on a look at the page, never confirm what was changed since it was asked, and never keep an address that nobody proved.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from portal.config.model import Company
from portal.consent.asking import TOKEN
from portal.consent.asking_model import Waiting
from portal.consent.events import Choice
from portal.consent.ledger import Book
from portal.consent.model import ConsentChain, ConsentEvent, ConsentState
from portal.consent.saving import Saved, save_choices
from portal.consent.states import read_state, state_of
from portal.consent.waiting import Wanted, choices_of_row, open_row, still_waits, wanted_of
from portal.consent.words import Act, Actor
from portal.core import clock, crypto
from portal.core.db import Base
from portal.core.limits import Limit, count_once
from portal.people.model import Person, PersonIdentifier
from portal.people.service import find_typed

POINT = "mail:confirm_choice"
TYPED = Limit("confirm_choice.typed", 10, timedelta(days=1))
"""Per link: how often an address is compared with the one that got it."""
NO_TRACE = frozenset(
    {
        "identifier",
        ConsentEvent.__tablename__,
        ConsentChain.__tablename__,
        ConsentState.__tablename__,
        "consent_waiting",
        "consent_delivery",
    }
)
"""Tables whose rows say nothing but that someone asked for this address."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page behind the link shows: what would be confirmed, when and where it was asked for, in which language.

    `stays`: a part of it is agreed to already, and goes on whatever the answer is.
    """

    wanted: tuple[Wanted, ...]
    asked_at: datetime
    expires_at: datetime
    collection_point: str
    language: str
    person_id: int
    stays: bool


@dataclass(frozen=True, slots=True)
class NotTheAddress:
    """What was typed is not the address that got the mail, or nothing was. The link still works."""


def asked_by(db: Session, token: str) -> Asked | None:
    """What a live link asks; None where it ended, gave way to a newer one, or never was. Changes nothing."""
    row = db.scalar(_live(token))
    return _asked_in(db, row) if row is not None else None


def confirm(db: Session, token: str, *, person_id: int | None = None, typed_address: str = "") -> Saved | NotTheAddress | None:
    """The mailbox says yes: what was asked for is given, but for what was changed since (`stale`). None where the link is not live.

    Where nobody (`person_id`: who is signed in) or another person is signed in, the address that got the mail has to be typed: programs
    in front of a mailbox press every button, and a yes is the person's own (S4).
    """
    waiting = db.scalar(_live(token))
    if waiting is not None and waiting.person_id != person_id and not _fits(db, waiting, typed_address):
        return NotTheAddress()
    row = _end(db, token)
    if row is None:
        return None
    mailbox = db.get_one(PersonIdentifier, row.identifier_id)
    mailbox.proven_at = clock.now()
    evidence = {
        "confirmed_by": "mailbox",
        "mailbox": mailbox.hash.hex(),
        "asked_at": row.asked_at.isoformat(),
        "asked_in": row.collection_point,
    }
    wanted = wanted_of(row)
    saved = [
        save_choices(
            db, row.person_id, [one.change], seen=one.seen, language=row.language, collection_point=POINT, confirmed=True,
            evidence=evidence, twice=True,
        )
        for one in wanted
    ]  # fmt: skip
    gone = set(choices_of_row(row)) - {one.change.choice for one in wanted}
    _stop_waiting(db, row, Actor.COMPANY_SYSTEM, only=gone)
    return Saved(tuple(event for one in saved for event in one.events), tuple(choice for one in saved for choice in one.stale))


def refuse(db: Session, token: str) -> Asked | None:
    """The mailbox says no: nothing waits any more, and what stands goes on. Returns what was asked; None where the link is not live."""
    row = _end(db, token)
    if row is None:
        return None
    asked = _asked_in(db, row)
    _stop_waiting(db, row, Actor.PERSON)
    return asked


def cancel(db: Session, person_id: int, *, collection_point: str) -> bool:
    """The person no longer wants what waits. False where nothing did."""
    row = open_row(db, person_id)
    if row is not None:
        row.ended_at = clock.now()
        _stop_waiting(db, row, Actor.PERSON, collection_point)
    return row is not None


def end_waiting(db: Session, company: Company) -> int:
    """What was not confirmed in `retention.unconfirmed` ends; an address that nobody proved and that has nothing else is deleted.

    Returns how many rows went. Can be run again.
    """
    late = db.scalars(select(Waiting).where(Waiting.expires_at < clock.now()).limit(500).with_for_update()).all()
    for row in late:
        if row.ended_at is None:
            _stop_waiting(db, row, Actor.COMPANY_SYSTEM)
        db.delete(row)
        db.flush()
        _forget_the_unproven(db, row.person_id)
    return len(late)


def _asked_in(db: Session, row: Waiting) -> Asked:
    """What a row asks; where all of it was changed since, what it asked for once."""
    waits = still_waits(db, row)
    wanted = [one.wanted for one in waits] or wanted_of(row)
    stays = any(not one.opens.whole for one in waits)
    return Asked(tuple(wanted), row.asked_at, row.expires_at, row.collection_point, row.language, row.person_id, stays)


def _live(token: str) -> Select[Waiting]:
    return select(Waiting).where(
        Waiting.token_hash == crypto.token_hash(TOKEN, token), Waiting.ended_at.is_(None), Waiting.expires_at > clock.now()
    )


def _fits(db: Session, row: Waiting, typed: str) -> bool:
    """Whether that is the address that got the mail. An empty field is no try; too many tries fit nothing."""
    if not typed.strip() or not count_once(db, TYPED, str(row.id)):
        return False
    named = find_typed(db, typed)
    return named is not None and named.id == row.identifier_id


def _end(db: Session, token: str) -> Waiting | None:
    """Use the link up; of two presses one gets the row."""
    row = db.scalar(_live(token))
    if row is None:
        return None
    ended = update(Waiting).where(Waiting.id == row.id, Waiting.ended_at.is_(None)).values(ended_at=clock.now())
    won = db.scalars(ended.returning(Waiting.id).execution_options(synchronize_session=False)).first()
    return row if won is not None else None


def _stop_waiting(
    db: Session, row: Waiting, actor: Actor, collection_point: str = POINT, only: Collection[Choice] | None = None
) -> None:
    for choice in choices_of_row(row) if only is None else only:
        state = state_of(db, row.person_id, choice)
        if state is not None and read_state(state).pending:
            Book(db, row.person_id).append(choice, Act.EXPIRED, actor=actor, collection_point=collection_point)


def _forget_the_unproven(db: Session, person_id: int) -> None:
    """The chain stays, as a chain of nobody: its key goes with the address."""
    proven = select(func.count()).where(PersonIdentifier.person_id == person_id, PersonIdentifier.proven_at.is_not(None))
    said = select(func.count()).where(ConsentState.person_id == person_id, ConsentState.said.is_not(None))
    if db.scalar(proven) or db.scalar(said) or _has_more(db, person_id):
        return
    for table in (ConsentState, PersonIdentifier):
        db.execute(delete(table).where(table.person_id == person_id).execution_options(synchronize_session=False))
    db.execute(update(Person).where(Person.id == person_id).values(wrapped_key=None, language=None))


def _has_more(db: Session, person_id: int) -> bool:
    """Whether any other table, of whatever room, knows the person."""
    return any(
        db.execute(select(table.c.person_id).where(table.c.person_id == person_id).limit(1)).first() is not None
        for table in Base.metadata.sorted_tables
        if table.name not in NO_TRACE and "person_id" in table.c
    )
