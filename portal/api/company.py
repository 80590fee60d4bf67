"""What the company asks for agreement to: its purposes, channels, topics and the exact texts, so that it can draw its own page."""

from pydantic import BaseModel

from portal.api.centre_schema import PurposeOut, purposes_of
from portal.api.operations import Part
from portal.web.context import current_company

part = Part("company", "What the company asks, and in which words")


class Purposes(BaseModel):
    """Everything a preference centre is drawn of."""

    languages: list[str]
    purposes: list[PurposeOut]


@part.operation("GET", "/purposes", scope="consents:check", summary="List the purposes and their texts", answer=Purposes)
def list_purposes() -> Purposes:
    """Purposes with channels, in the order of portal.yaml; what asks nobody (contract, legal duty without channels) is not among them."""
    config = current_company().config
    return Purposes(languages=list(config.languages), purposes=purposes_of(config))
