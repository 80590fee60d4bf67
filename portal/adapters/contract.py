"""What every kind of system must be able to say to the portal (DESIGN part 6). One subclass per kind.

An adapter must never trust a remote search, follow an address that a remote gave it, or repeat a driver's message.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from portal.config import Config
from portal.config.model import System
from portal.core.documents import DocumentError
from portal.core.errors import PortalError

Scalar = str | int | float | bool | None
Json = Scalar | list["Json"] | dict[str, "Json"]


class TryLater(PortalError):
    """The system cannot answer now; `after` seconds from now is the earliest sensible next try."""

    def __init__(self, reason: str, *, after: float = 60.0) -> None:
        self.after = after
        super().__init__(reason)


class AdapterError(PortalError):
    """The system answered in a way that a retry does not mend (`permanent`) or might (not `permanent`)."""

    def __init__(self, reason: str, *, permanent: bool = True) -> None:
        self.permanent = permanent
        super().__init__(reason)


class EraseKind(StrEnum):
    """How a system can make data go."""

    NONE = "none"
    DELETE = "delete"
    ANONYMISE = "anonymise"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Can:
    """What this kind of system is able to do; whatever it is not able to do becomes a task for a human."""

    find: bool = True
    export: bool = True
    sources: bool = False
    correct: bool = False
    consent: bool = False
    resubscribe: bool = False
    erase: EraseKind = EraseKind.NONE
    asynchronous: bool = False
    irreversible: bool = False
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the system answers and its map fits. `problems` are plain sentences with file, line and remedy, without values."""

    ok: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier of the person, in the normal form of `portal.people.addresses`: kind `email`, `phone`, `customer_number`."""

    kind: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """All that an adapter is told about a person: the identifiers they proved."""

    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """One person's record that a system has under an identifier.

    `key` names the record within the system for good (`dataset.collection:primary key`); `stored` is the identifier as it stands there,
    which the core compares again; `tells_apart` holds what would tell two people apart (`name`, `birth_date`, `customer_number`).
    """

    key: str
    kind: str
    stored: str = field(repr=False)
    tells_apart: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a record. `source`, `purpose`, `retention`, `recipients` are keys of the company's configuration."""

    name: str
    category: str
    value: Json = field(repr=False)
    source: str = ""
    purpose: str = ""
    retention: str = ""
    recipients: tuple[str, ...] = ()
    obtained: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class Withheld:
    """A value that is held but never leaves (a password hash, a full card number): only that it exists is said."""

    name: str
    category: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row, document or object of the person in `collection` (`dataset.collection`)."""

    collection: str
    key: str
    values: tuple[Value, ...]
    withheld: tuple[Withheld, ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """Said by `Adapter.scope`: the collections an export covers, and those that are closed with the reason in plain words."""

    collections: tuple[str, ...]
    closed: Mapping[str, str] = field(default_factory=dict)


class Adapter(ABC):
    """One open connection to one system of one company. Safe to use from several threads at once.

    Every method may raise `TryLater` or `AdapterError`, and nothing else; none of their texts holds a value from the system.
    """

    can: Can

    @abstractmethod
    def check(self) -> Health:
        """Ask whether the system answers and everything that is configured is really there. Changes nothing."""

    @abstractmethod
    def find(self, subject: Subject) -> list[Match]:
        """The records that carry one of the subject's identifiers; may be too many, never other than as stored."""

    @abstractmethod
    def proof_values(self, match: Match, kinds: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Per kind (`postcode`, `order_number`, ...) the values this record would be recognised by; absent where it holds none."""

    @abstractmethod
    def scope(self) -> Export:
        """Which collections an export covers, and which are closed until their configuration is mended."""

    @abstractmethod
    def export(self, match: Match) -> Iterator[Record]:
        """Everything held on the person of this record, streaming; never a row that belongs to someone else."""

    def close(self) -> None:  # noqa: B027  # a system without connections has nothing to close
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a system stands in the configuration: enough for its adapter to open it and to name file and line of a mistake."""

    config: Config
    company: str
    key: str

    @property
    def system(self) -> System:
        """What `portal.yaml` says of it."""
        return self.config.company(self.company).systems[self.key]

    def error(self, *path: str | int, problem: str, remedy: str) -> DocumentError:
        """A mistake in `portal.yaml`, below this system, ready to raise."""
        return self.config.error("companies", self.company, "systems", self.key, *path, problem=problem, remedy=remedy)


class AdapterKind(Protocol):
    """How a kind of system is opened. Raises `DocumentError` for what `portal.yaml` or a map says wrongly; connects to nothing yet."""

    def __call__(self, place: Place) -> Adapter: ...
