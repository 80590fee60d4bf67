"""What can come of asking, pressing and typing. Returned, never raised: the door commits them, so that a refusal is remembered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from portal.identity.sessions import CurrentSession


class EndReason(StrEnum):
    """Why a link or code can no longer be used."""

    USED = "used"
    LATE = "late"
    STOPPED = "stopped"
    TOO_MANY_TRIES = "too_many_tries"


@dataclass(frozen=True, slots=True)
class Asking:
    """What the browser that asked may know of its newest request. Says nothing of whether a mail was or will be sent.

    `code_spent`: so many wrong codes were typed here that only the link is left. `signed_in`: link or code was used in this browser; where the cookie's session is alive, the waiting page goes on.
    """

    address: str = field(repr=False)
    asked_at: datetime
    valid_until: datetime
    destination: str | None
    typed: Mapping[str, str] = field(repr=False)
    signed_in: bool = False
    codes_off: bool = False
    code_spent: bool = False


@dataclass(frozen=True, slots=True)
class LinkReady:
    """The link works. `browser` is a word of `portal.identity.browsers`; `destination` is None but in the asking browser.

    Where not `in_asking_browser`, the page wants the address typed once more. `other_session`: the masked address of another
    person who is signed in here; the page names it, and pressing ends it. `asked_nowhere`: no browser waits for a code. `has_code`: the
    mail holds one.
    """

    masked_address: str
    asked_at: datetime
    valid_until: datetime
    browser: str
    in_asking_browser: bool
    destination: str | None
    other_session: str | None
    asked_nowhere: bool = False
    has_code: bool = True


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Signed in: `token` goes into a fresh cookie. `destination` and `typed` are empty but in the asking browser: then to home."""

    session: CurrentSession
    token: str = field(repr=False)
    destination: str | None
    typed: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AddressWanted:
    """Pressed in a browser that did not ask, with no address typed. Nothing was counted or burnt."""

    link: LinkReady


@dataclass(frozen=True, slots=True)
class AddressWrong:
    """The address typed is not the one that got the mail. The link still works; the try was counted."""

    link: LinkReady


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """The link was good once. `ask_fresh` sends another to the same address in one press."""

    reason: EndReason
    masked_address: str
    in_asking_browser: bool
    destination: str | None


@dataclass(frozen=True, slots=True)
class LinkUnknown:
    """No such link: cut off, made up, another company's, or dropped long ago."""


@dataclass(frozen=True, slots=True)
class LinkStopped:
    """Link and code are dead."""


@dataclass(frozen=True, slots=True)
class CodeMalformed:
    """Not eight digits. Nothing was counted."""


@dataclass(frozen=True, slots=True)
class CodeWrong:
    """Not the code, which was counted."""

    tries_left: int


@dataclass(frozen=True, slots=True)
class CodeEnded:
    """No code is to be had here any more: ask again. Links that were sent go on working."""

    reason: EndReason


@dataclass(frozen=True, slots=True)
class CodesOff:
    """Too many wrong codes at this company: codes are off until the hour is over. Links go on working."""
