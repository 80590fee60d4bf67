"""The one normal form of an e-mail address: what is hashed, what is compared and where mail goes are the same bytes.

Must never ask the network, and never fold two addresses into one that a mail server could tell apart by more than ASCII case.
"""

import re
import unicodedata
from functools import lru_cache

from portal.core.errors import PortalError
from portal.core.marks import N_

LONGEST = 254
"""Octets of a whole address (RFC 5321 4.5.3.1.3)."""

_PLAIN_LOCAL_PART = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*")
"""What nearly every part before the @ is: needs no second look."""

PLAIN_DOMAIN = re.compile(
    r"(?:[a-z0-9]{1,20}(?:-[a-z0-9]{1,20}){0,2}\.){1,3}(?!arpa|invalid|local|localhost|onion|test)[a-z]{2,20}"
)
"""And what nearly every domain is: no name for special use (RFC 6761), nothing that a mail program shows in other letters."""

_TO_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


class AddressRefused(PortalError):
    """This text cannot be an address here. `reason` says why and what to do; show it through `_()`, it repeats nothing typed."""

    reason = N_("This is not an e-mail address. Example: name@example.com")

    def __init__(self) -> None:
        super().__init__(self.reason)


class NothingTyped(AddressRefused):
    """The field was left empty."""

    reason = N_("Type your e-mail address.")


class NotAnAddress(AddressRefused):
    """It has not the form of an address."""


class AddressTooLong(AddressRefused):
    """Longer than any address can be."""

    reason = N_("This is too long for an e-mail address. It can have 254 characters at most.")


class LettersThatLookAlike(AddressRefused):
    """The part before the @ has letters beyond ASCII, which could be taken for others."""

    reason = N_("The part before the @ has a letter that we cannot use here. Type it with the letters a to z, or write to us.")


class DomainNotUsable(AddressRefused):
    """The part after the @ is no domain name, or is spelt with signs that only look like one."""

    reason = N_("The part after the @ is not right. Type it in small letters with a plain full stop, like example.com")


class EndingMissing(DomainNotUsable):
    """The part after the @ is one word."""

    reason = N_("The ending is missing after the @, like .com in name@example.com")


class CommaForStop(DomainNotUsable):
    """The part after the @ has a comma."""

    reason = N_("There is a comma after the @. A full stop belongs there, like in name@example.com")


class SpaceInside(DomainNotUsable):
    """The part after the @ has a space."""

    reason = N_("There is a space after the @. An address has none, like name@example.com")


class StrayStop(DomainNotUsable):
    """The part after the @ begins or ends with a full stop, or has two in a row."""

    reason = N_("There is a full stop too many after the @. It should look like name@example.com")


class NoMailboxThere(AddressRefused):
    """The domain is one that never gets mail, such as the masks that stand in place of erased addresses (`.invalid`, RFC 2606)."""

    reason = N_("No mail can reach this address.")


def normal_address(text: str, *, allow_non_ascii: bool = False) -> str:
    """`text` in normal form: ASCII letters lower-cased, the domain as an IDNA 2008 A-label. Raises an `AddressRefused`.

    With `allow_non_ascii` (a company opts in) the part before the @ may have any letters that NFKC leaves as they are.
    """
    typed = text.strip(" \t\r\n")
    if not typed:
        raise NothingTyped
    if len(typed) > LONGEST:
        raise AddressTooLong
    local, at, domain = typed.translate(_TO_LOWER).rpartition("@")
    if not at or not local or not domain:
        raise NotAnAddress
    if domain.rpartition(".")[2] in ("invalid", "localhost"):
        raise NoMailboxThere
    if not local.isascii() and (not allow_non_ascii or unicodedata.normalize("NFKC", local) != local):
        raise LettersThatLookAlike
    normal = f"{_local_part(local)}@{_a_label(domain)}"
    if len(normal.encode()) > LONGEST:
        raise AddressTooLong
    return normal


def _local_part(local: str) -> str:
    if len(local) <= 64 and _PLAIN_LOCAL_PART.fullmatch(local):
        return local
    # It takes 20 ms to load, and hardly any list, form or link ever wants it.
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(f"{local}@example.com", check_deliverability=False, strict=True)
    except EmailNotValidError:
        raise NotAnAddress from None
    return checked.local_part


@lru_cache(maxsize=4096)
def _a_label(domain: str) -> str:
    """The A-label of a domain that is spelt as it is registered.

    The library maps before it encodes (UTS 46): U+3002 becomes a dot, the Kelvin sign a k. Whatever it had to change is refused.
    """
    if PLAIN_DOMAIN.fullmatch(domain):
        return domain
    # As above.
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(f"a@{domain}", check_deliverability=False)
    except EmailNotValidError:
        raise _mistake_of(domain) from None
    encoded = checked.ascii_domain
    if domain not in (checked.domain, encoded):
        raise DomainNotUsable
    return encoded


def _mistake_of(domain: str) -> DomainNotUsable:
    """Which mistake it is, where that is plain; seen in the text alone."""
    if "," in domain:
        return CommaForStop()
    if any(sign.isspace() for sign in domain):
        return SpaceInside()
    whole = all(sign.isalnum() or sign in "-." for sign in domain)
    if whole and "." not in domain.strip("."):
        return EndingMissing()
    return StrayStop() if whole and (".." in domain or domain[0] == "." or domain[-1] == ".") else DomainNotUsable()


def masked(address: str) -> str:
    """A hint that its owner recognises and nobody else learns much from: `m•••n@example.org`, `m•••@example.org` where it is short."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••{local[-1] if len(local) > 3 else ''}@{domain}"


def domain_of(address: str) -> str:
    """The part after the @."""
    return address.rpartition("@")[2]


def mailbox_of(address: str) -> str:
    """The mailbox that spellings of one address are likely to end in: without `+tag` and dots. For counting only, never to find a person."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0].replace('.', '') or local}@{domain}"
