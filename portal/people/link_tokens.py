"""The token of a link in a mail: who it is for and what it may change, sealed so that nobody else can read or make one.

Must never open at another company, under another version or key number, or after a single changed bit.

Shape, base64url without padding: version (1 byte), key number (2), nonce (12), AES-256-GCM of what follows, tag (16). Inside: scope (1),
issued and expiry (4 each, seconds since 1970), kind of identifier (1), choice and campaign (each a length byte and UTF-8), identifier.
The authenticated text beside it is `portal-link/<version>/<company>/<key number>`. docs/links.md says the same for other languages.
"""

import base64
import binascii
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from itertools import repeat
from operator import add

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.core import clock, crypto
from portal.core.crypto_links import LinkKey
from portal.core.errors import PortalError
from portal.people.addresses import AddressRefused, normal_address
from portal.people.identifier import EMAIL, Identifier

VERSION = 1
HEAD = struct.Struct(">BH")
TIMES = struct.Struct(">BIIB")
OVERHEAD = HEAD.size + crypto.NONCE_BYTES + 16
LONGEST_FIELD = 255
LONGEST_TOKEN = 1200


class LinkUnreadable(PortalError):
    """No link of this company: forged, cut, in other letters, or another company's. One answer for all of them."""


class CannotMint(PortalError):
    """This link cannot be made; the text says why and repeats nothing of whom it is for."""


class Scope(IntEnum):
    """What a link may do: show and change choices, or only stop something."""

    PREFERENCES = 1
    STOP = 2


class Life(StrEnum):
    """How far a link still carries. Anything but `live` can say no and show nothing."""

    LIVE = "live"
    LATE = "late"
    SHUT_OFF = "shut_off"


KINDS = {1: EMAIL, 2: "phone", 3: "customer_number"}
KIND_NUMBERS = {kind: number for number, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Link:
    """What a token says. `choice` is `purpose.channel`, or empty for all marketing."""

    identifier: Identifier
    issued_at: datetime
    expires_at: datetime
    scope: Scope = Scope.PREFERENCES
    choice: str = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A token that was made with a key of this company."""

    link: Link
    key_number: int
    life: Life

    @property
    def may_show(self) -> bool:
        """May the page show choices and take a yes? Otherwise the link only lowers."""
        return self.life is Life.LIVE and self.link.scope is Scope.PREFERENCES


URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class Mint:
    """Makes links of one company under one key. It works on bytes and on many at once, so that a million take no longer than they must."""

    company: str
    number: int
    head: bytes
    """The letters that each of its tokens begins with: version and key number, three bytes, are four letters whatever follows."""

    _encrypt: Callable[[bytes, bytes, bytes], bytes] = field(repr=False)
    _beside: bytes

    @classmethod
    def under(cls, company: str, key: LinkKey) -> "Mint":
        """The mint of that key. Raises `CannotMint` for one that is shut off."""
        if key.is_shut_off:
            raise CannotMint(
                f"Key {key.number} is shut off: its links could only say no. Make a new one: `portal links keys new`."
            )
        beside = authenticated(company, VERSION, key.number)
        head = base64.urlsafe_b64encode(HEAD.pack(VERSION, key.number))
        return cls(company, key.number, head, AESGCM(key.secret).encrypt, beside)

    def seal(self, plain: bytes, nonce: bytes) -> str:
        """The token of `plain`, as `plain_of` makes it. A nonce must never come twice."""
        return (self.head + self.seal_many(b"", [plain], [nonce])[0]).decode()

    def seal_many(self, before: bytes, plain: Sequence[bytes], nonces: Sequence[bytes]) -> list[bytes]:
        """What follows `head` in the tokens of many whose content begins alike, in the same order."""
        sealed = map(self._encrypt, nonces, map(add, repeat(before), plain), repeat(self._beside))
        # Each ends in a line break, so that all are spelt for addresses at once and then taken apart.
        rest = map(binascii.b2a_base64, map(add, nonces, sealed))
        return b"".join(rest).translate(URL_SAFE, b"=").split(b"\n")[:-1]

    def token_of(self, link: Link) -> str:
        """The token of one link. Raises `CannotMint`."""
        return self.seal(plain_of(link), crypto.random_nonce())


def authenticated(company: str, version: int, number: int) -> bytes:
    """What a token is bound to besides its content."""
    return f"portal-link/{version}/{company}/{number}".encode()


def plain_of(link: Link) -> bytes:
    """The bytes inside a token. Raises `CannotMint` where something is too long or unknown."""
    choice, campaign, value = link.choice.encode(), link.campaign.encode(), link.identifier.value.encode()
    if max(map(len, (choice, campaign, value))) > LONGEST_FIELD or not value:
        raise CannotMint(
            "The identifier, the choice and the campaign have at most 255 bytes each, and the identifier at least one."
        )
    if link.identifier.kind not in KIND_NUMBERS:
        raise CannotMint("A link is for an e-mail address, a phone number or a customer number.")
    try:
        times = TIMES.pack(
            link.scope, int(link.issued_at.timestamp()), int(link.expires_at.timestamp()), KIND_NUMBERS[link.identifier.kind]
        )
    except struct.error:
        raise CannotMint("Its dates are before 1970 or after 2105.") from None
    return b"".join((times, bytes([len(choice)]), choice, bytes([len(campaign)]), campaign, value))


def open_link(company: str, token: str) -> OpenedLink:
    """What the token says at that company, by the keys of this process. Raises `LinkUnreadable`."""
    return open_under(crypto.keys().links.get(company, ()), company, token, at=clock.now())


def open_under(keys: Sequence[LinkKey], company: str, token: str, *, at: datetime) -> OpenedLink:
    """The same by given keys at a given moment. Pure. Raises `LinkUnreadable`."""
    sealed = _bytes_of(token)
    version, number = HEAD.unpack_from(sealed)
    key = next((key for key in keys if key.number == number), None)
    if version != VERSION or key is None:
        raise _unreadable()
    rest = sealed[HEAD.size :]
    nonce, ciphertext = rest[: crypto.NONCE_BYTES], rest[crypto.NONCE_BYTES :]
    try:
        link = _link_of(AESGCM(key.secret).decrypt(nonce, ciphertext, authenticated(company, version, number)))
    except (InvalidTag, ValueError, KeyError, IndexError, struct.error, AddressRefused):
        raise _unreadable() from None
    late = Life.LATE if at >= link.expires_at else Life.LIVE
    return OpenedLink(link, number, Life.SHUT_OFF if key.is_shut_off else late)


def _bytes_of(token: str) -> bytes:
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _unreadable() from None
    # Four spellings of the last letter decode alike; only ours is a link.
    spelt_alike = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode() == token
    if len(token) > LONGEST_TOKEN or len(sealed) <= OVERHEAD or not spelt_alike:
        raise _unreadable()
    return sealed


def _link_of(plain: bytes) -> Link:
    scope, issued, expires, kind = TIMES.unpack_from(plain)
    choice, rest = _field(plain[TIMES.size :])
    campaign, value = _field(rest)
    text = value.decode()
    if not text.strip():
        raise ValueError("There is nobody in it.")
    # Recipes in other languages only lower-case; what is looked up has to be in the one form that rows are in.
    identifier = Identifier(KINDS[kind], normal_address(text, allow_non_ascii=True) if KINDS[kind] == EMAIL else text)
    issued_at, expires_at = datetime.fromtimestamp(issued, UTC), datetime.fromtimestamp(expires, UTC)
    return Link(identifier, issued_at, expires_at, Scope(scope), choice.decode(), campaign.decode())


def _field(plain: bytes) -> tuple[bytes, bytes]:
    length = plain[0]
    if len(plain) < 1 + length:
        raise ValueError("A field is cut.")
    return plain[1 : 1 + length], plain[1 + length :]


def _unreadable() -> LinkUnreadable:
    return LinkUnreadable("This is no link of ours, or only a part of one.")
