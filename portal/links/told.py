"""What was just done on the page of a link, sealed into the address that tells of it: a press leads on to a page that can be loaded again.

Must never be readable in an address, tell another reader's acts, or outlive the undo that it carries.
"""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from portal.consent.readers import Reader
from portal.core import clock, crypto
from portal.core.errors import PortalError
from portal.links.reader import UNDO_SECONDS
from portal.web.context import current_company

LONGEST = 8_000


class Press(StrEnum):
    """Which button it was."""

    SAVED = "saved"
    THIS = "this"
    ALL = "all"
    SIGNAL = "signal"
    PAUSED = "paused"
    UNDONE = "undone"
    UNDONE_ENDED = "undone_ended"
    NOT_UNDONE = "not_undone"
    LINK_SENT = "link_sent"
    NO_MAILBOX = "no_mailbox"


@dataclass(frozen=True, slots=True)
class Told:
    """One press, with the choices (`newsletter.email`) that are a no since, those that stay with less, those that are quiet until a day,
    those for which more waits for the mailbox, on top of what stands, and those that wait for it as a whole; and the undo, as it was signed.
    """

    press: Press
    off: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    until: str = ""
    more: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    undo: str = ""


def seal(reader: Reader, told: Told) -> str:
    """The press as a part of an address."""
    plain = json.dumps({**asdict(told), "at": clock.now().timestamp()})
    # A company may ask for a hundred choices, and a server takes 4 kB of an address.
    return urlsafe_b64encode(crypto.encrypt(zlib.compress(plain.encode(), 9), _context(reader))).decode().rstrip("=")


def opened(reader: Reader, sealed: str) -> Told | None:
    """The press again; None where it is not this reader's, was changed, or is older than its undo."""
    try:
        plain = crypto.decrypt(urlsafe_b64decode(sealed[:LONGEST] + "=" * (-len(sealed) % 4)), _context(reader))
    except (PortalError, ValueError):
        return None
    said: dict[str, Any] = json.loads(zlib.decompress(plain))
    if clock.now().timestamp() - said["at"] > UNDO_SECONDS:
        return None
    lists = {name: tuple(said[name]) for name in ("off", "less", "quiet", "more", "waits")}
    return Told(Press(said["press"]), until=said["until"], undo=said["undo"], **lists)


def _context(reader: Reader) -> str:
    """Bound to the company and to the identifier of the link: nobody else's address tells of it."""
    whose = crypto.keyed_hash("link-told", f"{reader.identifier.kind}:{reader.identifier.value}").hex()
    return f"link.told.{current_company().id}.{whose}"
