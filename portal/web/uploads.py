"""Files that a form brings along: read while they come, kept in memory as far as they may be kept, and never on a disk.

Must never hold more than the files of one message may have, nor read a large body of somebody who neither is signed in nor holds a link.
"""

import io
from collections.abc import Callable
from typing import IO, Any, TypeVar, cast

from flask import Request, Response, current_app, request, session
from werkzeug.datastructures import FileStorage

from portal.core.uploads import LARGEST_FILE, MOST_FILES, Upload

View = TypeVar("View", bound=Callable[..., Any])

LARGEST_BODY = 64 * 1024 * 1024
"""Read of a form with files: far more than is kept, so that who chose too large a file is told so on the page, beside their words."""


class _Kept(io.BytesIO):
    """As much of one file as may be kept: once it is longer than `most`, nothing of it is."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.came = most, 0

    @property
    def whole(self) -> bytes | None:
        """The file, or None where it was longer."""
        return self.getvalue() if self.came <= self.most else None

    def write(self, data: Any) -> int:
        """Take a piece, or let it pass."""
        self.came += len(data)
        if self.came <= self.most:
            return super().write(data)
        self.seek(0)
        self.truncate()
        return len(data)


class PortalRequest(Request):
    """A request whose files are kept as above. Where a view takes none, none is kept."""

    brings_files = 0
    takes_files = False

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        self.brings_files += bool(filename)
        return _Kept(LARGEST_FILE if self.takes_files and self.brings_files <= MOST_FILES else 0)


def takes_files(view: View) -> View:
    """Mark a view whose form may bring files: its body may be larger than others, for who is signed in."""
    cast(Any, view).takes_files = True
    return view


def takes_files_by_link(opens: Callable[[str], bool]) -> Callable[[View], View]:
    """Mark a view whose form may bring files from whoever holds a link: `opens` says of the token of the address whether it is one."""

    def marked(view: View) -> View:
        cast(Any, view).takes_files, cast(Any, view).opens = True, opens
        return view

    return marked


def allow_files() -> None:
    """Before the form is read, which the check of its token does."""
    view = current_app.view_functions.get(request.endpoint or "")
    if not getattr(view, "takes_files", False):
        return
    opens = getattr(view, "opens", None)
    if opens((request.view_args or {}).get("token", "")) if opens else isinstance(session.get("sid"), str):
        request.max_content_length = LARGEST_BODY
        cast(PortalRequest, request).takes_files = True


def brought(values: Any) -> list[Upload]:
    """The files that a field of a form brought, without those of an empty one."""
    files = [one for one in values or () if isinstance(one, FileStorage) and one.filename]
    return [Upload(one.filename or "", cast(_Kept, one.stream).whole) for one in files]


def as_attachment(name: str, content: bytes) -> Response:
    """A file to be kept under that name (ASCII, ours), and never to be shown by a browser."""
    answer = Response(content, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
