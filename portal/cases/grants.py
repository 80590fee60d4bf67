"""Hand out a package: to the person of the case, freshly signed in, while it is there. Checked anew at every request.

Must never hand out a byte before all of that was checked, nor tell why a foreign, missing or ended one is not handed out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from portal.cases.advancing import PACKAGES, folder, live_package
from portal.cases.copy_model import DownloadLog, Package
from portal.cases.events import PERSON, Code, note
from portal.cases.model import Case
from portal.cases.scope import may_see
from portal.cases.service import case_for_person
from portal.core import clock
from portal.core.errors import PortalError
from portal.core.vault import SealedFileIsBroken, SealedReader
from portal.identity.address_change import is_settled
from portal.identity.sessions import CurrentSession, is_fresh

FILE_NAME = "my-data.zip"
"""Fixed and plain: nothing of a person or a company stands in a header."""


class NoSuchDownload(PortalError):
    """There is nothing to fetch under that number for this person: missing, foreign, not made yet and ended are alike."""


class SignInTooOld(PortalError):
    """A download needs a sign-in that is under 15 minutes old."""


class NotSettled(PortalError):
    """The person's address was changed so lately that the old one can undo it: until then nothing is handed out (C4)."""


@dataclass(frozen=True, slots=True)
class Download:
    """A package that may be handed out in this request. `size` in plain bytes; `digest` is its SHA-256 (hex), good as an ETag."""

    size: int
    digest: str
    file: Path = field(repr=False)
    context: str = field(repr=False)

    def chunks(self, first: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The plain bytes from `first` up to, not including, `end`. Runs after the request's transaction. Raises `SealedFileIsBroken`."""
        with SealedReader(self.file, self.context) as reader:
            yield from reader.read(first, end)


def open_download(db: Session, current: CurrentSession, number: str) -> Download:
    """Check everything and note the download, in a transaction that writes. Raises `NoSuchDownload`, `NotSettled` or
    `SignInTooOld`.

    The row is written before the first byte leaves: what was begun is shown, whether or not it was finished.
    """
    if not is_settled(db, current.person_id):
        raise NotSettled("The address was changed lately and that can still be undone.")
    if not is_fresh(current, clock.now()):
        raise SignInTooOld("Sign in once more, then the download begins.")
    case, package = _find(db, current, number)
    file = folder(PACKAGES) / package.file
    try:
        SealedReader(file, package.context).close()
    except SealedFileIsBroken:
        raise NoSuchDownload("There is nothing to fetch.") from None
    db.add(DownloadLog(package_id=package.id, at=clock.now(), browser=current.browser))
    note(db, case, Code.DOWNLOADED, actor=PERSON, browser=current.browser)
    db.flush()
    return Download(package.size, package.digest, file, package.context)


def _find(db: Session, current: CurrentSession, number: str) -> tuple[Case, Package]:
    try:
        case = case_for_person(db, current.person_id, number)
    except PortalError:
        raise NoSuchDownload("There is nothing to fetch.") from None
    package = live_package(db, case) if may_see(db, current.id, case) else None
    if package is None:
        raise NoSuchDownload("There is nothing to fetch.")
    return case, package
