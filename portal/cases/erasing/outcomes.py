"""How a try to erase in one system ends, beyond what the engine tells apart. What only this process knows goes on to its settling.

Must never put a record's key or a value into a receipt of the engine: those are kept in clear.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from portal.adapters.contract import EraseReceipt, KeptRow
from portal.cases.erasing.plans import SystemPlan
from portal.cases.erasing.receipts import Round, plain_round, round_of
from portal.engine.contract import Done, Park


@dataclass(frozen=True, slots=True)
class Erased(Done):
    """The system has done everything, read back."""

    told: Round = field(default_factory=lambda: Round(()))
    kept: tuple[KeptRow, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class LeftBehind(Park):
    """Something that was to go is still there: never "complete", a human looks."""

    told: Round = field(default_factory=lambda: Round(()))
    kept: tuple[KeptRow, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class PlannedLate(Done):
    """A system that had been silent was planned; nothing was erased."""

    plan: SystemPlan | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StillWorking(Done):
    """The system has taken it and will say later."""

    after: float = 0.0


def outcome_of(receipts: Sequence[EraseReceipt], *, unknown: int = 0) -> Erased | LeftBehind:
    """What the receipts of all records of one system come to."""
    told = round_of(receipts, unknown=unknown)
    kept = tuple(row for one in receipts for row in one.kept)
    if told.left:
        return LeftBehind("left_behind", told=told, kept=kept)
    return Erased({"erasure": plain_round(told), "kept_rows": len(kept)}, told=told, kept=kept)
