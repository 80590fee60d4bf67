"""What the company asks for agreement to: its purposes, channels, topics and the exact texts, so that it can draw its own page."""

from pydantic import BaseModel

from portal.api.operations import Part
from portal.consent.notices import notice_hash
from portal.web.context import current_company

part = Part("company", "What the company asks, and in which words")


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
    still_arrives: dict[str, str] | None
    notices: list[Notice]


class Purposes(BaseModel):
    """Everything a preference centre is drawn of."""

    languages: list[str]
    purposes: list[PurposeOut]


@part.operation("GET", "/purposes", scope="consents:check", summary="List the purposes and their texts", answer=Purposes)
def list_purposes() -> Purposes:
    """Purposes with channels, in the order of portal.yaml; what asks nobody (contract, legal duty without channels) is not among them."""
    config = current_company().config
    return Purposes(
        languages=list(config.languages),
        purposes=[
            PurposeOut(
                key=key,
                title=purpose.title,
                text=purpose.text,
                basis=purpose.basis.value,
                marketing=purpose.marketing,
                double_opt_in=purpose.double_opt_in,
                channels=[Named(key=name, title=title) for name, title in purpose.channels.items()],
                topics=[Named(key=name, title=topic.title) for name, topic in purpose.topics.items()],
                still_arrives=purpose.still_arrives,
                notices=[
                    Notice(language=language, text=text, hash=notice_hash(key, language, text).hex())
                    for language, text in (purpose.notice or {}).items()
                ],
            )
            for key, purpose in config.purposes.items()
            if purpose.channels
        ],
    )
