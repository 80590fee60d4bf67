"""What a person has to look at before it goes out: the texts themselves, which of them go, and why the others do not.

Must never let go of a text that nobody had before them as it is now, nor show one without noting who looked.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.adapters.contract import Record
from portal.cases import advancing
from portal.cases.about import collection_title, field_title, release_of
from portal.cases.bundle.groups import arrange
from portal.cases.bundle.rows import spool_rows
from portal.cases.events import Code, note, system_title
from portal.cases.material import Material, material_of
from portal.cases.model import Case, CasePart, PartState, Spool, WithheldText
from portal.cases.packing import open_records
from portal.cases.proposal_model import Act
from portal.cases.service import case_by_number
from portal.cases.showing import as_text, clean
from portal.cases.spooling import read_records
from portal.cases.two_people import check_second, needs_two
from portal.config.model import Company, Release
from portal.core import clock
from portal.core.db import Database
from portal.core.errors import PortalError
from portal.core.vault import private_folder
from portal.engine.service import ReasonMissing

LONGEST_REASON = 300


class NothingToRelease(PortalError):
    """Nothing of this case waits for a person's look."""


class NotLookedAt(PortalError):
    """Somebody wants to let go of texts that nobody has had before them as they are now."""


class NoSuchText(PortalError):
    """The case holds back no text of that number."""


@dataclass(frozen=True, slots=True)
class HeldText:
    """One text that waits, as staff read it. `number` counts from 1; `withheld` is the reason of somebody who did not let it go before."""

    number: int
    system: str
    collection: str
    title: str
    text: str = field(repr=False)
    key: str = field(repr=False)
    name: str
    withheld: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Texts:
    case_id: int
    spools: Mapping[str, tuple[int, bool]]
    held: tuple[HeldText, ...]


def look_at_texts(database: Database, company_id: int, number: str, *, actor: str) -> tuple[HeldText, ...]:
    """The texts that wait, in an order that stays; that `actor` looked is written down first. Raises `NoSuchCase` or `NothingToRelease`."""
    texts = _texts(database, company_id, number)
    with database.writing(company_id) as db:
        case = advancing.lock_case(db, texts.case_id)
        for spool in _same_spools(db, case, texts):
            spool.looked_at = clock.now()
        record_audit(db, actor=actor[:40], act="case.texts", target=f"case:{case.number}", count=len(texts.held))
    return texts.held


def release_texts(
    database: Database, company_id: int, number: str, *, actor: str, withhold: Mapping[int, str], second: str = "",
    first: Callable[[Session, Case], None] | None = None,
) -> None:  # fmt: skip
    """Let go of the texts but those of `withhold` (number and reason); the copy is made anew with them.

    `second` approves where two people decide; `first` is done in the same transaction before anything else. Raises `NoSuchCase`,
    `NothingToRelease`, `NotLookedAt`, `NoSuchText`, `ReasonMissing` or `SecondPersonNeeded`, and then nothing is written.
    """
    texts = _texts(database, company_id, number)
    by_number = {one.number: one for one in texts.held}
    for wanted, reason in withhold.items():
        if wanted not in by_number:
            raise NoSuchText(f"There is no text {wanted}. `portal case texts` lists them with their numbers.")
        if not clean(reason).strip():
            raise ReasonMissing("What is not handed out needs a reason in one sentence: the customer sees it.")
    if not all(looked for _step, looked in texts.spools.values()):
        raise NotLookedAt("Nobody has looked at these texts as they are now. `portal case texts` prints them.")
    with database.writing(company_id) as db:
        case = advancing.lock_case(db, texts.case_id)
        if first is not None:
            first(db, case)
        part = _waiting_part(db, case)
        if needs_two(db, case, Act.RELEASE):
            check_second(actor, second)
        for spool in _same_spools(db, case, texts):
            spool.reviewed_at = clock.now()
        for wanted, reason in withhold.items():
            one = by_number[wanted]
            if one.withheld:
                continue
            db.add(
                WithheldText(
                    case_id=case.id, system=one.system, step_id=texts.spools[one.system][0], collection=one.collection,
                    place=json.dumps([one.key, one.name]), reason=clean(reason).strip()[:LONGEST_REASON], actor=actor[:40], at=clock.now(),
                )
            )  # fmt: skip
        part.state, part.released_by, part.released_at = PartState.MAKING, actor[:40], clock.now()
        record_audit(
            db,
            actor=actor[:40],
            act="case.release",
            target=f"case:{case.number}",
            part=2,
            withheld=len(withhold),
            second=second[:40],
        )
        if withhold:
            note(db, case, Code.SOME_WITHHELD, actor="staff", count=len(withhold))
        else:
            note(db, case, Code.RELEASED, actor="staff")
        db.flush()
        advancing.advance(db, case)


def _texts(database: Database, company_id: int, number: str) -> _Texts:
    """What waits, from the sealed files; no transaction is open while they are read."""
    with database.reading(company_id) as db:
        case = case_by_number(db, number)
        _waiting_part(db, case)
        material = material_of(db, case)
    if material is None:
        raise _nothing()
    spools = {key: (spool.step_id, spool.looked) for key, spool in material.spools.items()}
    company = registry.company(company_id)
    return _Texts(material.case_id, spools, tuple(_held(company, material)))


def _held(company: Company, material: Material) -> Iterator[HeldText]:
    said = {(one.system, one.key, one.name): one.reason for one in material.refused}
    wanted, number = _asked_for(company, material), 0
    for system, record in _records(material):
        if wanted is not None and (system, record.collection) not in wanted:
            continue
        for value in record.values:
            if _has_to_be_seen(company, system, record, value.name, value.category) and (text := as_text(value.value)):
                number += 1
                titles = (
                    system_title(company, system),
                    collection_title(company, system, record.collection),
                    field_title(company, system, record.collection, value.name),
                )
                refused = said.get((system, record.key, value.name), "")
                yield HeldText(number, system, record.collection, " · ".join(titles), text, record.key, value.name, refused)


def _asked_for(company: Company, material: Material) -> frozenset[tuple[str, str]] | None:
    """The collections of a copy of some groups, sorted as the copy sorts them; None where everything was asked for."""
    if not material.choice:
        return None
    with private_folder(advancing.folder(advancing.SPOOLS)) as spools:
        tables = spool_rows(
            ((system, iter([record])) for system, record in _records(material)),
            spools,
            lambda system, collection, value: (
                release_of(company, system, collection, value.name, value.category) is Release.REVIEW
            ),
        )
        groups = arrange(company, tables, material.choice)
        return frozenset((part.table.system, part.table.collection) for group in groups for part in group.parts if part.home)


def _records(material: Material) -> Iterator[tuple[str, Record]]:
    _candidates, opened = open_records(material)
    for system, spool in material.spools.items():
        keys = {key for name, key in opened if name == system}
        for record in read_records(spool.path, spool.context, keys) if keys else ():
            yield system, record


def _has_to_be_seen(company: Company, system: str, record: Record, name: str, category: str) -> bool:
    return release_of(company, system, record.collection, name, category) is Release.REVIEW


def _waiting_part(db: Session, case: Case) -> CasePart:
    part = db.scalar(select(CasePart).filter_by(case_id=case.id, number=2, state=PartState.REVIEW))
    if part is None:
        raise _nothing()
    return part


def _same_spools(db: Session, case: Case, texts: _Texts) -> list[Spool]:
    """The rows of what was read. Raises `NotLookedAt` where a system was read anew since."""
    rows = list(db.scalars(select(Spool).filter_by(case_id=case.id)))
    if {row.system: row.step_id for row in rows if row.system in texts.spools} != {
        key: step for key, (step, _) in texts.spools.items()
    }:
        raise NotLookedAt("A system was read anew meanwhile. Look at the texts once more: `portal case texts`.")
    return [row for row in rows if row.system in texts.spools]


def _nothing() -> NothingToRelease:
    return NothingToRelease("Nothing of this case waits for a look. `portal case show` says where it stands.")
