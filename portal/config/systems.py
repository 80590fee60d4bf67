"""What a `portal.yaml` says of one of the company's systems: where it is and what a map of its data cannot say.

Must never hold what belongs to one kind of adapter: its settings are checked by that adapter.
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from portal.config.parts import CollectionRef, Key, Part, Text


class Release(StrEnum):
    """Whether values go out at once or after a person has looked."""

    AUTO = "auto"
    REVIEW = "review"


class FieldNote(Part):
    """What a map cannot say of one field; what is not said is taken from the collection."""

    title: Text
    source: Key | None = None
    purpose: Key | None = None
    retention: Key | None = None
    recipients: list[Key] | None = None
    release: Release | None = None
    values: dict[str, Text] = Field(default_factory=dict, description="What a code in it means: `delivered: {en: Delivered}`")
    shown_as: Literal["country", "language"] | None = Field(
        None, description="It holds a code that every language has a name for: `NO`, `de`"
    )


class CollectionNote(Part):
    """What a map cannot say of one collection: where it comes from, why it is held, who gets it, until when."""

    title: Text
    source: Key
    purpose: Key
    retention: Key
    recipients: list[Key]
    release: Release | None = None
    obtained: str | None = Field(None, description="The field that holds the date when the record came")
    owner: str | None = Field(None, description="The field that names whose record it is, where other people reach it too")
    correctable: list[str] = Field(
        default_factory=list, description="The fields that a correction may change; never an identifier, a key or a reference"
    )
    fields: dict[str, FieldNote] = Field(default_factory=dict)


class Loss(Part):
    """What a person would lose if their records went: said before they choose, one sentence each."""

    text: Text = Field(description="One sentence: `You have orders on their way.`")
    collection: CollectionRef
    fields: list[str] = Field(
        default_factory=list, description="Only where one of these fields would go; without it, where anything of a record would"
    )
    when: dict[str, list[str]] = Field(
        default_factory=dict,
        description='Only where a field has one of these values ("": is empty); without it, where there is any record',
    )


class System(Part):
    """One of the company's systems. `settings` belong to the adapter of that kind, which checks them."""

    kind: Key
    title: Text
    settings: dict[str, object] = Field(default_factory=dict)
    collections: dict[CollectionRef, CollectionNote]
    tells_apart: dict[Literal["name", "birth_date", "customer_number"], list[str]] = Field(
        default_factory=dict, description="`dataset.collection.field`s that tell two people apart; several are joined by a space"
    )
    proof: dict[Key, str] = Field(
        default_factory=dict, description="Values a person can be asked for: `postcode: dataset.collection.field`"
    )
    losses: dict[Key, Loss] = Field(default_factory=dict, description="What would be lost with an erasure")
