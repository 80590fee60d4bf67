"""All that the making of a package needs to know, read in one short transaction."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.contract import Subject
from portal.cases.advancing import SPOOLS, folder
from portal.cases.copy_model import BlackedOut, Spool, WithheldText
from portal.cases.dates import due_of
from portal.cases.matching import subject_of
from portal.cases.meaning import CHOICES
from portal.cases.model import OPEN_STATES, Case
from portal.cases.own_record import answers_for, history_for
from portal.cases.redacting import Blacked, phrase_of
from portal.cases.scope import Scope, load_scope
from portal.cases.workflow import EXPORT, STUCK, newest
from portal.consent.choices import HistoryEntry
from portal.core.db import Database
from portal.core.i18n import _, speaking
from portal.engine.contract import Claim
from portal.engine.model import Step
from portal.engine.service import steps_of
from portal.people.service import was_seen_alone


@dataclass(frozen=True, slots=True)
class SpoolFile:
    """One system's spool: where it lies, what its seal is bound to, whose records it was read for, and when."""

    path: Path
    context: str
    step_id: int
    matches: str
    found: int
    shut: int
    read_at: datetime
    looked: bool
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """One text that staff did not let go: where it stands, and why in words for the person."""

    system: str
    collection: str
    key: str
    name: str
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Material:
    """One case. `missing` are systems that are not in the package, with why in the person's words; `rounds` how often each was read.

    `history` and `answers` are what the portal itself holds: the person's choices. `alone`: nothing ever spoke for a second person behind the address when all systems had answered.
    """

    case_id: int
    company_id: int
    number: str
    language: str
    received_at: datetime
    due: date
    choice: tuple[str, ...]
    subject: Subject
    scope: Scope
    spools: Mapping[str, SpoolFile]
    missing: Mapping[str, str]
    rounds: Mapping[str, int]
    refused: tuple[Refused, ...]
    blacked: tuple[Blacked, ...]
    alone: bool
    history: tuple[HistoryEntry, ...]
    answers: Mapping[str, tuple[str, ...]]

    @property
    def own(self) -> tuple[HistoryEntry, ...]:
        """What the portal itself holds and the person asked for."""
        return self.history if not self.choice or CHOICES in self.choice else ()

    @property
    def reviewed(self) -> bool:
        """Whether a person has looked at the texts of every system that was read."""
        return bool(self.spools) and all(spool.reviewed for spool in self.spools.values())


def load_material(database: Database, claim: Claim) -> Material | None:
    """What there is of the case behind a step, or None where nobody waits for it any more."""
    with database.reading(claim.company_id) as db:
        case = db.get(Case, claim.subject_id)
        return None if case is None else material_of(db, case)


def material_of(db: Session, case: Case) -> Material | None:
    """What there is of a case, or None where nobody waits for it any more."""
    if case.state not in OPEN_STATES or case.person_id is None:
        return None
    steps = newest(steps_of(db, (EXPORT,), case.id), EXPORT)
    files = {row.system: _file(row) for row in db.scalars(select(Spool).filter_by(case_id=case.id))}
    with speaking(case.language, registry.company(case.company_id).time_zone):
        missing = {key: why_missing(step) for key, step in steps.items() if key not in files or step.id != files[key].step_id}
        answers = answers_for(db, registry.company(case.company_id), case.person_id)
    return Material(
        case.id, case.company_id, case.number, case.language, case.received_at, due_of(db, case).day, tuple(case.choice), subject_of(db, case.person_id),
        load_scope(case.proven), {key: file for key, file in files.items() if key not in missing}, missing,
        {key: step.part for key, step in steps.items()}, tuple(_refused(db, case, files)), blacked_in(db, case),
        was_seen_alone(db, case.person_id), history_for(db, case.person_id), answers,
    )  # fmt: skip


def why_missing(step: Step) -> str:
    """Why a system's data is not in the package, in the language in force."""
    if step.state in STUCK:
        return _("It did not answer as it should. A person looks at it, and then your copy is made anew.")
    return step.hand_reason or _("It was left out.")


def still_waits(database: Database, claim: Claim, material: Material) -> bool:
    """Whether the case is as it was: the person still waits, with the same identifiers, and nothing was read anew meanwhile."""
    return load_material(database, claim) == material


def _file(row: Spool) -> SpoolFile:
    return SpoolFile(
        folder(SPOOLS) / row.file, row.context, row.step_id, row.matches, row.found, row.shut, row.read_at,
        looked=row.looked_at is not None, reviewed=row.reviewed_at is not None,
    )  # fmt: skip


def blacked_in(db: Session, case: Case) -> tuple[Blacked, ...]:
    """What somebody blacked out in the texts of this case, for good: also where a system is read again."""
    rows = db.scalars(select(BlackedOut).filter_by(case_id=case.id).order_by(BlackedOut.id))
    return tuple(Blacked(phrase_of(case.number, row.part, row.said), row.places) for row in rows)


def _refused(db: Session, case: Case, files: Mapping[str, SpoolFile]) -> Iterator[Refused]:
    """The texts that staff did not let go, of what is read now."""
    for row in db.scalars(select(WithheldText).filter_by(case_id=case.id).order_by(WithheldText.id)):
        if row.system in files and files[row.system].step_id == row.step_id:
            key, name = json.loads(row.place)
            yield Refused(row.system, row.collection, key, name, row.reason)
