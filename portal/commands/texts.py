"""Files of text that a command is given or makes. Must never write over one that is there already."""

from pathlib import Path

from portal.core.errors import PortalError


class NotText(PortalError):
    """The file is no text, or in another encoding than UTF-8."""


class FileIsThere(PortalError):
    """A file that would be written over."""


def read_text(file: Path) -> str:
    """What stands in the file. Raises `NotText`."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NotText(f"{file} is no text in UTF-8. Is it the file that you meant?") from None


def write_new(file: Path, text: str) -> None:
    """Make the file. Raises `FileIsThere`."""
    try:
        with file.open("x", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError:
        raise FileIsThere(f"{file} is there already, and nothing is written over it. Name another file.") from None
