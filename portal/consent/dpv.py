"""An act as ISO/IEC TS 27560 wants it recorded, in the words of W3C DPV 2.2: who asks for what, on what ground, and what was said when.

Must never hold an identifier, nor claim what `portal.yaml` does not say: without `stored_in` of a purpose, no place of storage is named.
"""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from portal.config.model import Basis, Company, Recipient, Role
from portal.consent.events import Event
from portal.consent.model import Notice
from portal.consent.words import Act, Actor

SCHEMA = "https://w3id.org/dpv/schema/dpv-27560"
CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "loc": "https://w3id.org/dpv/loc#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "https://schema.org/",
    "ledger": "urn:privacy-portal:ledger:",
}
STATUS = {
    Act.ASKED: "dpv:ConsentRequested",
    Act.GIVEN: "dpv:ConsentGiven",
    Act.REFUSED: "dpv:ConsentRefused",
    Act.WITHDRAWN: "dpv:ConsentWithdrawn",
    Act.EXPIRED: "dpv:ConsentExpired",
    Act.IMPORTED: "dpv:ConsentUnknown",
}
"""Acts that DPV has a status of consent for; of all others the event itself speaks."""

TAKEN_BY_OTHERS = "dpv:ConsentRevoked"
"""What a consent is that somebody else than the person ended: DPV keeps `ConsentWithdrawn` for the person alone."""

THEIR_OWN = frozenset({Actor.PERSON, Actor.AGENT, Actor.SIGNAL})

LEGAL_BASIS = {
    Basis.CONSENT: "eu-gdpr:A6-1-a",
    Basis.LEGITIMATE_INTEREST: "eu-gdpr:A6-1-f",
    Basis.SOFT_OPT_IN: "eu-gdpr:A6-1-f",
}
PERSONAL_DATA = {
    "email": "pd:EmailAddress",
    "sms": "pd:TelephoneNumber",
    "phone": "pd:TelephoneNumber",
    "post": "pd:PhysicalAddress",
}
"""What a channel of that name reaches people by; of others only that it is data about them is said."""

WHO_GETS_DATA = {Role.PROCESSOR: "dpv:DataProcessor", Role.CONTROLLER: "dpv:ThirdParty", Role.AUTHORITY: "dpv:Authority"}
"""What a recipient is: who works for the company, who decides by itself what it does with the data, and who may demand it."""

UNITS = {"hour": "PT{}H", "day": "P{}D", "week": "P{}W", "month": "P{}M", "year": "P{}Y"}


def controller_of(company: Company) -> dict[str, Any]:
    """Who is responsible."""
    return {
        "@id": f"{company.url}#controller",
        "@type": "dpv:DataController",
        "dpv:hasName": company.legal_name,
        "dpv:hasAddress": company.controller.address,
        "dpv:hasContact": company.controller.email,
    }


def record_of(
    company: Company, event: Event, digest: str, notice: Notice | None, *, title: str, language: str, known_as: list[str]
) -> dict[str, Any]:
    """The record of one act. `known_as`: digests of the person's identifiers, which say who it is to nobody else."""
    purpose = company.purposes.get(event.choice.purpose)
    record: dict[str, Any] = {
        "@id": f"urn:sha256:{digest}",
        "@type": "dpv:ConsentRecord",
        "dct:identifier": digest,
        "dct:conformsTo": f"{SCHEMA}#record",
        "dpv:hasDataSubject": {"@id": f"urn:sha256:{digest}#person", "ledger:known_as": known_as},
        "dpv:hasDataController": controller_of(company),
        "dpv:hasJurisdiction": f"loc:{company.country}",
        "dpv:hasAuthority": {
            "@id": company.authority.url,
            "@type": "dpv:DataProtectionAuthority",
            "dpv:hasName": company.authority.name.get(language) or next(iter(company.authority.name.values())),
            "dpv:hasAddress": company.authority.address,
        },
        "dpv:hasProcess": [_process(company, event, title)],
        "dpv:hasNotice": _notices(company, notice, language),
        "dpv:hasConsentControl": {"@type": ["dpv:ProvideConsent", "dpv:WithdrawConsent"], "dpv:isExercisedAt": company.url},
    }
    if purpose is not None and purpose.basis in LEGAL_BASIS:
        record["dpv:hasLegalBasis"] = LEGAL_BASIS[purpose.basis]
        right = "eu-gdpr:A7-3" if purpose.basis is Basis.CONSENT else "eu-gdpr:A21"
        record["dpv:hasRight"] = [{"@type": ["dpv:DataSubjectRight", right], "dpv:isExercisedAt": company.url}]
    if event.act in STATUS:
        record["dpv:hasConsentStatus"] = [_status(company, event)]
    return record


def _process(company: Company, event: Event, title: str) -> dict[str, Any]:
    """What a yes allows: with which data, for whom, where, and for how long it is remembered."""
    purpose = company.purposes.get(event.choice.purpose)
    places = [f"loc:{country}" for country in purpose.stored_in] if purpose else []
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": title,
        "dct:identifier": f"{event.choice.purpose}.{event.choice.channel}",
        "dpv:hasPersonalData": [PERSONAL_DATA.get(event.choice.channel, "dpv:PersonalData")],
        "dpv:hasRecipient": [f"{company.url}#controller", *map(_recipient, recipients_of(company, event.choice.purpose))],
        "dpv:hasStorageCondition": [
            *([{"@type": "dpv:StorageLocation", "dpv:hasLocation": places}] if places else []),
            {
                "@type": "dpv:StorageDuration",
                "dpv:hasDuration": {"@type": "dpv:UntilEventDuration", "rdf:value": "Erasure of the person"},
            },
            {"@type": "dpv:StorageDeletion", "dpv:hasDuration": iso_duration(company.retention.proof_retention)},
        ],
    }


def recipients_of(company: Company, purpose: str) -> list[Recipient]:
    """Whoever gets data for a purpose: those that it names itself, and those of everything that is kept for it."""
    return [company.recipients[key] for key in dict.fromkeys(_keys_of_recipients(company, purpose))]


def _keys_of_recipients(company: Company, purpose: str) -> Iterator[str]:
    if purpose in company.purposes:
        yield from company.purposes[purpose].recipients
    for note in (note for system in company.systems.values() for note in system.collections.values()):
        if note.purpose == purpose:
            yield from note.recipients
        for field in note.fields.values():
            if (field.purpose or note.purpose) == purpose:
                yield from note.recipients if field.recipients is None else field.recipients


def _recipient(one: Recipient) -> dict[str, Any]:
    return {"@type": WHO_GETS_DATA[one.role], "dpv:hasName": one.name, "dpv:hasLocation": f"loc:{one.country}"}


def _notices(company: Company, notice: Notice | None, language: str) -> list[dict[str, Any]]:
    spoken = language if language in company.privacy_notice else next(iter(company.privacy_notice))
    notices = [{"@type": "dpv:PrivacyNotice", "@id": company.privacy_notice[spoken], "dct:language": spoken}]
    if notice is not None:
        notices.insert(
            0, {"@type": "dpv:ConsentNotice", "@id": f"urn:sha256:{notice.hash.hex()}", "dct:language": notice.language}
        )
    return notices


def _status(company: Company, event: Event) -> dict[str, Any]:
    own = event.actor in THEIR_OWN
    return {
        "@type": TAKEN_BY_OTHERS if event.act is Act.WITHDRAWN and not own else STATUS[event.act],
        "dpv:isIndicatedAtTime": event.happened_at.astimezone(UTC).isoformat(),
        "dpv:isIndicatedBy": "dpv:DataSubject" if own else f"{company.url}#controller",
        "dpv:hasIndicationMethod": event.collection_point,
    }


def iso_duration(words: str) -> str:
    """`3 years` as ISO 8601 has it: `P3Y`."""
    number, unit = words.split()
    return UNITS[unit.removesuffix("s")].format(number)
