"""What a preference centre is drawn of, as data: purposes with their texts, and the JSON Schema of an answer. Pure.

Must never offer what cannot be answered, nor a text under another hash than the ledger's.
"""

from typing import Any

from pydantic import BaseModel

from portal.config.model import Company, Purpose
from portal.consent.basis import NO_CHOICE
from portal.consent.notices import notice_hash

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Notice(BaseModel):
    """The exact text that is agreed to, in one language; an attested or posted act names its hash (SHA-256, hex)."""

    language: str
    text: str
    hash: str


class Named(BaseModel):
    """A key of portal.yaml with its title in every language."""

    key: str
    title: dict[str, str]


class PurposeOut(BaseModel):
    """One purpose that can be answered."""

    key: str
    title: dict[str, str]
    text: dict[str, str]
    basis: str
    marketing: bool
    double_opt_in: bool
    channels: list[Named]
    topics: list[Named]
    frequencies: list[Named]
    still_arrives: dict[str, str] | None
    notices: list[Notice]


def purposes_of(company: Company) -> list[PurposeOut]:
    """Everything that has channels, in the order of portal.yaml."""
    return [_purpose(key, purpose) for key, purpose in company.purposes.items() if purpose.channels]


def acts_schema(company: Company, longest_token: int) -> dict[str, Any]:
    """What may be posted to `/centre/acts`: one answer a choice, a yes with one of the texts as they stand today."""
    asked = [
        (key, one) for key, one in company.purposes.items() if one.channels and one.basis not in NO_CHOICE and not one.sensitive
    ]
    return {
        "$schema": DIALECT,
        "type": "object",
        "required": ["token", "language", "seen", "acts"],
        "additionalProperties": False,
        "properties": {
            "token": {"type": "string", "minLength": 1, "maxLength": longest_token},
            "language": {"enum": list(company.languages)},
            "seen": {"type": "integer", "minimum": 0},
            "acts": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": {"oneOf": [_act(company, key, one, yes=yes) for key, one in asked for yes in (True, False)]},
            },
        },
    }


def _act(company: Company, key: str, purpose: Purpose, *, yes: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "purpose": {"const": key},
        "channel": {"enum": list(purpose.channels)},
        "answer": {"const": "yes" if yes else "no"},
    }
    if yes:
        said["notice"] = {"enum": [notice_hash(key, language, text).hex() for language, text in (purpose.notice or {}).items()]}
        if purpose.topics:
            said["topics"] = {"type": "array", "uniqueItems": True, "items": {"enum": list(purpose.topics)}}
        if purpose.frequencies:
            said["frequency"] = {"enum": list(purpose.frequencies)}
    required = ["purpose", "channel", "answer", *(["notice"] if yes else [])]
    title = purpose.title[company.languages[0]]
    return {"title": title, "type": "object", "required": required, "additionalProperties": False, "properties": said}


def _purpose(key: str, purpose: Purpose) -> PurposeOut:
    return PurposeOut(
        key=key,
        title=purpose.title,
        text=purpose.text,
        basis=purpose.basis.value,
        marketing=purpose.marketing,
        double_opt_in=purpose.double_opt_in,
        channels=[Named(key=name, title=title) for name, title in purpose.channels.items()],
        topics=[Named(key=name, title=topic.title) for name, topic in purpose.topics.items()],
        frequencies=[Named(key=name, title=title) for name, title in purpose.frequencies.items()],
        still_arrives=purpose.still_arrives,
        notices=[
            Notice(language=language, text=text, hash=notice_hash(key, language, text).hex())
            for language, text in (purpose.notice or {}).items()
        ],
    )
