"""A Fideslang dataset map as types: what a company wrote down about its tables.

Must never hold a value of a person, only names of things.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Direction(StrEnum):
    """Which way a reference is followed. `from`: this field is filled from there; `to`: it leads there; neither: both ways."""

    FROM = "from"
    TO = "to"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that joins another: `dataset`, and `target` as written (`collection.field[.sub...]`), found as `collection` and `path`."""

    dataset: str
    target: str
    direction: Direction
    line: int
    collection: str = ""
    path: tuple[str, ...] = ()

    @property
    def collection_key(self) -> str:
        """`dataset.collection` of the other end."""
        return f"{self.dataset}.{self.collection}"


@dataclass(frozen=True, slots=True)
class Masking:
    """How a value is to be overwritten."""

    strategy: str
    configuration: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MapField:
    """One column, or one key inside a JSON column (then `path` has several parts). `categories` are its own ones only."""

    path: tuple[str, ...]
    line: int
    categories: tuple[str, ...] | None = None
    identity: str | None = None
    primary_key: bool = False
    data_type: str | None = None
    is_array: bool = False
    references: tuple[Reference, ...] = ()
    length: int | None = None
    read_only: bool = False
    return_all_elements: bool = False
    masking: Masking | None = None
    custom_request_field: str | None = None
    redact: bool = False
    fields: tuple["MapField", ...] = ()

    @property
    def name(self) -> str:
        """Its own name, without those around it."""
        return self.path[-1]

    def walk(self) -> Iterator["MapField"]:
        """This field and all below it."""
        yield self
        for sub in self.fields:
            yield from sub.walk()


@dataclass(frozen=True, slots=True)
class MapCollection:
    """One table. `after` and `erase_after` name `dataset.collection`s."""

    dataset: str
    name: str
    file: str
    line: int
    fields: tuple[MapField, ...]
    categories: tuple[str, ...] | None = None
    after: tuple[str, ...] = ()
    erase_after: tuple[str, ...] = ()
    skip_processing: bool = False
    delete_rows: bool = False
    partitioning: Any = None
    redact: bool = False

    @property
    def key(self) -> str:
        """`dataset.collection`."""
        return f"{self.dataset}.{self.name}"

    def all_fields(self) -> Iterator[MapField]:
        """Every field, nested ones too."""
        for top in self.fields:
            yield from top.walk()

    def field_at(self, path: tuple[str, ...]) -> MapField | None:
        """The field of that path, or None."""
        return next((one for one in self.all_fields() if one.path == path), None)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One database schema. `namespace` says where its tables live (`schema` on PostgreSQL)."""

    key: str
    file: str
    line: int
    collections: tuple[MapCollection, ...]
    categories: tuple[str, ...] | None = None
    after: tuple[str, ...] = ()
    namespace: Mapping[str, str] = field(default_factory=dict)
    redact: bool = False

    def collection(self, name: str) -> MapCollection | None:
        """The collection of that name, or None."""
        return next((one for one in self.collections if one.name == name), None)
