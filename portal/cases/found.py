"""What the systems said of one person: shapes that are read, sealed, shown and exported. No database, no clock, no words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from portal.adapters.contract import Record
from portal.cases.apart import Candidate

ROWS_ON_A_PAGE = 50
"""Rows of one collection that a page shows, the newest; the copy holds all of them."""


class Answer(StrEnum):
    """How a system answered. `waiting`: not in time, or it asked for a later try; `failed`: in a way that a retry does not mend.

    `by_hand`: it cannot be asked; a person looks there for a copy or a deletion.
    """

    ANSWERED = "answered"
    NOTHING = "nothing"
    WAITING = "waiting"
    FAILED = "failed"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one collection (`dataset.collection`) of one record: at most `ROWS_ON_A_PAGE` of them, and how many there are."""

    collection: str
    records: tuple[Record, ...] = field(repr=False)
    total: int


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """One match that stood the core's comparison. `provable` are the kinds of values it could be recognised by, never the values.

    `rows` is None where it was not read, since it may be somebody else's.
    """

    key: str
    tells_apart: Mapping[str, str] = field(default_factory=dict, repr=False)
    provable: frozenset[str] = frozenset()
    rows: tuple[Rows, ...] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SystemReading:
    """One system's answer. `closed` are collections that cannot be shown until mended, with the reason in plain words."""

    system: str
    answer: Answer
    read_at: datetime
    records: tuple[FoundRecord, ...] = ()
    closed: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The answers of all systems, in the order of the configuration."""

    systems: tuple[SystemReading, ...]

    @property
    def candidates(self) -> list[Candidate]:
        """Every record found, as it is told apart from others."""
        return [Candidate(one.system, record.key, record.tells_apart) for one in self.systems for record in one.records]

    @property
    def found_nothing(self) -> bool:
        """Whether no system that answered holds anything."""
        return not any(one.records for one in self.systems)

    def missing(self) -> list[str]:
        """The systems that would have to be asked again."""
        return [one.system for one in self.systems if one.answer in (Answer.WAITING, Answer.FAILED)]
