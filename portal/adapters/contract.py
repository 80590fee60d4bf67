"""What every kind of system must be able to say to the portal (DESIGN part 6). One subclass per kind.

An adapter must never trust a remote search, follow an address that a remote gave it, or repeat a driver's message.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from portal.config import Config
from portal.config.systems import System
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
    """What this kind of system is able to do; whatever it is not able to do becomes a task for a human.

    Where it cannot `find`, nobody can say whether it holds anything: a match only names the person, and nothing is read for a page.
    """

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
    sent_counts: bool = False


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


Wanted = Callable[[str, str, str], bool]
"""Whether a value is to go: asked with its collection, field and data category. Everything: `lambda *_: True`."""


class Fate(StrEnum):
    """What an erasure does: the row or value is gone, stands there as a mask that leads to nobody, or must stay for a time."""

    ERASE = "erase"
    OVERWRITE = "overwrite"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """What an erasure does to the person's rows of one collection. `fields` is empty where whole rows go (or stay).

    `count` is how many rows there are now. `ground` is a key of the company's `retention_rules` and `until` the day on which what is
    kept may go (the rows of one ground and one day are one item); both are empty for what goes now.
    """

    collection: str
    fate: Fate
    count: int
    fields: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    ground: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ErasePlan:
    """A dry run. `losses` are keys of what the person would lose with it (`losses` of the system in `portal.yaml`);
    `shared` are collections in which rows that others reach too were found: they stay until a human has looked.
    With `not_after`, what was obtained later is not touched: an old erasure is done again after a restore.
    `scope` names, per collection, the fields that were wanted, also where no row stands now: rows that come later go with the rest.
    """

    items: tuple[PlannedItem, ...]
    losses: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    not_after: datetime | None = None
    scope: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def digest(self) -> str:
        """The same for plans that do the same to the same collections, however many rows there are by now."""
        said = sorted(
            {(one.collection, one.fate.value, one.fields, one.ground if one.fate is Fate.KEEP else "") for one in self.items}
        )
        return hashlib.sha256(json.dumps(["erase-plan/1", said, sorted(self.shared)]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One row that had to stay: enough to erase it on its day. `key` is `Record.key`; `ground` a key of `retention_rules`."""

    collection: str
    key: str
    ground: str
    until: date


@dataclass(frozen=True, slots=True)
class Left:
    """Something targeted that was still there when the system was read again: never "complete"."""

    collection: str
    field: str
    count: int


@dataclass(frozen=True, slots=True)
class EraseReceipt:
    """What an erasure did, read back. `appeared` counts rows that had come since the plan and went with the others."""

    items: tuple[PlannedItem, ...]
    kept: tuple[KeptRow, ...] = ()
    left: tuple[Left, ...] = ()
    appeared: int = 0
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """The system has taken it and will say later, or a human has to do it. `task` is a reference for `probe`."""

    task: str
    after: float = 3600.0


@dataclass(frozen=True, slots=True)
class ChoiceToWrite:
    """One choice as it stands, for a system that acts on it. `allowed`: may it be used now; `sequence` grows with each act."""

    purpose: str
    channel: str
    topic: str
    allowed: bool
    sequence: int
    at: datetime
    frequency: str | None = None
    topics: tuple[str, ...] | None = None
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsentReceipt:
    """What the system says after a choice was written, read back. `found` is false where it has nobody to write it for."""

    found: bool
    confirmed: bool
    reference: str = ""


@dataclass(frozen=True, slots=True)
class SentCount:
    """How many messages of one purpose, channel and topic a system sent to the person in the time asked about."""

    purpose: str
    channel: str
    topic: str
    count: int


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

    def plan_erase(self, match: Match, wanted: Wanted, *, not_after: datetime | None = None) -> ErasePlan:
        """Dry run: what `erase` would do with this record, but for what was obtained after `not_after`. Changes nothing."""
        raise AdapterError("This kind of system erases nothing by itself.")

    def erase(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt | Pending:
        """Do what `plan` says to the rows that are there now, then read again. Never touches a row that another person reaches."""
        raise AdapterError("This kind of system erases nothing by itself.")

    def erase_kept(self, rows: Sequence[KeptRow], *, idempotency_key: str) -> EraseReceipt | Pending:
        """Erase rows whose time has come, by their keys, whoever they once belonged to."""
        raise AdapterError("This kind of system erases nothing by itself.")

    def probe(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt | Pending | None:
        """After a try of unknown end: what was done under that key. None where the system cannot tell.

        A receipt without items that names what is `left` says that surely nothing was done: the erasure may be begun again.
        """
        return None

    def correct(self, match: Match, changes: Mapping[tuple[str, str, str], Json], *, idempotency_key: str) -> None:
        """Write other values, by (collection, record key, field), and read them back. Never an identifier, never what is not mapped."""
        raise AdapterError("This kind of system corrects nothing by itself.")

    def keeps_choice(self, purpose: str, channel: str, topic: str = "") -> bool:
        """Whether the system acts on this choice, so that it has to be written there. Asks nobody: its configuration says it."""
        return False

    def write_consent(self, subject: Subject, choice: ChoiceToWrite, *, idempotency_key: str) -> ConsentReceipt:
        """Bring one choice to the system and read it back. Never overwrites what has a higher `sequence`."""
        raise AdapterError("This kind of system keeps no choices.")

    def sent_counts(self, subject: Subject, *, since: datetime) -> Sequence[SentCount]:
        """What was sent to the person since then, counted."""
        raise AdapterError("This kind of system counts nothing that it sent.")

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
