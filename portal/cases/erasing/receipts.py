"""What the systems report after erasing, round by round, kept sealed with the confirmed plan.

Must never forget a round: what went in the first is part of the result even where a second had to follow.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from portal.adapters.contract import EraseReceipt, Fate, Left, PlannedItem
from portal.cases.erasing.plans import merge_items, plain_item, read_item


@dataclass(frozen=True, slots=True)
class Round:
    """One report of one system. `unknown` counts records that came after the confirmation and were not touched."""

    items: tuple[PlannedItem, ...]
    left: tuple[Left, ...] = ()
    appeared: int = 0
    unknown: int = 0

    @property
    def left_count(self) -> int:
        """How many values were to go and are still there."""
        return sum(one.count for one in self.left)


def round_of(receipts: Iterable[EraseReceipt], *, unknown: int = 0) -> Round:
    """The receipts of all records of one system as one report."""
    told = list(receipts)
    return Round(
        merge_items(item for one in told for item in one.items),
        tuple(left for one in told for left in one.left),
        sum(one.appeared for one in told),
        unknown,
    )


def in_total(rounds: Sequence[Round]) -> Round:
    """All rounds together: what went adds up, what stays or is left is what the last one found."""
    if not rounds:
        return Round(())
    last = rounds[-1]
    gone = [item for one in rounds[:-1] for item in one.items if item.fate is not Fate.KEEP]
    return Round(merge_items([*gone, *last.items]), last.left, sum(one.appeared for one in rounds), last.unknown)


def plain_round(one: Round) -> dict[str, Any]:
    """A report as plain JSON; it holds collections, fields and counts only."""
    return {
        "items": [plain_item(item) for item in one.items],
        "left": [[left.collection, left.field, left.count] for left in one.left],
        "appeared": one.appeared,
        "unknown": one.unknown,
    }


def dump_rounds(rounds: Sequence[Round]) -> str:
    """All rounds as text, to be sealed."""
    return json.dumps([plain_round(one) for one in rounds], separators=(",", ":"))


def load_rounds(text: str | None) -> list[Round]:
    """The rounds that `dump_rounds` wrote; none where nothing was reported yet."""
    return [
        Round(
            tuple(map(read_item, one["items"])),
            tuple(Left(*left) for left in one["left"]),
            one["appeared"],
            one["unknown"],
        )
        for one in json.loads(text or "[]")
    ]
