"""The journal's files, outside the database: one folder a company, one file a month, one sealed line an entry, only ever added to.

Must never mark an entry as written before the disk has it, and never lose one to a crash: what may be there twice counts once.
"""

import base64
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from portal.core import clock, crypto, faultpoints
from portal.core.db import ALL_COMPANIES, Database
from portal.core.errors import PortalError
from portal.core.journal import JournalEntry, JournalKind

A_ROUND = 500
LOCK = ".lock"
ENDING = ".journal"


class JournalIsBroken(PortalError):
    """A whole line of the journal is not what was written there, or its key is gone."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the file has it. `company` is its key in `portal.yaml`."""

    mark: str
    company: str
    kind: JournalKind
    noted_at: datetime
    payload: Mapping[str, Any] = field(repr=False)


def write_journal(database: Database, folder: Path, companies: Mapping[int, str]) -> int:
    """Bring to the disk what was noted and committed, of these companies (keys by id); returns how many entries.

    Any number of processes may do so side by side: one after the other, each entry once. Killed in between, it is written again.
    """
    unwritten = (
        select(JournalEntry)
        .where(JournalEntry.written_at.is_(None), JournalEntry.company_id.in_(companies))
        .order_by(JournalEntry.id)
        .limit(A_ROUND)
    )
    with database.reading(ALL_COMPANIES) as db:
        if db.scalar(unwritten.with_only_columns(JournalEntry.id).order_by(None).limit(1)) is None:
            return 0
    with holding(folder):
        with database.reading(ALL_COMPANIES) as db:
            entries = db.scalars(unwritten).all()
        lines: dict[Path, list[str]] = {}
        for entry in entries:
            company = companies[entry.company_id]
            file = folder / company / f"{entry.noted_at:%Y-%m}{ENDING}"
            lines.setdefault(file, []).append(_line(entry, company))
        faultpoints.point("journal.writing")
        for file, texts in lines.items():
            _append(file, "".join(texts))
        faultpoints.point("journal.written")
        with database.writing(ALL_COMPANIES) as db:
            ids = [entry.id for entry in entries]
            marked = update(JournalEntry).where(JournalEntry.id.in_(ids)).values(written_at=clock.now())
            db.execute(marked.execution_options(synchronize_session=False))
            faultpoints.point("journal.marking")
        faultpoints.point("journal.marked")
    return len(entries)


def read_journal(folder: Path) -> Iterator[Line]:
    """Every entry of every company, oldest first, each once. Raises `JournalIsBroken` for a whole line that cannot be read.

    What a crash left of a line is passed over: its entry was not marked as written, so it stands below once more.
    """
    found: dict[str, Line] = {}
    for file in sorted(folder.glob(f"*/*{ENDING}")):
        for number, text in enumerate(file.read_bytes().split(b"\n"), 1):
            line = _read(text, file, number)
            if line is not None:
                found.setdefault(line.mark, line)
    yield from sorted(found.values(), key=lambda line: (line.noted_at, line.mark))


def keys_of_journal(folder: Path) -> set[str]:
    """Ids of the data keys that the journal's lines were sealed with: they have to stay in the ring as long as the files do."""
    found = set()
    for file in folder.glob(f"*/*{ENDING}"):
        for text in file.read_bytes().split(b"\n"):
            sealed = _sealed(text)
            if sealed is not None:
                found.add(crypto.key_id_of(sealed))
    return found


def drop_old_files(folder: Path, company: str, *, before: datetime) -> int:
    """Delete a company's files whose newest entry is older than that; returns how many. A backup that old must be gone as well."""
    gone = 0
    # A month is dropped as a whole, so its first day has to be as many days past as a month can have.
    for file in sorted((folder / company).glob(f"*{ENDING}")):
        year, month = map(int, file.name.removesuffix(ENDING).split("-"))
        over = before.replace(year=year + month // 12, month=month % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
        if over <= before:
            file.unlink(missing_ok=True)
            gone += 1
    return gone


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Nobody else writes to the folder meanwhile, on this machine or on another that shares it. Freed by the kernel, however one ends."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _append(file: Path, text: str) -> None:
    if not file.parent.is_dir():
        file.parent.mkdir(mode=0o700)
        sync_folder(file.parent.parent)
    new = not file.exists()
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(handle).st_size
        # What a crash left without its end must not swallow the next line.
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        view = memoryview((b"\n" if torn else b"") + text.encode("ascii"))
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        sync_folder(file.parent)


def _line(entry: JournalEntry, company: str) -> str:
    plain = {"mark": entry.mark, "kind": entry.kind, "noted_at": entry.noted_at.isoformat(), "payload": json.loads(entry.payload)}
    sealed = crypto.encrypt(json.dumps(plain, sort_keys=True).encode(), _place(company))
    body = base64.urlsafe_b64encode(sealed).decode()
    # The length tells a line that was cut from one that was changed.
    return f"{len(body)} {body}\n"


def _sealed(text: bytes) -> bytes | None:
    """What a line holds; None where it is none, or only the beginning of one."""
    length, _, body = text.partition(b" ")
    if not length.isdigit() or len(body) != int(length):
        return None
    try:
        return base64.b64decode(body, altchars=b"-_", validate=True)
    except ValueError:
        return None


def _read(text: bytes, file: Path, number: int) -> Line | None:
    sealed, company = _sealed(text), file.parent.name
    if sealed is None:
        return None
    try:
        plain = json.loads(crypto.decrypt(sealed, _place(company)))
        kind, noted_at = JournalKind(plain["kind"]), datetime.fromisoformat(plain["noted_at"])
    except (PortalError, ValueError, KeyError):
        raise JournalIsBroken(
            f"{file}:{number}: This line was changed, or the key it was sealed with is not in the key file. "
            "Put back the file or the key from its backup."
        ) from None
    return Line(plain["mark"], company, kind, noted_at, plain["payload"])


def _place(company: str) -> str:
    return f"journal:{company}"
