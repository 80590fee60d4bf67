"""Who was erased and is there again after a restore: found by tombstone, erased again system by system, the identity last.

Must never take a person who came back by themselves for one: whoever is newer than `erased_at` is a new customer.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.erasing.forgetting import drop_own_rows, forget_identity
from portal.cases.model import Case, CaseKind, CaseState
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.journal_files import Line
from portal.engine.model import OPEN, StepState
from portal.engine.service import add_step, steps_of
from portal.people.model import PersonIdentifier, Tombstone
from portal.people.service import Identifier
from portal.people.tombstones import tombstones_of

RESTORE_ERASE = "restore.erase"
SOURCE = "restore"


def erase_again(db: Session, lines: Iterable[Line]) -> int:
    """Begin to erase again what these tombstones speak of, in the caller's transaction; returns how many people came back.

    A case that nobody sees carries the steps, one a system; the portal's own rows of who was erased altogether go at once.
    """
    found: set[int] = set()
    for line in lines:
        identifier = _identifier_of(db, line)
        if identifier is not None:
            found.add(identifier.person_id)
    return sum(_begin(db, person_id) for person_id in sorted(found))


def came_back(db: Session, person_id: int) -> Sequence[tuple[Identifier, Tombstone]]:
    """The person's identifiers that are older than an erasure of them, with the tombstone of it."""
    rows = db.scalars(select(PersonIdentifier).filter_by(person_id=person_id).order_by(PersonIdentifier.id)).all()
    return [
        (identifier, stone)
        for row in rows
        for identifier in (Identifier(row.kind, row.value),)
        for stone in tombstones_of(db, identifier)
        if row.created_at <= stone.erased_at
    ]


def finish(db: Session, case: Case, person_id: int) -> None:
    """Every system has done its part: the identity goes, where everything was to go."""
    erased_at = _all_erased_at(came_back(db, person_id))
    steps = steps_of(db, (RESTORE_ERASE,), case.id)
    if any(step.state in OPEN for step in steps):
        return
    case.open_key = None
    if erased_at is None or any(step.state == StepState.FAILED for step in steps):
        return
    case.person_id = person_id
    db.flush()
    forget_identity(db, case, erased_at=erased_at)


def _begin(db: Session, person_id: int) -> bool:
    stones = came_back(db, person_id)
    # What is told apart by record is erased by record: a shared address is more than one person's.
    systems = {stone.system for _, stone in stones if stone.system} & registry.company(company_of(db)).systems.keys()
    erased_at = _all_erased_at(stones)
    if not systems and erased_at is None:
        return False
    case = _hidden_case(db, person_id)
    if erased_at is not None:
        case.person_id = person_id
        db.flush()
        drop_own_rows(db, case)
        case.person_id = None
    for system in sorted(systems):
        add_step(db, act=RESTORE_ERASE, subject_id=case.id, system=system, person_id=person_id, irreversible=True)
    db.flush()
    finish(db, case, person_id)
    return True


def _hidden_case(db: Session, person_id: int) -> Case:
    """The same for the same person while its steps are open, so that a replay that was cut short goes on where it was."""
    key = crypto.token_hash("restore", f"{company_of(db)}:{person_id}")
    case = db.scalar(select(Case).where(Case.open_key == key))
    if case is None:
        now, company = clock.now(), registry.company(company_of(db))
        case = Case(
            number=crypto.random_public_id(), kind=CaseKind.ERASURE, state=CaseState.DONE, law=company.laws[0],
            language=company.languages[0], source=SOURCE, choice=[], proven="{}", open_key=key, received_at=now, closed_at=now,
        )  # fmt: skip
        db.add(case)
        db.flush()
    return case


def _identifier_of(db: Session, line: Line) -> PersonIdentifier | None:
    """The identifier that the tombstone was made of, if it is there again; also where it is stored under another hash key by now."""
    kind, wanted, key_id = line.payload["kind"], bytes.fromhex(line.payload["hash"]), line.payload["hash_key"]
    rows = select(PersonIdentifier).where(PersonIdentifier.kind == kind)
    found = db.scalar(rows.where(PersonIdentifier.hash == wanted))
    if found is not None:
        return found
    others: Collection[PersonIdentifier] = db.scalars(rows.where(PersonIdentifier.hash_key_id != key_id)).all()
    return next((row for row in others if crypto.identifier_hash(line.company, kind, row.value, key_id) == wanted), None)


def _all_erased_at(stones: Iterable[tuple[Identifier, Tombstone]]) -> datetime | None:
    return max((stone.erased_at for _, stone in stones if not stone.system), default=None)
