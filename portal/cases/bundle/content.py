"""What goes into one package: whose, of which case, read from where, and what is not in it and why.

Must never hold an identifier in clear: what stands on the cover is masked.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from portal.adapters.contract import Record, Value
from portal.cases.laws import Law
from portal.config.model import Company


class Searched(StrEnum):
    """What came of asking one system."""

    DELIVERED = "delivered"
    NOTHING_FOUND = "nothing_found"
    NOT_SEARCHED = "not_searched"


class Verdict(StrEnum):
    """What a person has said of one value that has to be looked at first; `waits` while nobody has."""

    RELEASED = "released"
    WITHHELD = "withheld"
    WAITS = "waits"


Judge = Callable[[str, Record, Value], Verdict]


def no_records() -> Iterator[Record]:
    """What a system that was not searched gives."""
    return iter(())


@dataclass(frozen=True, slots=True)
class SystemPart:
    """One system's share. `reason` stands where it was not searched, in words for the person; `closed` are collections that could not be
    read, with the reason in the same words. `records` streams and is called once.
    """

    key: str
    status: Searched
    searched_at: datetime | None = None
    reason: str = ""
    closed: Mapping[str, str] = field(default_factory=dict)
    records: Callable[[], Iterator[Record]] = field(default=no_records, repr=False)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is held and not handed out, and why, in words for the person."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Logo:
    """The company's logo: `image/svg+xml` or `image/png`."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BundleContent:
    """One package. `identifiers` are masked (`m•••@example.org`). `choice` are groups of `cases.meaning`, none of them meaning all.

    `judge` says of each value that a person has to look at first (`release: review`), with its system and record, what they said; without
    one, all of them are released where it is `reviewed`, and else left out and said to follow. `answers` are the person's own, by purpose.
    `due` is the day in law of the case. `laws` are those that give the right; their rights are named.
    """

    company: Company
    laws: tuple[Law, ...]
    language: str
    case_number: str
    made_at: datetime
    received_at: datetime
    due: date
    identifiers: tuple[str, ...]
    systems: tuple[SystemPart, ...]
    part: int = 1
    choice: tuple[str, ...] = ()
    reviewed: bool = False
    left_out: tuple[LeftOut, ...] = ()
    logo: Logo | None = None
    judge: Judge | None = None
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def verdict(self, system: str, record: Record, value: Value) -> Verdict:
        """Whether a value that a person has to look at first goes out."""
        if self.judge is not None:
            return self.judge(system, record, value)
        return Verdict.RELEASED if self.reviewed else Verdict.WAITS

    @property
    def zone(self) -> str:
        """Times in the package are the company's."""
        return self.company.time_zone
