"""Is this the database that was here last? A token stands in it and beside the journal, and is renewed every minute in both.

Must never let a restored database pass for a live one, nor take a process that was killed between the two for a restore.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock, crypto, logs
from portal.core.db import ALL_COMPANIES, Base, Database
from portal.core.errors import PortalError
from portal.core.journal_files import holding, sync_folder

FILE = "epoch"
ONLY = 1


class DatabaseWasRestored(PortalError):
    """The database is older than the journal: what was erased since may be in it."""

    def __init__(self) -> None:
        super().__init__(
            "The database was restored from a backup. Run `portal restore replay`, look at what it says, then `portal restore release`."
        )


class EpochRow(Base):
    """One row. `previous` is the token that the file had when `token` was made: a kill in between leaves the file one behind.

    `generation` goes into every signed value and changes with a restore. `restored`: nothing runs before the journal was replayed.
    """

    __tablename__ = "epoch"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(String(43))
    previous: Mapped[str | None] = mapped_column(String(43))
    generation: Mapped[str] = mapped_column(String(43), default="")
    restored: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Epoch:
    """Where the database stands."""

    restored: bool
    generation: str


def begin_epoch(database: Database, folder: Path, *, has_people: bool) -> Epoch:
    """Compare database and folder, at every start. `has_people`: a database without a single person is new, whatever lies in the folder."""
    with holding(folder):
        outside = _read(folder)
        with database.writing(ALL_COMPANIES) as db:
            row = db.get(EpochRow, ONLY)
            if row is None:
                row = EpochRow(id=ONLY, token=crypto.random_token(), restored=outside is not None and has_people)
                row.generation, row.since = "", clock.now()
                db.add(row)
                outside = outside if row.restored else None
            elif not _is_known(row, outside):
                row.restored = True
            found, token = Epoch(row.restored, row.generation), row.token
        if outside is None and not found.restored:
            _write(folder, token)
    if found.restored:
        logs.event("epoch.restored", level=40)
    crypto.use_generation(found.generation)
    return found


def roll_epoch(database: Database, folder: Path) -> bool:
    """Renew the token in both; False where the database under this process is no longer the one that was here."""
    with holding(folder):
        outside = _read(folder)
        with database.writing(ALL_COMPANIES) as db:
            row = db.get_one(EpochRow, ONLY)
            if not _is_known(row, outside):
                row.restored = True
            if row.restored:
                return False
            row.previous, row.token, row.since = outside, crypto.random_token(), clock.now()
            token = row.token
        _write(folder, token)
    return True


def epoch_of(database: Database) -> Epoch:
    """Where the database stands by its own word: one row, cheap to ask."""
    with database.reading(ALL_COMPANIES) as db:
        row = db.execute(select(EpochRow.restored, EpochRow.generation)).one()
    return Epoch(row.restored, row.generation)


def begin_restoring(db: Session) -> None:
    """Say that the database was restored, where nothing else could tell."""
    db.get_one(EpochRow, ONLY).restored = True


def end_restoring(database: Database, folder: Path) -> None:
    """The journal was replayed: from here on this is the live database, and nothing that was signed before is good any more."""
    with holding(folder):
        with database.writing(ALL_COMPANIES) as db:
            row = db.get_one(EpochRow, ONLY)
            row.previous, row.token, row.generation = None, crypto.random_token(), crypto.random_token()
            row.restored, row.since = False, clock.now()
            token, generation = row.token, row.generation
        _write(folder, token)
    crypto.use_generation(generation)


def _is_known(row: EpochRow, outside: str | None) -> bool:
    # No file and no token before this one: the very first start, or the end of a restore, was cut short.
    return outside in (row.token, row.previous)


def _read(folder: Path) -> str | None:
    try:
        return (folder / FILE).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def _write(folder: Path, token: str) -> None:
    fresh = folder / f"{FILE}.new"
    with fresh.open("w", encoding="ascii") as file:
        file.write(token + "\n")
        file.flush()
        sync_folder(fresh)
    fresh.replace(folder / FILE)
    sync_folder(folder)
