"""A receipt for each act, for the person to keep: ISO/IEC TS 27560 as W3C DPV JSON-LD, signed, to be checked without us.

Must never hold an address, and never say more than the ledger has: the event stands in it as it was sealed, with its digest.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config.model import Company
from portal.consent import dpv
from portal.consent.chains import open_key, read_events, wrapped_key_of
from portal.consent.events import Event, plain_of
from portal.consent.model import ConsentEvent, Notice
from portal.consent.notices import notice_hash, notices_by_hash
from portal.consent.words import Act
from portal.core import crypto, signatures
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.people.service import identifiers_of

KIND = "receipt"


class NoSuchAct(PortalError):
    """The person's history has no act of that number."""


class ReceiptIsWrong(PortalError):
    """The signature holds, but what stands in it does not fit together; such a receipt was never written here."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a checked receipt says. `digest` is that of the event's row in the ledger; `notice` the text that was shown, if one was."""

    company: str
    number: int
    purpose: str
    channel: str
    topic: str
    act: Act
    actor: str
    collection_point: str
    at: datetime
    received_at: datetime
    digest: bytes
    purpose_title: str
    notice: str | None
    language: str | None
    frequency: str | None
    topics: tuple[str, ...] | None


def receipt_for(db: Session, person_id: int, sequence: int) -> str:
    """The signed receipt (compact JWS) of one act of the person. Raises `NoSuchAct`, `KeyIsDestroyed`, `NoSuchPerson`."""
    row = db.scalar(select(ConsentEvent).filter_by(person_id=person_id, sequence=sequence))
    if row is None:
        raise NoSuchAct("There is no such act in this history.")
    (event,) = read_events(db, person_id, open_key(wrapped_key_of(db, person_id), has_events=True), [sequence])
    notice = notices_by_hash(db, [event.notice_hash]).get(event.notice_hash) if event.notice_hash else None
    addresses = [f"{one.kind}\x1f{one.value}" for one in identifiers_of(db, person_id)]
    company = registry.company(company_of(db))
    return signatures.sign(registry.key_of(company_of(db)), KIND, _statement(company, event, row, notice, addresses))


def read_receipt(token: str, keys: Mapping[str, Any]) -> Receipt:
    """What a receipt says, if one of `keys` (a JWK set) signed it and it fits together. Needs no database, no network and no secret.

    Raises `SignatureRefused` or `ReceiptIsWrong`.
    """
    said = signatures.verify(token, KIND, keys)
    wrong = ReceiptIsWrong("The signature holds, but the receipt does not fit together.")
    try:
        plain, digest = said["ledger:event"], bytes.fromhex(said["ledger:digest"])
        event: Any = json.loads(plain)
        text: Any = said.get("ledger:notice")
        shown = bytes.fromhex(event["notice_hash"]) if event["notice_hash"] else None
        if not crypto.same(hashlib.sha256(plain.encode()).digest(), digest):
            raise wrong
        if shown is not None and not crypto.same(notice_hash(event["choice"]["purpose"], text["language"], text["text"]), shown):
            raise wrong
        received_at = datetime.fromisoformat(event["received_at"])
        return Receipt(
            company=said["dct:publisher"]["dpv:hasName"],
            number=said["ledger:sequence"],
            **event["choice"],
            act=Act(event["act"]),
            actor=event["actor"],
            collection_point=event["collection_point"],
            at=datetime.fromisoformat(event["acted_at"]) if event["acted_at"] else received_at,
            received_at=received_at,
            digest=digest,
            purpose_title=said["ledger:title"],
            notice=text["text"] if shown is not None else None,
            language=event["language"],
            frequency=event["frequency"],
            topics=None if event["topics"] is None else tuple(event["topics"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise wrong from None


def proves(said: Mapping[str, Any], kind: str, value: str) -> bool:
    """Is the person of this receipt (its statement) the one with that identifier? For whoever holds both."""
    return (
        _pseudonym(said["ledger:salt"], f"{kind}\x1f{value}")
        in said["dpv:hasRecordOfActivity"][0]["dpv:hasDataSubject"]["ledger:known_as"]
    )


def _statement(company: Company, event: Event, row: ConsentEvent, notice: Notice | None, addresses: list[str]) -> dict[str, Any]:
    purpose = company.purposes.get(event.choice.purpose)
    language = event.language or company.languages[0]
    title = purpose.title.get(language) or next(iter(purpose.title.values())) if purpose else event.choice.purpose
    digest = bytes(row.digest).hex()
    known_as = sorted(_pseudonym(event.salt, one) for one in addresses)
    record = dpv.record_of(company, event, digest, notice, title=title, language=language, known_as=known_as)
    statement: dict[str, Any] = {
        "@context": dpv.CONTEXT,
        "@id": f"urn:sha256:{digest}#receipt",
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": f"{digest[:16]}-{event.sequence}",
        "dct:conformsTo": f"{dpv.SCHEMA}#receipt",
        "dct:created": event.happened_at.astimezone(UTC).isoformat(),
        "dct:publisher": dpv.controller_of(company),
        "schema:recipient": "dpv:DataSubject",
        "dpv:hasRecordOfActivity": [record],
        "ledger:sequence": event.sequence,
        "ledger:title": title,
        "ledger:salt": event.salt,
        "ledger:event": plain_of(event),
        "ledger:digest": digest,
    }
    if notice is not None:
        statement["ledger:notice"] = {"text": notice.text, "language": notice.language}
    return statement


def _pseudonym(salt: str, identifier: str) -> str:
    """A digest that says who it is to nobody but who has both the receipt and the identifier."""
    return hashlib.sha256(json.dumps(["portal.receipt/1", salt, identifier]).encode()).hexdigest()
