"""The keys that links in mails are sealed with: a ring of its own for each company, in the key file beside all other keys.

Must never give a shut-off key back its life, nor use a number twice: mails of years ago name it.
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

LINKS_A_KEY = 2**32
"""So many links a key may seal: its nonces are random (NIST SP 800-38D, 8.3)."""

HIGHEST_NUMBER = 2**16 - 1


@dataclass(frozen=True, slots=True)
class LinkKey:
    """One key of a company. `number` stands in each of its links; under a shut-off key a link can only say no."""

    number: int
    secret: bytes = field(repr=False)
    made_on: date
    shut_off_on: date | None = None

    @property
    def is_shut_off(self) -> bool:
        """Whether its links have lost what they could show."""
        return self.shut_off_on is not None


LinkRing = Mapping[str, Sequence[LinkKey]]
"""Per company (its key in `portal.yaml`) its keys, oldest first."""


def newest_link_key(ring: LinkRing, company: str) -> LinkKey | None:
    """The key that new links are made with: the newest that is not shut off."""
    return next((key for key in reversed(ring.get(company, ())) if not key.is_shut_off), None)


def with_link_key(ring: LinkRing, company: str, *, today: date) -> dict[str, Sequence[LinkKey]]:
    """The same ring with one more, newest key of the company."""
    own = ring.get(company, ())
    number = max((key.number for key in own), default=0) + 1
    return {**ring, company: (*own, LinkKey(number, secrets.token_bytes(32), today))}


def with_key_shut_off(ring: LinkRing, company: str, number: int, *, today: date) -> dict[str, Sequence[LinkKey]]:
    """The same ring with that key shut off; one that was shut off before keeps its day."""
    own = tuple(
        replace(key, shut_off_on=today) if key.number == number and not key.is_shut_off else key for key in ring.get(company, ())
    )
    return {**ring, company: own}


def dump_links(ring: LinkRing) -> dict[str, list[dict[str, Any]]]:
    """The ring as it stands in a key file."""
    return {company: [dump_link_key(key) for key in keys] for company, keys in ring.items() if keys}


def dump_link_key(key: LinkKey) -> dict[str, Any]:
    """One key as it stands in a file."""
    return {
        "number": key.number,
        "secret": base64.b64encode(key.secret).decode(),
        "made_on": key.made_on.isoformat(),
        "shut_off_on": key.shut_off_on.isoformat() if key.shut_off_on else None,
    }


def parse_links(plain: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Sequence[LinkKey]]:
    """Read what `dump_links` wrote. Raises `ValueError`, `KeyError`, `TypeError` or `AttributeError` for anything else."""
    ring: dict[str, Sequence[LinkKey]] = {company: tuple(map(parse_link_key, keys)) for company, keys in plain.items()}
    if any(len({key.number for key in keys}) != len(keys) for keys in ring.values()):
        raise ValueError("A key number stands twice.")
    return ring


def parse_link_key(plain: Mapping[str, Any]) -> LinkKey:
    """Read what `dump_link_key` wrote; raises as `parse_links`."""
    shut_off = plain["shut_off_on"]
    secret, number = base64.b64decode(plain["secret"], validate=True), int(plain["number"])
    if len(secret) != 32 or not 1 <= number <= HIGHEST_NUMBER:
        raise ValueError("A key of links has 256 bits and a number of 16.")
    made_on = date.fromisoformat(plain["made_on"])
    return LinkKey(number, secret, made_on, date.fromisoformat(shut_off) if shut_off else None)
