"""Files that go with a message, both ways: what may be sent, how it is kept, and who opens it.

Must never store a plain byte or a file that was not recognised, nor hand one out under a name that somebody else gave.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases.file_model import CaseFile
from portal.cases.model import Case, CaseMessage
from portal.cases.showing import clean
from portal.core import clock, crypto
from portal.core.errors import PortalError
from portal.core.limits import Limit
from portal.core.uploads import ENDINGS, LARGEST_FILE, MOST_FILES, FileKind, Upload, kind_of

A_DAY = Limit("case.files", 12, timedelta(days=1))
"""What one person may send in a day, over all their cases."""
LONGEST_NAME = 80
PLACE = "case_file.key"


class FileRefused(PortalError):
    """The base of what keeps files from being stored; nothing was written. `name` is the file's, where it is about one."""

    def __init__(self, said: str, name: str = "") -> None:
        super().__init__(said)
        self.name = name


class TooManyFiles(FileRefused):
    """More than `MOST_FILES` came with one message."""


class TooManyFilesToday(FileRefused):
    """The person has sent so many files today that the next one has to wait until tomorrow."""


class FileTooLarge(FileRefused):
    """A file is larger than `LARGEST_FILE`."""


class FileEmpty(FileRefused):
    """There is nothing in a file."""


class FileNotTaken(FileRefused):
    """A file is none of the kinds that may be sent, or is not what its name says."""


class NoSuchFile(PortalError):
    """The case has no file of that number, or not for this session."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file as it stands below its message. `number` leads to it within its case."""

    number: str
    kind: FileKind
    size: int
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file to hand out, under a name of ours."""

    name: str
    content: bytes = field(repr=False)


def checked_files(files: Sequence[Upload]) -> list[tuple[Upload, FileKind]]:
    """The files with what each of them is. Raises a `FileRefused` for the first thing that cannot be sent."""
    if len(files) > MOST_FILES:
        raise TooManyFiles(f"At most {MOST_FILES} files go with a message.")
    found = []
    for file in files:
        if file.content is None or len(file.content) > LARGEST_FILE:
            raise FileTooLarge(f"A file has at most {LARGEST_FILE} bytes.", shown_name(file))
        if not file.content:
            raise FileEmpty("A file is empty.", shown_name(file))
        kind = kind_of(file)
        if kind is None:
            raise FileNotTaken("A file is none of the kinds that may be sent, or not what its name says.", shown_name(file))
        found.append((file, kind))
    return found


def attach_files(
    db: Session, case: Case, message: CaseMessage | None, files: Sequence[tuple[Upload, FileKind]], *, task_id: int | None = None
) -> None:
    """Store what `checked_files` let pass with a message or with the answer to a task, each under a key of its own."""
    for file, kind in files:
        content, number, key = file.content or b"", crypto.random_public_id(), crypto.new_key()
        row = CaseFile(
            case_id=case.id, message_id=message.id if message else None, task_id=task_id, number=number, kind=kind, name=shown_name(file), size=len(content),
            key=crypto.encrypt(key, PLACE), content=crypto.encrypt_under(key, content, _context(number)), at=clock.now(),
        )  # fmt: skip
        db.add(row)
    db.flush()


def files_of(db: Session, case: Case) -> Mapping[int, tuple[Attachment, ...]]:
    """The files of a case by the id of their message, in the order in which they came."""
    return _files_by(db, case, lambda row: row.message_id)


def files_of_tasks(db: Session, case: Case) -> Mapping[int, tuple[Attachment, ...]]:
    """What owners of systems sent along, by the id of their task: for staff alone."""
    return _files_by(db, case, lambda row: row.task_id)


def _files_by(db: Session, case: Case, whose: Callable[[CaseFile], int | None]) -> Mapping[int, tuple[Attachment, ...]]:
    found: dict[int, list[Attachment]] = defaultdict(list)
    for row in db.scalars(select(CaseFile).filter_by(case_id=case.id).order_by(CaseFile.id)):
        key = whose(row)
        if key is not None:
            found[key].append(Attachment(row.number, row.kind, row.size, row.name))
    return {key: tuple(files) for key, files in found.items()}


def open_file(db: Session, case: Case, number: str) -> OpenedFile:
    """One file of a case, for who may read the case. Raises `NoSuchFile`."""
    row = db.scalar(select(CaseFile).filter_by(case_id=case.id, number=number))
    if row is None:
        raise NoSuchFile("There is no such file.")
    content = crypto.decrypt_under(crypto.decrypt(row.key, PLACE), row.content, _context(number))
    return OpenedFile(f"attachment-{number}.{ENDINGS[row.kind][0]}", content)


def shown_name(file: Upload) -> str:
    """What a file is called on the page: its last part, on one line, without marks that would turn what stands around it."""
    last = file.name.replace("\\", "/").rpartition("/")[2]
    return " ".join(clean(last).split())[:LONGEST_NAME] or "-"


def _context(number: str) -> str:
    return f"case_file:{number}"
