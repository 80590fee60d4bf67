"""What an erasure had to leave, and why: remembered so that it goes on its day, and so that who comes back is told of it.

Must never show anything of an address that more than one person may use, and never a key or a value of a row.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import cast

from sqlalchemy import Select, Table, or_, select
from sqlalchemy.orm import Session

from portal.adapters.contract import KeptRow
from portal.cases.kept_holds import hold_of, holds_now
from portal.cases.kept_model import Kept, KeptHold, KeptOwner
from portal.cases.model import Case
from portal.core import clock, crypto
from portal.core.bulk import add_rows, next_ids
from portal.core.db import company_of
from portal.people.service import hashes_of, identifiers_of, was_seen_alone

_KEPT, _OWNERS = cast(Table, Kept.__table__), cast(Table, KeptOwner.__table__)


@dataclass(frozen=True, slots=True)
class HeldView:
    """Why something does not go on its day, in a sentence, and the day on which that ends; None where it is lifted by hand."""

    number: int
    reason: str
    until: date | None
    law: str | None = None


@dataclass(frozen=True, slots=True)
class KeptView:
    """Rows of one collection that stay until a day: the ground is a key of the company's `retention_rules`."""

    system: str
    collection: str
    ground: str
    until: date
    count: int
    case_number: str
    kept_at: datetime
    held: HeldView | None = None

    @property
    def goes(self) -> date | None:
        """The day on which it goes, as far as anyone knows: None while it is held until somebody lifts that."""
        if self.held is None:
            return self.until
        return None if self.held.until is None else max(self.until, self.held.until)


def remember_kept(db: Session, case: Case, *, person_id: int, system: str, rows: Sequence[KeptRow], alone: bool = True) -> None:
    """Remember what a system had to keep in this case, in the caller's transaction; what was remembered of it before is replaced.

    To be called while the person's identifiers are still there. The sweeper erases each row on its day, whatever became of the case.
    `alone`: whether the case was confirmed by somebody who reads the mailbox alone.
    """
    known = select(Kept).where(Kept.case_number == case.number, Kept.system == system, Kept.gone_at.is_(None))
    for before in db.scalars(known).all():
        db.delete(before)
    key_id = crypto.keys().newest("hash")[0]
    owners = [(one.kind, hashes_of(company_of(db), one)[key_id]) for one in identifiers_of(db, person_id)]
    alone = alone and was_seen_alone(db, person_id)
    db.flush()
    groups = [(like, sorted(row.key for row in same)) for like, same in groupby(sorted(set(rows), key=_like), key=_like)]
    ids, now, company_id = list(next_ids(db, _KEPT, len(groups))), clock.now(), company_of(db)
    kept = [
        (number, company_id, case.number, person_id, system, *like, len(keys), json.dumps(keys), alone, now)
        for number, (like, keys) in zip(ids, groups, strict=True)
    ]
    add_rows(
        db, _KEPT, "id company_id case_number person_id system collection ground until count rows alone kept_at".split(), kept
    )
    theirs = [(company_id, number, kind, hashed, key_id) for number in ids for kind, hashed in owners]
    add_rows(db, _OWNERS, "company_id kept_id kind identifier_hash hash_key_id".split(), theirs)


def kept_for(db: Session, person_id: int, *, but: str | None = None) -> Sequence[KeptView]:
    """What is still kept of this person, or of whoever was erased under one of their addresses, what goes first coming first.

    Nothing where more than one person was behind the address, nor of an address that this sign-in may not see yet (`but`).
    """
    company_id = company_of(db)
    theirs_now = [one for one in identifiers_of(db, person_id) if one.value != but]
    hashes = [hashed for one in theirs_now for hashed in hashes_of(company_id, one).values()]
    theirs = or_(Kept.person_id == person_id, Kept.id.in_(select(KeptOwner.kept_id).where(KeptOwner.identifier_hash.in_(hashes))))
    return _views(db, select(Kept).where(theirs, Kept.alone))


def all_kept(db: Session) -> Sequence[KeptView]:
    """Everything that the session's company still keeps after erasures, for who runs the portal: no row says whose it is."""
    return _views(db, select(Kept))


def kept_of(db: Session, case: Case) -> Sequence[KeptView]:
    """What this case still keeps, for staff."""
    return _views(db, select(Kept).where(Kept.case_number == case.number))


def _views(db: Session, wanted: Select[Kept]) -> Sequence[KeptView]:
    rows = db.scalars(wanted.where(Kept.gone_at.is_(None)).order_by(Kept.until, Kept.system, Kept.collection)).all()
    holds = holds_now(db, {row.case_number for row in rows})
    return [
        KeptView(
            row.system, row.collection, row.ground, row.until, row.count, row.case_number, row.kept_at, _held(hold_of(holds, row))
        )
        for row in rows
    ]


def _held(hold: KeptHold | None) -> HeldView | None:
    return None if hold is None else HeldView(hold.id, hold.reason, hold.until, hold.law)


def rows_of(kept: Kept) -> list[KeptRow]:
    """The rows themselves, for the adapter that erases them."""
    return [KeptRow(kept.collection, key, kept.ground, kept.until) for key in json.loads(kept.rows or "[]")]


def _like(row: KeptRow) -> tuple[str, str, date]:
    return row.collection, row.ground, row.until
