"""One event of the ledger: open, as it is read, and sealed, as it is stored. The shape is for keeps: old chains must stay verifiable.

Must never let two events of different persons, companies or places in a chain be exchanged for one another.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from portal.consent.merge import Deed
from portal.consent.model import ConsentEvent
from portal.consent.words import Act, Actor
from portal.core import crypto

SHAPE = 1

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""JSON with sorted keys and without spaces."""

Evidence = Mapping[str, str | int | bool | None]
"""What shows that the act took place: `{"request": "...", "form_url": "..."}`. Sealed with the event."""


class Choice(NamedTuple):
    """What an act is about: one purpose through one channel; `topic` is empty where it is about all of them. A tuple, since it is looked up
    a dozen times in each act.
    """

    purpose: str
    channel: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One act, open. `acted_at` is None where it happened as it was received; `salt` keeps the digest from being guessed."""

    person_id: int
    sequence: int
    choice: Choice
    act: Act
    actor: Actor
    collection_point: str
    received_at: datetime
    salt: str
    notice_hash: bytes | None = None
    language: str | None = None
    evidence: Evidence | None = None
    acted_at: datetime | None = None
    until: datetime | None = None
    undoes: int | None = None
    frequency: str | None = None
    topics: tuple[str, ...] | None = None

    @property
    def happened_at(self) -> datetime:
        """The moment of the act, as far as it is known."""
        return self.acted_at or self.received_at

    @property
    def deed(self) -> Deed:
        """What the merge rule looks at."""
        topics = None if self.topics is None else frozenset(self.topics)
        return Deed(
            self.sequence, self.act, self.actor, self.collection_point, self.received_at, self.acted_at, self.until, self.undoes,
            self.frequency, topics,
        )  # fmt: skip


def seal(event: Event, key: bytes, company_id: int, previous: bytes) -> dict[str, Any]:
    """The columns of an event's row, linked to the row before."""
    plain = _plain(event)
    row: dict[str, Any] = {
        "company_id": company_id,
        "person_id": event.person_id,
        "sequence": event.sequence,
        "received_at": event.received_at,
        "sealed": crypto.encrypt_under(key, plain, place_of(company_id, event.person_id, event.sequence)),
        "digest": hashlib.sha256(plain).digest(),
        "previous": previous,
    }
    return {**row, "hash": link(**row)}


def unseal(row: ConsentEvent, key: bytes) -> Event:
    """The event of a row. Raises `CannotDecrypt` where the row is not what was written there."""
    plain = crypto.decrypt_under(key, bytes(row.sealed), place_of(row.company_id, row.person_id, row.sequence))
    event = _event(json.loads(plain), row.person_id, row.sequence)
    if event.received_at != row.received_at or not crypto.same(hashlib.sha256(plain).digest(), bytes(row.digest)):
        raise crypto.CannotDecrypt("A row of the ledger does not say what was sealed in it.")
    return event


def beginning(company_id: int, person_id: int) -> bytes:
    """What the first row of a chain stands on."""
    return _sha256("portal.consent.chain/1", company_id, person_id)


def link(
    *, company_id: int, person_id: int, sequence: int, received_at: datetime, sealed: bytes, digest: bytes, previous: bytes
) -> bytes:
    """The hash of a row, from its other columns: needs no key, and never will."""
    # Written out for speed: it is what `_sha256` would make of these parts, none of which has a sign that JSON escapes.
    parts = (
        f'["portal.consent.event/1", {company_id}, {person_id}, {sequence}, "{_text(received_at)}", '
        f'"{hashlib.sha256(sealed).hexdigest()}", "{digest.hex()}", "{previous.hex()}"]'
    )
    return hashlib.sha256(parts.encode()).digest()


def _sha256(*parts: str | int | None) -> bytes:
    return hashlib.sha256(json.dumps(parts).encode()).digest()


def place_of(company_id: int, person_id: int, sequence: int) -> str:
    """What the sealed text of a row is bound to."""
    return f"consent_event.sealed:{company_id}:{person_id}:{sequence}"


@lru_cache(maxsize=64)
def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def plain_of(event: Event) -> str:
    """The text whose digest stands in the ledger: a receipt carries it along."""
    return _plain(event).decode()


def _plain(event: Event) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8."""
    # Written out for speed, in the order of the names: it is what `_canonical` would make of them.
    choice, text = event.choice, _quoted
    return (
        f'{{"act":{text(event.act)},"acted_at":{text(_text(event.acted_at))},"actor":{text(event.actor)},"choice":{{'
        f'"channel":{text(choice.channel)},"purpose":{text(choice.purpose)},"topic":{text(choice.topic)}}},'
        f'"collection_point":{text(event.collection_point)},'
        f'"evidence":{"null" if event.evidence is None else _canonical(dict(event.evidence))},'
        f'"frequency":{text(event.frequency)},"language":{text(event.language)},'
        f'"notice_hash":{text(event.notice_hash.hex() if event.notice_hash else None)},'
        f'"received_at":{text(_text(event.received_at))},"salt":{text(event.salt)},"shape":{SHAPE},'
        f'"topics":{"null" if event.topics is None else _canonical(event.topics)},'
        f'"undoes":{"null" if event.undoes is None else event.undoes},"until":{text(_text(event.until))}}}'
    ).encode()


def _quoted(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)


def _event(said: dict[str, Any], person_id: int, sequence: int) -> Event:
    del said["shape"]
    return Event(
        **said
        | {
            "person_id": person_id,
            "sequence": sequence,
            "choice": Choice(**said["choice"]),
            "act": Act(said["act"]),
            "actor": Actor(said["actor"]),
            "notice_hash": bytes.fromhex(said["notice_hash"]) if said["notice_hash"] else None,
            "topics": None if said["topics"] is None else tuple(said["topics"]),
            **{name: _moment(said[name]) for name in ("received_at", "acted_at", "until")},
        }
    )
