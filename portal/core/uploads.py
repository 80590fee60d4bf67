"""What a file that somebody sends is, told by its content: a closed list, and nothing that a browser would run.

Must never go by a name alone, nor take a file whose name says something else than what is in it.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

LARGEST_FILE = 5 * 1024 * 1024
MOST_FILES = 3
"""With one message."""


class FileKind(StrEnum):
    """What may be sent."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    TEXT = "text"


ENDINGS = {
    FileKind.PDF: ("pdf",),
    FileKind.PNG: ("png",),
    FileKind.JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    FileKind.TEXT: ("txt", "text"),
}
"""The first is the one that we write ourselves."""

_PDF = re.compile(rb"%PDF-[12]\.\d")
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB\x60\x82"
_MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|svg|script|iframe|object|embed|\?xml|\?php)\b", re.IGNORECASE)
_OTHER_TEXT = (b"%!PS", b"{\\rtf", b"#!", b"%PDF")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_BEGINNING = 1024
_CLAIMS = re.compile(r"[a-z]{2,5}\d?")


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it came: what its owner calls it, and what is in it; None where that is more than `LARGEST_FILE`."""

    name: str = field(repr=False)
    content: bytes | None = field(repr=False)


def kind_of(upload: Upload) -> FileKind | None:
    """What the file is; None where it is nothing that may be sent, or where its name says something else."""
    kind = _kind_in(upload.content or b"")
    ending = upload.name.rpartition(".")[2].strip().lower() if "." in upload.name else ""
    # What stands after the last dot says something of the file where it is a word: "Invoice 3.2026" does not.
    return None if kind is None or (_CLAIMS.fullmatch(ending) and ending not in ENDINGS[kind]) else kind


def _kind_in(content: bytes) -> FileKind | None:
    if _MARKUP.search(content[:_BEGINNING]):
        return None
    if _PDF.match(content):
        return FileKind.PDF if b"startxref" in content[-2048:] and b"%%EOF" in content[-2048:] else None
    if content.startswith(_PNG):
        return FileKind.PNG if content.endswith(_PNG_END) else None
    if content.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG if b"\xff\xd9" in content else None
    return FileKind.TEXT if _is_plain(content) else None


def _is_plain(content: bytes) -> bool:
    """Text in UTF-8 that is nothing else: no markup, no program, no control characters."""
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError:
        return False
    return not (_CONTROLS.search(text) or _MARKUP.search(content) or content.lstrip().startswith(_OTHER_TEXT))
