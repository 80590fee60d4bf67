"""What a restored backup would undo, noted in the transaction that does it, and written to files outside the database after commit.

Must never say that something is written before the disk has it, and never hold a value of a person in clear.

    note_for_journal(db, JournalKind.TOMBSTONE, {...})        in the caller's transaction: both happen, or neither
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ForeignKey, Index, String, Table, delete, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock, crypto
from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned, company_of
from portal.core.fixed import adding

PLACE = "journal_entry.payload"
ROWS_KEPT = timedelta(days=1)


class JournalKind(StrEnum):
    """What must survive a restore. `withdrawal`: any act that lowers a choice; `revocation`: keys, staff, whatever was shut off;
    `erasure`: a case of erasure that ended, so that it is not begun anew; `hold`: what was kept may not go on its day, or may again.
    """

    TOMBSTONE = "tombstone"
    SUPPRESSION = "suppression"
    WITHDRAWAL = "withdrawal"
    REVOCATION = "revocation"
    ERASURE = "erasure"
    HOLD = "hold"


class JournalEntry(CompanyOwned, Base):
    """One entry of the journal. `mark` is random and the same in the file: an entry that stands there twice counts once.

    `written_at` is when the disk outside the database had it.
    """

    __tablename__ = "journal_entry"
    __table_args__ = (Index("ix_journal_entry_written_at", "company_id", "written_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    mark: Mapped[str] = mapped_column(String(43))
    kind: Mapped[JournalKind] = mapped_column(String(12))
    payload: Mapped[str] = mapped_column(Encrypted(PLACE))
    noted_at: Mapped[datetime]
    written_at: Mapped[datetime | None]


_ROWS = cast(Table, JournalEntry.__table__)
_dump = json.JSONEncoder(sort_keys=True, allow_nan=False).encode
_ADD_ONE, _ADD = adding(_ROWS), insert(_ROWS)


def prune_journal(db: Session) -> int:
    """Delete the rows of the session's company that the disk has had for a day; returns how many. The files keep their own time."""
    old = delete(JournalEntry).where(JournalEntry.written_at < clock.now() - ROWS_KEPT).returning(JournalEntry.id)
    return len(db.execute(old.execution_options(synchronize_session=False)).all())


def note_for_journal(db: Session, kind: JournalKind, payload: Mapping[str, Any]) -> None:
    """Note something that no restore may undo, in the caller's transaction. `payload` is JSON: hashes, keys and moments (ISO 8601)."""
    note_all_for_journal(db, kind, [payload])


def note_all_for_journal(db: Session, kind: JournalKind, payloads: Iterable[Mapping[str, Any]]) -> None:
    """The same for several at once, in one statement."""
    same = {"company_id": company_of(db), "kind": kind, "noted_at": clock.now(), "written_at": None}
    rows = [{**same, "mark": crypto.random_token(), "payload": _dump(payload)} for payload in payloads]
    if len(rows) == 1:
        _ADD_ONE.run(db, rows[0])
    elif rows:
        db.connection().execute(_ADD, rows)
